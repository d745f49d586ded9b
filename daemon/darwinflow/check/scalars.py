"""The scalars of a segment, keys and values."""

from collections.abc import Iterator

from darwinflow.document.node import MAP, SCALAR, SEQ, Node
from darwinflow.document.segment import Segment


def scalars_of(segment: Segment) -> Iterator[Node]:
    """In no particular order."""
    waiting: list[Node] = [segment.key] if segment.key is not None else []
    if segment.kind in ("value", "head"):
        waiting.append(segment.children)
    elif segment.kind == "items":
        waiting += segment.items
    else:
        waiting += [node for pair in segment.pairs for node in pair]
    while waiting:
        node = waiting.pop()
        if node is None:
            continue
        if node.kind == SCALAR:
            yield node
        elif node.kind == MAP:
            waiting += [inner for pair in node.pairs for inner in pair]
        elif node.kind == SEQ:
            waiting += node.items
