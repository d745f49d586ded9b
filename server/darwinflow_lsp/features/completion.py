"""`textDocument/completion`: node types as whole nodes, keys of the mapping at hand, values of a list, ids in edges."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from darwinflow.document.lines import Lines
from darwinflow.graph.graph_type import Field, GraphType, NodeType
from darwinflow.model.span import Span
from darwinflow.model.yaml_text import scalar
from darwinflow.projection.native import EDGES, NODES
from darwinflow.projection.projection import Projection
from darwinflow_lsp.features.cursor import Spot, spot_at
from darwinflow_lsp.features.fields import ITEM, fields_in, schemas_at
from darwinflow_lsp.features.templates import field_entry, type_with_config, whole_node
from darwinflow_lsp.snapshot import Snapshot

# Kinds of LSP: the sign that an editor draws.
CLASS = 7
PROPERTY = 10
REFERENCE = 18
ENUM_MEMBER = 20

MAX_ITEMS = 2000
_TYPE = re.compile(r"""(?:^|[\s{,-])type[ \t]*:[ \t]+["']?([^\s"',}\]#]+)""")
_SEARCHED_LINES = 400


class Completion(NamedTuple):
    label: str
    kind: int
    span: Span
    """What is replaced."""
    text: str
    """For an editor without snippets."""
    snippet: str = ""
    """With tab stops; empty where `text` has none."""
    detail: str = ""
    documentation: str = ""
    order: str = ""
    """What the list is sorted by."""


def completions(snapshot: Snapshot, line: int, column: int) -> tuple[Completion, ...]:
    """Everything that may stand at a place, whatever has been typed of it: the editor filters."""
    spot = spot_at(snapshot.document, line, column)
    projection = snapshot.checked.projection_at(line)
    if spot is None or projection is None:
        return ()
    return tuple(_at(spot, snapshot, projection))[:MAX_ITEMS]


def _at(spot: Spot, snapshot: Snapshot, projection: Projection) -> Iterator[Completion]:
    graph_type, path = projection.graph_type, spot.path
    if path[:1] == (EDGES,) and len(path) > 2 and path[2] in ("from", "to"):
        yield from _ends(spot, projection)
        return
    if path == (NODES,) and spot.is_key:
        yield from _whole_nodes(spot, graph_type, "- ")
        return
    item = _item_text(spot, snapshot)
    found = _TYPE.search(item)
    node_type = found[1] if found and path[:1] == (NODES,) else ""
    if path == (NODES, ITEM, "type") and not spot.is_key:
        yield from _types(spot, graph_type, has_config="config" in _keys(item))
        return
    if path == (NODES, ITEM) and not _keys(item):
        yield from _whole_nodes(spot, graph_type, "")
    if spot.is_key:
        present = _present(spot, snapshot, item)
        fields = fields_in(graph_type, path, node_type)
        yield from (_key(spot, field) for name, field in fields.items() if name not in present)
    if not spot.is_key or path[-1:] == (ITEM,):
        yield from _values(spot, graph_type, node_type)


def _ends(spot: Spot, projection: Projection) -> Iterator[Completion]:
    """The ids of nodes whose type an edge may have at this side, those that are never listed at the end."""
    graph, graph_type = projection.graph, projection.graph_type
    for number, name in enumerate(projection.ids):
        kind = graph.types[number]
        if not _may_stand(graph_type, spot.path[2], kind):
            continue
        rank = 1 if name in graph_type.implicit else 0
        yield Completion(name, REFERENCE, spot.span, scalar(name), "", kind, "", f"{rank}{number:06}")


def _may_stand(graph_type: GraphType, side: str, kind: str) -> bool:
    """Whether some edge may have a node of this type at *side*. A type that nobody knows is the author's to mend."""
    if kind not in graph_type.node_types and kind not in [each.name for each in graph_type.implicit.values()]:
        return True
    for edge in graph_type.edge_types.values():
        allowed = edge.allowed_sources if side == "from" else edge.allowed_targets
        if allowed is None or kind in allowed:
            return True
    return False


def _whole_nodes(spot: Spot, graph_type: GraphType, dash: str) -> Iterator[Completion]:
    for number, kind in enumerate(graph_type.node_types.values()):
        template = whole_node(kind, spot.column - spot.indentation, dash)
        yield _type(spot, kind, number, template.plain(spot.indentation), template.snippet())


def _types(spot: Spot, graph_type: GraphType, *, has_config: bool) -> Iterator[Completion]:
    for number, kind in enumerate(graph_type.node_types.values()):
        if has_config or spot.is_flow:
            yield _type(spot, kind, number, kind.name, "")
        else:
            template = type_with_config(kind, spot.column - spot.indentation)
            yield _type(spot, kind, number, template.plain(spot.indentation), template.snippet())


def _type(spot: Spot, kind: NodeType, number: int, text: str, snippet: str) -> Completion:
    order = f"{number:03}"
    return Completion(kind.name, CLASS, spot.span, text, snippet, kind.title, kind.description, order)


def _key(spot: Spot, field: Field) -> Completion:
    snippet = field_entry(field, spot.column - spot.indentation).snippet()
    order = f"{0 if field.required else 1}{field.name}"
    if spot.is_flow and "\n" in snippet:
        snippet = ""
    text = f"{field.name}: "
    return Completion(field.name, PROPERTY, spot.span, text, snippet, field.title, field.description, order)


def _values(spot: Spot, graph_type: GraphType, node_type: str) -> Iterator[Completion]:
    """The values that a schema lists by name."""
    seen: set[str] = set()
    for schema in schemas_at(graph_type, spot.path, node_type):
        listed = schema.get("enum")
        if schema.get("type") == "boolean":
            listed = [True, False]
        for value in listed if isinstance(listed, list) else ():
            text = scalar(value)
            if text not in seen:
                seen.add(text)
                yield Completion(text, ENUM_MEMBER, spot.span, text, order=f"{len(seen):03}")


def _item_text(spot: Spot, snapshot: Snapshot) -> str:
    """The lines of the list's item around the cursor."""
    if spot.item_line < 0:
        return ""
    lines = snapshot.document.lines
    first = lines[spot.item_line]
    dash = len(first) - len(first.lstrip(" "))
    end = spot.item_line + 1
    while end < min(len(lines), spot.item_line + _SEARCHED_LINES):
        text = lines[end]
        if text.strip() and len(text) - len(text.lstrip(" ")) <= dash:
            break
        end += 1
    return "\n".join(lines.slice(spot.item_line, end))


_ENTRY = re.compile(
    r"""(?m)(?:^[ \t]*(?:- +)?|[{,][ \t]*)["']?([^\s"'#:,{}\[\]-][^"'#:,{}\[\]]*?)["']?[ \t]*:(?=[ \t]|$)"""
)


def _keys(item: str) -> set[str]:
    return {found[1] for found in _ENTRY.finditer(item)}


def _present(spot: Spot, snapshot: Snapshot, item: str) -> set[str]:
    """Keys that the mapping at hand has already, as far as the text around the cursor shows."""
    if spot.path == ():
        roots = snapshot.document.roots
        place = snapshot.document.locate(spot.span.line)
        return {section.key_text for section in roots[place.root_index].sections}
    if spot.is_flow:
        return _keys(item) if len(spot.path) == 2 else set()
    return {name for name, column in _neighbours(snapshot.document.lines, spot) if column == spot.column}


def _neighbours(lines: Lines, spot: Spot) -> Iterator[tuple[str, int]]:
    """The keys above and below the cursor's line with their columns, as far as the mapping at hand may go."""
    line = spot.span.line
    above = range(line - 1, max(line - _SEARCHED_LINES, -1), -1)
    below = range(line + 1, min(line + _SEARCHED_LINES, len(lines)))
    for direction in (above, below):
        for at in direction:
            text = lines[at]
            found = _ENTRY.match(text)
            is_outside = bool(text.strip()) and len(text) - len(text.lstrip(" ")) < spot.column
            # The line with the dash begins further left, and its key may still be one of ours; below, it is not.
            if found is not None and not (is_outside and direction is below):
                yield found[1], found.start(1)
            if is_outside:
                break
