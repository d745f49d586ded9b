"""Everything that can be seen of a document, as plain values that compare equal when the documents do."""

from typing import Any

from darwinflow.document.document import Document
from darwinflow.document.node import MAP, SEQ, Node
from darwinflow.document.segment import Segment


def portrait_of(document: Document) -> dict[str, Any]:
    return {
        "text": document.lines.text(),
        "roots": [
            (
                root.kind,
                root.is_explicit,
                root.lead,
                root.tail,
                [
                    (
                        section.key_text,
                        section.kind,
                        _segment(section.head) if section.head else None,
                        [_segment(segment) for segment in section.segments],
                    )
                    for section in root.sections
                ],
            )
            for root in document.roots
        ],
        "data": [repr(document.data(at)) for at in range(len(document.roots))],
        "problems": document.problems(),
    }


def _segment(segment: Segment) -> Any:
    children: Any = segment.children
    if isinstance(children, Node):
        children = _node(children)
    else:
        children = [
            [_node(part) for part in child] if isinstance(child, tuple) else _node(child)
            for child in children
        ]
    key = _node(segment.key) if segment.key else None
    return segment.kind, segment.line_count, key, children, segment.problems, repr(segment.data)


def _node(node: Node) -> Any:
    value: Any = node.value
    if node.kind == MAP:
        value = [(_node(key), _node(child)) for key, child in node.pairs]
    elif node.kind == SEQ:
        value = [_node(child) for child in node.items]
    else:
        value = (type(value).__name__, repr(value))
    return node.kind, value, node.span, node.style, node.source, node.anchor, node.tag, node.outset


def segments_of(document: Document) -> list[Segment]:
    """Every segment, heads included, in the order of the text."""
    found: list[Segment] = []
    for root in document.roots:
        for section in root.sections:
            if section.head is not None:
                found.append(section.head)
            found.extend(section.segments)
    return found
