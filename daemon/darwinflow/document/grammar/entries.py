"""One entry of a mapping: its key, its value, and what is made of a line that is neither."""

import re
from abc import abstractmethod
from typing import Final

from darwinflow.document.grammar.colons import SlippedColon, lost_colon, opened_key, slipped_colon
from darwinflow.document.grammar.core_schema import resolved
from darwinflow.document.grammar.mending import Mending
from darwinflow.document.grammar.scan import (
    BLANKS,
    CONFLICT_MARK,
    after_blanks,
    first_column,
    indent_of,
    is_mark,
    key_colon,
    uncommented,
)
from darwinflow.document.lines import Edit
from darwinflow.document.node import BROKEN, PLAIN, SCALAR, Node
from darwinflow.document.problem import ADRIFT, BREAKING, CONFLICT, CONTAINED, LOOSE, Repair
from darwinflow.model.span import Span

MAX_KEY: Final = 1024
"""Characters of a key on one line, as YAML has it."""

_ODD_BLANKS: Final = re.compile("[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]+ *")
"""What looks like spaces."""
_CLOSING: Final = {'"': '"', "'": "'", "[": "]", "{": "}"}


class Entries(Mending):
    """The layer that reads what stands on one line of a mapping, and below it."""

    __slots__ = ()

    @abstractmethod
    def block(
        self,
        row: int,
        column: int,
        outer: int,
        *,
        is_inline: bool = False,
        below_key: bool = False,
        is_tabbed: bool = False,
    ) -> tuple[Node, int]:
        """The node that begins here, and the row behind it."""

    @abstractmethod
    def sequence(self, row: int, column: int, outer: int) -> tuple[Node, int]: ...

    @staticmethod
    def is_indicator(line: str, column: int) -> bool:
        return is_mark(line, column, "-") or is_mark(line, column, "?")

    def too_deep(self, row: int, column: int, outer: int) -> tuple[Node, int]:
        """Pass over a collection that is nested too deep."""
        self.report_depth(row, column, len(self.lines[row]))
        below = row + 1
        while below < self.count and (
            indent_of(self.lines[below]) > outer or not self.lines[below].strip(BLANKS)
        ):
            below += 1
        return self.empty(row, column), below

    def next_shallow(self, row: int, column: int) -> int:
        """The next content row indented no more than *column*."""
        while True:
            row = self.next_content(row)
            if row >= self.count or indent_of(self.lines[row]) <= column:
                return row
            row += 1

    def entry(self, row: int, column: int, outer: int) -> tuple[Node, Node, int]:
        """Key, value and the row behind them, of a line that is not of the simple form.

        *outer* is the column which the lines of the value exceed.
        """
        line = self.lines[row]
        if is_mark(line, column, "?"):
            return self._explicit(row, column)
        if line[column] > "\x7f" and (odd := _ODD_BLANKS.match(line, column)):
            message = "this blank is no space and cannot indent a line; use spaces"
            self.report(row, column, row, odd.end(), message, ADRIFT)
        colon = key_colon(line, column)
        if colon < 0:
            return self._broken(row, column)
        known = len(self.problems)
        key = self._key(row, column, colon)
        value, below = self.value(row, colon + 1, outer, key.source)
        if len(self.problems) > known and (opened := opened_key(line[column:colon])):
            del self.problems[known:]
            self._report_slipped(row, column, opened, BREAKING)
        return key, value, below

    def _explicit(self, row: int, column: int) -> tuple[Node, Node, int]:
        """``? key`` and the ``: value`` below it."""
        key, row = self._behind_mark(row, column)
        below = self.next_content(row)
        if below < self.count:
            line = self.lines[below]
            if indent_of(line) == column and is_mark(line, column, ":"):
                value, row = self._behind_mark(below, column)
                return key, value, row
        return key, self.empty(key.end_line, key.end_column), row

    def _behind_mark(self, row: int, column: int) -> tuple[Node, int]:
        """The node behind ``?`` or ``:`` at *column*, on its line or below."""
        line = self.lines[row]
        at = after_blanks(line, column + 1)
        if at < len(line) and line[at] != "#":
            if "\t" in line[column + 1 : at] and (key_colon(line, at) >= 0 or line[at] == "-"):
                self.report(
                    row, column + 1, row, at, f"a tab cannot indent what follows '{line[column]}'; use spaces"
                )
            return self.block(row, at, column)
        below = self.next_content(row + 1)
        if below < self.count:
            line = self.lines[below]
            indent = indent_of(line)
            if indent > column and line[indent] != "\t":
                return self.block(below, indent, column)
            if indent == column and is_mark(line, column, "-"):
                return self.sequence(below, column, column)
        return self.empty(row, column + 1), row + 1

    def _key(self, row: int, column: int, colon: int) -> Node:
        """The key between *column* and its colon."""
        line = self.lines[row]
        anchor, tag, at = self.properties(row, column) if line[column] in "&!" else (None, None, column)
        if at >= colon:
            node = self.empty(row, colon)
        elif line[at] in "\"'":
            node = self.quoted(row, at, column - 1)[0]
        elif line[at] in "[{":
            node = self.flow(row, at, column - 1)[0]
        elif line[at] == "*":
            node = self.alias(row, at)[0]
        else:
            text = line[at:colon].rstrip(BLANKS)
            node = Node(SCALAR, text, row, at, row, at + len(text), PLAIN, text)
        if colon - at > MAX_KEY:
            self.report(
                row,
                at,
                row,
                colon,
                f"a key can have {MAX_KEY} characters at most; put a longer one behind '? '",
            )
        return self.with_properties(node, anchor, tag, row, column)

    def value(self, row: int, column: int, outer: int, key: str) -> tuple[Node, int]:
        """What a key has as its value; *column* is just behind its colon, *outer* where the key begins."""
        line = self.lines[row]
        at = start = after_blanks(line, column)
        named = f"'{key}'" if key else "a key"
        anchor = tag = None
        if at < len(line) and line[at] in "&!":
            anchor, tag, at = self.properties(row, at)
            if at < len(line) and key_colon(line, start) >= 0:
                self.report(row, at, row, len(line), f"the mapping under {named} begins on its own line")
        if at >= len(line) or (line[at] == "#" and at > column):
            node, below = self._value_below(row, column, outer)
        elif is_mark(line, at, "-"):
            self.report(row, at, row, at + 1, f"the list under {named} begins on its own line")
            node, below = self.sequence(row, at, outer)
        elif line[at] not in "[{|>" and (colon := key_colon(line, at)) >= 0:
            message = (
                f"the mapping under {named} begins on its own line; if this is a text, quote it for its ': '"
            )
            if not self.is_curled(row, at):
                self.report(row, at, row, colon + 1, message, BREAKING)
            text = uncommented(line, at)[0]
            node, below = Node(SCALAR, text, row, at, row, at + len(text), BROKEN, text), row + 1
            following = self.next_content(below)
            if following < self.count and indent_of(self.lines[following]) > outer:
                below = self.next_shallow(following, outer)
        else:
            node, below = self.inline(row, at, outer)
        return self.with_properties(node, anchor, tag, row, start), below

    def _value_below(self, row: int, column: int, outer: int) -> tuple[Node, int]:
        """The value under a key that has none on its line."""
        below = self.next_content(row + 1)
        if below < self.count:
            line = self.lines[below]
            indent = indent_of(line)
            if line[indent] == "\t":
                first = first_column(line)
                if indent <= outer or key_colon(line, first) >= 0 or line[first] == "-":
                    self.report_tab(below, indent)
                if first > outer:
                    return self.block(below, first, outer, is_tabbed=True)
            elif indent > outer:
                return self.block(below, indent, outer, below_key=True)
            elif indent == outer and is_mark(line, indent, "-"):
                return self.sequence(below, indent, outer)
        at = min(column, len(self.lines[row]))
        return self.empty(row, at), row + 1

    def inline(self, row: int, column: int, outer: int) -> tuple[Node, int]:
        """A value that is no block collection, and the row behind it."""
        first = self.lines[row][column]
        if first in "|>":
            return self.block_scalar(row, column, outer)
        if first in "\"'":
            node, end_row, end = self.quoted(row, column, outer)
            self.check_tail(end_row, end, "the closing quote")
            return node, end_row + 1
        if first in "[{":
            return self.bracketed(row, column, outer)
        if first == "*":
            if (text := self.starred(row, column)) is not None:
                return text, row + 1
            node, end_row, end = self.alias(row, column)
            self.check_tail(end_row, end, "an alias")
            return node, end_row + 1
        return self.plain(row, column, outer)

    def _broken(self, row: int, column: int) -> tuple[Node, Node, int]:
        """An entry made of a line that is none: a half-typed key, a missing colon, a stray bracket."""
        line = self.lines[row]
        text = uncommented(line, column)[0]
        end = column + len(text)
        first = line[column]
        behind = row + 1
        if first in "\"'[{":
            known = len(self.problems)
            read = self.flow if first in "[{" else self.quoted
            _, end_row, _ = read(row, column, column - 1)
            if len(self.problems) == known:
                message = f"a key needs ':' and a value behind it; write '{text[:40]}: ...'"
                self.report(row, column, row, end, message, BREAKING)
            return self.text_node(row, column, end), self.empty(row, end), end_row + 1
        if first in "]}":
            self.report(row, column, row, column + 1, f"'{first}' closes nothing; remove it", ADRIFT)
            return self.text_node(row, column, end), self.empty(row, end), behind
        if slipped := slipped_colon(text) or lost_colon(text):
            key_end, value_start = column + slipped.start, column + slipped.end
            self._report_slipped(row, column, slipped)
            key = Node(SCALAR, slipped.key, row, column, row, key_end, PLAIN, slipped.key)
        elif text.startswith("//"):
            self.report_slashes(row, column)
            return self.text_node(row, column, end), self.empty(row, end), behind
        else:
            word = text.split(" ", 1)[0]
            key_end = column + len(word)
            value_start = after_blanks(line, key_end)
            if not column and CONFLICT_MARK.match(line):
                self.report(row, 0, row, 7, CONFLICT, ADRIFT)
            elif first in "@`%":
                self.report(row, column, row, column + 1, f"a key cannot begin with '{first}'; quote it")
            else:
                message = (
                    f"a key needs ':' behind it; write '{word[:40]}: {line[value_start:end][:40] or '...'}'"
                )
                self.report(row, column, row, end, message, LOOSE if column else ADRIFT)
            key = self.text_node(row, column, key_end)
        # A half-typed key may stand over the block that was, or will be, its value.
        below = self.next_content(behind)
        if below < self.count:
            indent = indent_of(self.lines[below])
            if indent > column and self.lines[below][indent] != "\t":
                value, behind = self.block(below, indent, column)
                return key, value, behind
        if value_start < end:
            if slipped is not None and line[value_start] not in _CLOSING:
                source = line[value_start:end]
                value = Node(SCALAR, resolved(source), row, value_start, row, end, PLAIN, source)
                return key, value, behind
            return key, self._value_on(row, value_start, end, column), behind
        return key, self.empty(row, end), behind

    def _report_slipped(self, row: int, column: int, slipped: SlippedColon, reach: int = CONTAINED) -> None:
        edit = Edit(Span(row, column + slipped.start, row, column + slipped.end), ": ")
        repair = Repair(f"Write '{slipped.key}: '", (edit,)) if slipped.is_certain else None
        self.report(
            row, column + slipped.first, row, column + slipped.last, slipped.message, reach, repair=repair
        )

    def _value_on(self, row: int, start: int, end: int, outer: int) -> Node:
        """What a key without its colon has as its value: what is closed at the end of the line, else the text."""
        line = self.lines[row]
        if line[end - 1] == _CLOSING.get(line[start]) and end - start > 1:
            known, unclosed = (len(self.problems), len(self.anchors), len(self.aliases)), self.unclosed_row
            read = self.flow if line[start] in "[{" else self.quoted
            node, end_row, node_end = read(row, start, outer)
            if len(self.problems) == known[0] and (end_row, node_end) == (row, end):
                return node
            del self.problems[known[0] :], self.anchors[known[1] :], self.aliases[known[2] :]
            self.unclosed_row = unclosed
        return self.text_node(row, start, end)
