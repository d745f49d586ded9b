"""The nodes of a graph in the order of its arrows, as far as there is one."""

from typing import NamedTuple

from darwinflow.check.meant import merged
from darwinflow.graph.walk import Arrows, components
from darwinflow.projection.graph import Graph


class Order(NamedTuple):
    free: list[int]
    """Nodes that no cycle leads to, each behind all that lead to it."""
    left: list[int]
    """Nodes on cycles and behind them."""


def order(graph: Graph) -> Order:
    """With each slip as one with the node that is meant. Kept with the graph."""
    known = graph.memo.get(__name__)
    if known is None:
        known = graph.memo[__name__] = order_of(graph.implicit, *merged(graph))
    assert isinstance(known, Order)
    return known


def order_of(implicit: int, forward: Arrows, back: Arrows) -> Order:
    """The first *implicit* nodes come first: an edge into START or out of END is a fault of its own, and no way."""
    waits = list(map(len, back))
    waits[:implicit] = [0] * implicit
    free = [node for node, count in enumerate(waits) if not count]
    for node in free:
        for target in forward[node]:
            waits[target] -= 1
            if not waits[target]:
                free.append(target)
    if len(free) == len(waits):
        return Order(free, [])
    return Order(free, [node for node, count in enumerate(waits) if count > 0])


def groups_of(left: list[int], implicit: int, forward: Arrows) -> list[list[int]]:
    """The components of nodes that lead to one another among *left*, each before all that it leads to."""
    arrows = [*[[]] * implicit, *forward[implicit:]]
    return components(left, arrows)[::-1]
