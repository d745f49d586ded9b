"""Pairs of nodes that several edges connect, or one edge several times.

Edges that lead from many nodes to many are never drawn out: what two of them share is found by sets of targets,
each an integer with a bit for every node.
"""

from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from itertools import islice
from typing import Final, NamedTuple

from darwinflow.check.bits import bits_of, numbers_in
from darwinflow.projection.facts import EdgeFact, End
from darwinflow.projection.graph import Place

MAX_PAIRS: Final = 2_000
"""More than anybody is shown findings of one file."""


class Meeting(NamedTuple):
    """One source and one target of an edge, as indices of its ends."""

    edge: Place
    source: int
    target: int
    is_again: bool
    """Whether the edge has named the source before."""


class _Lists(NamedTuple):
    """The ends of an edge, with the indices at which each name stands."""

    place: Place
    sources: dict[str, list[int]]
    targets: dict[str, list[int]]
    sides: tuple["_Bits", "_Bits"]
    """Names among the sources, and among the targets."""


class _Bits(NamedTuple):
    named: int
    repeated: int
    """Those that stand there more than once."""


def repeated_pairs(
    edges: Iterable[tuple[Place, EdgeFact]], numbers: Mapping[str, int], *, either_way: bool = False
) -> Iterator[tuple[str, str, Iterator[Meeting]]]:
    """Source, target, and where edges connect them, in the order of *edges*; at most `MAX_PAIRS`.

    *either_way*: an edge back counts as one there, and of the two names the lesser comes first.
    """
    by_name: dict[str, list[_Lists]] = {}
    for place, edge in edges:
        sources, targets = _indices(edge.sources), _indices(edge.targets)
        lists = _Lists(place, sources, targets, (_bits(sources, numbers), _bits(targets, numbers)))
        for name in dict.fromkeys([*sources, *targets]) if either_way else sources:
            by_name.setdefault(name, []).append(lists)
    names = {number: name for name, number in numbers.items()} if by_name else {}
    found = (
        (name, other, _meetings(all_lists, name, other, either_way=either_way))
        for name, all_lists in by_name.items()
        for number in numbers_in(_repeated(all_lists, name, numbers[name], either_way=either_way))
        for other in [names[number]]
        if not either_way or name <= other
    )
    return islice(found, MAX_PAIRS)


def _indices(ends: tuple[End, ...]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for at, end in enumerate(ends):
        found.setdefault(end.name, []).append(at)
    return found


def _bits(indices: dict[str, list[int]], numbers: Mapping[str, int]) -> _Bits:
    return _Bits(
        bits_of(numbers[name] for name in indices),
        bits_of(numbers[name] for name, places in indices.items() if len(places) > 1),
    )


def _repeated(all_lists: list[_Lists], name: str, number: int, *, either_way: bool) -> int:
    """The nodes that are connected with *name* more than once, as bits."""
    met = again = 0
    for lists in all_lists:
        left, right = lists.sides
        here = [(lists.sources, right)] if name in lists.sources else []
        if either_way and name in lists.targets:
            itself = 1 << number  # an edge from a node to itself counts where it leaves
            here.append((lists.targets, _Bits(left.named & ~itself, left.repeated & ~itself)))
        for near, far in here:
            again |= (met & far.named) | far.repeated | (far.named if len(near[name]) > 1 else 0)
            met |= far.named
    return again


def _meetings(all_lists: list[_Lists], name: str, other: str, *, either_way: bool) -> Iterator[Meeting]:
    for lists in all_lists:
        ways = [(name, other)]
        if either_way and name != other:
            ways.append((other, name))
        yield from merge(*[_of_edge(lists, *way) for way in ways])


def _of_edge(lists: _Lists, source: str, target: str) -> Iterator[Meeting]:
    places = lists.sources.get(source, [])
    for at in places:
        for behind in lists.targets.get(target, ()):
            yield Meeting(lists.place, at, behind, at != places[0])
