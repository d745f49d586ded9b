"""From a module, as plain data, to a `GraphType`, with everything that is wrong in it at its place."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, ParamSpec, TypeVar

from darwinflow.graph.conventions import (
    SWITCH,
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
from darwinflow.graph.form import (
    detection_of,
    is_aside,
    is_importing,
    is_of_entry_name,
    malformed,
    misfitting,
    reserved_in,
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
from darwinflow.graph.keywords import misworded
from darwinflow.graph.reference import Dereferencer
from darwinflow.graph.slips import BASE, misnamed, misspelt_entries, refuse_slips

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


def load(module: Module, modules: Mapping[str, Module], *, is_ours: bool = False) -> GraphType:
    """The graph type that *module* describes. *modules*: what it may import, by `$id`.

    *is_ours*: it comes with the product, whose tests look for what is wrong in it whatever its parts mean.
    Raises `GraphTypeInvalid`, the first of the faults that `read` gives.
    """
    graph_type, faults = read(module, modules, is_ours=is_ours)
    if graph_type is None:
        raise faults[0]
    return graph_type


def read(module: Module, modules: Mapping[str, Module], *, is_ours: bool = False) -> Reading:
    """The whole graph type that *module* describes, or all that keeps it from being one. *is_ours*: as for `load`."""
    reader = _Reader(module, modules, is_ours=is_ours)
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
    if reader.faults or reader.asides or config is None:
        return reader.refused()
    implicit = {fixed: node for node in nodes.values() if (fixed := fixed_id(node)) is not None}
    graph_type = GraphType(
        str(module["name"]),
        int(str(module["version"])),
        str(module["scope"]),
        str(module["description"]),
        *config,
        node_types={name: node for name, node in nodes.items() if node not in implicit.values()},
        implicit=implicit,
        reserved=reserved_in(module),
        edge_types=edges,
        document=document,
        document_fields=fields_of(document),
        detection=detection_of(module),
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
    if "detect" in module:
        reader.note(
            "'detect' belongs in a type of its own; what this file adds to has its documents", "/detect"
        )
    source = reader.source((BASE, f"{PREFIX}{graph_type.name}"))
    if source is None:
        return reader.refused()
    known = {node.name: node for node in graph_type.implicit.values()} | dict(graph_type.node_types)
    added = reader.nodes(source, known)
    if not added and not reader.faults:
        reader.note(f"a module that extends '{graph_type.name}' has node types under '$defs'", "/$defs")
    for entry in reader.entries:
        if suffix_of(entry) == "Enum":
            reader.attempt(check_enum, source, entry)
    if reader.faults or reader.asides:
        return reader.refused()
    edges = {name: opened(edge, graph_type, added) for name, edge in graph_type.edge_types.items()}
    return Reading(graph_type._replace(node_types={**graph_type.node_types, **added}, edge_types=edges), ())


class _Reader:
    """Notes what is wrong and reads on."""

    def __init__(self, module: Module, modules: Mapping[str, Module], *, is_ours: bool = False) -> None:
        self.module = module
        self._modules = modules
        self._is_ours = is_ours
        entries = module.get("$defs")
        self.entries: Mapping[str, object] = entries if isinstance(entries, Mapping) else {}
        self.faults: dict[tuple[str, str], GraphTypeInvalid] = {}
        self.asides: list[GraphTypeInvalid] = []
        """Faults at the root that keep nobody from reading the entries."""

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
        return Reading(None, (*self.faults.values(), *self.asides))

    def source(self, implied: tuple[str, ...]) -> Dereferencer | None:
        """What resolves references; None where the module is at fault as a whole. *implied*: imports it need not name."""
        faults = [] if self._is_ours else too_deep(self.module)
        if faults:
            self.faults.update({(fault.pointer, str(fault)): fault for fault in faults})
            return None
        for fault in [] if self._is_ours else _formal_faults(self.module):
            if is_aside(fault):
                self.asides.append(fault)
            else:
                self._keep(fault)
        if not is_importing(self.faults.values()):
            return None
        imports = self.attempt(_imports, self.module, self._modules)
        if imports is None:
            return None
        source = Dereferencer(self.module, (*implied, *imports), self._modules)
        is_sound = not self.faults
        if not any(is_of_entry_name(fault) for fault in self.faults.values()):
            for fault in source.dangling():
                self._keep(fault)
        return source if is_sound else None

    def nodes(self, source: Dereferencer, known: Mapping[str, NodeType]) -> dict[str, NodeType]:
        """The node types of this module. *known*: those that there are already."""
        found: dict[str, NodeType] = {}
        seen: dict[str, object] = dict(known)
        for fault in misspelt_entries(self.module, source):
            self._keep(fault)
        for entry in self.entries:
            if suffix_of(entry) == "Node":
                node = self.attempt(self._node, source, entry, seen)
                if node is not None:
                    found[node.name] = seen[node.name] = node
        return found

    def _node(self, source: Dereferencer, entry: str, known: Mapping[str, object]) -> NodeType:
        whole = source.entry(entry)  # a fault in what it refers to is told before one in what it lacks
        _refuse_uncomposed(source, entry, "BaseNode")
        refuse_slips(entry, self.entries[entry], whole)
        node = node_type(entry, whole)
        refuse_second(node.name, known, entry)
        return node

    def edge(self, source: Dereferencer, entry: str, known: Mapping[str, object]) -> EdgeType:
        whole = source.entry(entry)
        _refuse_uncomposed(source, entry, "BaseEdge")
        refuse_slips(entry, self.entries[entry], whole)
        edge = edge_type(entry, whole)
        refuse_second(edge.name, known, entry)
        return edge


def _imports(module: Module, modules: Mapping[str, Module]) -> list[str]:
    names = module.get("imports", ())
    assert isinstance(names, (list, tuple))
    for index, name in enumerate(names):
        if name not in modules:
            message = f"no module is called '{name}'"
            raise GraphTypeInvalid(
                message, f"/imports/{index}", word=str(name), words=_others(module, modules)
            )
    return list(names)


def _others(module: Module, modules: Mapping[str, Module]) -> list[str]:
    """Modules that *module* may import."""
    return [name for name in modules if name and name != module.get("$id")]


def _formal_faults(module: Module) -> list[GraphTypeInvalid]:
    """What is wrong in *module* whatever its parts mean; the meta-schema has no say where something better is said."""
    faults = [
        *malformed(module),
        *misnamed(module),
        *misfitting(module),
        *misworded(module),
        *unusable_patterns(module),
    ]
    said = {above for fault in faults for above in _with_above(fault.pointer)}
    return faults + [fault for fault in nonconforming(module) if fault.pointer not in said]


def _with_above(pointer: str) -> list[str]:
    """*pointer* and those to what it stands in."""
    parts = pointer.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _config(source: Dereferencer) -> tuple[str, bool, bool, bool]:
    """Direction, multi, allowSelfLoops, acyclic."""
    properties = source.entry("Config").get("properties")
    fixed = {
        str(name): part["const"]
        for name, part in (properties.items() if isinstance(properties, Mapping) else ())
        if isinstance(part, Mapping) and "const" in part
    }
    _refuse_unfixed(fixed, "type", _DIRECTIONS)
    for switch in ("multi", "allowSelfLoops"):
        _refuse_unfixed(fixed, switch, SWITCH)
    if isinstance(properties, Mapping) and "acyclic" in properties:
        _refuse_unfixed(fixed, "acyclic", SWITCH)
    return (
        str(fixed["type"]),
        bool(fixed["multi"]),
        bool(fixed["allowSelfLoops"]),
        fixed.get("acyclic") is True,
    )


def _refuse_unfixed(fixed: Mapping[str, object], field: str, words: tuple[str, ...]) -> None:
    """Refuse a field of `Config` that is fixed to none of *words*."""
    value = fixed.get(field)
    if value in words if words is _DIRECTIONS else isinstance(value, bool):
        return
    wanted = f"{', '.join(words[:-1])} or {words[-1]}"
    pointer = f"/$defs/Config/properties/{field}{'/const' if field in fixed else ''}"
    word = value if isinstance(value, str) else ""
    raise GraphTypeInvalid(f"'Config' must fix '{field}' to {wanted}", pointer, word=word, words=words)


def _refuse_uncomposed(source: Dereferencer, entry: str, base: str) -> None:
    wanted = f"{BASE}#/$defs/{base}"
    if not source.composes(entry, wanted):
        raise GraphTypeInvalid(f"'{entry}' must compose '{wanted}'", f"/$defs/{entry}")
