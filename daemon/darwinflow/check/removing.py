"""Takes an entry out of a list that has a dash for each, and leaves the comments that stand in its lines."""

from collections.abc import Iterator
from itertools import islice

from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.document.node import ALIAS, FOLDED, LITERAL, MAP, SCALAR, SEQ, Node
from darwinflow.document.segment import Segment
from darwinflow.model.span import Span

_MAX_NODES = 100
"""Of an entry, and its lines."""
_CLOSING = " \t,]}"


def removal(document: Document, segment: Segment, item: Node, start: int) -> tuple[Edit, ...] | None:
    """The edits that remove *item*, of a segment that begins at line *start*; None where that is not plain.

    It is plain where the item alone has its lines, and nothing else can refer to what is in it.
    """
    nodes = list(islice(_within(item), _MAX_NODES + 1))
    if len(nodes) > _MAX_NODES or item.end_line - item.line > _MAX_NODES:
        return None
    if segment.problems or any(node.anchor is not None or node.tag is not None for node in nodes):
        return None
    first, last = start + item.line, start + item.end_line
    rows = document.lines.slice(first, last + 1)
    if rows[0][: item.column].strip(" ") != "-":
        return None
    left: list[str] = []
    for at, text in enumerate(rows):
        kept = _left_of(text, item.line + at, nodes)
        if kept is None:
            return None
        left.append(kept)
    return tuple(_edits(left, first, rows))


def _within(item: Node) -> Iterator[Node]:
    waiting = [item]
    for node in waiting:
        yield node
        if node.kind == MAP:
            waiting += [inner for pair in node.pairs for inner in pair]
        elif node.kind == SEQ:
            waiting += node.items


def _left_of(text: str, row: int, nodes: list[Node]) -> str | None:
    """The comment of one line of the item with the blanks before it; empty where it has none, None: nobody can tell."""
    if "#" not in text and row < nodes[0].end_line:
        return ""
    for node in nodes:
        if node.kind != SCALAR or node.end_line == node.line:
            continue
        is_block = node.style in (LITERAL, FOLDED)
        if is_block and row == node.line:
            return None if "#" in text else ""
        if node.line <= row < node.end_line or (is_block and row == node.end_line):
            return ""
    margin = text[: len(text) - len(text.lstrip(" "))]
    if text.startswith("#", len(margin)):
        return text
    ends = [node.end_column for node in nodes if node.end_line == row and node.kind in (SCALAR, ALIAS)]
    rest = text[max(ends, default=0) :]
    closed = rest.lstrip(_CLOSING)
    if not closed:
        return ""
    is_comment = closed.startswith("#") and rest[: len(rest) - len(closed)][-1:] in (" ", "\t")
    return margin + closed if is_comment and ends else None


def _edits(left: list[str], first: int, rows: list[str]) -> Iterator[Edit]:
    """Neighbouring lines of which nothing is left go together."""
    at = 0
    while at < len(left):
        kept = left[at]
        if kept:
            if kept != rows[at]:
                yield Edit(Span(first + at, 0, first + at, len(rows[at])), kept)
            at += 1
            continue
        end = next((behind for behind in range(at, len(left)) if left[behind]), len(left))
        yield Edit(Span(first + at, 0, first + end, 0), "")
        at = end
