"""Edits that stay inside one section: only the segments whose lines changed are read again.

What decides is whether the cuts stay where they are. An edit that could move
the border of a section or of a document is not taken on here; the caller then
cuts the text anew, which reads no segment twice either.
"""

from itertools import pairwise

from darwinflow.document.cutting import MIN_SPLIT, cut_lines
from darwinflow.document.form import Form
from darwinflow.document.grammar.scan import indent_of, is_mark, key_colon
from darwinflow.document.lines import LineChange, Lines
from darwinflow.document.reading import Before, read
from darwinflow.document.retyping import retyped
from darwinflow.document.section import Section
from darwinflow.document.segment import Segment

_INNER = frozenset(["", " ", "\t", "#", "]", "}"])
"""First characters of lines that begin neither a section nor a document."""


Replaced = tuple[int, tuple[Segment, ...], tuple[Segment, ...]]
"""The index of the first segment that was replaced, the old segments and the new ones."""


def replaced_segments(
    section: Section, first: int, last: int, start: int, before: Lines, after: Lines, change: LineChange
) -> Replaced | None:
    """Read again what *change* touched; None: the section has to be cut anew.

    Touched are the segments from *first* to *last* of a section that begins at line *start*.
    """
    shift = len(change.added) - change.removed
    if first < 0:
        return None
    form = section.segments[first].form
    if form.name not in ("item", "entry"):
        return None
    if first == last and change.removed == len(change.added) == 1:
        old, row = section.segments[first], change.start - start - section.start(first)
        content = retyped(old, row, before[change.start], change.added[0])
        if content is not None:
            return first, (old,), (Segment(form, old.line_count, content),)
    if first <= 1 and section.head is not None and section.head.form.name != "head":
        return None
    if form.depth and section.line_count + shift <= MIN_SPLIT:
        return None
    removed_lines = before.slice(change.start, change.start + change.removed)
    if not (_is_inner(removed_lines, form) and _is_inner(change.added, form)):
        return None
    is_prelude = section.head is None and form.depth > 0
    if is_prelude and any(line[:1] in ("]", "}") for line in (*removed_lines, *change.added)):
        return None  # what closes nothing begins the first section
    low = start + section.start(first)
    if first == 0 and change.start == low and not _begins_value(change.added[0], form):
        return None
    end = start + section.start(last) + section.segments[last].line_count + shift
    lines = after.slice(low, end)
    cuts = cut_lines(lines, 0, len(lines), form)
    if not cuts or cuts[0] != 0:
        if first == 0:
            return None
        first -= 1
        if section.segments[first].form != form:
            return None
        lines = after.slice(start + section.start(first), low) + lines
        cuts = [0, *(cut + low - start - section.start(first) for cut in cuts)]
    borders = [*cuts, len(lines)]
    ends_text = end == len(after)
    removed = tuple(section.segments.slice(first, last + 1))
    edit_start = change.start - start - section.start(first)
    before_edit = Before(removed[0], edit_start, change.removed, len(change.added))
    added = tuple(
        [
            read(
                form,
                lines[cut:behind],
                ends_text=ends_text and behind == len(lines),
                before=before_edit if cut == 0 else None,
            )
            for cut, behind in pairwise(borders)
        ]
    )
    return first, removed, added


def _is_inner(lines: list[str], form: Form) -> bool:
    """Whether none of the lines can begin a section or a document, or move the border of the list."""
    for line in lines:
        if line[:1] not in _INNER:
            if not (form.column == 0 and form.name == "item" and is_mark(line, 0, "-")):
                return False
        elif form.depth:
            indent = indent_of(line)
            if indent < form.column and is_mark(line, indent, "-"):
                return False
    return True


def _begins_value(line: str, form: Form) -> bool:
    """Whether a section whose value begins with this line is cut in this form."""
    if indent_of(line) != form.column:
        return False
    if form.name == "item":
        return is_mark(line, form.column, "-")
    return (
        line[form.column : form.column + 1] not in ("", "?", "&", "!", "\t")
        and key_colon(line, form.column) >= 0
    )
