"""Looks through the text itself, comments included: for secrets, and for comments that suppress findings.

Nearly no line holds either, and a filter over the whole text finds the few that may. What is found hangs on its
segment; after an edit only the new segments are looked at.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from darwinflow.check.finding import Finding
from darwinflow.check.rules.secret import secret
from darwinflow.check.suppressions import MARKS, Suppression, suppressions_in
from darwinflow.document.document import Document
from darwinflow.document.root import Root
from darwinflow.document.segment import Segment
from darwinflow.projection.succession import Stretch, Succession
from darwinflow.recorder.redact import SHAPES

_ENCODING = ("utf-8", "surrogatepass")
_LETTERS = bytes(
    code if code == 0x0A else 0x61 if (chr(code).isalnum() and code < 128) or chr(code) in "_-+/" else 0x20
    for code in range(256)
)
_LONG_WORD = b"a" * 16
"""Every shape of a token and every random word holds as many, but for the texts below."""
_PASSWORD_KEYS = (b"assw", b"ASSW", b"assW", b"assphrase", b"assPhrase", b"ASSPHRASE")
_TELLING = (*[mark.encode() for mark in MARKS], b"earer ", b"PRIVATE KEY", *_PASSWORD_KEYS)
_PASSWORD = re.compile(rb"://[^\s@]{0,400}@")
_ESCAPE = re.compile(rb"\\(?:(?:x|u00|U000000)[2-7]|[/\r\n])")
"""How a text may write a letter of a secret; in the next line, too."""
_WORD = re.compile(rb"a+")
_DIGIT = re.compile(rb"[0-9]")
_ANCHORS = re.compile(b"|".join(re.escape(anchor.encode()) for anchor, _, _ in SHAPES))
_MAX_SEARCHED = 4_000
"""Letters of a word; a longer one is left to whoever reads the line."""
_MANY = 64
"""Segments that are looked at one by one; more, and the text is looked at as a whole first."""
_REMARKS = (__name__, "remarks")
_LOCATED = (__name__, "located")


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
    if found.head is not None and _remarks(document, root_index, section, -1, found.head) is not _NONE:
        segments.append(-1)
    segments += old[bisect_left(old, 0) : start]
    for at, segment in enumerate(stretch.added, stretch.first):
        if retold[at - stretch.first]:
            if at in had:
                segments.append(at)
        elif _remarks(document, root_index, section, at, segment) is not _NONE:
            segments.append(at)
    shift = len(stretch.added) - len(stretch.removed)
    segments += [at + shift for at in old[end:]] if shift else old[end:]
    return Noted(section, tuple(segments))


def remarks(document: Document, root_index: int, found: Swept) -> Iterator[Remarks]:
    """Everything that was found, at its place in the document."""
    if not found.noted and found.lead is _NONE and found.tail is _NONE:
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
        if segment.memo[_REMARKS] is not _NONE:
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
            segment.memo[_REMARKS] = _NONE


def rows_to_read(text: str) -> list[int]:
    """The lines of *text* that could hold something; it is certain of all others that they do not."""
    content = text.encode(*_ENCODING)
    letters = content.translate(_LETTERS)
    may_escape = b"\\" in content
    if _LONG_WORD not in letters and b"://" not in content and not may_escape and not _tells(content):
        return []
    starts = {at for word in _TELLING for at in _places(content, word)}
    starts.update([at for at in _places(content, b"://") if _PASSWORD.match(content, at)])
    if may_escape:
        starts.update([match.start() for match in _ESCAPE.finditer(content)])
    at = letters.find(_LONG_WORD)
    while at >= 0:
        end = _end_of_word(letters, at)
        is_long = end - at > _MAX_SEARCHED
        if is_long or _DIGIT.search(content, at, end) or _ANCHORS.search(content, at, end):
            starts.add(at)
        at = letters.find(_LONG_WORD, end)
    rows: list[int] = []
    row = last = 0
    for start in sorted(starts):
        row += content.count(b"\n", last, start)
        last = start
        if not rows or rows[-1] != row:
            rows.append(row)
    return rows


def _tells(content: bytes) -> bool:
    return any(word in content for word in _TELLING)


def _places(content: bytes, word: bytes) -> Iterator[int]:
    at = content.find(word)
    while at >= 0:
        yield at
        at = content.find(word, at + len(word))


def _end_of_word(letters: bytes, at: int) -> int:
    match = _WORD.match(letters, at)
    return match.end() if match is not None else at + 1


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
        return _NONE
    suppressions = tuple(suppressions_in(lines, segment)) if any(mark in text for mark in MARKS) else ()
    secrets = tuple(secret(lines, segment))
    return Remarks(suppressions, secrets) if suppressions or secrets else _NONE
