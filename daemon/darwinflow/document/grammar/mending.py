"""Brackets with faults in them are read once more, with what is missing put in: one mark mends all that it led to."""

from typing import Final

from darwinflow.document.grammar.flow import Flow
from darwinflow.document.grammar.layout import Slip
from darwinflow.document.grammar.lost_marks import slips
from darwinflow.document.grammar.scan import BLANKS, indent_of, is_ended
from darwinflow.document.grammar.simple_flow import Tried
from darwinflow.document.lines import Edit
from darwinflow.document.node import ALIAS, MAP, SEQ, Node
from darwinflow.document.problem import YAML_SYNTAX, Repair
from darwinflow.model.span import Span

_FAR: Final = 1_000
"""Lines of brackets that are read once more, or of the whole text where they are all of it."""
_FAR_IN_ALL: Final = 20_000
_MOST_TRIED: Final = 3


class Mending(Flow):
    """The layer that reads brackets as the value that they are."""

    __slots__ = ()

    def bracketed(self, row: int, column: int, outer: int) -> tuple[Node, int]:
        """The collection that opens here, and the row behind it."""
        known = (len(self.problems), len(self.anchors), len(self.aliases))
        state = (self.unclosed_row, self.open_text_row)
        node, end_row, end = self.flow(row, column, outer)
        self.check_tail(end_row, end, "the closing bracket")
        is_sound = len(self.problems) == known[0]
        if (is_sound and (end_row == row or not self._is_left(end_row + 1, outer))) or self.is_too_deep:
            return node, end_row + 1
        last = self._last_row(row, outer, _FAR_IN_ALL if outer < 0 and not known[0] else _FAR)
        if last < 0 or not self.has_room:
            return node, end_row + 1
        self.reach = max(self.reach, last + 1)
        first = (self.problems[known[0] :], self.anchors[known[1] :], self.aliases[known[2] :])
        first_state = (self.unclosed_row, self.open_text_row)
        lines = self.lines
        for count, found in enumerate(slips(lines[row : last + 1], column, outer)):
            if count == _MOST_TRIED:
                break
            self._forget(known)
            self.unclosed_row, self.open_text_row = state
            self.lines, self.tried = _mended(lines, row, found), Tried()
            mended, mended_row, mended_end = self.flow(row, column, outer)
            is_ended_there = is_ended(self.lines[mended_row], mended_end)
            self.lines, self.tried = lines, Tried()
            is_mended = all(one.code != YAML_SYNTAX for one in self.problems[known[0] :])
            if is_mended and is_ended_there and not self._is_left(mended_row + 1, outer):
                self._tell(found, row, known[0])
                for slip in found:
                    _move_back(mended, row + slip.row, slip)
                return mended, mended_row + 1
        self._forget(known)
        self.problems += first[0]
        self.anchors += first[1]
        self.aliases += first[2]
        self.unclosed_row, self.open_text_row = first_state
        return node, end_row + 1

    def _is_left(self, row: int, outer: int) -> bool:
        """Whether lines that belong to the same value stand from *row* on."""
        below = self.next_content(row)
        return below < self.count and indent_of(self.lines[below]) > outer

    def _last_row(self, row: int, outer: int, far: int) -> int:
        """The last line that can belong to the brackets that open in *row*; -1 where that is too far."""
        last = row
        for at in range(row + 1, self.count):
            line = self.lines[at]
            indent = indent_of(line)
            if line[indent:] and indent <= outer and line[indent] not in ("#]}" if indent == outer else "#"):
                break
            last = at if line.strip(BLANKS) else last
            if at - row > far:
                return -1
        return last

    def _forget(self, known: tuple[int, int, int]) -> None:
        del self.problems[known[0] :], self.anchors[known[1] :], self.aliases[known[2] :]

    def _tell(self, found: list[Slip], row: int, known: int) -> None:
        others = self.problems[known:]
        del self.problems[known:]
        repair = _repair(found, row)
        for slip in found:
            self.report(*slip.span.moved(row), slip.message, repair=repair)
            repair = None
        self.problems += others


def _repair(found: list[Slip], row: int) -> Repair | None:
    """Of all of them together: with one of two mended, the other may be read as something else."""
    if not all(slip.is_certain for slip in found):
        return None
    edits = [
        Edit(Span(row + slip.row, slip.start, row + slip.row, slip.end), slip.text)
        for slip in sorted(found, key=lambda slip: (slip.row, slip.start))
    ]
    first, *others = dict.fromkeys([slip.title for slip in found])
    return Repair(" and ".join([first, *[title[0].lower() + title[1:] for title in others]]), tuple(edits))


def _mended(lines: list[str], row: int, found: list[Slip]) -> list[str]:
    mended = lines.copy()
    for slip in reversed(found):
        line = mended[row + slip.row]
        mended[row + slip.row] = line[: slip.start] + slip.text + line[slip.end :]
    return mended


def _move_back(node: Node, row: int, slip: Slip) -> None:
    """Put what was read on a mended line where it stands in the text."""
    by = len(slip.text) - (slip.end - slip.start)
    if node.line == row:
        node.column = _back(node.column, slip, by)
    if node.end_line == row:
        node.end_column = _back(node.end_column, slip, by)
    if node.outset is not None and node.outset[0] == row:
        node.outset = (row, _back(node.outset[1], slip, by))
    if node.kind == ALIAS or not node.line <= row <= node.end_line:
        return
    inner = [*node.value] if node.kind == SEQ else []
    if node.kind == MAP:
        inner = [one for pair in node.value for one in pair]
    for one in inner:
        _move_back(one, row, slip)


def _back(column: int, slip: Slip, by: int) -> int:
    return column if column <= slip.start else max(column - by, slip.start)
