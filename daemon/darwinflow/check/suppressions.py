"""`# darwinflow: ignore[code] reason`: a comment that takes findings away.

One that is nearly written so takes none away, and is told of. At the end of a line it counts for that line, and for the whole text that begins there; on a line of its own for
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
from darwinflow.model.nearest import nearest

MARKS = ("arwin", "ARWIN")
"""One of them is in every such comment, and in every one that is nearly written so."""
_START = r"(?:^|(?<=[ \t]))#[ \t]*"
_COMMENT = re.compile(_START + r"darwinflow:[ \t]*(ignore)\b(?:\[([^\]]*)\])?")
_NEARLY = re.compile(
    _START
    + r"(darwin[-_ ]?flow[ \t]*:?[ \t]*([a-z]+)(?:[ \t]*[:=]?[ \t]*[\[({]([a-z, \t-]*)[\])}]|[ \t:=]*$|(?=:)))",
    re.IGNORECASE,
)
_IGNORE = frozenset(
    {"ignore", "ignored", "ignores", "ignoring", "disable", "suppress", "skip", "allow", "noqa"}
)
_LETTER = re.compile(r"[^\W\d_]", re.UNICODE)
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
    """Of the word `ignore`; of a slip, that of the name before it."""
    codes: tuple[Code, ...]
    """In the order of the text; none where there are no brackets, or nothing in them."""
    is_alone: bool
    """Whether it has its line for itself."""
    has_reason: bool = True
    """Whether words follow."""
    end_column: int = 0
    """Behind the brackets."""
    is_slip: bool = False
    """Whether it is only nearly written as it should be, and so suppresses nothing."""

    def moved(self, lines: int) -> "Suppression":
        return self._replace(line=self.line + lines) if lines else self


def suppressions_in(lines: Sequence[str], segment: Segment | None) -> Iterator[Suppression]:
    """Those among *lines*, which are a segment's own; None: all lines are comments."""
    texts: list[_Stretch] | None = None
    for row, line in enumerate(lines):
        if not any(mark in line for mark in MARKS):
            continue
        for found in _written(line):
            if texts is None:
                texts = _texts(segment) if segment is not None else []
            if not _is_within(texts, row, found.column):
                yield found._replace(line=row)
                break


def _written(line: str) -> Iterator[Suppression]:
    """What *line* says where `#` begins a comment; as of line 0."""
    is_any = False
    for match in _COMMENT.finditer(line):
        is_any = True
        near = _NEARLY.match(line, match.start()) if match[2] is None else None
        if near is not None and near[3] is not None:
            yield _slip(line, near)
        else:
            yield _suppression(line, match, _codes(match[2], match.start(2)))
    for match in () if is_any else _NEARLY.finditer(line):
        word = match[2].lower()
        if word in _IGNORE or nearest(word, ("ignore",)) is not None:
            yield _slip(line, match)


def _slip(line: str, match: re.Match[str]) -> Suppression:
    return _suppression(line, match, _codes(match[3], match.start(3)))._replace(is_slip=True)


def _codes(text: str | None, column: int) -> tuple[Code, ...]:
    return tuple([Code(code[0], column + code.start()) for code in _CODE.finditer(text or "")])


def _suppression(line: str, match: re.Match[str], codes: tuple[Code, ...]) -> Suppression:
    is_alone = not line[: match.start()].strip()
    has_reason = _LETTER.search(line, match.end()) is not None
    return Suppression(0, match.start(), match.start(1), codes, is_alone, has_reason, match.end())


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
