"""Which segments hold items with findings, kept up from one version of a document to the next."""

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from darwinflow.check.items import ItemCheck
from darwinflow.check.retold import Retold
from darwinflow.projection.native import Carrier, read
from darwinflow.projection.projection import Projection
from darwinflow.projection.succession import Stretch, Succession


class Faulty(NamedTuple):
    """Of one section."""

    section: int
    segments: tuple[int, ...]
    """Their indices, ascending."""


def faulty_segments(
    items: ItemCheck,
    projection: Projection,
    before: tuple[Faulty, ...],
    old: Projection | None,
    succession: Succession | None,
) -> tuple[Faulty, ...]:
    """One for each carrier. *before*: of *old*, from which *succession* leads to this one; only what is new is looked at."""
    known: dict[tuple[int, str], Faulty] = {}
    if old is not None and succession is not None:
        known = dict(zip(old.carriers, before, strict=True))
    found: list[Faulty] = []
    for carrier in projection.carriers:
        stretch = succession.of(carrier.section) if succession is not None else None
        faulty = known.get((stretch.before, carrier.role)) if stretch is not None else None
        if stretch is None or faulty is None:
            segments = projection.document.roots[projection.root_index].sections[carrier.section].segments
            stretch, faulty = Stretch(-1, 0, (), tuple(segments)), Faulty(carrier.section, ())
        found.append(_after(items, carrier, stretch, faulty, succession))
    return tuple(found)


def _after(
    items: ItemCheck, carrier: Carrier, stretch: Stretch, before: Faulty, succession: Succession | None
) -> Faulty:
    if stretch.is_empty and carrier.section == before.section:
        return before
    old = before.segments
    start = bisect_left(old, stretch.first)
    end = bisect_left(old, stretch.first + len(stretch.removed))
    retold = succession.retold(carrier.section) if stretch.before >= 0 and succession is not None else []
    if True in retold:
        fresh = tuple(_judged(items, carrier, stretch, retold, old[start:end]))
    else:
        fresh = tuple(
            [
                at
                for at, segment in enumerate(stretch.added, stretch.first)
                if items.segment(segment, read(segment, carrier.role))
            ]
        )
    shift = len(stretch.added) - len(stretch.removed)
    if not shift and fresh == old[start:end] and carrier.section == before.section:
        return before
    behind = old[end:]
    if shift:
        behind = tuple([at + shift for at in behind])
    return Faulty(carrier.section, old[:start] + fresh + behind)


def _judged(
    items: ItemCheck, carrier: Carrier, stretch: Stretch, retold: list[bool], old: tuple[int, ...]
) -> Iterator[int]:
    """Of the new segments, those with findings. *old*: those that had some where the removed ones stood."""
    judge = Retold(items, carrier.role)
    had = frozenset(old)
    for at, segment in enumerate(stretch.added, stretch.first):
        within = at - stretch.first
        if retold[within] and at not in had and judge.is_sound(stretch.removed[within], segment):
            continue
        if items.segment(segment, read(segment, carrier.role)):
            yield at
