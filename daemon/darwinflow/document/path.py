"""From a place in the text to the nodes around it, also where nothing is written yet.

Inside a node its span decides. In blank places, where completion is asked for,
indentation does: a column deeper than a key belongs to that key's value.
"""

from typing import NamedTuple

from darwinflow.document.node import BLOCK, FLOW, MAP, PAIR, SEQ, Node
from darwinflow.document.section import Section
from darwinflow.document.segment import Segment


class Step(NamedTuple):
    """One level down: an entry of a mapping or an item of a list."""

    key: Node | None
    """The entry's key; None for an item."""
    position: int
    """The item's place in its list, from 0; -1 for an entry."""
    node: Node
    """The value or item. That of a section cut into segments is a stand-in without children."""
    key_line: int
    """The document's line from which the key's own lines count."""
    line: int
    """The document's line from which the node's own lines count."""


class NodePath(NamedTuple):
    """The way from the root of a document to a place in it."""

    root_index: int
    section_index: int
    segment_index: int
    steps: tuple[Step, ...]
    """From the outermost to the innermost; none where the place belongs to the root itself."""
    is_on_key: bool
    """Whether the place is in, or at the end of, the last step's key."""

    @property
    def keys(self) -> tuple[str | int, ...]:
        """The same way as keys and indices, as in a JSON pointer."""
        return tuple([step.key.source if step.key is not None else step.position for step in self.steps])


def descend(node: Node, base: int, line: int, column: int) -> tuple[list[Step], bool]:
    """The steps from *node* down to a place, and whether it is on the last step's key.

    *base* is the document's line from which the node's lines count.
    """
    steps: list[Step] = []
    row = line - base
    while True:
        step = _into_map(node, base, row, column) if node.kind == MAP else None
        if node.kind == SEQ:
            step = _into_list(node, base, row, column)
        if step is None:
            return steps, False
        steps.append(step)
        if step.key is not None and is_on_key(step.key, row, column):
            return steps, True
        node = step.node


def is_on_key(key: Node, row: int, column: int) -> bool:
    return (key.line, key.column) <= (row, column) <= (key.end_line, key.end_column)


def _into_map(node: Node, base: int, row: int, column: int) -> Step | None:
    found = None
    for pair in node.pairs:
        if (pair[0].line, pair[0].column) > (row, column):
            break
        found = pair
    if found is None:
        return None
    key, value = found
    if (row, column) > (value.end_line, value.end_column):
        if node.style in (FLOW, PAIR) or (row > key.line and column <= key.column):
            return None
    elif row > key.end_line and column <= key.column and row < value.line and node.style not in (FLOW, PAIR):
        return None
    return Step(key, -1, value, base, base)


def _into_list(node: Node, base: int, row: int, column: int) -> Step | None:
    found = -1
    for at, item in enumerate(node.items):
        start = (item.line, item.column) if node.style == FLOW else (item.line, node.column + 1)
        if start > (row, column):
            break
        found = at
    if found < 0:
        return None
    item = node.items[found]
    if (row, column) > (item.end_line, item.end_column) and (node.style == FLOW or column <= node.column):
        return None
    return Step(None, found, item, base, base)


def path_in_section(
    section: Section, start: int, segment_index: int, line: int, column: int
) -> tuple[list[Step], bool]:
    """The steps from a root to a place in one of its sections, which begins at line *start*."""
    key = section.key
    steps: list[Step] = []
    if key is not None:
        value = section.segments[0].node or _stand_in(section)
        on_key = is_on_key(key, line - start, column)
        if not on_key and column == 0 and line - start > key.end_line and segment_index < 0:
            return [], False
        if not on_key and section.head is None and column == 0 and line - start > value.end_line:
            return [], False
        steps.append(Step(key, -1, value, start, start))
        if on_key:
            return steps, True
    if segment_index < 0:
        return steps, False
    segment = section.segments[segment_index]
    base = start + section.start(segment_index)
    node = segment.node or _collected(segment)
    if node is None or (
        key is not None and section.head is not None and _is_outside(segment, line - base, column)
    ):
        return (steps, False) if column > 0 or key is None else ([], False)
    inner, is_key = descend(node, base, line, column)
    if segment.kind == "items" and inner:
        before = sum([len(other.children) for other in section.segments.slice(0, segment_index)])
        inner[0] = inner[0]._replace(position=inner[0].position + before)
    return steps + inner, is_key


def _is_outside(segment: Segment, row: int, column: int) -> bool:
    """Whether a place in a segment's lines is no deeper than what the segment holds, and behind it."""
    last = segment.items[-1] if segment.items else segment.pairs[-1][1]
    return column <= 0 and (row, column) > (last.end_line, last.end_column)


def _collected(segment: Segment) -> Node | None:
    """The entries or items of a segment as one node, to descend into."""
    column = segment.form.column
    if segment.items:
        first, last = segment.items[0], segment.items[-1]
        return Node(SEQ, segment.items, first.line, column, last.end_line, last.end_column, BLOCK)
    if segment.pairs:
        first, last = segment.pairs[0][0], segment.pairs[-1][1]
        return Node(MAP, segment.pairs, first.line, column, last.end_line, last.end_column, BLOCK)
    return None


def _stand_in(section: Section) -> Node:
    """The list or mapping that a section's segments hold together, without its children."""
    kind = SEQ if section.kind == "items" else MAP
    row = section.start(0)
    column = section.segments[0].form.column
    return Node(kind, (), row, column, section.line_count, 0, BLOCK)
