"""Which nodes lie on a way from where runs begin to where they end.

A name that no node has counts as the node that it is a slip of, else as a node that anything may reach and that
reaches everything: what lies behind a typo is not out of reach. An edge that lacks a name may lead anywhere, so
what such an edge would mend is silent.
"""

from collections.abc import Collection
from typing import NamedTuple

from darwinflow.check.halves import half_sources, half_targets, halves, may_lead_into, may_lead_out_of
from darwinflow.check.meant import meanings, merged
from darwinflow.check.order import order
from darwinflow.graph.walk import Arrows, components, reached
from darwinflow.model.nearest import near
from darwinflow.projection.facts import SOURCE, TARGET
from darwinflow.projection.graph import Graph
from darwinflow.projection.projection import Projection

_MAX_LOOSE = 20
"""Names without a clear meaning that are compared with nodes which have no edge."""


class Reach(NamedTuple):
    """Numbers of nodes, in the order of the text."""

    start_name: str
    end_name: str
    unreachable: tuple[int, ...]
    """Of each group of nodes that are out of reach for one reason, the first."""
    endless: tuple[tuple[int, ...], ...]
    """Groups of connected nodes that can be reached and have no way to the end."""
    leading: frozenset[int] = frozenset()
    """Of those that are out of reach, the ones with a way to the end."""


def reach(projection: Projection) -> Reach | None:
    """Kept with the graph. None for a graph type whose runs begin or end nowhere."""
    memo = projection.graph.memo
    if __name__ not in memo:
        memo[__name__] = _reach(projection)
    found = memo[__name__]
    assert found is None or isinstance(found, Reach)
    return found


def _reach(projection: Projection) -> Reach | None:
    graph = projection.graph
    names = graph.names[: graph.implicit]
    starts = [graph.numbers[name] for name in names if not projection.may_be_end(name, TARGET)]
    ends = [graph.numbers[name] for name in names if not projection.may_be_end(name, SOURCE)]
    if not starts or not ends:
        return None
    forward, back, loose = _arrows(graph)
    if _is_plain(graph, starts, ends, forward, back):
        return Reach(graph.names[starts[0]], graph.names[ends[0]], (), ())
    # An edge into where runs begin, or out of where they end, is told of its own, and may be the one that is missing.
    nodes = range(graph.implicit, graph.known)
    # Of a name that only leads on, any node may be meant that is led to and leads nowhere.
    leads_on = any(not back[one] for one in loose)
    last = [node for node in nodes if back[node] and not forward[node]] if leads_on else []
    # The other end of such an edge is one that the right way round leads to an end, or comes from a start.
    into_starts, out_of_ends = _beside(graph, starts, back), _beside(graph, ends, forward)
    reachable = reached([*starts, *ends, *loose, *into_starts, *half_targets(projection)], forward)
    ending = reached([*ends, *starts, *loose, *last, *out_of_ends, *half_sources(projection)], back)
    lost = [node for node in nodes if not reachable[node]]
    stuck = [node for node in nodes if reachable[node] and not ending[node]]
    unreachable = _first_lost(projection, lost, loose)
    endless = [
        group
        for group in _groups(graph, stuck, forward, back)
        if not any(may_lead_out_of(half, set(group)) for half in halves(projection))
    ]
    leading = frozenset([node for node in unreachable if ending[node]])
    return Reach(graph.names[starts[0]], graph.names[ends[0]], tuple(unreachable), tuple(endless), leading)


def _beside(graph: Graph, numbers: list[int], arrows: Arrows) -> list[int]:
    """The nodes that *arrows* of *numbers* lead to, also by way of a join."""
    nearest = [node for number in numbers for node in arrows[number]]
    return [end for node in nearest for end in ([node] if node < len(graph.names) else arrows[node])]


def _is_plain(graph: Graph, starts: list[int], ends: list[int], forward: Arrows, back: Arrows) -> bool:
    """Whether there is no cycle, and every node leads on and is led to: then all walks come from a start to an end."""
    listed = slice(graph.implicit, graph.known)
    return (
        len(starts) + len(ends) == graph.implicit
        and not any(back[start] for start in starts)
        and not any(forward[end] for end in ends)
        and all(forward[listed])
        and all(back[listed])
        and not order(graph).left
    )


def _arrows(graph: Graph) -> tuple[Arrows, Arrows, list[int]]:
    """Arrows both ways in which a slip is one with what it means, and the names that mean nothing known."""
    slips = meanings(graph) if graph.unknown else {}
    loose = [number for number in range(graph.known, len(graph.names)) if graph.names[number] not in slips]
    return *merged(graph), loose


def _first_lost(projection: Projection, lost: list[int], loose: list[int]) -> list[int]:
    """Of the components among *lost* nodes that nothing else leads to, the first node each."""
    graph = projection.graph
    if not lost:
        return []
    if not graph.edge_count:
        return lost[:1]
    possible: set[str] = set()
    alone = {node for node in lost if not graph.successors[node] and not graph.predecessors[node]}
    edgeless = [graph.names[node] for node in sorted(alone)]
    for number in loose[:_MAX_LOOSE]:
        possible.update(near(graph.names[number], edgeless))
    component_of: dict[int, int] = {}
    groups = components(lost, graph.successors)
    for index, group in enumerate(groups):
        for node in group:
            component_of[node] = index
    # Of a name that is only led to, any node may be meant that leads on and is not led to.
    led_to = [one for one in loose if graph.predecessors[one] and not graph.successors[one]]
    firsts = [
        min(group)
        for index, group in enumerate(groups)
        if all(component_of.get(source) == index for node in group for source in graph.predecessors[node])
        and not any(may_lead_into(half, set(group)) for half in halves(projection))
    ]
    is_lost = set(lost)
    bare = [node for node in firsts if not graph.predecessors[node] and graph.successors[node]]
    if len(bare) <= len(led_to):
        is_lost.difference_update(bare)
    return sorted(
        node
        for node in firsts
        if node in is_lost
        and graph.names[node] not in possible
        and not (node in alone and _is_unfinished(projection, node))
    )


def _is_unfinished(projection: Projection, number: int) -> bool:
    """Whether a node that is listed lacks its type, too, which is told: its edges are still to come."""
    place = projection.graph.place(number)
    return place is not None and not projection.node_fact(place).kind


def _groups(graph: Graph, stuck: list[int], forward: Arrows, back: Arrows) -> list[tuple[int, ...]]:
    """*stuck* nodes in groups that arrows connect, whatever their direction."""
    nodes = len(graph.names)
    left = set(stuck)
    ways: tuple[tuple[Arrows, set[int]], ...] = ((forward, set()), (back, set()))
    """Each with the joins that were passed already, whose other side is reached by one node for all."""
    groups: list[tuple[int, ...]] = []
    for node in stuck:
        if node not in left:
            continue
        left.discard(node)
        group = [node]
        for here in group:
            for arrows, passed in ways:
                for target in arrows[here]:
                    if target < nodes:
                        found: Collection[int] = (target,) if target in left else ()
                    elif target in passed:
                        continue
                    else:
                        passed.add(target)
                        found = left.intersection(arrows[target])
                    left.difference_update(found)
                    group += found
        groups.append(tuple(sorted(group)))
    return groups
