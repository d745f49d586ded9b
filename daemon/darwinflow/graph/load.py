"""From a module, as plain data, to a `GraphType`, with everything that is wrong in it at its place."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, ParamSpec, TypeVar

from darwinflow.graph.conventions import (
    SCOPES,
    misnamed,
    nonconforming,
    suffix_of,
    too_deep,
    unusable_patterns,
)
from darwinflow.graph.entries import (
    check_enum,
    constrain,
    edge_type,
    fixed_id,
    node_type,
    opened,
    refuse_second,
)
from darwinflow.graph.graph_type import (
    EdgeType,
    GraphType,
    GraphTypeInvalid,
    Module,
    NodeType,
    Schema,
    fields_of,
)
from darwinflow.graph.reference import Dereferencer

BASE = "darwinflow:base"
PREFIX = "darwinflow:graph-type/"
"""What the `$id` of a graph type begins with; its name follows."""
_DIRECTIONS = ("directed", "undirected", "mixed")
_ANY_DOCUMENT: Schema = {"type": "object"}
P = ParamSpec("P")
T = TypeVar("T")


class Reading(NamedTuple):
    """What a module gives."""

    graph_type: GraphType | None
    """None where there are faults."""
    faults: tuple[GraphTypeInvalid, ...]


def load(module: Module, modules: Mapping[str, Module]) -> GraphType:
    """The graph type that *module* describes. *modules*: what it may import, by `$id`.

    Raises `GraphTypeInvalid`, the first of the faults that `read` gives.
    """
    graph_type, faults = read(module, modules)
    if graph_type is None:
        raise faults[0]
    return graph_type


def read(module: Module, modules: Mapping[str, Module]) -> Reading:
    """The whole graph type that *module* describes, or all that keeps it from being one."""
    reader = _Reader(module, modules)
    if "Config" not in reader.entries:
        reader.note("a graph type needs '$defs' with 'Config' in it", "/$defs")
    source = reader.source(())
    if source is None:
        return reader.refused()
    nodes = reader.nodes(source, {})
    edges: dict[str, EdgeType] = {}
    stems: dict[str, str] = {}
    for entry in reader.entries:
        suffix = suffix_of(entry)
        if suffix == "Edge" and (edge := reader.attempt(reader.edge, source, entry, edges)):
            edges[edge.name] = edge
            stems[entry.removesuffix("Edge")] = edge.name
        elif suffix == "Enum":
            reader.attempt(check_enum, source, entry)
    # Constraints may name what could not be read; then that is what is to be mended.
    for entry in () if reader.faults else reader.entries:
        if suffix_of(entry) == "EdgeConstraints":
            reader.attempt(constrain, edges, entry, source, nodes, stems)
    config = reader.attempt(_config, source)
    document = _ANY_DOCUMENT
    if "Document" in reader.entries:
        document = reader.attempt(source.entry, "Document") or _ANY_DOCUMENT
    said = reader.attempt(_said, module)
    reserved = reader.attempt(_reserved, module)
    if reader.faults or config is None or said is None or reserved is None:
        return reader.refused()
    implicit = {fixed: node for node in nodes.values() if (fixed := fixed_id(node)) is not None}
    graph_type = GraphType(
        *said,
        *config,
        node_types={name: node for name, node in nodes.items() if node not in implicit.values()},
        implicit=implicit,
        reserved=reserved,
        edge_types=edges,
        document=document,
        document_fields=fields_of(document),
    )
    return Reading(graph_type, ())


def extend(graph_type: GraphType, module: Module, modules: Mapping[str, Module]) -> Reading:
    """*graph_type* with the node types that *module*, which extends it, adds; or all that keeps it from doing so."""
    reader = _Reader(module, modules)
    for entry in reader.entries:
        if entry in ("Config", "Document") or suffix_of(entry) in ("Edge", "EdgeConstraints"):
            reader.note(
                f"a module that extends '{graph_type.name}' adds node types; '{entry}' belongs in a type of its own",
                f"/$defs/{entry}",
            )
    if not reader.entries:
        reader.note(f"a module that extends '{graph_type.name}' has node types under '$defs'", "/$defs")
    source = reader.source((BASE, f"{PREFIX}{graph_type.name}"))
    if source is None:
        return reader.refused()
    known = {node.name: node for node in graph_type.implicit.values()} | dict(graph_type.node_types)
    added = reader.nodes(source, known)
    for entry in reader.entries:
        if suffix_of(entry) == "Enum":
            reader.attempt(check_enum, source, entry)
    if reader.faults:
        return reader.refused()
    edges = {name: opened(edge, graph_type, added) for name, edge in graph_type.edge_types.items()}
    return Reading(graph_type._replace(node_types={**graph_type.node_types, **added}, edge_types=edges), ())


class _Reader:
    """Notes what is wrong and reads on."""

    def __init__(self, module: Module, modules: Mapping[str, Module]) -> None:
        self.module = module
        self._modules = modules
        entries = module.get("$defs")
        self.entries: Mapping[str, object] = entries if isinstance(entries, Mapping) else {}
        self.faults: dict[tuple[str, str], GraphTypeInvalid] = {}

    def note(self, message: str, pointer: str) -> None:
        self._keep(GraphTypeInvalid(message, pointer))

    def attempt(self, make: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """What *make* gives for the arguments; None where that is at fault, which is noted."""
        try:
            return make(*args, **kwargs)
        except GraphTypeInvalid as fault:
            self._keep(fault)
        except RecursionError:
            self.note("the references of this graph type lead too deep to be followed", "/$defs")
        return None

    def _keep(self, fault: GraphTypeInvalid) -> None:
        self.faults.setdefault((fault.pointer, str(fault)), fault)

    def refused(self) -> Reading:
        return Reading(None, tuple(self.faults.values()))

    def source(self, implied: tuple[str, ...]) -> Dereferencer | None:
        """What resolves references; None where the module is at fault as a whole. *implied*: imports it need not name."""
        faults = too_deep(self.module) or [
            *misnamed(self.entries),
            *nonconforming(self.module),
            *unusable_patterns(self.module),
        ]
        for fault in faults:
            self._keep(fault)
        imports = self.attempt(_imports, self.module, self._modules)
        if self.faults or imports is None:
            return None
        return Dereferencer(self.module, (*implied, *imports), self._modules)

    def nodes(self, source: Dereferencer, known: Mapping[str, NodeType]) -> dict[str, NodeType]:
        """The node types of this module. *known*: those that there are already."""
        found: dict[str, NodeType] = {}
        for entry in self.entries:
            if suffix_of(entry) == "Node":
                node = self.attempt(self._node, source, entry, {**known, **found})
                if node is not None:
                    found[node.name] = node
        return found

    def _node(self, source: Dereferencer, entry: str, known: Mapping[str, object]) -> NodeType:
        whole = source.entry(entry)  # a fault in what it refers to is told before one in what it lacks
        _refuse_uncomposed(source, entry, "BaseNode")
        node = node_type(entry, whole)
        refuse_second(node.name, known, entry)
        return node

    def edge(self, source: Dereferencer, entry: str, known: Mapping[str, object]) -> EdgeType:
        whole = source.entry(entry)
        _refuse_uncomposed(source, entry, "BaseEdge")
        edge = edge_type(entry, whole)
        refuse_second(edge.name, known, entry)
        return edge


def _imports(module: Module, modules: Mapping[str, Module]) -> list[str]:
    names = module.get("imports", ())
    if not isinstance(names, (list, tuple)):
        raise GraphTypeInvalid("'imports' must be a list of modules", "/imports")
    for index, name in enumerate(names):
        if name not in modules:
            raise GraphTypeInvalid(f"no module is called '{name}'", f"/imports/{index}")
    return list(names)


def _said(module: Module) -> tuple[str, int, str, str]:
    """Name, version, scope and description."""
    return (
        _text(module, "name"),
        _version(module),
        _one_of(module, "scope", SCOPES),
        _text(module, "description"),
    )


def _config(source: Dereferencer) -> tuple[str, bool, bool, bool]:
    """Direction, multi, allowSelfLoops, acyclic."""
    properties = source.entry("Config").get("properties")
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


def _refuse_uncomposed(source: Dereferencer, entry: str, base: str) -> None:
    wanted = f"{BASE}#/$defs/{base}"
    if not source.composes(entry, wanted):
        raise GraphTypeInvalid(f"'{entry}' must compose '{wanted}'", f"/$defs/{entry}")


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
