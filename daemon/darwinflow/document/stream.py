"""How a text falls into YAML documents, and each of them into sections.

Decided by the first characters of lines alone, so that it costs little even
for a long text: markers, directives, and what stands at column 0.
"""

import re
from bisect import bisect_left
from collections.abc import Mapping
from itertools import pairwise
from typing import Final, NamedTuple

from darwinflow.document.blocks import Blocks, One
from darwinflow.document.cutting import Take, read_prelude, read_section, section_starts
from darwinflow.document.form import Form
from darwinflow.document.grammar.reader import NO_HANDLES
from darwinflow.document.grammar.scan import (
    BLANKS,
    BYTE_ORDER_MARK,
    HALF_KEY,
    first_column,
    is_mark,
    key_colon,
)
from darwinflow.document.problem import YAML_SYNTAX, Problem
from darwinflow.document.root import Layout, Root
from darwinflow.document.section import Section
from darwinflow.model.span import Span

MAX_DOCUMENTS: Final = 1_000
"""Of one stream."""
NO_EDGE: Final = frozenset(["", " ", "\t", "#"])
_INVISIBLE: Final = BLANKS + BYTE_ORDER_MARK
MARKER: Final = re.compile(r"(?:---|\.\.\.)(?=[ \t]|\Z)")
_END: Final = re.compile(r"\.\.\.[ \t]*(?:[ \t]#.*)?\Z", re.DOTALL)
_YAML: Final = re.compile(r"%YAML[ \t]")
_VERSION: Final = re.compile(r"%YAML[ \t]+\d+\.\d+[ \t]*(?:[ \t]#.*)?\Z", re.DOTALL)
_TAG: Final = re.compile(r"%TAG[ \t]+(![A-Za-z0-9-]*!?)[ \t]+(\S+)[ \t]*(?:#.*)?\Z", re.DOTALL)


class Extent(NamedTuple):
    """The lines of one document of the stream."""

    start: int
    body: int
    """The first line of content: the marker's own where content follows it there."""
    body_end: int
    end: int
    is_explicit: bool
    is_inline: bool
    handles: Mapping[str, str]
    problems: tuple[Problem, ...]
    """Of directives and markers, relative to ``start``."""


def without_byte_order_marks(lines: list[str]) -> list[str]:
    """*lines* without the mark at the beginning of each document; elsewhere it is a character like any other."""
    if BYTE_ORDER_MARK not in "".join(lines):
        return lines  # as nearly all texts; to ask each line takes ten times as long
    marked = [at for at, line in enumerate(lines) if line.startswith(BYTE_ORDER_MARK)]
    if not marked:
        return lines
    bare = [*lines]
    for at in marked:
        above = at - 1
        while above >= 0 and lines[above].strip(BLANKS)[:1] in ("", "#"):
            above -= 1
        if at == 0 or (above >= 0 and MARKER.match(lines[above])):
            bare[at] = lines[at][1:]
    return bare


def edge_lines(lines: list[str]) -> list[int]:
    """Lines with something other than a comment at column 0."""
    return [at for at, line in enumerate(lines) if line[:1] not in NO_EDGE]


def extents(lines: list[str], edges: list[int]) -> list[Extent]:
    """The documents of a stream, at least one; together they take every line. One more than there may be is the last."""
    markers = [at for at in edges if MARKER.match(lines[at])]
    count = len(lines)
    found: list[Extent] = []
    problems: list[Problem] = []
    at = start = 0
    is_ended = True
    while len(found) <= MAX_DOCUMENTS:
        lead = _lead(lines, at, is_allowed=is_ended)
        problems += lead.problems
        at = lead.end
        if at == count:
            break
        is_explicit = MARKER.match(lines[at]) is not None
        if lead.last >= 0 and not (is_explicit and lines[at][0] == "-"):
            problems.append(_at_line(lines, lead.last, "a directive needs a line '---' after it"))
        if is_explicit and lines[at][0] == ".":
            problems += _end_problems(lines, at)
            at += 1
            is_ended = True
            continue
        behind = lines[at][3:].strip(BLANKS) if is_explicit else ""
        is_inline = behind[:1] not in ("", "#")
        body = at + 1 if is_explicit and not is_inline else at
        following = bisect_left(markers, at + is_explicit)
        body_end = end = markers[following] if following < len(markers) else count
        is_ended = body_end < count and lines[body_end][0] == "."
        if is_ended:
            problems += _end_problems(lines, body_end)
            end += 1
        moved = tuple([problem.moved(-start) for problem in problems])
        found.append(Extent(start, body, body_end, end, is_explicit, is_inline, lead.handles, moved))
        problems = []
        at = start = end
    if lead.last >= 0:
        problems.append(_at_line(lines, lead.last, "a directive needs a document after it, begun by '---'"))
    if not found:
        nothing = Extent(
            0, count, count, count, is_explicit=False, is_inline=False, handles=NO_HANDLES, problems=()
        )
        return [nothing._replace(problems=tuple(problems))]
    last = found[-1]
    more = [problem.moved(-last.start) for problem in problems]
    found[-1] = last._replace(end=count, problems=(*last.problems, *more))
    return found


