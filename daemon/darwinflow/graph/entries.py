"""Node types, edge types and constraints, each from the entry of a module that describes it."""

import re
from collections.abc import Mapping

from darwinflow.graph.conventions import SWITCH
from darwinflow.graph.graph_type import (
    EdgeType,
    GraphType,
    GraphTypeInvalid,
    NodeType,
    Schema,
    fields_of,
    text_of,
)
from darwinflow.graph.reference import Dereferencer


def node_type(entry: str, schema: Schema) -> NodeType:
    """Raises `GraphTypeInvalid`."""
    fields = fields_of(schema)
    config = fields["config"].schema if "config" in fields else {}
    return NodeType(
        _name(entry, "Node", schema),
        text_of(schema, "title"),
        text_of(schema, "description"),
        schema,
        fields,
        fields_of(config),
        entry,
    )


def edge_type(entry: str, schema: Schema) -> EdgeType:
    """Raises `GraphTypeInvalid`."""
    return EdgeType(
        _name(entry, "Edge", schema),
        text_of(schema, "title"),
        text_of(schema, "description"),
        schema,
        fields_of(schema),
        None,
        None,
        acyclic=False,
        entry=entry,
    )


def check_enum(source: Dereferencer, entry: str) -> None:
    if "enum" not in source.entry(entry):
        raise GraphTypeInvalid(f"'{entry}' must list its values under 'enum'", f"/$defs/{entry}")


def constrain(
    edges: dict[str, EdgeType],
    entry: str,
    source: Dereferencer,
    nodes: Mapping[str, NodeType],
    stems: Mapping[str, str],
) -> None:
    """Give an edge type its constraints. *stems*: names of edge types by their entry without its suffix."""
    stem = entry.removesuffix("EdgeConstraints")
    if stem not in stems:
        message = f"'{entry}' constrains no edge of this module"
        words = [f"{one}EdgeConstraints" for one in stems]
        raise GraphTypeInvalid(message, f"/$defs/{entry}", word=entry, words=words, is_key=True)
    name = stems[stem]
    edges[name] = _with_constraints(edges[name], entry, source.entry(entry), nodes)


def _with_constraints(edge: EdgeType, entry: str, schema: Schema, nodes: Mapping[str, NodeType]) -> EdgeType:
    properties = schema.get("properties")
    sides: list[frozenset[str] | None] = []
    for side in ("allowedSourceTypes", "allowedTargetTypes"):
        part = properties.get(side) if isinstance(properties, Mapping) else None
        names = part.get("const") if isinstance(part, Mapping) else ()
        if not isinstance(names, (list, tuple)):
            pointer = f"/$defs/{entry}/properties/{side}/const"
            raise GraphTypeInvalid(f"'{side}' must fix a list of node types: {{const: [NAME]}}", pointer)
        for index, name in enumerate(names):
            if not isinstance(name, str) or name not in nodes:
                pointer = f"/$defs/{entry}/properties/{side}/const/{index}"
                message = f"'{entry}' names '{name}', which is no node type here"
                raise GraphTypeInvalid(message, pointer, word=str(name), words=nodes)
        sides.append(frozenset(names) or None)
    acyclic = properties.get("acyclic") if isinstance(properties, Mapping) else None
    fixed = acyclic.get("const") if isinstance(acyclic, Mapping) else False
    if not isinstance(fixed, bool):
        pointer = f"/$defs/{entry}/properties/acyclic/const"
        word = fixed if isinstance(fixed, str) else ""
        message = f"'{entry}' must fix 'acyclic' to true or false"
        raise GraphTypeInvalid(message, pointer, word=word, words=SWITCH)
    if sides == [None, None] and not fixed:
        raise GraphTypeInvalid(f"'{entry}' constrains nothing: both lists are empty", f"/$defs/{entry}")
    return edge._replace(allowed_sources=sides[0], allowed_targets=sides[1], acyclic=fixed)


def opened(edge: EdgeType, graph_type: GraphType, added: Mapping[str, NodeType]) -> EdgeType:
    """*edge* for *added* node types too, at a side that takes every node type there was."""
    sides = [
        allowed | added.keys()
        if allowed is not None and allowed.issuperset(graph_type.node_types)
        else allowed
        for allowed in (edge.allowed_sources, edge.allowed_targets)
    ]
    return edge._replace(allowed_sources=sides[0], allowed_targets=sides[1])


def fixed_id(node: NodeType) -> str | None:
    return _constant(node.schema, "id")


def refuse_second(name: str, known: Mapping[str, object], entry: str) -> None:
    if name in known:
        message = f"there is a '{name}' already; give this one another name in its 'type'"
        raise GraphTypeInvalid(message, f"/$defs/{entry}")


def _name(entry: str, suffix: str, schema: Schema) -> str:
    """The constant of the `type` attribute where there is one, else the entry's name, lower case with hyphens."""
    fixed = _constant(schema, "type")
    if fixed is not None:
        return fixed
    properties = schema.get("properties")
    part = properties.get("type") if isinstance(properties, Mapping) else None
    if isinstance(part, Mapping) and "enum" in part:
        message = f"'type' of '{entry}' must be one name: {{const: NAME}}; each type has an entry of its own"
        raise GraphTypeInvalid(message, f"/$defs/{entry}/properties/type/enum", is_key=True)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", entry.removesuffix(suffix)).lower()


def _constant(schema: Schema, field: str) -> str | None:
    properties = schema.get("properties")
    part = properties.get(field) if isinstance(properties, Mapping) else None
    value = part.get("const") if isinstance(part, Mapping) else None
    return value if isinstance(value, str) else None
