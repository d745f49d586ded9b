"""The graph types that documents are checked against, and their compiled schemas."""

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import darwinflow_schemas
from darwinflow.catalog.soundness import is_sound
from darwinflow.document.document import Document
from darwinflow.graph.graph_type import Detection, GraphType, Module, Schema
from darwinflow.graph.load import load

if TYPE_CHECKING:
    import jsonschema_rs

WORKFLOW = "workflow"
_BUNDLED = (WORKFLOW,)
_SHARED = ("base",)
_FEW: Final = 64
"""Values that are judged without the validator; loading it takes longer, and for more it is quicker."""


class Compiled:
    """One schema, ready to validate. Loading the validator and compiling wait until somebody needs them."""

    __slots__ = ("_integers", "_judged", "_validator", "schema")

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._validator: jsonschema_rs.Draft202012Validator | None = None
        self._integers: tuple[tuple[str, ...], ...] | None = None
        self._judged = 0

    def takes(self, data: Any) -> bool:
        """Whether *data* is valid."""
        if self._validator is None and self._judged < _FEW:
            self._judged += 1
            if is_sound(self.schema, data):
                return True
        return self.validator.is_valid(data)

    @property
    def validator(self) -> "jsonschema_rs.Draft202012Validator":
        if self._validator is None:
            import jsonschema_rs  # here: it takes a sixth of a cold `check`, and sound files need none of it

            # The regex crate's own engine is linear; the default one backtracks on what an author may write.
            self._validator = jsonschema_rs.Draft202012Validator(
                dict(self.schema), pattern_options=jsonschema_rs.RegexOptions(), offline=True
            )
        return self._validator

    @property
    def integers(self) -> tuple[tuple[str, ...], ...]:
        """Paths to values that may be whole numbers and no others: to JSON Schema 3.0 is one, to us it is not."""
        if self._integers is None:
            self._integers = tuple(_integers(self.schema, ()))
        return self._integers


class Catalog:
    """Graph types by name. Shared by every document of a process."""

    def __init__(
        self,
        graph_types: Mapping[str, GraphType],
        modules: Mapping[str, Module] = MappingProxyType({}),
        base: "Catalog | None" = None,
        lost: Mapping[str, Detection | None] = MappingProxyType({}),
    ) -> None:
        self._graph_types = graph_types
        self.modules = modules
        """What the types were read from, and what they share, by `$id`."""
        self.base = base if base is not None else self
        """The bundled types, without what a workspace adds to them."""
        self.lost = frozenset(lost)
        """Names of types that there would be if their files had no fault; empty for one that nobody can tell."""
        rules = [*((name, one.detection) for name, one in graph_types.items()), *lost.items()]
        self.detections = tuple([(name, one) for name, one in rules if name and one is not None])
        """What tells documents of types by themselves, lost ones included; of two that fit, the first counts."""
        self._compiled: dict[int, Compiled] = {}

    @classmethod
    def bundled(cls) -> "Catalog":
        """The types that come with the product."""
        modules = {}
        for name in (*_SHARED, *_BUNDLED):
            module = _module(name)
            modules[str(module["$id"])] = module
        types = [
            load(module, modules, is_ours=True) for module in modules.values() if module["name"] in _BUNDLED
        ]
        return cls({graph_type.name: graph_type for graph_type in types}, modules)

    def graph_type(self, name: str) -> GraphType:
        """Raises `KeyError`."""
        return self._graph_types[name]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._graph_types)

    def compiled(self, schema: Schema) -> Compiled:
        """*schema*, which belongs to a graph type of this catalog, compiled once."""
        compiled = self._compiled.get(id(schema))
        if compiled is None:
            self._compiled[id(schema)] = compiled = Compiled(schema)
        return compiled


def compile_fault(schema: Schema) -> str:
    """Why the validator refuses *schema*, in its own words; empty where it takes it."""
    import jsonschema_rs

    try:
        Compiled(schema).validator  # noqa: B018 - it is compiled when it is first asked for
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as exc:
        return str(exc).split("\n", 1)[0]
    return ""


def _module(name: str) -> Module:
    # Not importlib.resources, which costs a cold `check` 29 ms; wheels install these files as files.
    path = os.path.join(darwinflow_schemas.FOLDER, "graph_types", f"{name}.yaml")
    with open(path, encoding="utf-8") as file:
        document = Document.parse(file.read())
    module = document.data(0)
    assert isinstance(module, dict), path
    return module


def _integers(schema: object, path: tuple[str, ...]) -> list[tuple[str, ...]]:
    if not isinstance(schema, dict):
        return []
    found = [path] if schema.get("type") == "integer" else []
    for branch in schema.get("anyOf", ()):
        found += _integers(branch, path)
    for name, part in schema.get("properties", {}).items():
        found += _integers(part, (*path, name))
    return found
