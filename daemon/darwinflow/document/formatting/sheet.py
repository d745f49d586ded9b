"""The lines of a text with what is to become of each, and the edits that make it so."""

from collections.abc import Iterator

from darwinflow.document.grammar.scan import BLANKS, BYTE_ORDER_MARK, indent_of
from darwinflow.document.lines import Edit, Lines
from darwinflow.model.span import Span

Columns = tuple[tuple[int, int], ...]
"""The collections that are open on a line, outermost first: the column of each, and the one it moves to."""


class Sheet:
    """Rows are lines of the document, without the byte order mark that one may begin with: each document may."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self.rows = [line.removeprefix(BYTE_ORDER_MARK) for line in lines]
        self.count = len(self.rows) - (self.rows[-1] == "")
        """Rows that are lines to YAML: what follows the last line end is none."""
        self.indents: dict[int, int] = {}
        """How many spaces are to stand at the beginning of a row in the place of those that do."""
        self.gaps: list[tuple[int, int, int, str]] = []
        """Row, start and end of blanks within a row, and what is to stand there."""
        self.kept: set[int] = set()
        """Rows whose blanks at the end belong to a value."""
        self.counted: set[int] = set()
        """Rows that belong to a value even if they are empty."""
        self.inside: set[int] = set()
        """Rows that go on with a value from above, so that '#' may begin no comment there."""
        self.open: dict[int, Columns] = {}
        """For rows on which an entry or an item begins."""
        self.ends_in_text = False
        """Whether the last line belongs to a text after `|` or `>`, which a line end there would change."""
        self.ceilings: dict[int, int] = {}
        """For the last row of a text after `|` or `>`: where a comment below may stand and not become text."""

    def gap(self, row: int, start: int, end: int, text: str) -> None:
        """Let *text* stand between two columns that hold nothing but blanks; else leave them."""
        found = self.rows[row][start:end]
        if found != text and not found.strip(BLANKS):
            self.gaps.append((row, start, end, text))

    def edits(self) -> tuple[Edit, ...]:
        """In the order of the text; none overlaps another."""
        last = self.count - 1
        while last >= 0 and self._is_blank(last):
            last -= 1
        runs = list(self._runs(last))
        dropped = {row for start, end in runs for row in range(start, end)}
        edits = [Edit(Span(start, 0, end, 0), "") for start, end in runs]
        for row in range(last + 1):
            if row not in dropped:
                edits += self._row_edits(row)
        edits += [self._edit(*gap) for gap in self.gaps]
        edits += self._end_edits(last)
        return tuple(sorted(edits))

    def _row_edits(self, row: int) -> Iterator[Edit]:
        text = self.rows[row]
        column = indent_of(text)
        wanted = self.indents.get(row, column)
        if wanted != column:
            yield self._edit(row, 0, column, " " * wanted)
        end = len(text.rstrip(BLANKS))
        if end < len(text) and row not in self.kept and not (end == 0 and self._holds_blanks(row)):
            yield self._edit(row, end, len(text), "")

    def _holds_blanks(self, row: int) -> bool:
        """Whether the blanks that are all of *row* count: between line ends that become one, or to a text that ends there."""
        if row == len(self.rows) - 1:
            return self.ends_in_text
        return row > 0 and self._lines.end_of(row - 1) == "\r" and self._lines.end_of(row) == "\n"

    def _edit(self, row: int, start: int, end: int, text: str) -> Edit:
        shift = len(self._lines[row]) - len(self.rows[row])
        return Edit(Span(row, start + shift, row, end + shift), text)

    def _runs(self, last: int) -> Iterator[tuple[int, int]]:
        """Start and end of the empty rows that follow an empty one, before row *last*."""
        row = 0
        while row < last:
            end = row
            while self._is_blank(end):
                end += 1
            if end - row > 1:
                yield row + 1, end
            row = end + 1

    def _end_edits(self, last: int) -> Iterator[Edit]:
        """One line end behind *last*, the last row with text; none in a text of blanks."""
        final = len(self.rows) - 1
        if last == final:
            if self.ends_in_text:
                return
            width = len(self._lines[final])
            yield Edit(Span(final, width, final, width), self._lines.end_of(0) or "\n")
        elif final > last + 1 or (last < 0 and self.rows[final]):
            mark = 0 if last >= 0 else len(self._lines[0]) - len(self.rows[0])
            yield Edit(Span(last + 1, mark, final, len(self._lines[final])), "")

    def _is_blank(self, row: int) -> bool:
        return row not in self.counted and not self.rows[row].strip(BLANKS)
