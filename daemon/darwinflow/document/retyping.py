"""Typing inside a text: nothing is read again where only the characters of one value can have changed.

A shortcut for the most common edit. What it makes is what a reading of the lines would give, node by node; whatever
could mean anything else than more or fewer characters of that value it leaves to the grammar.
"""

import re
from typing import Final

from darwinflow.document.form import Content
from darwinflow.document.grammar.core_schema import resolved
from darwinflow.document.node import DOUBLE, LITERAL, MAP, PLAIN, SCALAR, SEQ, SINGLE, Items, Node, Pairs
from darwinflow.document.segment import Segment

_WORDS: Final = re.compile(r"[\w ]+\Z")
"""What means nothing but itself within a plain text, where it stands between characters of this kind."""
_MARKS_OF_QUOTED: Final = frozenset("\"'\\")
_LONGEST_ESCAPE: Final = len("\\ud83d\\ude00")

_STRIDE: Final = 16
"""Characters that are compared at once."""


class _OtherThanText(Exception):
    """The edit is no typing inside one value, or it is not certain that it is."""


def _alike(old: str, new: str) -> int:
    """How many characters are the same from the start."""
    at = 0
    while old[at : at + _STRIDE] == new[at : at + _STRIDE] and at < len(old):
        at += _STRIDE
    while old[at : at + 1] == new[at : at + 1] != "":
        at += 1
    return min(at, len(old), len(new))


class _Typing:
    """Characters of one row that became others: those from *start* to before *end*, *shift* more than before."""

    __slots__ = ("end", "new", "old", "row", "shift", "start")

    def __init__(self, row: int, old: str, new: str) -> None:
        self.row = row
        self.old = old
        self.new = new
        self.shift = len(new) - len(old)
        start = _alike(old, new)
        alike = min(_alike(old[::-1], new[::-1]), len(old) - start, len(new) - start)
        self.start = start
        self.end = len(old) - alike

    def is_behind(self, node: Node) -> bool:
        """Whether *node* ends before what was typed."""
        return node.end_line < self.row or (node.end_line == self.row and node.end_column < self.end)

    def pairs(self, pairs: Pairs) -> Pairs:
        for at, (key, value) in enumerate(pairs):
            if not self.is_behind(value):
                if not self.is_behind(key) and key.end_column >= self.start:
                    raise _OtherThanText
                rest = [(self.moved(one), self.moved(other)) for one, other in pairs[at + 1 :]]
                return (*pairs[:at], (key, self.node(value)), *rest)
        raise _OtherThanText

    def items(self, items: Items) -> Items:
        for at, item in enumerate(items):
            if not self.is_behind(item):
                return (*items[:at], self.node(item), *map(self.moved, items[at + 1 :]))
        raise _OtherThanText

    def node(self, node: Node) -> Node:
        """The node around what was typed, with it."""
        if node.line > self.row or (node.line == self.row and node.column >= self.start):
            raise _OtherThanText
        if node.kind == SCALAR:
            return self.scalar(node)
        if node.kind == MAP:
            value: object = self.pairs(node.value)
        elif node.kind == SEQ:
            value = self.items(node.value)
        else:
            raise _OtherThanText
        return self._copy(node, value, "", 0)

    def scalar(self, node: Node) -> Node:
        if node.tag is not None or not isinstance(node.value, str):
            raise _OtherThanText
        if node.style == LITERAL:
            text = self._literal(node)
        elif node.line == node.end_line and node.style == PLAIN:
            text = self._plain(node)
        elif node.line == node.end_line and node.style in (DOUBLE, SINGLE):
            text = self._quoted(node)
        else:
            raise _OtherThanText
        return self._copy(node, text, text, 0)

    def _plain(self, node: Node) -> str:
        column, end = node.column, node.end_column
        behind = min(self.end + 1, end)
        if self.old[column:end] != node.value or not (
            _WORDS.match(self.old[self.start - 1 : behind])
            and _WORDS.match(self.new[self.start - 1 : behind + self.shift])
        ):
            raise _OtherThanText
        text = self.new[column : end + self.shift]
        if text[-1] == " " or resolved(text) != text:
            raise _OtherThanText
        return text

    def _quoted(self, node: Node) -> str:
        column, end = node.column + 1, node.end_column - 1
        typed = self.new[self.start : self.end + self.shift]
        if (
            not column <= self.start <= self.end <= end
            or not typed.isprintable()
            or not _MARKS_OF_QUOTED.isdisjoint(typed)
        ):
            raise _OtherThanText
        if self.old[column:end] == node.value:
            return self.new[column : end + self.shift]
        return self._between_escapes(node, typed)

    def _between_escapes(self, node: Node, typed: str) -> str:
        """The text of *node* with what was *typed*, before the first character that is written as several or behind the last."""
        mark = "\\" if node.style == DOUBLE else "'"
        before = self.old[node.column + 1 : self.start]
        gone = self.old[self.start : self.end]
        behind = self.old[self.end : node.end_column - 1]
        text: str = node.value
        if mark in gone:
            raise _OtherThanText
        if mark not in before and text.startswith(before + gone):
            return before + typed + text[len(before) + len(gone) :]
        is_within = node.style == DOUBLE and mark in before[-_LONGEST_ESCAPE:]
        if mark in behind or is_within or not text.endswith(gone + behind):
            raise _OtherThanText
        return text[: len(text) - len(behind) - len(gone)] + typed + behind

    def _literal(self, node: Node) -> str:
        lines = node.value.split("\n")
        at = self.row - node.line - 1
        if at < 0:
            raise _OtherThanText
        line = lines[at]
        indent = len(self.old) - len(line)
        if (
            not self.old.endswith(line)
            or not self.old[indent : self.start].strip()
            or not self.new[self.start :].isprintable()
        ):
            raise _OtherThanText
        lines[at] = self.new[indent:]
        return "\n".join(lines)

    def moved(self, node: Node) -> Node:
        """A node behind what was typed, as far along as that is longer."""
        if node.line != self.row:
            return node
        value = node.value
        if node.kind == MAP:
            value = tuple([(self.moved(key), self.moved(child)) for key, child in node.value])
        elif node.kind == SEQ:
            value = tuple(map(self.moved, node.value))
        return self._copy(node, value, node.source, self.shift)

    def _copy(self, node: Node, value: object, source: str, shift: int) -> Node:
        end_column = node.end_column + (self.shift if node.end_line == self.row else 0)
        new = Node(
            node.kind, value, node.line, node.column + shift, node.end_line, end_column, node.style, source
        )
        new.tag = node.tag
        if node.outset is not None:
            line, column = node.outset
            new.outset = line, column + shift if line == self.row else column
        return new


def retyped(segment: Segment, row: int, old: str, new: str) -> Content | None:
    """What *segment* holds after its line *row*, counted from its first, became *new*; None where it is to be read."""
    if (
        not segment.is_read
        or segment.kind not in ("items", "entries")
        or segment.parse_problems
        or segment.problems
        or segment.anchors
        or segment.aliases
        or segment.rows
    ):
        return None
    typing = _Typing(row, old, new)
    try:
        children = (
            typing.items(segment.children) if segment.kind == "items" else typing.pairs(segment.children)
        )
    except _OtherThanText:
        return None
    return Content(segment.kind, segment.key, children, (), (), (), 0)
