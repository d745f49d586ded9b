"""The keys of mappings in the order that a style gives them. Whole rows change places; inside brackets none do."""

from collections.abc import Iterator, Mapping

from darwinflow.document.formatting.flow import start_of
from darwinflow.document.grammar.scan import BLANKS, first_column
from darwinflow.document.node import BLOCK, MAP, SCALAR, SEQ, Node

Order = Mapping[tuple[str, ...], tuple[str, ...]]


def put_in_order(rows: list[str], node: Node, offset: int, order: Order) -> None:
    """Change *rows*, in which the lines of *node* count from *offset* on. Their number stays."""
    for mapping, wanted in _mappings(node, (), order):
        _put_in_order(rows, mapping, offset, wanted)


def _mappings(node: Node, path: tuple[str, ...], order: Order) -> Iterator[tuple[Node, tuple[str, ...]]]:
    """Inner ones first, so that the places of outer ones still hold when their turn comes."""
    for item in node.items:
        yield from _mappings(item, path, order)
    for key, value in node.pairs:
        yield from _mappings(value, (*path, key.source), order)
    if node.kind == MAP and node.style == BLOCK and path in order:
        yield node, order[path]


def _put_in_order(rows: list[str], node: Node, offset: int, wanted: tuple[str, ...]) -> None:
    names = [key.source for key, _ in node.pairs]
    ranks = {name: rank for rank, name in enumerate(wanted)}
    turns = sorted(range(len(names)), key=lambda at: ranks.get(names[at], len(ranks)))
    if turns == list(range(len(names))) or len(set(names)) < len(names):
        return
    if any(key.kind != SCALAR or start_of(key)[1] != node.column for key, _ in node.pairs):
        return
    starts = [start_of(key)[0] + offset for key, _ in node.pairs]
    tops = [starts[0], *[_top(rows, start, node.column) for start in starts[1:]]]
    if tops[turns[0]] < starts[turns[0]] and rows[starts[0]][: node.column].strip(BLANKS):
        return  # a comment would come to stand behind the dash
    end = _last_row(node.pairs[-1][1]) + offset + 1
    head = rows[starts[0]][: node.column]
    rows[starts[0]] = " " * node.column + rows[starts[0]][node.column :]
    ends = [*tops[1:], end]
    moved = [row for at in turns for row in rows[tops[at] : ends[at]]]
    moved[0] = head + moved[0][node.column :]
    rows[tops[0] : end] = moved


def _top(rows: list[str], start: int, column: int) -> int:
    """The first of the comments right above an entry, else the entry's own row."""
    while first_column(rows[start - 1]) == column and rows[start - 1][column : column + 1] == "#":
        start -= 1
    return start


def _last_row(value: Node) -> int:
    while value.style == BLOCK and value.kind in (MAP, SEQ):
        value = value.pairs[-1][1] if value.kind == MAP else value.items[-1]
    return value.end_line
