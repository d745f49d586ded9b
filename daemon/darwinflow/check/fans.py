"""What one missing edge leads to at several nodes, as it has a list at an end or is all that a run begins or ends with."""

from collections.abc import Hashable, Iterable
from itertools import islice
from typing import Final, NamedTuple

from darwinflow.check.joins import through
from darwinflow.check.reach import Reach, reach
from darwinflow.graph.walk import Arrows
from darwinflow.projection.graph import Graph
from darwinflow.projection.projection import Projection

Nodes = tuple[int, ...]
_MAX_BESIDE: Final = 100
"""Nodes that those of one group lead to, or that lead to them."""


class Fans(NamedTuple):
    """Numbers of nodes, in the order of the text."""

    lost: tuple[Nodes, ...]
    """Nodes that are out of reach; those are together that one edge may have led to."""
    stuck: tuple[Nodes, ...]
    """Nodes without a way to the end; those are together that are connected, or that one edge may have led on from."""
    gap: Nodes = ()
    """Nodes out of reach, beside *lost*, that the edge seems to lead to which one of *stuck* lacks."""


def fans(projection: Projection) -> Fans | None:
    """Kept with the graph. None where there is no `reach`."""
    memo = projection.graph.memo
    if __name__ not in memo:
        found = reach(projection)
        memo[__name__] = _fans(projection.graph, found) if found is not None else None
    kept = memo[__name__]
    assert kept is None or isinstance(kept, Fans)
    return kept


def _fans(graph: Graph, found: Reach) -> Fans:
    if not found.unreachable and not found.endless:
        return Fans((), ())
    lost = _together([(_led_to(graph, found, node), (node,)) for node in found.unreachable])
    stuck = _together([(_led_on_from(graph, found, group), group) for group in found.endless])
    leading = [group for group in lost if found.leading.issuperset(group)]
    last = [group for group in stuck if _ends_in(graph, group)]
    if not leading or not last or len(leading) > 1 < len(last):
        return Fans(tuple(lost), tuple(stuck))
    return Fans(
        tuple([group for group in lost if group not in leading]),
        tuple(sorted([_joined(last), *[group for group in stuck if group not in last]])),
        _joined(leading),
    )


def _together(groups: list[tuple[Hashable | None, Nodes]]) -> list[Nodes]:
    """Those with one key as one; those without a key each alone."""
    by_key: dict[Hashable, list[Nodes]] = {}
    for key, group in groups:
        by_key.setdefault(group if key is None else key, []).append(group)
    return sorted([_joined(same) for same in by_key.values()])


def _joined(groups: Iterable[Nodes]) -> Nodes:
    return tuple(sorted([node for group in groups for node in group]))


def _led_to(graph: Graph, found: Reach, node: int) -> Hashable | None:
    """What the nodes agree in that one edge may have led to: where they lead, or that runs begin with none."""
    if not graph.successors[node]:
        return None
    if not graph.successors[graph.numbers[found.start_name]]:
        return found.start_name
    return _beside(graph, graph.successors, (node,)) if not graph.predecessors[node] else None


def _led_on_from(graph: Graph, found: Reach, group: Nodes) -> Hashable | None:
    """What the groups agree in that one edge may have led on from: what leads to them, or that runs end with none."""
    if not _ends_in(graph, group):
        return None
    if not graph.predecessors[graph.numbers[found.end_name]]:
        return found.end_name
    return _beside(graph, graph.predecessors, group) or None


def _beside(graph: Graph, arrows: Arrows, group: Nodes) -> frozenset[int]:
    """The nodes outside of *group* that *arrows* of it lead to; of many, those before and joins."""
    passed: set[int] = set()
    near = (target for node in group for target in through(graph, arrows, node, passed))
    found = list(islice(near, _MAX_BESIDE + 1))
    if len(found) > _MAX_BESIDE:
        found = [target for node in group for target in arrows[node]]
    return frozenset(found).difference(group)


def _ends_in(graph: Graph, group: Nodes) -> bool:
    return not all(graph.successors[node] for node in group)
