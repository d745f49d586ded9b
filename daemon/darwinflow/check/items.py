"""Runs the item rules on what one segment lists, and keeps the findings with the segment."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from darwinflow.catalog.catalog import WORKFLOW, Catalog
from darwinflow.check.faults import MAX_FAULTS, Fault, faults_of
from darwinflow.check.finding import Finding
from darwinflow.check.followers import without_followers
from darwinflow.check.input_schemas import INPUTS, input_faults
from darwinflow.check.rules import HEADER_RULES, ITEM_RULES
from darwinflow.check.subject import Locate, Subject, error
from darwinflow.check.words import any_of
from darwinflow.document.node import Node
from darwinflow.document.segment import Segment
from darwinflow.graph.graph_type import EdgeType, GraphType, NodeType, Schema
from darwinflow.model.nearest import nearest
from darwinflow.projection.facts import EdgeFact, Facts, NodeFact
from darwinflow.projection.header import EXTENSION, Header, Located
from darwinflow.projection.native import EDGES, NODES
from darwinflow.projection.places import Path, find

_NOTHING: tuple[Finding, ...] = ()
_APART = frozenset({"type", "properties", "required", "additionalProperties", "title", "description"})
"""Keywords of an object's schema that judge each field by itself."""


class ItemCheck:
    """The item rules with the schemas of one graph type."""

    def __init__(self, catalog: Catalog, graph_type: GraphType) -> None:
        self._catalog = catalog
        self.graph_type = graph_type
        self._type_names = tuple(graph_type.node_types)
        self._untyped = untyped(list(graph_type.node_types.values()))
        self._untyped_edge = _with_types(untyped(list(graph_type.edge_types.values())), graph_type.edge_types)
        self._anything: Schema = {**self._untyped, "additionalProperties": True}
        self._edge_types = tuple(graph_type.edge_types)
        self._key = f"{__name__}.{graph_type.name}"

    def segment(self, segment: Segment, facts: Facts) -> tuple[Finding, ...]:
        """Findings of one segment, relative to its first line."""
        known: tuple[Facts, GraphType, tuple[Finding, ...]] | None = segment.memo.get(self._key)
        if known is not None and known[0] is facts and known[1] is self.graph_type:
            return known[2]
        listed: list[Finding] = []
        for node in facts.nodes:
            listed += in_other_list("node", node, segment) if node.is_edge else self._node(node, segment)
        for edge in facts.edges:
            listed += in_other_list("edge", edge, segment) if edge.node else self._edge(edge, segment)
        found = tuple(listed) if listed else _NOTHING
        segment.memo[self._key] = (facts, self.graph_type, found)
        return found

    def takes(self, is_node: bool, kind: str, field: str, data: Any) -> bool:  # noqa: FBT001 - which of the two lists
        """Whether *data* is certainly right for one field of an item, whatever its other fields hold."""
        types = self.graph_type.node_types if is_node else self.graph_type.edge_types
        if kind not in types:
            return False
        schema: Schema = types[kind].schema
        properties = schema.get("properties")
        value = properties.get(field) if isinstance(properties, Mapping) else None
        is_apart = all(keyword in _APART or keyword.startswith("x-") for keyword in schema)
        return is_apart and value is not None and not faults_of(self._catalog.compiled(value), data)

    def header(self, header: Header) -> list[Finding]:
        """Findings of the fields around nodes and edges, with absolute places."""
        found = [
            finding for rule in HEADER_RULES for finding in rule(header, self.graph_type.document_fields)
        ]
        faults = faults_of(self._catalog.compiled(self.graph_type.document), self._judged(header.data))
        if self.graph_type.name == WORKFLOW and isinstance(header.data, dict) and INPUTS in header.data:
            faults += input_faults(header.data[INPUTS])
        if not faults:
            return found
        name, left = self.graph_type.name, without_followers(faults)
        return [*found, *_applied(Subject(name, header.data, left, header.locate, header.problems()))]

    def _judged(self, data: Any) -> Any:
        """*data* without fields that nobody knows, but for as many of those as there may be faults."""
        schema = self.graph_type.document
        is_closed = schema.get("additionalProperties") is False and isinstance(data, dict)
        if not is_closed or len(data) <= MAX_FAULTS + len(self.graph_type.document_fields):
            return data
        fields = self.graph_type.document_fields
        unknown = [name for name in data if name not in fields and not name.startswith(EXTENSION)]
        left_out = frozenset(unknown[MAX_FAULTS:])
        return {name: value for name, value in data.items() if name not in left_out}

    def _node(self, fact: NodeFact, segment: Segment) -> Iterator[Finding]:
        if segment.problems and _has_two_types(fact.item):
            fact = fact._replace(kind="")  # which of them counts is the first thing to mend
        if self.graph_type.is_partial and fact.kind not in self.graph_type.node_types:
            # The type may be one of a file that is itself at fault, so it is not known to be wrong.
            fact = fact._replace(kind="")
            kind, schema = "", self._anything
        else:
            kind, schema = self._node_schema(fact)
        is_known = kind == fact.kind and kind != ""
        faults = faults_of(self._catalog.compiled(schema), fact.data)
        if is_known and not faults:
            return
        if kind and not is_known:
            faults = [fault for fault in faults if fault.path != ("type",)]
        subject = Subject(
            "node",
            fact.data,
            without_followers(faults),
            _locator(fact.item),
            segment.problems,
            kind=fact.kind,
            meant_kind=kind,
            type_names=self._type_names,
            fields=self.graph_type.node_types[kind].fields if kind else {},
        )
        yield from _applied(subject)

    def _node_schema(self, fact: NodeFact) -> tuple[str, Schema]:
        """The type that the node has or is meant to have, and what governs it."""
        types = self.graph_type.node_types
        if not fact.kind:
            return "", self._untyped
        kind = fact.kind if fact.kind in types else nearest(fact.kind, self._type_names)
        return (kind, types[kind].schema) if kind is not None else ("", self._untyped)

    def _edge(self, fact: EdgeFact, segment: Segment) -> Iterator[Finding]:
        types = self.graph_type.edge_types
        if not types:
            return
        if fact.kind in types or len(types) == 1:
            kind = fact.kind if fact.kind in types else self._edge_types[0]
            faults: list[Fault] = faults_of(self._catalog.compiled(types[kind].schema), fact.data)
        else:
            faults = self._faults_of_untyped(fact)
        if faults:
            left = without_followers(faults)
            yield from _applied(Subject("edge", fact.data, left, _locator(fact.item), segment.problems))

    def _faults_of_untyped(self, fact: EdgeFact) -> list[Fault]:
        """Of an edge that has none of several types: of its type, and what the nearest one says of the rest."""
        faults = faults_of(self._catalog.compiled(self._untyped_edge), fact.data)
        near = nearest(fact.kind, self._edge_types) if fact.kind else None
        if near is None:
            return faults
        rest = faults_of(self._catalog.compiled(self.graph_type.edge_types[near].schema), fact.data)
        return [
            *(fault for fault in faults if fault.path == ("type",)),
            *(fault for fault in rest if fault.path != ("type",)),
        ]


