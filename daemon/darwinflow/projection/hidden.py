"""Lines that a fault of syntax took out of the reading, in which nodes may stand that nobody sees."""

from collections.abc import Iterator
from typing import NamedTuple

from darwinflow.document.document import Document
from darwinflow.projection import native
from darwinflow.projection.native import Carrier


class Hidden(NamedTuple):
    """The text of one segment, or of the key above a list, with a fault of syntax."""

    text: str
    listed: frozenset[str]
    """Ids of the nodes that are seen in it all the same."""

    def may_hold(self, name: str) -> bool:
        return name in self.text and name not in self.listed


def hidden(document: Document, root_index: int, carriers: tuple[Carrier, ...]) -> Iterator[Hidden]:
    """In the order of the text."""
    root = document.roots[root_index]
    for carrier in carriers:
        if not native.may_hold_nodes(carrier.role):
            continue
        head = root.sections[carrier.section].head
        if head is not None and head.problems:
            start = document.segment_start(root_index, carrier.section, -1)
            yield Hidden("\n".join(document.lines.slice(start, start + head.line_count)), frozenset())
        start = document.segment_start(root_index, carrier.section, 0)
        for _, line, segment in root.sections[carrier.section].segments.troubled():
            lines = document.lines.slice(start + line, start + line + segment.line_count)
            listed = frozenset([node.name for node in native.read(segment, carrier.role).nodes])
            yield Hidden("\n".join(lines), listed)
