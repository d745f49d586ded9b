"""Texts without quotes in block context."""

from typing import Final

from darwinflow.document.grammar.core_schema import resolved
from darwinflow.document.grammar.quoted import Quoted
from darwinflow.document.grammar.scan import (
    ALIAS_NAME,
    BLANKS,
    begins_key,
    first_column,
    indent_of,
    is_ended,
    uncommented,
)
from darwinflow.document.lines import Edit
from darwinflow.document.node import BROKEN, PLAIN, SCALAR, Node
from darwinflow.document.problem import BREAKING, LOOSE, Repair
from darwinflow.model.span import Span

OPENING_CURLS: Final = "\u201c\u201d\u201e\u2018\u2019\u201a"
CLOSING_CURLS: Final = "\u201c\u201d\u2018\u2019"
"""Quotes as text programs make them of plain ones."""


class Plain(Quoted):
    """The layer that reads plain scalars, which may run over several lines."""

    __slots__ = ()

    def plain(self, row: int, column: int, outer: int) -> tuple[Node, int]:
        """The scalar that begins here and the row behind it."""
        line = self.lines[row]
        first = line[column]
        text, is_commented = uncommented(line, column)
        if first in ",]}%@`#":
            self.report(
                row, column, row, column + 1, f"a value cannot begin with '{first}'; quote it", BREAKING
            )
            return Node(SCALAR, text, row, column, row, column + len(text), BROKEN, text), row + 1
        if is_commented or row + 1 >= self.count:
            return plain_node(text, row, column, row, column + len(text)), row + 1
        return self._continued(text, row, column, outer)

    def _continued(self, text: str, row: int, column: int, outer: int) -> tuple[Node, int]:
        """The same scalar with the deeper lines below it that continue it."""
        parts = [text]
        end_row, end_column = row, column + len(text)
        blank_lines = 0
        for at in range(row + 1, self.count):
            line = self.lines[at]
            start = first_column(line)
            if start >= len(line):
                blank_lines += 1
                continue
            if indent_of(line) <= outer or line[start] == "#" or begins_key(line, start):
                break
            more, is_commented = uncommented(line, start)
            parts.append("\n" * blank_lines if blank_lines else " ")
            parts.append(more)
            blank_lines = 0
            end_row, end_column = at, start + len(more)
            if is_commented:
                break
        return plain_node("".join(parts), row, column, end_row, end_column), end_row + 1

    def starred(self, row: int, column: int) -> Node | None:
        """A text that begins with ``*`` as an alias does, which nothing may follow on its line; it is reported."""
        line = self.lines[row]
        match = ALIAS_NAME.match(line, column)
        if match is None or is_ended(line, match.end()):
            return None
        text = uncommented(line, column)[0]
        end = column + len(text)
        message = "a '*' without quotes begins an alias, which nothing may follow on its line; quote the text"
        written = "'" + text.replace("'", "''") + "'"
        repair = Repair("Put it in quotes", (Edit(Span(row, column, row, end), written),))
        self.report(row, column, row, match.end(), message, LOOSE, repair)
        return Node(SCALAR, text, row, column, row, end, BROKEN, text)

    def is_curled(self, row: int, column: int) -> bool:
        """Whether a text here stands between quotes as text programs make them, which is reported."""
        line = self.lines[row]
        text = uncommented(line, column)[0]
        end = column + len(text)
        if text[0] not in OPENING_CURLS or text[-1] not in CLOSING_CURLS:
            return False
        repair = None
        if '"' not in text and "\\" not in text:
            places = ((column, column + 1), (end - 1, end))
            edits = tuple([Edit(Span(row, start, row, behind), '"') for start, behind in places])
            repair = Repair("Write '\"'", edits)
        message = f"'{text[0]}' opens no text in YAML; write '\"' around it"
        self.report(row, column, row, column + 1, message, BREAKING, repair)
        return True

    def text_node(self, row: int, column: int, end: int) -> Node:
        """Part of a line kept as text because it is no YAML."""
        text = self.lines[row][column:end].rstrip(BLANKS)
        return Node(SCALAR, text, row, column, row, column + len(text), BROKEN, text)


def plain_node(text: str, row: int, column: int, end_row: int, end_column: int) -> Node:
    return Node(SCALAR, resolved(text), row, column, end_row, end_column, PLAIN, text)
