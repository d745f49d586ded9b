"""The arrows of a graph after an edit, taken over from the graph before it but for what the edit touches."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, cast

from darwinflow.projection.columns import Columns
from darwinflow.projection.facts import Point
from darwinflow.projection.graph import Graph, Lists, number_unknown

_MAX_NAMES: Final = 40
"""Names whose arrows are looked for one by one; with more, all arrows are read anew."""


class Edited(NamedTuple):
    """What an edit did to a graph."""

    before: Graph
    arrows: frozenset[tuple[Point, Point]]
    """Source and target of all that stood, or stand now, in the segments that it changed."""


def patched(graph: Graph, edit: Edited) -> Lists | None:
    """Successors and predecessors of *graph*, whose nodes have their numbers; None where too much is new, or there are joins."""
    old = edit.before
    renamed = _renamed(old.names[: old.known], graph.names)
    columns = (*old.columns, *graph.columns)
    if renamed is None or any(any(column.half_counts) or any(column.join_counts) for column in columns):
        return None
    arrows = cast("frozenset[tuple[str, str]]", edit.arrows)  # there are no joins
    ends = {name for arrow in arrows for name in arrow}
    moving = {*renamed, *old.unknown, *[name for name in ends if name not in graph.numbers]}
    if len(moving) > _MAX_NAMES:
        return None
    sources = moving.union([source for source, _ in arrows])
    targets = moving.union([target for _, target in arrows])
    if moving:
        _spread(graph, moving, sources, targets)
    numbers = graph.numbers
    fresh = len(graph.names) - graph.known
    forward = [*old.successors[: graph.known], *[[] for _ in range(fresh)]]
    back = [*old.predecessors[: graph.known], *[[] for _ in range(fresh)]]
    _clear(forward, [numbers[name] for name in sources if name in numbers])
    _clear(back, [numbers[name] for name in targets if name in numbers])
    for column in graph.columns:
        for at in column.arrows_with(sources, targets):
            source, target = _ends(column, at)
            if source in sources:
                forward[numbers[source]].append(numbers[target])
            if target in targets:
                back[numbers[target]].append(numbers[source])
    return forward, back


def _ends(column: Columns, at: int) -> tuple[str, str]:
    return cast("str", column.sources[at]), cast("str", column.targets[at])


def _renamed(old: Sequence[str], new: Sequence[str]) -> set[str] | None:
    """Names that stand at other numbers than before; None where those are many."""
    if len(old) != len(new):
        return None
    if old == new:
        return set()
    places = [at for at, name in enumerate(new) if name is not old[at] and name != old[at]]
    if len(places) > _MAX_NAMES:
        return None
    return {name for at in places for name in (old[at], new[at])}


def _spread(graph: Graph, moving: set[str], sources: set[str], targets: set[str]) -> None:
    """Add the ends of all arrows from and to *moving* names; give numbers to those that no node has."""
    numbers = graph.numbers
    unknown = moving.difference(numbers)
    for column in graph.columns:
        found: list[int] = []
        for at in column.arrows_with(moving, moving):
            source, target = _ends(column, at)
            sources.add(source)
            targets.add(target)
            if source in unknown or target in unknown:
                found.append(at)
        number_unknown(graph, column, found)


def _clear(lists: list[list[int]], numbers: Iterable[int]) -> None:
    for number in numbers:
        lists[number] = []
