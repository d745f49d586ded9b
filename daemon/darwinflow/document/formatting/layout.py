"""Where the entries and items of block collections are to begin, and all that moves along with them."""

import re
from typing import Final

from darwinflow.document.formatting.flow import FlowSpacing, keep_scalar, start_of
from darwinflow.document.formatting.sheet import Sheet
from darwinflow.document.formatting.style import STEP, Style
from darwinflow.document.grammar.scan import BLANKS, after_blanks, first_column, indent_of, is_mark
from darwinflow.document.node import ALIAS, BLOCK, EMPTY, FLOW, FOLDED, LITERAL, MAP, SCALAR, SEQ, Node

_HEADER: Final = re.compile(r"[|>]([0-9+-]*)")


class Layout:
    """Lays out one root, whose nodes count their lines from *offset* on and which ends before row *end*."""

    def __init__(self, sheet: Sheet, offset: int, end: int, style: Style) -> None:
        self._sheet = sheet
        self._offset = offset
        self._end = end
        self._style = style
        self._open: list[tuple[int, int]] = []
        self._flow = FlowSpacing(sheet, offset)

    def root(self, node: Node) -> None:
        if node.style == BLOCK and node.kind in (MAP, SEQ):
            line, _ = start_of(node)
            if line < node.line:
                self._sheet.inside.update(range(line + 1 + self._offset, node.line + self._offset))
            self._collection(node, 0)
        elif node.style == FLOW:
            self._sheet.inside.update(self._rows(node.line + 1, node.end_line))
            self._flow.collection(node)
        else:
            self.keep(node.line + self._offset, self._end - 1)

    def keep(self, first: int, last: int) -> None:
        """Leave rows as they are."""
        rows = range(first, last + 1)
        self._sheet.kept.update(rows)
        self._sheet.counted.update(rows)
        self._sheet.inside.update(rows)

    def _rows(self, first: int, last: int) -> range:
        return range(first + self._offset, last + self._offset + 1)

    def _collection(self, node: Node, column: int) -> None:
        self._open.append((node.column, column))
        if node.kind == MAP:
            for key, value in node.pairs:
                self._entry(key, value, node.column, column)
        else:
            row = node.line + self._offset
            for at, item in enumerate(node.items):
                if at:
                    row = self._row_of_mark(start_of(item)[0] + self._offset, node.column, "-")
                self._begin(row, node.column, column)
                self._value(item, row, node.column + 1, (node.column, column), column + STEP)
        self._open.pop()

    def _row_of_mark(self, row: int, column: int, mark: str) -> int:
        """The row at or above *row* on which *mark* stands at *column*."""
        rows = self._sheet.rows
        while not (is_mark(rows[row], column, mark) and not rows[row][:column].strip(BLANKS)):
            row -= 1
        return row

    def _begin(self, row: int, old: int, new: int) -> None:
        if first_column(self._sheet.rows[row]) == old:
            self._sheet.indents[row] = new
        self._sheet.open[row] = tuple(self._open)

    def _entry(self, key: Node, value: Node, old: int, new: int) -> None:
        line, column = start_of(key)
        row = line + self._offset
        text = self._sheet.rows[row]
        colon = after_blanks(text, key.end_column)
        if column != old or key.end_line > line or not is_mark(text, colon, ":"):
            self._explicit_entry(row, value, old, new)
            return
        self._begin(row, old, new)
        if key.kind != ALIAS and key.style != EMPTY:  # an alias or anchor would take the colon in
            self._sheet.gap(row, key.end_column, colon, "")
        if key.style == FLOW:
            self._flow.collection(key)
        list_column = new + STEP if self._style.indents_lists else new
        self._value(value, row, colon + 1, (old, new), list_column)

    def _explicit_entry(self, row: int, value: Node, old: int, new: int) -> None:
        """Moves an entry whose key stands behind '?' as a whole, and leaves it as it is."""
        rows = self._sheet.rows
        while not (rows[row][old : old + 1] in ("?", ":") and is_mark(rows[row], old, rows[row][old])):
            row -= 1
        self._begin(row, old, new)
        last = max(value.end_line + self._offset, row)
        while last + 1 < self._end and not rows[last + 1].strip(BLANKS):
            last += 1
        for at in range(row, last + 1):
            column = indent_of(rows[at])
            if column < len(rows[at]) and (at > row or column == old):
                self._sheet.indents[at] = max(column + new - old, 0)
        self.keep(row, last)
        self._sheet.ceilings[last] = new

    def _value(self, value: Node, row: int, behind: int, parent: tuple[int, int], list_column: int) -> None:
        """What belongs to the entry or item that begins on *row*, whose mark ends before column *behind*."""
        if value.style == EMPTY and value.outset is None:
            return
        new = parent[1]
        line, column = start_of(value)
        first = line + self._offset
        is_list = value.kind == SEQ and value.style == BLOCK
        target = list_column if is_list else new + STEP
        shift = new - parent[0]
        if first == row:
            self._sheet.gap(row, behind, column, " ")
        else:
            outset = target if (line, column) == (value.line, value.column) else new + STEP
            self._sheet.indents[first] = outset
            self._sheet.open.setdefault(first, tuple(self._open))
            shift = outset - column
        node_row = value.line + self._offset
        if value.style == BLOCK:
            self._collection(value, new + STEP if node_row == row else target)
            return
        if node_row != first:
            self._sheet.indents[node_row] = new + STEP
            shift = new + STEP - value.column
        if value.style in (LITERAL, FOLDED):
            self._text(value, parent)
            return
        self._follow(value, column if first != row else -1, shift, parent)
        if value.style == FLOW:
            self._flow.collection(value)
        elif value.kind == SCALAR:
            keep_scalar(self._sheet, value, self._offset)

    def _follow(self, value: Node, column: int, shift: int, parent: tuple[int, int]) -> None:
        """Move the further rows of a value along with its first one, which began at *column*; -1: behind its key."""
        old, new = parent
        for row in self._rows(value.line + 1, value.end_line):
            text = self._sheet.rows[row]
            at = indent_of(text)
            self._sheet.inside.add(row)
            if not text.strip(BLANKS):
                continue
            if column >= 0 and at >= column:
                self._sheet.indents[row] = at + shift
            else:
                self._sheet.indents[row] = max(at + new - old, new + 1 if at > old else 0)

    def _text(self, value: Node, parent: tuple[int, int]) -> None:
        """Move a text after `|` or `>` as a whole: what stands deeper in it stays as much deeper."""
        old, new = parent
        rows = self._sheet.rows
        header = value.line + self._offset
        match = _HEADER.match(rows[header], value.column)
        marks = match[1] if match is not None else ""
        step = next((int(mark) for mark in marks if mark.isdigit()), 0)
        last = value.end_line + self._offset
        behind = last + 1
        while behind < self._end and not rows[behind].strip(" "):
            behind += 1
        full = [row for row in range(header + 1, last + 1) if rows[row].strip(" ")]
        margin = max(old, 0) + step if step else min(map(indent_of, [rows[row] for row in full]), default=0)
        shift = new + (step or STEP) - margin
        content_end = last
        for row in range(header + 1, behind):
            text = rows[row]
            if text.strip(" ") or (full and len(text) > margin):
                self._sheet.indents[row] = indent_of(text) + shift
                self._sheet.kept.add(row)
                content_end = max(content_end, row)
        if "+" in marks:
            content_end = behind - 1
        self._sheet.inside.update(range(header + 1, behind))
        self._sheet.counted.update(range(header + 1, content_end + 1))
        self._sheet.ceilings[behind - 1] = new
