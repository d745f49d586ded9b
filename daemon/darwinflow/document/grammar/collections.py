"""Lists of ``- `` and mappings of ``key: value`` lines."""

import re
from sys import intern
from typing import Final

from darwinflow.document.grammar.core_schema import resolved
from darwinflow.document.grammar.entries import Entries
from darwinflow.document.grammar.reader import MAX_DEPTH
from darwinflow.document.grammar.scan import (
    BLANKS,
    BYTE_ORDER_MARK,
    after_blanks,
    first_column,
    indent_of,
    is_mark,
    key_colon,
)
from darwinflow.document.grammar.turns import Turning
from darwinflow.document.node import BLOCK, DOUBLE, FOLDED, LITERAL, MAP, PLAIN, SCALAR, SEQ, SINGLE, Node
from darwinflow.document.problem import ADRIFT
from darwinflow.document.tall import Tall

SIMPLE_ENTRY: Final = re.compile(
    r"([A-Za-z_][\w./-]{0,200}+):"
    r"(?:(?: +(?:([\w./(][^:#\t]*+)|\"([^\"\\]*+)\"|'([^']*+)'(?!')))? *\Z|(?=[ \t]))"
)
"""A key as nearly all are, with its value where that is plain text or a quoted one without escapes."""

_NO_KEY: Final = frozenset(["", " ", "-", "#", "\t", BYTE_ORDER_MARK])
"""What may mean something else than the next key where a key of the mapping could stand."""


