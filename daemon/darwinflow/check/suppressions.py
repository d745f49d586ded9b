"""`# darwinflow: ignore[code] reason`: a comment that takes findings away.

At the end of a line it counts for that line, and for the whole text that begins there; on a line of its own for
the next line that holds more than a comment.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from darwinflow.check.scalars import scalars_of
from darwinflow.document.document import Document
from darwinflow.document.node import DOUBLE, FOLDED, LITERAL, SINGLE
from darwinflow.document.segment import Segment

MARK = "darwinflow:"
"""What every such comment holds."""
_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#[ \t]*darwinflow:[ \t]*(ignore)\b(?:\[([^\]]*)\])?")
_CODE = re.compile(r"[^\s,]+")
_LONG = (__name__, "long")


class Code(NamedTuple):
    """One code between the brackets."""

    name: str
    column: int

    @property
    def end_column(self) -> int:
        return self.column + len(self.name)


class Suppression(NamedTuple):
    line: int
    """Relative to what holds it, until `moved`."""
    column: int
    """Of its `#`."""
    word_column: int
    """Of the word `ignore`."""
    codes: tuple[Code, ...]
    """In the order of the text; none where there are no brackets, or nothing in them."""
    is_alone: bool
    """Whether it has its line for itself."""

    def moved(self, lines: int) -> "Suppression":
        return self._replace(line=self.line + lines) if lines else self


def suppressions_in(lines: Sequence[str], segment: Segment | None) -> Iterator[Suppression]:
    """Those among *lines*, which are a segment's own; None: all lines are comments."""
    texts: list[_Stretch] | None = None
    for row, line in enumerate(lines):
        if MARK not in line:
            continue
        for match in _COMMENT.finditer(line):
            if texts is None:
                texts = _texts(segment) if segment is not None else []
            if _is_within(texts, row, match.start()):
                continue
            codes = [Code(code[0], match.start(2) + code.start()) for code in _CODE.finditer(match[2] or "")]
            is_alone = not line[: match.start()].strip()
            yield Suppression(row, match.start(), match.start(1), tuple(codes), is_alone)
            break


def lines_of(document: Document, suppressions: Sequence[Suppression]) -> list[range]:
    """The lines that each of *suppressions*, at their places in *document* and in order, counts for."""
    found: list[range] = []
    following: dict[int, int] = {}
    for suppression in reversed(suppressions):
        line = suppression.line
        if suppression.is_alone:
            following[line] = _next_content(document, line + 1, following)
            line = following[line]
        found.append(
            range(line, _end_of_text(document, line) + 1) if line < len(document.lines) else range(0)
        )
    found.reverse()
    return found


def _next_content(document: Document, line: int, following: dict[int, int]) -> int:
    """The first line from *line* on that holds more than a comment; *following*: what is known of later lines."""
    count = len(document.lines)
    while line < count and document.lines[line].lstrip()[:1] in ("", "#"):
        if line in following:
            return following[line]
        line += 1
    return line


def _end_of_text(document: Document, line: int) -> int:
    """The last line of the scalar that begins on *line*, *line* itself where it ends there."""
    place = document.locate(line)
    if place.section_index < 0:
        return line
    section = document.roots[place.root_index].sections[place.section_index]
    segment = section.segment(place.segment_index)
    return place.start_line + _long_texts(segment).get(line - place.start_line, line - place.start_line)


def _long_texts(segment: Segment) -> dict[int, int]:
    """The last line of each scalar over several lines, by its first; kept with the segment."""
    known: dict[int, int] | None = segment.memo.get(_LONG)
    if known is None:
        known = {node.line: node.end_line for node in scalars_of(segment) if node.end_line > node.line}
        segment.memo[_LONG] = known
    return known


_Stretch = tuple[tuple[int, int], tuple[int, int]]
"""Where a text begins and ends."""
_END = 1 << 30
"""Behind the end of any line."""


def _texts(segment: Segment) -> list[_Stretch]:
    """The scalars in which `#` begins no comment, in the order of the text."""
    found: list[_Stretch] = []
    for node in scalars_of(segment):
        if node.style in (LITERAL, FOLDED):
            found.append(((node.line, _END), (node.end_line, _END)))
        elif node.style in (DOUBLE, SINGLE):
            found.append(((node.line, node.column), (node.end_line, node.end_column)))
    found.sort()
    return found


def _is_within(texts: list[_Stretch], row: int, column: int) -> bool:
    """Whether a place lies inside one of *texts*, which do not overlap."""
    at = bisect_left(texts, ((row, column), (0, 0))) - 1
    return at >= 0 and (row, column) < texts[at][1]