class _Lead(NamedTuple):
    """What stands before a document's content or marker."""

    end: int
    last: int
    """The line of the last directive, -1 where there is none."""
    handles: Mapping[str, str]
    problems: list[Problem]


def _lead(lines: list[str], at: int, *, is_allowed: bool) -> _Lead:
    """Pass over blank lines, comments and, where *is_allowed*, directives."""
    last = -1
    handles: dict[str, str] = {}
    problems: list[Problem] = []
    has_version = False
    while at < len(lines):
        line = lines[at]
        if line[:1] == "%" and is_allowed:
            last = at
            if tag := _TAG.match(line):
                handles[tag[1]] = tag[2]
            elif _YAML.match(line):
                if has_version:
                    problems.append(_at_line(lines, at, "%YAML is given twice; keep one"))
                elif not _VERSION.match(line):
                    problems.append(_at_line(lines, at, "%YAML takes a version: '%YAML 1.2'"))
                has_version = True
        elif line.strip(_INVISIBLE)[:1] not in ("", "#"):
            break
        at += 1
    return _Lead(at, last, handles or NO_HANDLES, problems)


def _at_line(lines: list[str], at: int, message: str) -> Problem:
    return Problem(YAML_SYNTAX, message, Span(at, 0, at, len(lines[at])))


def _end_problems(lines: list[str], at: int) -> list[Problem]:
    if _END.match(lines[at]):
        return []
    span = Span(at, 3, at, len(lines[at]))
    return [Problem(YAML_SYNTAX, "nothing may follow '...' on its line; begin a document with '---'", span)]


def root_of(lines: list[str], edges: list[int], extent: Extent, take: Take) -> Root:
    """Cut the lines of one document into sections and read them."""
    first = extent.body
    while first < extent.body_end and lines[first].strip(_INVISIBLE)[:1] in ("", "#"):
        first += 1
    inner = edges[bisect_left(edges, first) : bisect_left(edges, extent.body_end)]
    layout = _layout(lines, inner, first, extent)
    sections: list[Section] = []
    if layout == "map":
        starts = section_starts(lines, inner)
        if first < starts[0]:
            sections.append(read_prelude(lines, first, starts[0], extent.handles, take))
        for start, end in pairwise([*starts, extent.body_end]):
            sections.append(read_section(lines, start, end, extent.handles, take))
    elif layout == "list":
        form = Form("item", handles=extent.handles)
        cuts = [at for at in inner if is_mark(lines[at], 0, "-")]
        segments = [take(form, start, end) for start, end in pairwise([*cuts, extent.body_end])]
        sections.append(Section(None, Blocks.of(segments)))
    elif layout == "whole":
        form = Form("inline" if extent.is_inline else "whole", handles=extent.handles)
        sections.append(Section(None, One(take(form, first, extent.body_end))))
    lead = first - extent.start
    tail = extent.end - max(extent.body_end, first)
    before = tuple([problem for problem in extent.problems if problem.span.line < lead])
    after = tuple(
        [problem.moved(extent.start + tail - extent.end) for problem in extent.problems[len(before) :]]
    )
    return Root(
        layout,
        lead,
        Blocks.of(sections),
        tail,
        (before, after),
        is_explicit=extent.is_explicit,
    )


def _layout(lines: list[str], edges: list[int], first: int, extent: Extent) -> Layout:
    if first >= extent.body_end:
        return "empty"
    if extent.is_inline:
        return "whole"
    line = lines[first]
    column = first_column(line)
    if column == 0 and is_mark(line, 0, "-"):
        return "list"
    is_key = key_colon(line, column) >= 0 or is_mark(line, column, "?")
    if column == 0 and is_key:
        return "map"
    is_typed = is_key or is_mark(line, column, "-") or HALF_KEY.match(line, column) is not None
    if is_typed and any(key_colon(lines[at], 0) >= 0 for at in edges if at > first):
        return "map"  # something is being typed in front of the root's keys
    return "whole"
