"""Segments whose text stays while their aliases come to stand for something else.

Where no alias stands in a field that ids, ends or references are read from, the graph has nothing to do with it.
"""

from collections.abc import Sequence
from typing import Final

from darwinflow.document.node import ALIAS, MAP, SCALAR, SEQ, Node
from darwinflow.document.segment import Segment
from darwinflow.projection.native import EDGES, NODES, base

_READ: Final = {
    NODES: frozenset({"id", "type", "config"}),
    EDGES: frozenset({"from", "to", "condition", "type", "key"}),
}
"""The fields of an item, by the list it stands in, that a graph and its references are read from."""
_MEMO: Final = f"{__name__}.fields"
_ELSEWHERE: Final[frozenset[str]] = frozenset()


def is_retold(old: Segment, new: Segment) -> bool:
    """Whether *new* is the text of *old*, read once, with other meanings of its aliases."""
    return old.is_read and new.children is old.children and bool(new.aliases) and new.problems == old.problems


def read_from(segments: Sequence[Segment], retold: Sequence[bool], role: str) -> list[int]:
    """The indices of *segments*, of a list of this role, from which ids, ends or references may be read anew.

    *retold*: of each, whether it is as before but for what its aliases stand for.
    """
    read = _READ.get(base(role))
    if read is None:
        return [*range(len(segments))]
    found: list[int] = []
    for at, segment in enumerate(segments):
        if retold[at]:
            fields = aliased_fields(segment)
            if fields and fields.isdisjoint(read):
                continue
        found.append(at)
    return found


def aliased_fields(segment: Segment) -> frozenset[str]:
    """The fields of the items of *segment* in which aliases stand; none where one stands elsewhere."""
    fields: frozenset[str] | None = segment.lasting.get(_MEMO)
    if fields is None:
        fields = segment.lasting[_MEMO] = _fields(segment)
    return fields


def _fields(segment: Segment) -> frozenset[str]:
    found: set[str] = set()
    for item in segment.items:
        if item.kind == ALIAS:
            return _ELSEWHERE
        for key, value in item.pairs:
            if key.kind != SCALAR or key.is_merge:
                return _ELSEWHERE
            if _holds_alias(value):
                found.add(key.source)
    return frozenset(found)


def _holds_alias(value: Node) -> bool:
    waiting = [value]
    for node in waiting:
        if node.kind == ALIAS:
            return True
        if node.kind == MAP:
            waiting += [inner for pair in node.pairs for inner in pair]
        elif node.kind == SEQ:
            waiting += node.items
    return False
