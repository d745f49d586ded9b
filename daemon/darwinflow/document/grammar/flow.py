"""Lists and mappings in brackets."""

import re
from typing import Final

from darwinflow.document.grammar.commas import CLOSING, Commas, before_next_key
from darwinflow.document.grammar.plain import plain_node
from darwinflow.document.grammar.reader import MAX_DEPTH
from darwinflow.document.grammar.scan import (
    ALIAS_NAME,
    BLANKS,
    after_blanks,
    closes_below,
    first_column,
    indent_of,
)
from darwinflow.document.grammar.simple_flow import simple_flow
from darwinflow.document.node import ALIAS, FLOW, MAP, PAIR, SEQ, Node
from darwinflow.document.problem import BREAKING, LOOSE

_KEY: Final = re.compile(r"[A-Za-z_][\w./-]*:(?=[ ]|\Z)")
_PLAIN_END: Final = re.compile(r"[,\[\]{}]|:(?=[ \t,\[\]{}]|\Z)|(?<=[ \t])#")


def is_flow_colon(line: str, column: int) -> bool:
    """Whether a ``:`` here ends a plain key inside brackets."""
    return line[column : column + 1] == ":" and line[column + 1 : column + 2] in " \t,[]{}"


class Flow(Commas):
    """The layer that reads ``[...]`` and ``{...}``."""

    __slots__ = ()

    def flow(self, row: int, column: int, outer: int) -> tuple[Node, int, int]:
        """The collection that opens here, and the row and column behind it.

        A line indented no more than *outer* ends it, closed or not.
        """
        if self.depth >= MAX_DEPTH:
            return self._skipped(row, column, outer)
        simple = simple_flow(self.lines[row], row, column, MAX_DEPTH - self.depth, self.tried)
        if simple is not None:
            return simple, row, simple.end_column
        self.depth += 1
        opening = self.lines[row][column]
        pairs: list[tuple[Node, Node]] = []
        items: list[Node] = []
        at_row, at = row, column + 1
        last_row, is_separated, closes = row, True, False
        value: Node | None = None
        while True:
            behind = at_row, at
            place = self._flow_token(at_row, at, outer)
            if place is None:
                end = len(self.lines[at_row])
                self.report_never_closed(row, column)
                break
            at_row, at = place
            mark = self.lines[at_row][at]
            if mark in "]}":
                end = at + 1
                self._check_closing(opening, at_row, at)
                break
            if mark == ",":
                if is_separated:
                    self.report(at_row, at, at_row, at + 1, "nothing stands before this ','; remove it")
                is_separated = True
                at += 1
                continue
            if not is_separated:
                if at_row > last_row and not closes:
                    closes, looked_at = closes_below(self.lines, at_row, outer)
                    self.reach = max(self.reach, looked_at)
                    if not closes:
                        at_row, end = last_row, len(self.lines[last_row])
                        self.report_unclosed(row, column, last_row)
                        break
                mark_end = self.is_for_comma(behind, at_row, at)
                if mark_end >= 0:
                    is_separated, at = True, mark_end
                    continue
                self.report_comma(behind, at_row, at, value)
            is_separated = False
            start = (at_row, at)
            key, value, at_row, at = self._flow_entry(at_row, at, outer, opening)
            if (at_row, at) == start:
                at += 1
            last_row = at_row
            if opening == "{":
                pairs.append((key, value or self.empty(key.end_line, key.end_column)))
            elif value is None:
                items.append(key)
            else:
                items.append(_pair(key, value))
        self.depth -= 1
        if opening == "[":
            return Node(SEQ, tuple(items), row, column, at_row, end, FLOW), at_row, end
        self._check_pairs(pairs)
        return Node(MAP, tuple(pairs), row, column, at_row, end, FLOW), at_row, end

    def _check_closing(self, opening: str, row: int, column: int) -> None:
        mark, closing = self.lines[row][column], CLOSING[opening]
        if mark != closing:
            self.report(row, column, row, column + 1, f"'{mark}' cannot close '{opening}'; write '{closing}'")

    def _check_pairs(self, pairs: list[tuple[Node, Node]]) -> None:
        for name, content in pairs:
            if name.source == "<<":
                self.check_merge(name, content)
        self.check_repeats(pairs)

    def _skipped(self, row: int, column: int, outer: int) -> tuple[Node, int, int]:
        self.report_depth(row, column, column + 1)
        last = row
        while last + 1 < self.count and indent_of(self.lines[last + 1]) > outer:
            last += 1
        return self.empty(row, column), last, len(self.lines[last])

    def _flow_token(self, row: int, column: int, outer: int) -> tuple[int, int] | None:
        """The next place that holds neither blanks nor a comment, or None where the brackets' lines end."""
        while True:
            line = self.lines[row]
            at = after_blanks(line, column)
            if at < len(line) and not (line[at] == "#" and (at == 0 or line[at - 1] in BLANKS)):
                return row, at
            below = self.next_content(row + 1)
            if below >= self.count:
                return None
            line = self.lines[below]
            indent = indent_of(line)
            if indent <= outer:
                if line[indent] not in "]}":
                    return None
                if indent < outer:  # as deep as its key, which YAML forbids and everybody writes and reads
                    message = f"'{line[indent]}' closes a value and must not be indented less than its key"
                    self.report(below, indent, below, indent + 1, message)
            row, column = below, indent

    def _flow_entry(
        self, row: int, column: int, outer: int, opening: str
    ) -> tuple[Node, Node | None, int, int]:
        """A key or an item, the value if there is one, and the place behind both."""
        line = self.lines[row]
        is_explicit = line[column] == "?" and line[column + 1 : column + 2] in BLANKS
        key_row, at = row, column
        if is_explicit:
            place = self._flow_token(row, column + 1, outer)
            if place is None:
                return self.empty(row, column + 1), self.empty(row, column + 1), row, len(line)
            key_row, at = place
            line = self.lines[key_row]
            if line[at] in ",]}":
                return self.empty(key_row, at), self.empty(key_row, at), key_row, at
        if is_flow_colon(line, at):
            key, is_json = self.empty(key_row, at), False
            end_row, end = key_row, at
        else:
            key, end_row, end, is_json = self._flow_node(key_row, at, outer)
        missing = self.empty(key.end_line, key.end_column) if is_explicit else None
        place = self._flow_token(end_row, end, outer)
        if place is None:
            return key, missing, end_row, end
        colon_row, colon = place
        line = self.lines[colon_row]
        is_adjacent = is_json and (opening == "{" or place == (end_row, end))
        if not (is_flow_colon(line, colon) or (is_adjacent and line[colon] == ":")):
            return key, missing, end_row, end
        if opening == "[" and not is_explicit and colon_row != key.line:
            message = "a key inside a list must stand on one line with its ':'"
            self.report(key.line, key.column, colon_row, colon + 1, message)
        place = self._flow_token(colon_row, colon + 1, outer)
        if place is None:
            return key, self.empty(colon_row, colon + 1), colon_row, colon + 1
        value_row, at = place
        if self.lines[value_row][at] in ",]}":
            return key, self.empty(colon_row, colon + 1), value_row, at
        value, end_row, end, _ = self._flow_node(value_row, at, outer, is_value=True)
        return key, value, end_row, end

    def _flow_node(
        self, row: int, column: int, outer: int, *, is_value: bool = False
    ) -> tuple[Node, int, int, bool]:
        """A value inside brackets, the place behind it, and whether JSON could have written it.

        *is_value*: it stands behind a ``:`` and cannot be a key.
        """
        start_row, start = row, column
        anchor = tag = None
        while self.lines[row][column : column + 1] in ("&", "!"):
            more_anchor, more_tag, at = self.properties(row, column)
            anchor, tag = anchor or more_anchor, tag or more_tag
            place = self._flow_token(row, at, outer)
            if place is None:
                node = self.with_properties(self.empty(row, at), anchor, tag, start_row, start)
                return node, row, len(self.lines[row]), False
            row, column = place
        line = self.lines[row]
        first = line[column]
        if (row, column) != (start_row, start) and (first in ",]}" or is_flow_colon(line, column)):
            node = self.with_properties(self.empty(row, column), anchor, tag, start_row, start)
            return node, row, column, False
        is_json = first in "[{\"'"
        if first in "[{":
            node, end_row, end = self.flow(row, column, outer)
        elif is_json:
            node, end_row, end = self.quoted(row, column, outer)
        elif first == "*":
            node, end_row, end = self.alias(row, column)
        else:
            node = self._flow_plain(row, column, outer, is_value=is_value)
            end_row, end = node.end_line, node.end_column
        return self.with_properties(node, anchor, tag, start_row, start), end_row, end, is_json

    def alias(self, row: int, column: int) -> tuple[Node, int, int]:
        """The alias that begins here and the place behind it."""
        match = ALIAS_NAME.match(self.lines[row], column)
        if match is None:
            self.report(
                row,
                column,
                row,
                column + 1,
                "'*' begins an alias and needs an anchor's name; or quote the value",
                BREAKING,
            )
            return self.empty(row, column), row, column + 1
        node = Node(ALIAS, match[1], row, column, row, match.end(), "")
        self.aliases.append(node.value)
        return node, row, match.end()

    def _flow_plain(self, row: int, column: int, outer: int, *, is_value: bool) -> Node:
        """A text without quotes inside brackets, which may run over several lines."""
        line = self.lines[row]
        first = line[column]
        if first in "|>%@`#" or (first == "-" and line[column + 1 : column + 2] in " \t,[]{}"):
            self.report(
                row, column, row, column + 1, f"a value cannot begin with '{first}' here; quote it", LOOSE
            )
        parts: list[str] = []
        start_row, end_row, end = row, row, column
        blank_lines = 0
        at = column
        while True:
            line = self.lines[row]
            stop, is_stopped = _flow_plain_end(line, at)
            text = line[at:stop].rstrip(BLANKS)
            if is_value and is_stopped and line[stop] == ":":
                text = text[: before_next_key(text)]
            if text:
                if parts:
                    parts.append("\n" * blank_lines if blank_lines else " ")
                parts.append(text)
                blank_lines = 0
                end_row, end = row, at + len(text)
            elif parts and not is_stopped:
                blank_lines += 1
            row += 1
            if is_stopped or row >= self.count:
                break
            line = self.lines[row]
            at = first_column(line)
            if at < len(line) and (indent_of(line) <= outer or line[at] == "#"):
                break
            if is_value and _KEY.match(line, at):
                break
        return plain_node("".join(parts), start_row, column, end_row, end)


def _flow_plain_end(line: str, start: int) -> tuple[int, bool]:
    """Where a plain text inside brackets ends on this line, and whether something there ends it for good."""
    match = _PLAIN_END.search(line, start)
    if match is not None and line[match.start()] == "#" and match.start() == start:
        match = _PLAIN_END.search(line, start + 1)
    return (len(line), False) if match is None else (match.start(), True)


def _pair(key: Node, value: Node) -> Node:
    """`key: value` in a list, which is a mapping of its own."""
    return Node(MAP, ((key, value),), key.line, key.column, value.end_line, value.end_column, PAIR)
