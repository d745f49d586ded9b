"""A stretch of a document's text."""

from typing import NamedTuple


class Span(NamedTuple):
    """Lines and columns from 0, columns in code points, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int

    def moved(self, lines: int) -> "Span":
        """The same stretch, *lines* further down."""
        return Span(self.line + lines, self.column, self.end_line + lines, self.end_column)

    def covers(self, line: int, column: int) -> bool:
        """Whether a cursor at this place touches the stretch, its end included."""
        return (self.line, self.column) <= (line, column) <= (self.end_line, self.end_column)
