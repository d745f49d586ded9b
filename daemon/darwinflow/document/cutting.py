"""Where a root mapping is cut into sections and a section into segments.

No cut needs reading: YAML wants every line of an entry deeper than the entry,
so a line at the entries' column begins the next one, whatever stands above it.
"""

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final

from darwinflow.document.chunks import Blocks
from darwinflow.document.grammar.scan import (
    BLANKS,
    BYTE_ORDER_MARK,
    after_blanks,
    indent_of,
    is_mark,
    key_colon,
)
from darwinflow.document.section import Section
from darwinflow.document.segment import Form, Segment

MIN_SPLIT: Final = 12
"""Lines. A shorter section is read at once."""

HALF_KEY: Final = re.compile(r"[A-Za-z_][\w.-]*[ ]*\Z")
"""A key whose colon is still to be typed."""

NO_ENTRY: Final = frozenset(["", " ", "#", "]", "}", "\t"])
"""What begins no entry when it stands at the entries' column."""

Take = Callable[[Form, int, int], Segment]
"""Gives the segment of some lines, read now or kept from before."""


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
        starts.append(at)
    return starts


def read_section(lines: list[str], start: int, end: int, handles: Mapping[str, str], take: Take) -> Section:
    """The section of a root mapping that begins with the key at line *start*."""
    if end - start > MIN_SPLIT and is_open_header(lines[start]):
        form, cuts = value_cuts(lines, start + 1, end, handles)
        if form is not None:
            head = take(Form("head", handles=handles), start, cuts[0])
            if head.key is not None:
                segments = [take(form, first, behind) for first, behind in pairwise([*cuts, end])]
                return Section(head, Blocks.of(segments))
    return Section(None, Blocks.of([take(Form("root entry", handles=handles), start, end)]))


def is_open_header(line: str) -> bool:
    """Whether a key at column 0 has its value below: nothing, an anchor, a tag or a comment behind it."""
    line = line.removeprefix(BYTE_ORDER_MARK)
    colon = key_colon(line, 0)
    if colon < 0:
        return HALF_KEY.match(line) is not None
    at = after_blanks(line, colon + 1)
    while at < len(line) and line[at] in "&!":
        while at < len(line) and line[at] not in BLANKS:
            at += 1
        at = after_blanks(line, at)
    return at >= len(line) or line[at] == "#"


def value_cuts(
    lines: list[str], start: int, end: int, handles: Mapping[str, str]
) -> tuple[Form | None, list[int]]:
    """The form of the items or entries below a key and the lines on which they begin."""
    first = next((at for at in range(start, end) if lines[at].lstrip(" ")[:1] not in ("", "#")), end)
    if first == end:
        return None, []
    line = lines[first]
    column = indent_of(line)
    if is_mark(line, column, "-"):
        form = Form("item", column, 1, handles)
    elif column > 0 and line[column] not in "?&!\t" and key_colon(line, column) >= 0:
        form = Form("entry", column, 1, handles)
    else:
        return None, []
    cuts = cut_lines(lines, first, end, form)
    return (form, cuts) if cuts and cuts[0] == first else (None, [])


def cut_lines(lines: list[str], start: int, end: int, form: Form) -> list[int]:
    """The lines from *start* to before *end* on which a segment of this form begins."""
    column = form.column
    if form.name == "item":
        dash, bare = " " * column + "- ", " " * column + "-"
        tabbed = bare + "\t"
        return [
            at
            for at in range(start, end)
            if lines[at].startswith(bare) and (lines[at] == bare or lines[at].startswith((dash, tabbed)))
        ]
    prefix = " " * column
    return [
        at
        for at in range(start, end)
        if lines[at].startswith(prefix)
        and lines[at][column : column + 1] not in NO_ENTRY
        and not is_mark(lines[at], column, "-")
        and not is_mark(lines[at], column, ":")
    ]
