"""What the cursor is on: a node's id, a use of it, a type, a key, the workflow's own id."""

from enum import Enum
from typing import NamedTuple

from darwinflow.check.mentions.naming import named_at
from darwinflow.document.document import Document
from darwinflow.document.node import Node
from darwinflow.model.span import Span
from darwinflow.projection.places import within
from darwinflow.projection.projection import Projection
from darwinflow_lsp.snapshot import Snapshot


class Kind(Enum):
    WORKFLOW_ID = "workflow id"
    NODE_ID = "node id"
    NODE_REFERENCE = "node reference"
    NODE_TYPE = "node type"
    KEY = "key"
    VALUE = "value"
    """Any other value, of the key that is the path's last."""


class Symbol(NamedTuple):
    kind: Kind
    span: Span
    name: str
    """What is written there; of a value its key."""
    path: tuple[str | int, ...]
    """Keys and indices from the root, the key itself or the value's own key last."""
    node_type: str = ""
    """Of the node around it, where there is one."""


def symbol_at(snapshot: Snapshot, line: int, column: int) -> Symbol | None:
    document = snapshot.document
    if not document.roots:
        return None
    path = document.path_at(line, column)
    if not path.steps:
        return None
    projection = snapshot.checked.projection_at(line)
    if projection is None:
        return None
    node_type = ""
    if path.segment_index >= 0:
        named = _graph_symbol(
            projection, document, path.section_index, path.segment_index, line, column, path.keys
        )
        if isinstance(named, Symbol):
            return named
        node_type = named
        start = document.segment_start(projection.root_index, path.section_index, path.segment_index)
        text = named_at(projection, path.section_index, path.segment_index, line - start, column)
        if text is not None:
            return Symbol(Kind.NODE_REFERENCE, text.span.moved(start), text.id, path.keys, node_type)
    step = path.steps[-1]
    if step.key is None:
        return None
    key = step.key.source
    if path.is_on_key:
        return Symbol(Kind.KEY, step.key.span.moved(step.key_line), key, path.keys, node_type)
    span = step.node.span.moved(step.line)
    kind = Kind.WORKFLOW_ID if path.keys == ("id",) else Kind.VALUE
    name = step.node.source if kind is Kind.WORKFLOW_ID else key
    return Symbol(kind, span, name, path.keys, node_type) if span.covers(line, column) else None


def _graph_symbol(
    projection: Projection,
    document: Document,
    section: int,
    segment: int,
    line: int,
    column: int,
    keys: tuple[str | int, ...],
) -> Symbol | str:
    """The node's id, type or reference under the cursor; else the type of the node around it."""
    start = document.segment_start(projection.root_index, section, segment)
    row = line - start
    facts = projection.facts(section, segment)
    for node in facts.nodes:
        if not within(node.item, row, column):
            continue
        if node.name and _touches(node.id_token, row, column):
            assert node.id_token is not None
            return Symbol(Kind.NODE_ID, node.id_token.span.moved(start), node.name, keys, node.kind)
        if node.kind and _touches(node.type_token, row, column):
            assert node.type_token is not None
            return Symbol(Kind.NODE_TYPE, node.type_token.span.moved(start), node.kind, keys, node.kind)
        return node.kind
    for edge in facts.edges:
        if not within(edge.item, row, column):
            continue
        for end in (*edge.sources, *edge.targets):
            if _touches(end.token, row, column):
                return Symbol(Kind.NODE_REFERENCE, end.token.span.moved(start), end.name, keys)
    return ""


def _touches(token: Node | None, row: int, column: int) -> bool:
    return token is not None and within(token, row, column)
