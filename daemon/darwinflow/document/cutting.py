"""Where a root mapping is cut into sections and a section into segments.

No cut needs reading: YAML wants every line of an entry deeper than the entry,
so a line at the entries' column begins the next one, whatever stands above it.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from darwinflow.document.blocks import Blocks, One
from darwinflow.document.form import Form, FormName
from darwinflow.document.grammar.reader import NO_HANDLES
from darwinflow.document.grammar.scan import (
    BLANKS,
    BYTE_ORDER_MARK,
    CLOSED_TEXT,
    after_blanks,
    indent_of,
    is_closed,
    is_mark,
    key_colon,
)
from darwinflow.document.section import Section
from darwinflow.document.segment import Segment

MIN_SPLIT: Final = 12
"""Lines. A shorter section is read at once."""

NO_ENTRY: Final = frozenset(["", " ", "#", "]", "}", "\t", BYTE_ORDER_MARK])
"""What begins no entry when it stands at the entries' column."""

_LONG_VALUE: Final = frozenset("\"'[{|>&*!?")
"""What begins a value that may go on below; any other line at column 0 is, or is to become, a key."""

_ENTRY: Final = Form("root entry")

Cut = tuple[Form, int]
"""A line on which a segment begins, and how it is read."""

Take = Callable[[Form, int, int], Segment]
"""Gives the segment of some lines, read now or kept from before."""


class Known(NamedTuple):
    """What is known of lines that were cut before: only some can be where an item begins."""

    form: Form
    """Of all items so far. In none of them does a line begin another, or a dash stand further left."""
    rows: list[int]
    """The first lines of those items, and all lines that belong to none."""


def section_starts(lines: list[str], edges: list[int]) -> list[int]:
    """The lines of a root mapping on which its keys begin, of those with something at column 0."""
    starts: list[int] = []
    for at in edges:
        line = lines[at]
        if line[0] in "-]}:" and (starts or line[0] == "-"):
            if line[0] in "]}" or is_mark(line, 0, "-"):
                continue
            if is_mark(line, 0, ":") and lines[starts[-1]][:1] == "?":
                continue
        elif starts and CLOSED_TEXT.match(line):
            continue
        starts.append(at)
    return starts


def read_section(
    lines: list[str],
    start: int,
    end: int,
    handles: Mapping[str, str],
    take: Take,
    known: Known | None = None,
) -> Section:
    """The section of a root mapping that begins with the key at line *start*."""
    if end - start > MIN_SPLIT:
        is_open = is_open_header(lines[start])
        if is_open or has_complete_value(lines[start]):
            found = value_cuts(lines, start + 1, end, handles, known, is_open=is_open)
            if found is not None:
                name, cuts = found
                head = take(Form(name, handles=handles), start, cuts[0][1])
                if head.key is not None:
                    return Section(head, Blocks.of(_segments(cuts, end, take)))
    form = _ENTRY if handles is NO_HANDLES else Form("root entry", handles=handles)
    return Section(None, One(take(form, start, end)))


def read_prelude(lines: list[str], start: int, end: int, handles: Mapping[str, str], take: Take) -> Section:
    """The section of indented lines before the first key of a root mapping."""
    column = _lowest_dash(lines, start, end, len(lines[start]))
    if column < 0:
        return Section(None, One(take(Form("prelude", handles=handles), start, end)))
    form = Form("item", column, 1, handles)
    cuts = [(form, at) for at in cut_lines(lines, start + 1, end, form)]
    leading = Form("leading", indent_of(lines[start]), 1, handles)
    return Section(None, Blocks.of(_segments([(leading, start), *cuts], end, take)))


def _segments(cuts: list[Cut], end: int, take: Take) -> list[Segment]:
    borders = [at for _, at in cuts[1:]] + [end]
    return [take(form, at, behind) for (form, at), behind in zip(cuts, borders, strict=True)]


