"""Edits that move borders of sections: the sections around them are cut again, no segment is read twice."""

from itertools import pairwise
from typing import Final, NamedTuple

from darwinflow.document.cutting import MIN_SPLIT, Known, is_open_header, read_section, section_starts
from darwinflow.document.form import Form
from darwinflow.document.grammar.scan import BYTE_ORDER_MARK, CLOSED_TEXT, is_mark, key_colon
from darwinflow.document.keeping import Kept
from darwinflow.document.lines import LineChange, Lines
from darwinflow.document.reading import read
from darwinflow.document.root import Root
from darwinflow.document.section import Section
from darwinflow.document.segment import Segment
from darwinflow.document.stream import MARKER, NO_EDGE

_ITEMS_ABOVE: Final = frozenset(["item", "head", "crowded head", "leading", "quiet leading"])
"""What stands in a section of items alike."""


class Recut(NamedTuple):
    """Neighbouring sections that an edit replaced."""

    first: int
    removed: list[Section]
    added: list[Section]


def recut_sections(root: Root, start: int, before: Lines, after: Lines, change: LineChange) -> Recut | None:
    """Cut again what *change* touched in a root that begins at line *start*; None: cut the whole text.

    The change lies in the lines of the root's sections.
    """
    body = start + root.lead
    if root.layout != "map" or not _is_key(before[body]):
        return None
    first = root.sections.at_line(change.start - body)
    last = root.sections.at_line(change.start + change.removed - 1 - body)
    removed = before.slice(change.start, change.start + change.removed)
    if any(_is_border(line) for line in removed) or any(_is_border(line) for line in change.added):
        return None
    low = body + root.sections.start(first)
    if change.start == low and not (_begins_section(removed[0]) and _begins_section(change.added[0])):
        if first == 0:
            return None
        first -= 1
        low = body + root.sections.start(first)
    old_end = body + root.sections.start(last + 1)
    if last + 1 < len(root.sections) and before[old_end][:1] == ":":
        return None
    if low == body and not _is_key(after[low]):
        return None
    sections = root.sections.slice(first, last + 1)
    if first == last and (section := _with_head(sections[0], low, after, change)):
        return Recut(first, sections, [section])
    shift = len(change.added) - change.removed
    lines = after.slice(low, old_end + shift)
    moved = change._replace(start=change.start - low)
    kept = Kept([(0, [segment for section in sections for segment in section.pieces()])], moved)
    ends_text = old_end + shift == len(after)

    def take(form: Form, at: int, behind: int) -> Segment:
        return kept.take(form, at, behind, lines, ends_text=ends_text)

    known = _known(sections, kept.segments, len(lines))
    rows = range(len(lines)) if known is None else known.rows
    starts = section_starts(lines, [at for at in rows if lines[at][:1] not in NO_EDGE])
    if not starts or starts[0] != 0:
        return None
    handles = sections[0].segments[0].form.handles
    borders = [*starts, len(lines)]
    added = [read_section(lines, at, behind, handles, take, known) for at, behind in pairwise(borders)]
    return Recut(first, sections, added)


def _is_key(line: str) -> bool:
    """Whether a root that begins with this line is a mapping whatever follows."""
    return line[:1] not in " \t" and key_colon(line, 0) >= 0 and not line.startswith(BYTE_ORDER_MARK)


def _is_border(line: str) -> bool:
    """Whether a line has to do with more than the section it is in: a marker, or a key in two parts."""
    return line[:1] in ("?", ":") or MARKER.match(line) is not None


def _begins_section(line: str) -> bool:
    return line[:1] not in " \t#]}" and not is_mark(line, 0, "-") and not CLOSED_TEXT.match(line)


def _with_head(section: Section, start: int, after: Lines, change: LineChange) -> Section | None:
    """The section when only lines of its head changed and its value is cut as before."""
    head = section.head
    if head is None or change.start + change.removed > start + head.line_count:
        return None
    shift = len(change.added) - change.removed
    if section.line_count + shift <= MIN_SPLIT:
        return None
    lines = after.slice(start, start + head.line_count + shift)
    if (
        head.form.name != "head"
        or not is_open_header(lines[0])
        or any(line.lstrip(" ")[:1] not in ("", "#") for line in lines[1:])
    ):
        return None
    fresh = read(head.form, lines, ends_text=False)
    return Section(fresh, section.segments) if fresh.key is not None else None


def _known(sections: list[Section], kept: dict[int, Segment], count: int) -> Known | None:
    """What the segments that stay tell of *count* lines; None where they are not all items alike."""
    # Below a key that has a value already, dashes further left may have been passed over.
    if any(one.head is not None and one.head.form.name == "crowded head over dashes" for one in sections):
        return None
    forms = {id(segment.form): segment.form for segment in kept.values()}
    items = {key: form for key, form in forms.items() if form.name == "item"}
    form = next(iter(items.values()), None)
    if form is None or any(other != form for other in items.values()):
        return None
    if any(other.name not in _ITEMS_ABOVE for other in forms.values()):
        return None
    rows: list[int] = []
    at = 0
    for start, segment in kept.items():
        if at < start:
            rows.extend(range(at, start))
        at = start + segment.line_count
        if id(segment.form) in items:
            rows.append(start)
        else:
            rows.extend(range(start, at))
    rows.extend(range(at, count))
    return Known(form, rows)
