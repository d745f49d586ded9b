"""From a path in a document to what the graph type's schema says of it."""

from collections.abc import Iterator, Mapping

from darwinflow.graph.graph_type import Field, GraphType, Schema, fields_of
from darwinflow.projection.native import EDGES, NODES

ITEM = "-"
"""Stands in a path for one item of a list, as an index does."""
Path = tuple[str | int, ...]


def field_at(graph_type: GraphType, path: Path, node_type: str) -> Field | None:
    """The field that *path* ends with; None where the schema names none."""
    if not path or not isinstance(path[-1], str):
        return None
    return fields_in(graph_type, path[:-1], node_type).get(path[-1])


def fields_in(graph_type: GraphType, path: Path, node_type: str) -> Mapping[str, Field]:
    """The keys that the mapping at *path* may hold. *node_type*: of the node around it, empty where unknown."""
    found: dict[str, Field] = {}
    for schema in schemas_at(graph_type, path, node_type):
        for name, field in fields_of(schema).items():
            found.setdefault(name, field)
    return found


def schemas_at(graph_type: GraphType, path: Path, node_type: str) -> list[Schema]:
    """What holds for the value at *path*: several where it may have several forms."""
    if len(path) >= 2 and path[0] in (NODES, EDGES):
        roots = _node_schemas(graph_type, node_type) if path[0] == NODES else _edge_schemas(graph_type)
        rest = path[2:]
    else:
        roots, rest = [graph_type.document], path
    for step in rest:
        roots = [inner for schema in roots for form in _forms(schema) for inner in _into(form, step)]
    return [form for schema in roots for form in _forms(schema)]


def _node_schemas(graph_type: GraphType, node_type: str) -> list[Schema]:
    kind = graph_type.node_types.get(node_type)
    if kind is not None:
        return [kind.schema]
    return [each.schema for each in graph_type.node_types.values()]


def _edge_schemas(graph_type: GraphType) -> list[Schema]:
    return [each.schema for each in graph_type.edge_types.values()]


def _forms(schema: Schema) -> Iterator[Schema]:
    """*schema* and the forms it is composed of."""
    yield schema
    for word in ("anyOf", "oneOf", "allOf"):
        branches = schema.get(word)
        if isinstance(branches, list):
            for branch in branches:
                if isinstance(branch, Mapping):
                    yield from _forms(branch)


def _into(schema: Schema, step: str | int) -> Iterator[Schema]:
    properties = schema.get("properties")
    if (
        isinstance(step, str)
        and isinstance(properties, Mapping)
        and isinstance(properties.get(step), Mapping)
    ):
        yield properties[step]
    items = schema.get("items")
    if (step == ITEM or isinstance(step, int)) and isinstance(items, Mapping):
        yield items
