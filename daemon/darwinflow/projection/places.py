"""Which token of a text stands for a piece of data.

Data reached through an alias or a merge stands elsewhere; the alias itself is the token to show, as it is what
the author wrote here.
"""

from typing import NamedTuple

from darwinflow.document.node import ALIAS, BLOCK, EMPTY, FOLDED, LITERAL, MAP, SEQ, Node
from darwinflow.model.span import Span

Path = tuple[str | int, ...]


class Found(NamedTuple):
    """Where a path leads. `rest` is what could not be followed because it lies behind an alias."""

    key: Node | None
    value: Node
    rest: Path


def find(node: Node, path: Path) -> Found | None:
    """Follow *path* down from *node*; None where the text holds no such thing."""
    key: Node | None = None
    for depth, step in enumerate(path):
        if node.kind == ALIAS:
            return Found(key, node, path[depth:])
        if node.kind == MAP:
            pair = entry(node, str(step))
            if pair is None:
                return None
            key, node = pair
        elif node.kind == SEQ and isinstance(step, int) and step < len(node.items):
            key, node = None, node.items[step]
        else:
            return None
    return Found(key, node, ())


def entry(node: Node, name: str) -> tuple[Node | None, Node] | None:
    """The key and value of *name* in a mapping: its own, else those of the merge that brings it."""
    merges: list[Node] = []
    for key, value in reversed(node.pairs):
        if key.source == name and not key.is_merge:
            return key, value
        if key.is_merge:
            merges.append(value)
    for merge in reversed(merges):
        for source in merge.items or (merge,):
            if source.kind == ALIAS:
                return None, source
            inner = entry(source, name)
            if inner is not None:
                return inner
    return None


def token(found: Found) -> Span:
    """One token for what was found: the value where it is short, else its key, else where the value begins."""
    value = found.value
    is_long = value.style in (BLOCK, LITERAL, FOLDED, EMPTY) or value.line != value.end_line
    if not is_long and value.kind not in (MAP, SEQ):
        return value.span
    if found.key is not None:
        return found.key.span
    return first_token(value)


def first_token(node: Node) -> Span:
    """The first thing that stands in *node*: the first key of a mapping, the first item of a list, the value itself."""
    while True:
        if node.kind == MAP and node.pairs:
            node = node.pairs[0][0]
        elif node.kind == SEQ and node.items:
            node = node.items[0]
        elif node.line == node.end_line:
            return node.span
        else:
            return Span(node.line, node.column, node.line, node.column + 1)


def within(node: Node, line: int, column: int) -> bool:
    """Whether a cursor at this place touches *node*."""
    return (node.line, node.column) <= (line, column) <= (node.end_line, node.end_column)
