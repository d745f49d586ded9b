"""Steps of a walk from node to node, through the joins of edges that lead from many nodes to many."""

from collections.abc import Iterator

from darwinflow.graph.walk import Arrows
from darwinflow.projection.graph import Graph


def through(graph: Graph, arrows: Arrows, node: int, passed: set[int]) -> Iterator[int]:
    """The nodes that *node* leads to; those behind a join only for the first node that comes to it.

    *passed*: the joins that the walk has come to; more are added.
    """
    nodes = len(graph.names)
    for target in arrows[node]:
        if target < nodes:
            yield target
        elif target not in passed:
            passed.add(target)
            yield from arrows[target]


def joins_to(graph: Graph, arrows: Arrows, node: int) -> set[int]:
    """The joins that lead to *node*."""
    return {join for join in range(len(graph.names), len(arrows)) if node in arrows[join]}
