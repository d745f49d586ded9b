"""Lists and mappings in brackets that are written on one line and plainly, as nearly all are.

A shortcut: what it reads, `Flow` reads to the same nodes, and whatever it does not know it leaves to `Flow`.
"""

import re
from typing import Final

from darwinflow.document.grammar.core_schema import resolved
from darwinflow.document.node import DOUBLE, FLOW, MAP, PLAIN, SCALAR, SEQ, SINGLE, Node

_WORDS: Final = r"([\w./][\w./-]*+(?: ++[\w./][\w./-]*+)*+)"
_SIMPLE_VALUE: Final = rf"(?:{_WORDS}|\"([^\"\\]*+)\"|'([^']*+)')"
_SIMPLE_ITEM: Final = re.compile(rf" *+{_SIMPLE_VALUE} *+([,\]])")
_SIMPLE_PAIR: Final = re.compile(rf" *+{_WORDS}: ++(?:{_SIMPLE_VALUE} *+([,}}])|(?=[\[{{]))")
"""An item, or a key with its value, and the mark behind it: on one line, without escapes, anchors or tags."""
_SIMPLE_END: Final = re.compile(r" *+([,}])")


class Tried:
    """What the shortcut had read of a line when it gave up: nothing that it has seen is tried once more."""

    __slots__ = ("nodes", "row", "until")

    def __init__(self) -> None:
        self.row = -1
        self.until = 0
        """The column where it gave up."""
        self.nodes: dict[int, Node] = {}
        """Collections before that which are plain, by the columns where they open."""


def simple_flow(line: str, row: int, column: int, depth: int, tried: Tried | None = None) -> Node | None:
    """The collection that opens here, where all of it is on this line and written plainly, as nearly all are.

    *depth*: how many levels it may have. None: it has to be read with all the rules.
    """
    if tried is not None and tried.row == row and column < tried.until:
        return tried.nodes.pop(column, None)
    nodes: dict[int, Node] = {}
    read = _simple_collection(line, row, column, depth, nodes)
    if isinstance(read, Node):
        return read
    if tried is not None:
        tried.row, tried.until, tried.nodes = row, read, nodes
    return None


def _simple_collection(line: str, row: int, column: int, depth: int, nodes: dict[int, Node]) -> Node | int:
    """The collection, or the column where it turns out to be none that is plain; those within it go into *nodes*."""
    if depth <= 0:
        return column
    if line[column] == "[":
        return _simple_list(line, row, column)
    at = column + 1
    pairs: list[tuple[Node, Node]] = []
    names: set[str] = set()
    while True:
        match = _SIMPLE_PAIR.match(line, at)
        if match is None:
            return at
        name, mark = match.group(1, 5)
        key = Node(SCALAR, name, row, match.start(1), row, match.end(1), PLAIN, name)
        names.add(name)
        if mark is not None:
            at = match.end()
            pairs.append((key, _simple_scalar(match, 2, row)))
        else:
            inner = _simple_collection(line, row, match.end(), depth - 1, nodes)
            if not isinstance(inner, Node):
                return inner
            nodes[match.end()] = inner
            end = _SIMPLE_END.match(line, inner.end_column)
            if end is None:
                return inner.end_column
            mark, at = end[1], end.end()
            pairs.append((key, inner))
        if mark == "}":
            return Node(MAP, tuple(pairs), row, column, row, at, FLOW) if len(names) == len(pairs) else at


def _simple_list(line: str, row: int, column: int) -> Node | int:
    at = column + 1
    items: list[Node] = []
    while True:
        match = _SIMPLE_ITEM.match(line, at)
        if match is None:
            return at
        items.append(_simple_scalar(match, 1, row))
        at = match.end()
        if match[4] == "]":
            return Node(SEQ, tuple(items), row, column, row, at, FLOW)


def _simple_scalar(match: re.Match[str], group: int, row: int) -> Node:
    """The scalar among three groups of *match*: without quotes, in double ones, in single ones."""
    text = match[group]
    if text is not None:
        return Node(SCALAR, resolved(text), row, match.start(group), row, match.end(group), PLAIN, text)
    style = DOUBLE
    text = match[group + 1]
    if text is None:
        group, style = group + 1, SINGLE
        text = match[group + 1]
    start, end = match.span(group + 1)
    return Node(SCALAR, text, row, start - 1, row, end + 1, style, text)
