"""Brackets over several lines that are indented as programs do it: the indentation tells which one is missing or too much."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from darwinflow.document.grammar.rows import Row
from darwinflow.model.span import Span

_CLOSING: Final = {"[": "]", "{": "}"}
_OPENING: Final = {"]": "[", "}": "{"}
_NOTHING: Final = "'{}' closes nothing; remove it"
MOST: Final = 3
"""Slips that are told apart; with more, nobody can tell what was meant."""


class Slip(NamedTuple):
    """A mark that is missing or too much, and how to mend that."""

    row: int
    start: int
    end: int
    text: str
    """What belongs in the place of the columns from *start* to before *end*."""
    span: Span
    message: str
    title: str
    is_certain: bool = True


class _Open:
    """A bracket that is open."""

    def __init__(self, mark: str, row: int, column: int, low: int, high: int) -> None:
        self.mark = mark
        """Empty where it is missing."""
        self.row = row
        self.column = column
        self.low = low
        self.high = high
        """It may be closed on a line that is indented by this, and no less than *low*."""
        self.child = -1
        """How far what it holds is indented; -1 as long as nothing does."""
        self.first: Row | None = None
        """Of one that is missing: the line that it should stand before."""


class Walk:
    """Goes down the lines and notes where they do not fit the brackets that are open."""

    def __init__(self, lines: Sequence[str], column: int, outer: int) -> None:
        """*lines*: from the one where a bracket opens at *column*, which belongs to what begins at *outer*."""
        self._lines = lines
        low = max(outer, 0)
        is_behind_dash = not lines[0][low:column].replace("-", "").strip(" ")
        self._stack = [_Open(lines[0][column], 0, column, low, column if is_behind_dash else low)]
        self._above = Row(0, low, opening=lines[0][column], opening_column=column, end=column + 1)
        self._passed: list[Row] = [self._above]
        self.slips: list[Slip] = []

    def through(self, rows: Sequence[Row]) -> bool:
        """Whether everything is told that does not fit."""
        for row in rows:
            if not self._line(row) or len(self.slips) > MOST:
                return False
            self._passed.append(row)
        return self._tell_unclosed(self._stack[::-1], None)

    def _line(self, row: Row) -> bool:
        if not self._stack:
            return bool(row.closing) and self._take_out(row, _NOTHING.format(row.closing[0]))
        if row.closing or not (row.is_entry or row.opening):
            for at, mark in enumerate(row.closing or ","):
                if not self._close(mark, row, row.indent + at):
                    return False
        else:
            if self._is_doubled(row):
                return self._take_out(row, f"'{row.opening}' stands there twice; remove one")
            lost: list[_Open] = []
            while self._stack and self._stack[-1].low >= row.indent:
                lost.append(self._stack.pop())
            if not self._stack or not self._tell_unclosed(lost, row):
                return False
            if not lost and self._is_again(row):
                return self._take_out(row, "this line stands there twice; remove one")
            self._hold(row, is_next=bool(lost))
        if row.opening:
            self._stack.append(_Open(row.opening, row.row, row.opening_column, row.indent, row.indent))
        self._above = row
        return True

    def _close(self, mark: str, row: Row, column: int) -> bool:
        """A closing bracket, or a comma that stands alone where one is missing."""
        lost: list[_Open] = []
        while self._stack and column == row.indent and self._stack[-1].low > row.indent:
            lost.append(self._stack.pop())
        if not self._tell_unclosed(lost, row):
            return False
        top = self._stack[-1] if self._stack else None
        if top is None:
            return False
        if column > row.indent and top.low < row.indent:
            span = Span(row.row, column, row.row, column + 1)
            self.slips.append(
                Slip(row.row, column, column + 1, "", span, _NOTHING.format(mark), f"Remove '{mark}'")
            )
            return True
        if column == row.indent and row.indent > top.high:
            return mark != "," and self._tell_unopened(mark, row, top)
        self._stack.pop()
        if mark == "," and not top.mark:
            return False
        if mark == ",":
            self._tell_open([top], row.row, column, "")
        elif not top.mark and top.first is not None:
            self._tell_missing(_OPENING[mark], top.first)
        elif _CLOSING[top.mark] != mark:
            right = _CLOSING[top.mark]
            span = Span(row.row, column, row.row, column + 1)
            message = f"'{mark}' cannot close '{top.mark}'; write '{right}'"
            self.slips.append(Slip(row.row, column, column + 1, right, span, message, f"Write '{right}'"))
        return True

    def _hold(self, row: Row, *, is_next: bool) -> None:
        """An entry of the innermost bracket. *is_next*: what closes before it is told to be missing, with its comma."""
        top, above = self._stack[-1], self._above
        if top.child < 0:
            top.child = row.indent
        elif row.indent > top.child:
            low = above.indent if above.is_key else top.child
            inner = _Open("", row.row, row.indent, low, low)
            inner.child, inner.first = row.indent, row
            self._stack.append(inner)
        elif not is_next and not above.has_comma and not above.opening:
            span = Span(above.row, max(above.end - 1, 0), above.row, above.end)
            message = "a ',' is missing behind this"
            self.slips.append(Slip(above.row, above.end, above.end, ",", span, message, "Add ','"))

    def _is_again(self, row: Row) -> bool:
        """Whether the last entry of a bracket, which needs no comma, is doubled."""
        above = self._above
        lines = self._lines
        return (
            above.is_entry and not (above.has_comma or above.opening) and lines[above.row] == lines[row.row]
        )

    def _is_doubled(self, row: Row) -> bool:
        top = self._stack[-1]
        is_first = top.row == self._above.row and top.mark == row.opening and top.low == row.indent
        return is_first and self._lines[top.row].strip() == self._lines[row.row].strip()

    def _take_out(self, row: Row, message: str) -> bool:
        line = self._lines[row.row]
        if row.closing and (row.is_entry or row.opening):
            return False
        end, start = len(line.rstrip(" \t")), row.indent
        span = Span(row.row, start, row.row, row.end)
        if row.closing:
            span = Span(row.row, start, row.row, start + 1)
        elif row.opening:
            span = Span(row.row, row.opening_column, row.row, row.opening_column + 1)
        self.slips.append(Slip(row.row, start, end, "", span, message, "Remove this line's text"))
        return True

    def _tell_unclosed(self, lost: Sequence[_Open], row: Row | None) -> bool:
        """Say of brackets, the innermost first, that they should be closed before *row*."""
        if not lost:
            return True
        if not all(one.mark for one in lost):
            return False
        above = self._above
        behind = row.row if row is not None else len(self._lines)
        is_entry = row is not None and not row.closing and (row.is_entry or bool(row.opening))
        for at in range(above.row + 1, behind):
            line = self._lines[at]
            if not line.strip(" ") and len(line) == lost[0].low:
                self._tell_open(lost, at, len(line), "," if is_entry else "")
                return True
        comma = "," if is_entry and not above.has_comma else ""
        self._tell_open(lost, above.row, above.end, comma)
        return True

    def _tell_open(self, lost: Sequence[_Open], row: int, column: int, comma: str) -> None:
        ends = "".join([_CLOSING[one.mark] for one in lost])
        first = lost[0]
        span = Span(first.row, first.column, first.row, first.column + 1)
        message = f"'{first.mark}' is never closed; add '{ends}'"
        self.slips.append(Slip(row, column, column, ends + comma, span, message, f"Add '{ends}'"))

    def _tell_unopened(self, mark: str, row: Row, top: _Open) -> bool:
        """A closing bracket where none that is open fits: the opening one is missing above, or it is too much."""
        if row.indent < top.child:
            inside = [one for one in self._passed if one.row > top.row]
            while inside and min(one.indent for one in inside) <= row.indent:
                inside.pop(0)
            if not inside:
                return False
            return self._tell_missing(_OPENING[mark], inside[0])
        return self._take_out(row, _NOTHING.format(mark))

    def _tell_missing(self, mark: str, first: Row) -> bool:
        """An opening bracket that is missing before the line *first*."""
        above = next(one for one in reversed(self._passed) if one.row < first.row)
        place, start = above.row, len(self._lines[above.row].rstrip(" \t"))
        span = Span(first.row, first.indent, first.row, first.indent + 1)
        message = f"a '{mark}' is missing before this"
        for at in range(above.row + 1, first.row):
            if not self._lines[at].strip(" \t"):
                place, start = at, len(self._lines[at])
        if above.is_key:
            span = Span(above.row, above.indent, above.row, above.end)
            message = f"a '{mark}' is missing behind this"
            place, start = above.row, len(self._lines[above.row].rstrip(" \t"))
        text = f" {mark}" if place == above.row else mark
        end = len(self._lines[place])
        self.slips.append(Slip(place, start, end, text, span, message, f"Add '{mark}'"))
        return True
