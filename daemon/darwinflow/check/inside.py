"""Where a stretch of a text stands in the document, whatever quotes, escapes and folded lines lie between.

Line ends and blanks are all that YAML adds or takes away, so the visible characters of the value and of its source
are the same in the same order, an escape counting as the character that it stands for.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Final

from darwinflow.document.node import DOUBLE, FOLDED, LITERAL, PLAIN, SCALAR, SINGLE, Node
from darwinflow.model.span import Span

_ESCAPE: Final = re.compile(
    r"\\(?:[uU][dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.|$))"
)
_BLANK_ESCAPES: Final = "tnvfr NLP_\t"
"""What stands behind a backslash for a character that cannot be seen; nothing at all for a line that goes on."""

Unit = tuple[int, int, int]
"""Line, first column and the column behind it, of what stands for one visible character."""


class Letters:
    """One text as it is written. What is asked first reads it once, however often more is asked."""

    def __init__(self, node: Node, lines: Sequence[str]) -> None:
        """*lines*: of the segment that *node* counts from."""
        self.node = node
        self._lines = lines

    @property
    def before(self) -> str:
        """What stands before the text on its line."""
        return self._lines[self.node.line][: self.node.column]

    def span(self, start: int, end: int) -> Span | None:
        """The place of the characters from *start* to before *end*, as far as they stand on one line.

        None where there is no telling, or nothing to be seen.
        """
        node = self.node
        if node.kind != SCALAR or not isinstance(node.value, str):
            return None
        if node.style == PLAIN and node.line == node.end_line:
            return Span(node.line, node.column + start, node.line, node.column + end) if start < end else None
        if self._units is None:
            return None
        first, last = self._before[start], self._before[end]
        if first >= last:
            return None
        line, column, behind = self._units[first]
        for other, _, other_behind in self._units[first:last]:
            if other == line:
                behind = other_behind
        return Span(line, column, line, behind)

    @cached_property
    def _units(self) -> list[Unit] | None:
        return units_of(self.node, self._lines)

    @cached_property
    def _before(self) -> list[int]:
        """How many visible characters stand before each, and before the end."""
        return list(accumulate([not letter.isspace() for letter in self.node.value], initial=0))


def units_of(node: Node, lines: Sequence[str]) -> list[Unit] | None:
    """What stands for each visible character of a text, in its order; None where there is no telling."""
    units = list(_units(node, lines))
    return units if len(units) == sum([not letter.isspace() for letter in node.value]) else None


def _units(node: Node, lines: Sequence[str]) -> Iterator[Unit]:
    is_block = node.style in (LITERAL, FOLDED)
    for row in range(node.line + is_block, node.end_line + 1):
        quote = 1 if node.style in (SINGLE, DOUBLE) else 0
        column = node.column + quote if row == node.line else 0
        end = node.end_column - quote if row == node.end_line else len(lines[row])
        text = lines[row][:end]
        while column < end:
            width, is_visible = _step(node.style, text, column)
            if is_visible:
                yield row, column, column + width
            column += width


def _step(style: str, text: str, column: int) -> tuple[int, bool]:
    """Columns that the character there takes, and whether it can be seen."""
    if style == SINGLE and text.startswith("''", column):
        return 2, True
    if style != DOUBLE or text[column] != "\\":
        return 1, not text[column].isspace()
    match = _ESCAPE.match(text, column)
    if match is None:
        return 1, True
    code = match[1] or match[2] or match[3]
    if code:
        number = int(code, 16)
        return len(match[0]), number <= 0x10FFFF and not chr(number).isspace()
    letter = match[4]
    return len(match[0]), letter is None or (letter != "" and letter not in _BLANK_ESCAPES)