def in_other_list(noun: str, fact: NodeFact | EdgeFact, segment: Segment) -> Iterator[Finding]:
    """What is said of an edge among nodes, or of a node among edges: one thing."""
    subject = Subject(noun, fact.data, [], _locator(fact.item), segment.problems)
    span = subject.first_span(())
    if span is not None:
        other, key = ("an edge", EDGES) if noun == "node" else ("a node", NODES)
        yield error("unknown-field", span, f"this is {other}, which belongs under '{key}'")


def untyped(types: Sequence[NodeType | EdgeType]) -> dict[str, Any]:
    """What governs an item of no known type: what all *types* agree on, and any key that one of them knows."""
    known = {name: field for node in types for name, field in node.fields.items()}
    properties: dict[str, Any] = {}
    for name, field in known.items():
        is_shared = all(name in node.fields and node.fields[name].schema == field.schema for node in types)
        properties[name] = dict(field.schema) if is_shared else {}
    properties["type"] = {"type": "string", "title": known["type"].title} if "type" in known else {}
    shared = [name for name, field in known.items() if field.required and name != "config"]
    required = [
        name for name in shared if all(name in node.fields and node.fields[name].required for node in types)
    ]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _with_types(schema: dict[str, Any], types: Mapping[str, EdgeType]) -> Schema:
    """*schema*, which also wants one of *types*."""
    kinds = {"type": "string", "enum": list(types), "title": any_of(list(types))}
    properties = {**schema["properties"], "type": kinds}
    return {**schema, "properties": properties, "required": sorted({*schema["required"], "type"})}


def _has_two_types(item: Node) -> bool:
    return sum(key.source == "type" for key, _ in item.pairs) > 1


def _applied(subject: Subject) -> Iterator[Finding]:
    for rule in ITEM_RULES:
        yield from rule(subject)


def _locator(item: Node) -> Locate:
    def locate(path: Path) -> Located | None:
        found = find(item, path)
        return (found, 0) if found is not None else None

    return locate