def is_open_header(line: str) -> bool:
    """Whether a key at column 0 has its value below: nothing, an anchor, a tag or a comment behind it.

    A line that is no key, such as a half-typed one, is taken for one that has.
    """
    line = line.removeprefix(BYTE_ORDER_MARK)
    colon = key_colon(line, 0)
    if colon < 0:
        return line[:1] not in _LONG_VALUE
    at = after_blanks(line, colon + 1)
    while at < len(line) and line[at] in "&!":
        while at < len(line) and line[at] not in BLANKS:
            at += 1
        at = after_blanks(line, at)
    return at >= len(line) or line[at] == "#"


def has_complete_value(line: str) -> bool:
    """Whether a key at column 0 has a value on its line that no line below can belong to unless it is text."""
    colon = key_colon(line, 0)
    if colon < 0:
        return False
    at = after_blanks(line, colon + 1)
    first = line[at : at + 1]
    return is_closed(line, at) if first in "\"'[{" else first not in "|>&!?-"


def value_cuts(
    lines: list[str],
    start: int,
    end: int,
    handles: Mapping[str, str],
    known: Known | None = None,
    *,
    is_open: bool,
) -> tuple[FormName, list[Cut]] | None:
    """How the key is read, and the lines on which the items or entries below it begin, each with its form.

    Items that are indented less than what comes first are what the rest of
    the section is about: someone is typing at its beginning. Below a key that
    has a value already (not *is_open*) only items that hold keys are taken for
    a list; all else may be text.
    """
    first = next((at for at in range(start, end) if lines[at].lstrip(" ")[:1] not in ("", "#")), end)
    if first == end:
        return None
    line = lines[first]
    column = indent_of(line)
    is_item = is_mark(line, column, "-")
    is_entry = column > 0 and line[column] not in "?&!\t" and key_colon(line, column) >= 0
    if not is_item and not is_entry:
        return None
    lowest = _lowest_dash(lines, first, end, column, known)
    if lowest >= 0:
        form = Form("item", lowest, 1, handles)
        cuts = cut_lines(lines, first, end, form, known)
        if is_open or _is_item_with_key(lines[cuts[0]], lowest):
            leading = Form("leading" if is_open else "quiet leading", column, 1, handles)
            return "head" if is_open else "crowded head", [(leading, first), *((form, at) for at in cuts)]
    if not is_open and not (is_item and _is_item_with_key(line, column)):
        return None
    form = Form("item" if is_item else "entry", column, 1, handles)
    cuts = cut_lines(lines, first, end, form, known)
    if cuts[:1] != [first]:
        return None
    name: FormName = "head" if is_open else "crowded head" if lowest < 0 else "crowded head over dashes"
    return name, [(form, at) for at in cuts]


def _lowest_dash(lines: list[str], start: int, end: int, column: int, known: Known | None = None) -> int:
    """The least indentation below *column* of a line that begins with a dash, or -1."""
    lowest = column
    prefix = " " * column
    for line in lines[start:end] if known is None else [lines[at] for at in _within(known, start, end)]:
        if line[:column] != prefix:
            indent = indent_of(line)
            if indent < lowest and is_mark(line, indent, "-"):
                lowest = indent
    return lowest if lowest < column else -1


def _is_item_with_key(line: str, column: int) -> bool:
    return key_colon(line, after_blanks(line, column + 1)) >= 0


def _within(known: Known, start: int, end: int) -> list[int]:
    return known.rows[bisect_left(known.rows, start) : bisect_left(known.rows, end)]


def cut_lines(lines: list[str], start: int, end: int, form: Form, known: Known | None = None) -> list[int]:
    """The lines from *start* to before *end* on which a segment of this form begins."""
    column = form.column
    if form.name == "item":
        bare = " " * column + "-"
        behind = column + 1
        if known is not None and known.form == form:
            rows = [at for at in _within(known, start, end) if lines[at][:behind] == bare]
            return [at for at in rows if lines[at][behind : behind + 1] in BLANKS]
        return [
            at
            for at, line in enumerate(lines[start:end], start)
            if line[:behind] == bare and line[behind : behind + 1] in BLANKS
        ]
    prefix = " " * column
    return [
        at
        for at, line in enumerate(lines[start:end], start)
        if line[:column] == prefix
        and line[column : column + 1] not in NO_ENTRY
        and not is_mark(line, column, "-")
        and not is_mark(line, column, ":")
        and not CLOSED_TEXT.match(line, column)
    ]
