"""From a module, as plain data, to a `GraphType`; refuses what is no graph type, with the place."""

import re
from collections.abc import Mapping

import jsonschema_rs

from darwinflow.graph.graph_type import (
    EdgeType,
    GraphType,
    GraphTypeInvalid,
    NodeType,
    Schema,
    fields_of,
    text_of,
)
from darwinflow.graph.reference import Dereferencer, Module

BASE = "darwinflow:base"
_ENTRY = re.compile(r"[A-Z][A-Za-z0-9]*\Z")
_SUFFIXES = ("EdgeConstraints", "Node", "Edge", "Enum")
_DIRECTIONS = ("directed", "undirected", "mixed")
_SCOPES = ("system", "tenant", "user")
_ANY_DOCUMENT: Schema = {"type": "object"}


def load(module: Module, modules: Mapping[str, Module]) -> GraphType:
    """The graph type that *module* describes. *modules*: what it may import, by `$id`.

    Raises `GraphTypeInvalid`.
    """
    entries = _entries(module)
    _conforms(module)
    source = Dereferencer(module, _imports(module, modules))
    config = _config(entries, source)
    nodes: dict[str, NodeType] = {}
    edges: dict[str, EdgeType] = {}
    stems: dict[str, str] = {}
    for entry in entries:
        suffix = _suffix(entry)
        if suffix == "Node":
            _composes(module, entry, "BaseNode", source)
            node = _node_type(entry, source.entry(entry))
            _refuse_second(node.name, nodes, entry)
            nodes[node.name] = node
        elif suffix == "Edge":
            _composes(module, entry, "BaseEdge", source)
            edge = _edge_type(entry, source.entry(entry))
            _refuse_second(edge.name, edges, entry)
            edges[edge.name] = edge
            stems[entry.removesuffix("Edge")] = edge.name
        elif suffix == "Enum" and "enum" not in source.entry(entry):
            raise GraphTypeInvalid(f"'{entry}' must list its values under 'enum'", f"/$defs/{entry}")
    for entry in entries:
        if _suffix(entry) == "EdgeConstraints":
            name = _constrained(entry, stems)
            edges[name] = _with_constraints(edges[name], entry, source.entry(entry), nodes)
    document = source.entry("Document") if "Document" in entries else _ANY_DOCUMENT
    implicit = {fixed: node for node in nodes.values() if (fixed := _fixed_id(node)) is not None}
    return GraphType(
        name=_text(module, "name"),
        version=_version(module),
        scope=_one_of(module, "scope", _SCOPES),
        description=_text(module, "description"),
        direction=config[0],
        multi=config[1],
        allow_self_loops=config[2],
        acyclic=config[3],
        node_types={name: node for name, node in nodes.items() if node not in implicit.values()},
        implicit=implicit,
        reserved=_reserved(module),
        edge_types=edges,
        document=document,
        document_fields=fields_of(document),
    )


def _entries(module: Module) -> Mapping[str, object]:
    entries = module.get("$defs")
    if not isinstance(entries, Mapping) or "Config" not in entries:
        raise GraphTypeInvalid("a graph type needs '$defs' with 'Config' in it", "/$defs")
    for entry in entries:
        if not _ENTRY.match(str(entry)) or entry in _SUFFIXES:
            raise GraphTypeInvalid(
                f"'{entry}' fits no convention: <Name>Node, <Name>Edge, <Name>EdgeConstraints, <Name>Enum, "
                "Config, or a bare name for what they share",
                f"/$defs/{entry}",
            )
    return entries


def _suffix(entry: str) -> str:
    return next((suffix for suffix in _SUFFIXES if entry.endswith(suffix)), "")


def _conforms(module: Module) -> None:
    """Compare with the meta-schema of JSON Schema 2020-12."""
    try:
        jsonschema_rs.meta.validate(dict(module))
    except jsonschema_rs.ValidationError as exc:
        pointer = "".join(f"/{part}" for part in exc.instance_path)
        raise GraphTypeInvalid("this is no JSON Schema 2020-12", pointer) from exc


def _imports(module: Module, modules: Mapping[str, Module]) -> dict[str, Module]:
    names = module.get("imports", ())
    if not isinstance(names, (list, tuple)):
        raise GraphTypeInvalid("'imports' must be a list of modules", "/imports")
    for index, name in enumerate(names):
        if name not in modules:
            raise GraphTypeInvalid(f"no module is called '{name}'", f"/imports/{index}")
    return {name: modules[name] for name in names}


def _config(entries: Mapping[str, object], source: Dereferencer) -> tuple[str, bool, bool, bool]:
    """Direction, multi, allowSelfLoops, acyclic."""
    properties = source.entry("Config").get("properties")
    assert "Config" in entries
    fixed = {
        str(name): part["const"]
        for name, part in (properties.items() if isinstance(properties, Mapping) else ())
        if isinstance(part, Mapping) and "const" in part
    }
    if fixed.get("type") not in _DIRECTIONS:
        raise GraphTypeInvalid(
            "'Config' must fix 'type' to directed, undirected or mixed", "/$defs/Config/properties/type"
        )
    for switch in ("multi", "allowSelfLoops"):
        if not isinstance(fixed.get(switch), bool):
            raise GraphTypeInvalid(
                f"'Config' must fix '{switch}' to true or false", f"/$defs/Config/properties/{switch}"
            )
    return (
        str(fixed["type"]),
        bool(fixed["multi"]),
        bool(fixed["allowSelfLoops"]),
        fixed.get("acyclic") is True,
    )


