"""Looks through the text itself, comments included: for secrets, and for comments that suppress findings.

Nearly no line holds either, and a filter over the whole text finds the few that may. What is found hangs on its
segment; after an edit only the new segments are looked at.
"""

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from darwinflow.check.finding import Finding
from darwinflow.check.suppressions import MARKS, Suppression, suppressions_in
from darwinflow.check.telltales import rows_to_read
from darwinflow.document.document import Change, Document
from darwinflow.document.root import Root
from darwinflow.document.segment import Segment
from darwinflow.projection.succession import Stretch, Succession

_MANY = 64
"""Segments that are looked at one by one; more, and the text is looked at as a whole first."""
_REMARKS = f"{__name__}.remarks"
_LOCATED = f"{__name__}.located"


class Remarks(NamedTuple):
    """What a stretch of lines holds, relative to its first line."""

    suppressions: tuple[Suppression, ...]
    secrets: tuple[Finding, ...]

    def moved(self, lines: int) -> "Remarks":
        if not lines:
            return self
        return Remarks(
            tuple([suppression.moved(lines) for suppression in self.suppressions]),
            tuple([finding.moved(lines) for finding in self.secrets]),
        )


_NONE = Remarks((), ())
_SILENT = Remarks((), ())
"""Nothing either, and no line could hold anything."""
_EMPTY = (_SILENT, _NONE)


class Noted(NamedTuple):
    """The segments of one section that hold something."""

    section: int
    segments: tuple[int, ...]
    """Their indices, ascending; -1 is the section's head."""


class Swept(NamedTuple):
    """Where in one document of the stream there is something."""

    noted: tuple[Noted, ...]
    """Of each section that holds something, in the order of the text."""
    lead: Remarks
    """Of the lines before the first section, relative to the root."""
    tail: Remarks
    """Of the lines behind the last one, relative to the first of them."""


def swept(document: Document, root_index: int, before: Swept | None, succession: Succession | None) -> Swept:
    """*before*: of an earlier document, from whose root *succession* leads to this one."""
    if before is None or succession is None:
        return _fresh(document, root_index)
    change = document.change
    if change is None:
        return _followed(document, root_index, before, succession)
    lead = before.lead
    if not change.removed and not change.added:  # the lines before the sections have changed, or the head
        lead = _of_lines(document.lines.slice(*_lead(document, root_index)))
    section = change.section_index
    at = bisect_left(before.noted, (section,))
    is_noted = at < len(before.noted) and before.noted[at].section == section
    old = before.noted[at] if is_noted else Noted(section, ())
    new = _noted(document, root_index, section, old, succession)
    if new.segments == old.segments:
        return before if lead is before.lead else before._replace(lead=lead)
    noted = (*before.noted[:at], *([new] if new.segments else ()), *before.noted[at + is_noted :])
    return Swept(noted, lead, before.tail)


def is_unremarkable(document: Document, change: Change) -> bool:
    """Whether neither the segment that an edit of its text took away nor the one that it put in holds anything."""
    (old,), (new,) = change.removed, change.added
    known = old.memo.get(_REMARKS)
    root, section, at = change.root_index, change.section_index, change.first_segment
    if known is _SILENT and change.row >= 0:
        row = document.segment_start(root, section, at) + change.row
        if not rows_to_read(document.lines[row] + "\n"):
            new.memo[_REMARKS] = _SILENT
            return True
    return known in _EMPTY and _remarks(document, root, section, at, new) in _EMPTY


def _followed(document: Document, root_index: int, before: Swept, succession: Succession) -> Swept:
    """After an edit that may have changed several sections, and what stands around them."""
    known = {one.section: one for one in before.noted}
    noted: list[Noted] = []
    for section in range(len(document.roots[root_index].sections)):
        stretch = succession.of(section)
        old = known.get(stretch.before, Noted(stretch.before, ())) if stretch is not None else None
        new = _noted(document, root_index, section, old, succession)
        if new.segments:
            noted.append(new)
    return Swept(tuple(noted), *_edges(document, root_index))


def _noted(
    document: Document, root_index: int, section: int, before: Noted | None, succession: Succession
) -> Noted:
    """*before*: of the section that this one was; None where it is new."""
    found = document.roots[root_index].sections[section]
    stretch = succession.of(section)
    old: tuple[int, ...] = ()
    if before is None or stretch is None:
        stretch = Stretch(-1, 0, (), tuple(found.segments))
    else:
        old = before.segments
    start = bisect_left(old, max(stretch.first, 0))
    end = bisect_left(old, stretch.first + len(stretch.removed))
    retold = succession.retold(section) if stretch.before >= 0 else [False] * len(stretch.added)
    had = frozenset(old[start:end])
    segments: list[int] = []
    if found.head is not None and _remarks(document, root_index, section, -1, found.head) not in _EMPTY:
        segments.append(-1)
    segments += old[bisect_left(old, 0) : start]
    for at, segment in enumerate(stretch.added, stretch.first):
        if retold[at - stretch.first]:
            if at in had:
                segments.append(at)
        elif _remarks(document, root_index, section, at, segment) not in _EMPTY:
            segments.append(at)
    shift = len(stretch.added) - len(stretch.removed)
    segments += [at + shift for at in old[end:]] if shift else old[end:]
    return Noted(section, tuple(segments))


