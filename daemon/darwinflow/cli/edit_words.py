"""Edits of a graph as lines for people and as JSON for programs."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from darwinflow.graph.edits import ABSENT, Attributes, Edge, FieldChange, GraphEdits

STYLES = {"+": "good", "-": "bad", "~": "strong", ">": "strong"}
"""By the sign that a line begins with."""


def lines_of(edits: GraphEdits) -> Iterator[str]:
    """One a thing that was edited, and one a field of it below. Not yet harmless."""
    if edits.attributes:
        yield "~ workflow"
        yield from _fields(edits.attributes)
    for before, after in edits.renamed:
        yield f"> node {before} is called {after}"
    for name, attributes in edits.removed:
        yield f"- node {name}{_type(attributes)}"
    for name, fields in edits.changed:
        yield f"~ node {name}"
        yield from _fields(fields)
    for name, attributes in edits.added:
        yield f"+ node {name}{_type(attributes)}"
    for edge in edits.edges_removed:
        yield f"- edge {_edge(edge)}"
    for edge, fields in edits.edges_changed:
        yield f"~ edge {edge.source} -> {edge.target}"
        yield from _fields(fields)
    for edge in edits.edges_added:
        yield f"+ edge {_edge(edge)}"


def json_of(edits: GraphEdits) -> dict[str, list[dict[str, Any]]]:
    """`workflow`, `nodes` and `edges`; a field's `before` or `after` is absent where the field is."""
    nodes: list[dict[str, Any]] = [{"edit": "renamed", "from": old, "to": new} for old, new in edits.renamed]
    nodes += [{"edit": "removed", "id": name, "attributes": said} for name, said in edits.removed]
    nodes += [{"edit": "changed", "id": name, "fields": _fields_json(said)} for name, said in edits.changed]
    nodes += [{"edit": "added", "id": name, "attributes": said} for name, said in edits.added]
    edges: list[dict[str, Any]] = [{"edit": "removed", **_edge_json(edge)} for edge in edits.edges_removed]
    edges += [
        {"edit": "changed", **_edge_json(edge), "fields": _fields_json(said)}
        for edge, said in edits.edges_changed
    ]
    edges += [{"edit": "added", **_edge_json(edge)} for edge in edits.edges_added]
    return {"workflow": _fields_json(edits.attributes), "nodes": nodes, "edges": edges}


def _fields(fields: Sequence[FieldChange]) -> Iterator[str]:
    for path, before, after in fields:
        name = ".".join(path)
        if before is ABSENT:
            yield f"    {name} added: {_value(after)}"
        elif after is ABSENT:
            yield f"    {name} removed: {_value(before)}"
        else:
            yield f"    {name}: {_value(before)} -> {_value(after)}"


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _type(attributes: Attributes) -> str:
    kind = attributes.get("type")
    return f" ({kind})" if isinstance(kind, str) else ""


def _edge(edge: Edge) -> str:
    condition = edge.attributes.get("condition")
    when = f" when {condition}" if isinstance(condition, str) else ""
    return f"{edge.source} -> {edge.target}{when}"


def _edge_json(edge: Edge) -> dict[str, Any]:
    return {"from": edge.source, "to": edge.target, "attributes": edge.attributes}


def _fields_json(fields: Sequence[FieldChange]) -> list[dict[str, Any]]:
    return [
        {
            "path": list(path),
            **({} if before is ABSENT else {"before": before}),
            **({} if after is ABSENT else {"after": after}),
        }
        for path, before, after in fields
    ]
