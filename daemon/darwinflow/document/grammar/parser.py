"""The whole grammar: from the first line of a segment to its nodes."""

from darwinflow.document.grammar.collections import Collections
from darwinflow.document.grammar.scan import first_column, indent_of, is_ended, is_mark, key_colon
from darwinflow.document.node import Node


class Parser(Collections):
    """Reads one node after another from the lines of a segment."""

    __slots__ = ()

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
        """The node whose first token stands here, and the row behind it.

        *outer* is the column of the collection around it, -1 for none. With
        *is_inline* no block collection may begin here, as behind ``---``; with
        *below_key* a list may stand no deeper than the key, as an anchor's value;
        *is_tabbed*: the column was counted with tabs and says little of the lines below.
        """
        line = self.lines[row]
        first = line[column]
        if first == "-" and is_mark(line, column, "-"):
            if is_inline:
                self.report(row, column, row, column + 1, "a list begins on its own line")
            return self.sequence(row, column, outer)
        if first == "?" and is_mark(line, column, "?"):
            return self.mapping(row, column, outer)
        colon = key_colon(line, column)
        if colon >= 0:
            if is_inline:
                self.report(row, column, row, colon + 1, "a mapping begins on its own line")
            if is_tabbed:
                return self.mapping(row, self.steady_column(row, column, outer), outer, column)
            return self.mapping(row, column, outer)
        if first in "&!":
            return self._with_properties(row, column, outer, below_key=below_key)
        if (first.isalpha() or first == "_") and self._stands_over_key(row, column):
            return self.mapping(row, column, outer)
        return self.inline(row, column, outer)

    def _stands_over_key(self, row: int, column: int) -> bool:
        """Whether the next line is a key at this column, so that this line is to become one and is no text."""
        below = self.next_content(row + 1)
        if below >= self.count:
            return False
        line = self.lines[below]
        return indent_of(line) == column and line[column] != "-" and key_colon(line, column) >= 0

    def _with_properties(self, row: int, column: int, outer: int, *, below_key: bool) -> tuple[Node, int]:
        """The node behind an anchor or a tag that begins no key."""
        line = self.lines[row]
        anchor, tag, at = self.properties(row, column)
        if is_ended(line, at):
            node, behind = self._below_properties(row, at, outer, below_key=below_key)
        else:
            if is_mark(line, at, "-"):
                self.report(row, at, row, at + 1, "a list begins on its own line, below its anchor or tag")
            node, behind = self.inline(row, at, outer)
        return self.with_properties(node, anchor, tag, row, column), behind

    def _below_properties(self, row: int, column: int, outer: int, *, below_key: bool) -> tuple[Node, int]:
        below = self.next_content(row + 1)
        if below < self.count:
            line = self.lines[below]
            indent = indent_of(line)
            if below_key and indent == outer and is_mark(line, indent, "-"):
                return self.sequence(below, indent, outer)
            if indent > outer:
                return self.block(below, first_column(line) if line[indent] == "\t" else indent, outer)
        return self.empty(row, column), row + 1