def remarks(document: Document, root_index: int, found: Swept) -> Iterator[Remarks]:
    """Everything that was found, at its place in the document."""
    if not found.noted and found.lead in _EMPTY and found.tail in _EMPTY:
        return
    root = document.roots[root_index]
    lead, behind = _lead(document, root_index)
    yield found.lead.moved(lead)
    for section, segments in found.noted:
        for at in segments:
            segment = root.sections[section].segment(at)
            start = document.segment_start(root_index, section, at)
            known: tuple[int, Remarks] | None = segment.memo.get(_LOCATED)
            if known is None or known[0] != start:
                held = _remarks(document, root_index, section, at, segment)
                known = segment.memo[_LOCATED] = (start, held.moved(start))
            yield known[1]
    yield found.tail.moved(behind + root.sections.line_count)


def suppressions_within(document: Document, first: int, behind: int) -> list[Suppression]:
    """Suppressions on the lines from *first* to before *behind*, at their places, without a look at other lines."""
    found: list[Suppression] = []
    for row, line in enumerate(document.lines.slice(first, behind), first):
        if not any(mark in line for mark in MARKS):
            continue
        place = document.locate(row)
        if place.section_index < 0:
            found += [one.moved(row) for one in suppressions_in([line], None)]
            continue
        section = document.roots[place.root_index].sections[place.section_index]
        segment = section.segment(place.segment_index)
        held = _remarks(document, place.root_index, place.section_index, place.segment_index, segment)
        moved = [one.moved(place.start_line) for one in held.suppressions]
        found += [one for one in moved if one.line == row]
    return found


def _fresh(document: Document, root_index: int) -> Swept:
    root = document.roots[root_index]
    segments = list(_segments(root))
    unread = [place for place in segments if _REMARKS not in place[2].memo]
    if len(unread) > _MANY:
        _pass_over(document, root_index, unread)
    for section, at, segment in unread:
        _remarks(document, root_index, section, at, segment)
    noted: dict[int, list[int]] = {}
    for section, at, segment in segments:
        if segment.memo[_REMARKS] not in _EMPTY:
            noted.setdefault(section, []).append(at)
    found = tuple([Noted(section, tuple(indices)) for section, indices in noted.items()])
    return Swept(found, *_edges(document, root_index))


def _edges(document: Document, root_index: int) -> tuple[Remarks, Remarks]:
    """Of the lines before the first section, and behind the last one."""
    root = document.roots[root_index]
    start, first = _lead(document, root_index)
    behind = first + root.sections.line_count
    lead = _of_lines(document.lines.slice(start, first))
    return lead, _of_lines(document.lines.slice(behind, behind + root.tail))


def _segments(root: Root) -> Iterator[tuple[int, int, Segment]]:
    """Section, index and segment, heads included."""
    for number, section in enumerate(root.sections):
        if section.head is not None:
            yield number, -1, section.head
        for at, segment in enumerate(section.segments):
            yield number, at, segment


def _pass_over(document: Document, root_index: int, unread: list[tuple[int, int, Segment]]) -> None:
    """Note of all *unread* segments that hold nothing that they do, by one look at the text as a whole."""
    first = _lead(document, root_index)[1]
    end = first + document.roots[root_index].sections.line_count
    rows = rows_to_read("\n".join(document.lines.slice(first, end)))
    worth = {
        (place.section_index, place.segment_index) for row in rows for place in [document.locate(first + row)]
    }
    for section, at, segment in unread:
        if (section, at) not in worth:
            segment.memo[_REMARKS] = _SILENT


def _lead(document: Document, root_index: int) -> tuple[int, int]:
    """The first line of a root, and of its first section."""
    root = document.roots[root_index]
    first = document.segment_start(root_index, 0, -1)
    return first - root.lead, first


def _remarks(document: Document, root_index: int, section: int, at: int, segment: Segment) -> Remarks:
    """What a segment holds; kept with it."""
    known: Remarks | None = segment.memo.get(_REMARKS)
    if known is None:
        start = document.segment_start(root_index, section, at)
        lines = document.lines.slice(start, start + segment.line_count)
        known = segment.memo[_REMARKS] = _of_lines(lines, segment)
    return known


def _of_lines(lines: list[str], segment: Segment | None = None) -> Remarks:
    text = "\n".join(lines)
    if not rows_to_read(text):
        return _SILENT
    from darwinflow.check.rules.secret import secret  # here: most files need none of it

    suppressions = tuple(suppressions_in(lines, segment)) if any(mark in text for mark in MARKS) else ()
    secrets = tuple(secret(lines, segment))
    return Remarks(suppressions, secrets) if suppressions or secrets else _NONE
