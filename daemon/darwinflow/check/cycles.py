"""Which nodes lie on cycles, and which of the cycles never end."""

from typing import Final, NamedTuple

from darwinflow.check.halves import half_sources
from darwinflow.check.joins import joins_to, through
from darwinflow.check.order import groups_of, order, order_of
from darwinflow.check.reach import reach
from darwinflow.graph.walk import Arrows, reached
from darwinflow.projection.graph import Graph
from darwinflow.projection.projection import Projection

_MANY: Final = 200
"""Nodes among which it pays to ask first whether they are all one component."""


class Cycle(NamedTuple):
    """Nodes that all lead to one another, by number."""

    nodes: tuple[int, ...]
    """A way through the cycle: each leads to the next, the last to the first. Not all of the component's nodes."""
    component: tuple[int, ...]
    has_exit: bool
    """Whether an edge leads out; a cycle with an exit is endless where edges without a condition close it."""


def endless_cycles(projection: Projection) -> tuple[Cycle, ...]:
    """In the order of the text; kept with the graph. Empty for a graph type whose runs begin or end nowhere."""
    memo = projection.graph.memo
    if __name__ not in memo:
        memo[__name__] = tuple(_endless(projection)) if reach(projection) is not None else ()
    found = memo[__name__]
    assert isinstance(found, tuple)
    return found


def _endless(projection: Projection) -> list[Cycle]:
    graph = projection.graph
    found: list[Cycle] = []
    with_exit: list[int] = []
    typed = half_sources(projection)
    for group in cyclic(graph, graph.successors, graph.predecessors):
        members = set(group)
        leads_out = any(target not in members for node in group for target in graph.successors[node])
        if leads_out or not members.isdisjoint(typed):
            with_exit += group
        else:
            way = way_through(graph, group, graph.successors)
            found.append(Cycle(way, _nodes(graph, group), has_exit=False))
    if with_exit:
        always = _always(graph)
        found += [
            Cycle(way_through(graph, group, always), _nodes(graph, group), has_exit=True)
            for group in cyclic(graph, always, turned(always), with_exit)
        ]
    return sorted(found)


def cyclic(graph: Graph, forward: Arrows, back: Arrows, among: list[int] | None = None) -> list[list[int]]:
    """Strongly connected components that hold a cycle, where *among* is given those among it; each in ascending order.

    The joins between their nodes are among them.
    """
    if not order(graph).left:
        return []  # where slips are what they mean and no arrow leads back, fewer arrows lead nowhere back
    left = set(order_of(graph.implicit, forward, back).left)
    if among is not None:
        left.intersection_update(among)
    nodes = sorted(left)
    is_one = among is None and len(nodes) > _MANY and _is_one(nodes, graph.implicit, forward, back)
    groups = [nodes] if is_one else groups_of(nodes, graph.implicit, forward)
    return [
        sorted(group)
        for group in groups
        if group[0] in left and (len(group) > 1 or group[0] in forward[group[0]])
    ]


def _is_one(nodes: list[int], implicit: int, forward: Arrows, back: Arrows) -> bool:
    """Whether *nodes*, behind which there are no others, all lead to one another: two walks tell it sooner than a search."""
    none: list[list[int]] = [[]] * implicit
    for arrows in (forward, back):
        seen = reached(nodes[:1], [*none, *arrows[implicit:]])
        if not all(map(seen.__getitem__, nodes)):
            return False
    return True


def _nodes(graph: Graph, group: list[int]) -> tuple[int, ...]:
    return tuple([number for number in group if number < len(graph.names)])


def _always(graph: Graph) -> list[list[int]]:
    """The arrows of edges without a condition."""
    arrows: list[list[int]] = [[] for _ in graph.successors]
    numbers = graph.points()
    for column in graph.columns:
        for source, target, is_conditional in zip(
            column.sources, column.targets, column.conditional, strict=True
        ):
            if not is_conditional:
                arrows[numbers[source]].append(numbers[target])
    return arrows


def turned(arrows: Arrows) -> list[list[int]]:
    """The same arrows the other way round."""
    turned: list[list[int]] = [[] for _ in arrows]
    for source, targets in enumerate(arrows):
        for target in targets:
            turned[target].append(source)
    return turned


def way_through(graph: Graph, group: list[int], arrows: Arrows) -> tuple[int, ...]:
    """The shortest way from where the cycle is entered back to there."""
    nodes = _nodes(graph, group)
    members = set(nodes)
    known: dict[int, bool] = {}
    entry = next((node for node in nodes if _is_entered(graph, node, members, known)), nodes[0])
    closing = joins_to(graph, arrows, entry)
    closing.add(entry)
    if not closing.isdisjoint(arrows[entry]):
        return (entry,)
    came_from = {entry: entry}
    waiting = [entry]
    passed: set[int] = set()
    for node in waiting:
        for target in through(graph, arrows, node, passed):
            if target in members and target not in came_from:
                came_from[target] = node
                waiting.append(target)
    last = next(node for node in waiting if not closing.isdisjoint(arrows[node]))
    way = [last]
    while way[-1] != entry:
        way.append(came_from[way[-1]])
    return tuple(reversed(way))


def _is_entered(graph: Graph, node: int, members: set[int], known: dict[int, bool]) -> bool:
    """Whether some edge leads to *node* that leaves none of *members*. *known*: of joins, is added to."""
    for source in graph.predecessors[node]:
        if source < len(graph.names):
            if source not in members:
                return True
            continue
        if source not in known:
            known[source] = not members.issuperset(graph.predecessors[source])
        if known[source]:
            return True
    return False