class Collections(Entries):
    """The layer that reads block lists and block mappings."""

    __slots__ = ()

    def sequence(self, row: int, column: int, outer: int) -> tuple[Node, int]:
        """The list whose dashes stand at *column*, and the row behind it."""
        if self.depth >= MAX_DEPTH:
            return self.too_deep(row, column, outer)
        self.depth += 1
        start = row
        items: list[Node] = []
        turning = Turning(self, SEQ, row, column, column, outer) if self.tall_from else None
        if turning is not None:
            row, _ = turning.begin(items)
        while True:
            if turning is not None and (behind := turning.turn(row, column, items)) >= 0:
                row = behind
                break
            node, row = self._item(row, column)
            items.append(node)
            row = self.next_content(row)
            if row < self.count:
                row = self._strays(row, column, items)
            if row >= self.count or self._column(row) != column or self.lines[row][column] != "-":
                break
            if not self._is_dash(row, column):
                break
        self.depth -= 1
        last = items[-1]
        if turning is not None:
            return turning.node(SEQ, items, row, last), row
        return Node(SEQ, tuple(items), start, column, last.end_line, last.end_column, BLOCK), row

    def _item(self, row: int, column: int) -> tuple[Node, int]:
        line = self.lines[row]
        at = after_blanks(line, column + 1)
        if at == column + 1 < len(line):
            return self._tight_item(row, column)
        if at < len(line) and line[at] != "#":
            if "\t" in line[column + 1 : at] and (key_colon(line, at) >= 0 or self.is_indicator(line, at)):
                self.report(row, column + 1, row, at, "a tab cannot indent what follows '-'; use spaces")
            if SIMPLE_ENTRY.match(line, at):
                steady = self._shallower(row, at, column) if at > column + 2 else at
                return self.mapping(row, steady, column, at)
            return self.block(row, at, column)
        below = self.next_content(row + 1)
        if below < self.count:
            line = self.lines[below]
            indent = indent_of(line)
            if indent > column:
                if line[indent] == "\t":
                    self.report_tab(below, indent)
                    indent = first_column(line)
                return self.block(below, indent, column)
        return self.empty(row, column + 1), row + 1

    def _is_dash(self, row: int, column: int) -> bool:
        """Whether an item begins here, also one whose dash lacks its space: ``-id: x``."""
        line = self.lines[row]
        return is_mark(line, column, "-") or (line[column + 1] != "-" and key_colon(line, column + 1) >= 0)

    def _tight_item(self, row: int, column: int) -> tuple[Node, int]:
        """An item right behind its dash."""
        line = self.lines[row]
        self.report(
            row, column, row, column + 1, f"'-' needs a space behind it; write '- {line[column + 1 :][:40]}'"
        )
        return self.mapping(row, self.steady_column(row, column + 1, column), column, column + 1)

    def steady_column(self, row: int, first: int, outer: int) -> int:
        """Where the keys of a mapping stand whose first key stands elsewhere, at *first*."""
        steady = -1
        for below in range(row + 1, self.count):
            line = self.lines[below]
            indent = indent_of(line)
            if indent == len(line) or line[indent] in "#\t":
                continue
            if indent <= outer:
                self.reach = max(self.reach, below)
                break
            steady = indent if steady < 0 else min(indent, steady)
        else:
            self.reach = max(self.reach, self.count)
        return first if steady < 0 else steady

    def _shallower(self, row: int, first: int, column: int) -> int:
        """Where the keys of an item stand whose first key alone is indented more than those below it."""
        below = self.next_content(row + 1)
        if below >= self.count or not column < indent_of(self.lines[below]) < first:
            return first
        steady = self.steady_column(row, first, column)
        message = f"this key is indented by {first}, those below it by {steady}; align them"
        self.report(row, first, row, key_colon(self.lines[row], first), message)
        return steady

    def _column(self, row: int) -> int:
        """Where a line's text begins; indentation with tabs is counted like spaces."""
        line = self.lines[row]
        indent = indent_of(line)
        return first_column(line) if line[indent] == "\t" else indent

    def _strays(self, row: int, column: int, items: list[Node]) -> int:
        """Take lines into the list that are deeper than its dashes and part of no item."""
        line = self.lines[row]
        indent = indent_of(line)
        if line[indent] == "\t":
            self.report_tab(row, indent)
            indent = first_column(line)
        if indent <= column:
            return row
        self.report_indent(row, indent, f"the list above by {column}")
        node, row = self.block(row, indent, column)
        if node.kind == SEQ:
            items.extend(node.value)
        elif node.kind == MAP and items[-1].kind == MAP:
            grow(items[-1], node)
        row = self.next_content(row)
        if row < self.count and indent_of(self.lines[row]) > column:
            row = self.next_shallow(row, column)
        return row

    def mapping(self, row: int, column: int, outer: int, first: int = -1) -> tuple[Node, int]:
        """The mapping whose keys stand at *column*, the first perhaps at *first*, and the row behind it."""
        if self.depth >= MAX_DEPTH:
            return self.too_deep(row, column, outer)
        self.depth += 1
        lines, count = self.lines, self.count
        start, place = row, column if first < 0 else first
        margin = " " * column
        pairs: list[tuple[Node, Node]] = []
        turning = Turning(self, MAP, row, place, column, outer) if self.tall_from else None
        if turning is not None:
            row, place = turning.begin(pairs)
        while True:
            if turning is not None and (behind := turning.turn(row, place, pairs)) >= 0:
                row = behind
                break
            line = lines[row]
            match = SIMPLE_ENTRY.match(line, place)
            if match is not None:
                key, value, row = self._simple_entry(match, row, place, max(place, column))
            else:
                key, value, row = self.entry(row, place, max(place, column))
            pairs.append((key, value))
            if key.source == "<<":
                self.check_merge(key, value)
            if (
                row < count
                and lines[row][:column] == margin
                and lines[row][column : column + 1] not in _NO_KEY
            ):
                place = column
                continue
            row, place = self._next_entry(row, column, outer, place, pairs)
            if place < 0:
                break
        self.depth -= 1
        last = pairs[-1][1]
        node = turning.node(MAP, pairs, row, last) if turning is not None else None
        self.check_repeats(pairs)
        if node is not None:
            return node, row
        return Node(MAP, tuple(pairs), start, column, last.end_line, last.end_column, BLOCK), row

    def _simple_entry(
        self, match: re.Match[str], row: int, column: int, outer: int
    ) -> tuple[Node, Node, int]:
        """Key, value and the row behind them, of a line that `SIMPLE_ENTRY` describes."""
        name, text, double, single = match.groups()
        name = intern(name)  # the same few names, thousands of times
        end = column + len(name)
        key = Node(SCALAR, name, row, column, row, end, PLAIN, name)
        if double is not None:
            start, behind = match.span(3)
            return key, Node(SCALAR, double, row, start - 1, row, behind + 1, DOUBLE, double), row + 1
        if single is not None:
            start, behind = match.span(4)
            return key, Node(SCALAR, single, row, start - 1, row, behind + 1, SINGLE, single), row + 1
        below = self.lines[row + 1] if row + 1 < self.count else "-"
        if text is not None:
            if below[: column + 1].strip(" ") and below[0] != "\t":
                # A line follows that is no deeper than the key, so the text ends here.
                text = text.rstrip(BLANKS)
                start = match.start(2)
                value = Node(SCALAR, resolved(text), row, start, row, start + len(text), PLAIN, text)
                return key, value, row + 1
        elif match.end() == len(self.lines[row]):
            indent = indent_of(below)
            if indent > outer and SIMPLE_ENTRY.match(below, indent):
                return key, *self.mapping(row + 1, indent, outer)
        return key, *self.value(row, end + 1, outer, name)

    def _next_entry(
        self, row: int, column: int, outer: int, place: int, pairs: list[tuple[Node, Node]]
    ) -> tuple[int, int]:
        """Row and column of the mapping's next entry; column -1 where the mapping ends before that row.

        *place* is the column of the entry before: several lines that are wrong alike are reported once. A
        list that stands where no list can is given to the entry before it.
        """
        while True:
            row = self.next_content(row)
            if row >= self.count:
                return row, -1
            line = self.lines[row]
            indent = indent_of(line)
            first = line[indent]
            if first == "\t":
                self.report_tab(row, indent)
                return row, first_column(line)
            if indent == column and first != "-":
                return row, column
            is_item = is_mark(line, indent, "-")
            if indent <= outer or (is_item and indent < column):
                return row, -1
            if indent not in (column, place):
                self.report_indent(row, indent, f"the lines it belongs to by {column}")
            if not is_item:
                return row, indent
            if indent == column:
                message = "a list item cannot stand between the keys of a mapping"
                self.report(row, indent, row, indent + 1, message, ADRIFT)
            items, row = self.sequence(row, indent, column)
            if indent > column:
                pairs[-1] = (pairs[-1][0], _joined(pairs[-1][1], items))
            row = self.next_content(row)
            if row >= self.count or indent_of(self.lines[row]) < column:
                return row, -1


def _joined(value: Node, items: Node) -> Node:
    """The list that bad indentation cut off a value, with what the value may be as an item of it."""
    if value.kind == SCALAR and value.style not in (LITERAL, FOLDED):
        return items
    before = value.items if value.kind == SEQ else (value,) if value.kind == MAP else ()
    if not before:
        return value
    joined = Node(
        SEQ, (*before, *items.items), value.line, value.column, items.end_line, items.end_column, BLOCK
    )
    return joined if value.anchor is None else value


def grow(mapping: Node, more: Node) -> None:
    """Give a mapping the entries of another one that bad indentation cut off it."""
    mapping.value = (*mapping.value, *more.value)
    if isinstance(mapping, Tall):
        mapping.turns = None
    mapping.end_line, mapping.end_column = more.end_line, more.end_column
