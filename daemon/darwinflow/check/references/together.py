"""Which nodes always run where another one does: an edge without a condition is taken whenever its source has run.

A list in `from`, or several edges into one node, join what runs side by side; what leads there without a condition
has run, too, though no single walk passes all of it. Under a condition, all that one list in `to` names runs or none.
"""

from typing import Final, NamedTuple

from darwinflow.graph.walk import Arrows
from darwinflow.projection.facts import Join, Point, is_join
from darwinflow.projection.graph import Graph
from darwinflow.projection.projection import Projection

_MOST: Final = 50
"""Nodes that are looked at on the way back from one."""


class Fan(NamedTuple):
    """An edge with a condition to several nodes, by their numbers: whoever takes it runs them all."""

    sources: tuple[int, ...]
    targets: tuple[int, ...]


def fans(projection: Projection) -> tuple[Fan, ...]:
    """In the order of the text, without edges that are drawn through a join. Kept with the graph."""
    graph = projection.graph
    key = (__name__, "fans")
    if key not in graph.memo:
        graph.memo[key] = tuple(
            [
                Fan(
                    *[
                        tuple([graph.numbers[end.name] for end in ends])
                        for ends in (edge.sources, edge.targets)
                    ]
                )
                for column in graph.columns
                for segment in column.fan_segments
                for edge in projection.facts(column.section, segment).edges
                if edge.is_conditional and edge.sources and len(edge.targets) > 1 and not is_join(edge)
            ]
        )
    found = graph.memo[key]
    assert isinstance(found, tuple)
    return found


def drawn_out(chosen: list[Fan], forward: Arrows, back: Arrows) -> tuple[Arrows, Arrows]:
    """The arrows with a point in the middle of each edge of *chosen*; these points come behind all other numbers."""
    ahead, behind = [*map(list, forward)], [*map(list, back)]
    for point, fan in enumerate(chosen, len(back)):
        for arrows, near, far in ((ahead, fan.sources, fan.targets), (behind, fan.targets, fan.sources)):
            for node in near:
                for other in far:
                    arrows[node].remove(other)
            for node in set(near):
                arrows[node].append(point)
        ahead.append([*fan.targets])
        behind.append([*fan.sources])
    return ahead, behind


def unconditional(graph: Graph) -> Arrows:
    """For each number, those that always lead to it: sources of conditions lead on by choice. Kept with the graph."""
    known = graph.memo.get(__name__)
    if known is None:
        known = graph.memo[__name__] = _unconditional(graph)
    assert isinstance(known, list)
    return known


def causes(node: int, graph: Graph) -> frozenset[int]:
    """Nodes, and joins, behind each of which *node* always runs; with many, the nearest."""
    back = unconditional(graph)
    found = {node}
    waiting = [node]
    for one in waiting:
        fresh = set(back[one]) - found
        found |= fresh
        waiting += sorted(fresh)
        if len(found) > _MOST:
            break
    return frozenset(found - {node})


def _unconditional(graph: Graph) -> Arrows:
    numbers = graph.points()
    back: list[list[int]] = [[] for _ in range(len(numbers))]
    for column in graph.columns:
        rows = zip(column.sources, column.targets, column.conditional, strict=True)
        for source, target, is_conditional in rows:
            if not is_conditional or isinstance(source, Join):
                back[numbers[target]].append(numbers[source])
    choosing: set[Point] = {
        source
        for column in graph.columns
        for source, is_conditional in zip(column.sources, column.conditional, strict=True)
        if is_conditional and not isinstance(source, Join)
    }
    chosen = {numbers[source] for source in choosing}
    return [[source for source in sources if source not in chosen] for sources in back] if chosen else back