def _composes(module: Module, entry: str, base: str, source: Dereferencer) -> None:
    """Refuse an entry that does not come from *base* by reference, directly or through shared parts."""
    wanted = f"{BASE}#/$defs/{base}"
    seen: set[str] = set()
    waiting: list[object] = [_definition(module, entry)]
    while waiting:
        value = waiting.pop()
        if not isinstance(value, Mapping):
            continue
        composed = value.get("allOf", ())
        waiting += composed if isinstance(composed, (list, tuple)) else ()
        reference = value.get("$ref")
        if reference == wanted:
            return
        if isinstance(reference, str) and reference.startswith("#/$defs/") and reference not in seen:
            seen.add(reference)
            waiting.append(_definition(module, reference.removeprefix("#/$defs/")))
    source.entry(entry)  # a fault in what it does refer to is the better answer
    raise GraphTypeInvalid(f"'{entry}' must compose '{wanted}'", f"/$defs/{entry}")


def _definition(module: Module, name: str) -> object:
    entries = module.get("$defs")
    return entries.get(name) if isinstance(entries, Mapping) else None


def _node_type(entry: str, schema: Schema) -> NodeType:
    fields = fields_of(schema)
    config = fields["config"].schema if "config" in fields else {}
    return NodeType(
        _name(entry.removesuffix("Node"), schema),
        text_of(schema, "title"),
        text_of(schema, "description"),
        schema,
        fields,
        fields_of(config),
    )


def _edge_type(entry: str, schema: Schema) -> EdgeType:
    return EdgeType(
        _name(entry.removesuffix("Edge"), schema),
        text_of(schema, "title"),
        text_of(schema, "description"),
        schema,
        fields_of(schema),
        None,
        None,
        acyclic=False,
    )


def _name(stem: str, schema: Schema) -> str:
    """The constant of the `type` attribute where there is one, else the entry's name, lower case with hyphens."""
    fixed = _constant(schema, "type")
    return fixed if fixed is not None else re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", stem).lower()


def _constant(schema: Schema, field: str) -> str | None:
    properties = schema.get("properties")
    part = properties.get(field) if isinstance(properties, Mapping) else None
    value = part.get("const") if isinstance(part, Mapping) else None
    return value if isinstance(value, str) else None


def _fixed_id(node: NodeType) -> str | None:
    return _constant(node.schema, "id")


def _refuse_second(name: str, known: Mapping[str, object], entry: str) -> None:
    if name in known:
        raise GraphTypeInvalid(f"two entries are called '{name}'", f"/$defs/{entry}")


def _constrained(entry: str, stems: Mapping[str, str]) -> str:
    """The edge type that *entry* is about. *stems*: names of edge types by their entry without its suffix."""
    stem = entry.removesuffix("EdgeConstraints")
    if stem not in stems:
        raise GraphTypeInvalid(f"'{entry}' constrains no edge of this module", f"/$defs/{entry}")
    return stems[stem]


def _with_constraints(edge: EdgeType, entry: str, schema: Schema, nodes: Mapping[str, NodeType]) -> EdgeType:
    properties = schema.get("properties")
    sides: list[frozenset[str] | None] = []
    for side in ("allowedSourceTypes", "allowedTargetTypes"):
        part = properties.get(side) if isinstance(properties, Mapping) else None
        names = part.get("const", ()) if isinstance(part, Mapping) else ()
        for index, name in enumerate(names):
            if name not in nodes:
                pointer = f"/$defs/{entry}/properties/{side}/const/{index}"
                raise GraphTypeInvalid(f"'{entry}' names '{name}', which is no node type here", pointer)
        sides.append(frozenset(names) or None)
    acyclic = properties.get("acyclic") if isinstance(properties, Mapping) else None
    is_acyclic = isinstance(acyclic, Mapping) and acyclic.get("const") is True
    if sides == [None, None] and not is_acyclic:
        raise GraphTypeInvalid(f"'{entry}' constrains nothing: both lists are empty", f"/$defs/{entry}")
    return edge._replace(allowed_sources=sides[0], allowed_targets=sides[1], acyclic=is_acyclic)


def _text(module: Module, key: str) -> str:
    value = module.get(key)
    if not isinstance(value, str) or not value:
        raise GraphTypeInvalid(f"a graph type needs '{key}', a text", f"/{key}")
    return value


def _one_of(module: Module, key: str, values: tuple[str, ...]) -> str:
    value = _text(module, key)
    if value not in values:
        raise GraphTypeInvalid(f"'{key}' is one of {', '.join(values)}", f"/{key}")
    return value


def _reserved(module: Module) -> frozenset[str]:
    value = module.get("reserved", ())
    if not isinstance(value, (list, tuple)) or not all(isinstance(name, str) for name in value):
        raise GraphTypeInvalid("'reserved' must be a list of node ids", "/reserved")
    return frozenset(map(str, value))


def _version(module: Module) -> int:
    value = module.get("version")
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise GraphTypeInvalid("a graph type needs 'version', a whole number from 1 on", "/version")
    return value
