"""Which nodes always run where another one does: an edge without a condition is taken whenever its source has run.

A list in `from`, or several edges into one node, join what runs side by side; what leads there without a condition
has run, too, though no single walk passes all of it.
"""

from typing import Final

from darwinflow.graph.walk import Arrows
from darwinflow.projection.facts import Point
from darwinflow.projection.graph import Graph

_MOST: Final = 50
"""Nodes that are looked at on the way back from one."""


def unconditional(graph: Graph) -> Arrows:
    """For each number, those that always lead to it: sources of conditions lead on by choice. Kept with the graph."""
    known = graph.memo.get(__name__)
    if known is None:
        known = graph.memo[__name__] = _unconditional(graph)
    assert isinstance(known, list)
    return known


def causes(node: int, graph: Graph) -> frozenset[int]:
    """Nodes behind each of which *node* always runs; with many, the nearest."""
    back = unconditional(graph)
    found = {node}
    waiting = [node]
    for one in waiting:
        fresh = set(back[one]) - found
        found |= fresh
        waiting += sorted(fresh)
        if len(found) > _MOST:
            break
    return frozenset([one for one in found if one != node and one < len(graph.names)])


def _unconditional(graph: Graph) -> Arrows:
    numbers = graph.points()
    back: list[list[int]] = [[] for _ in range(len(numbers))]
    for column in graph.columns:
        rows = zip(column.sources, column.targets, column.conditional, strict=True)
        for source, target, is_conditional in rows:
            if not is_conditional:
                back[numbers[target]].append(numbers[source])
    choosing: set[Point] = {
        source
        for column in graph.columns
        for source, is_conditional in zip(column.sources, column.conditional, strict=True)
        if is_conditional
    }
    chosen = {numbers[source] for source in choosing}
    return [[source for source in sources if source not in chosen] for sources in back] if chosen else back
