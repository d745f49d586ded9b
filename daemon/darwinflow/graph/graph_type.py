"""What a graph type is, as values: every schema in them is whole, without references to elsewhere."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from darwinflow.model.errors import Refused

Schema = Mapping[str, object]
"""A JSON Schema 2020-12 object without `$ref`."""

Module = Mapping[str, object]
"""What a file of a graph type says, as plain data."""


class GraphTypeInvalid(Refused):
    """A module is no graph type."""

    code = 1303

    def __init__(
        self, message: str, pointer: str, *, word: str = "", words: Iterable[str] = (), is_key: bool = False
    ) -> None:
        super().__init__(message, pointer=pointer)
        self.pointer = pointer
        """JSON pointer to what is at fault, within the module."""
        self.word = word
        """What stands there and is not known, where that is the fault."""
        self.words = tuple(words)
        """What could stand there instead."""
        self.is_key = is_key
        """Whether the key is at fault, and not its value."""


class Field(NamedTuple):
    """One key that a mapping may hold."""

    name: str
    title: str
    """A noun phrase of a few words, without a full stop; empty where the author gave none."""
    description: str
    """One sentence."""
    required: bool
    schema: Schema

    @property
    def examples(self) -> tuple[object, ...]:
        examples = self.schema.get("examples", ())
        return tuple(examples) if isinstance(examples, (list, tuple)) else ()


class NodeType(NamedTuple):
    name: str
    """As `type` names it in a document."""
    title: str
    description: str
    schema: Schema
    """Of the whole node."""
    fields: Mapping[str, Field]
    config_fields: Mapping[str, Field]
    """Of the mapping under `config`; empty where the type has none."""
    entry: str
    """Its name among the `$defs` of the module."""


class EdgeType(NamedTuple):
    name: str
    title: str
    description: str
    schema: Schema
    fields: Mapping[str, Field]
    allowed_sources: frozenset[str] | None
    """Names of node types; None where any may be the source."""
    allowed_targets: frozenset[str] | None
    acyclic: bool
    entry: str
    """Its name among the `$defs` of the module."""


class Detection(NamedTuple):
    """What tells a document of a graph type that says so nowhere; all of it must hold."""

    files: tuple[str, ...]
    """Patterns of its path, relative to the workspace; one must fit, where there are any."""
    keys: tuple[str, ...]
    """Keys that its root holds."""
    values: tuple[tuple[str, str], ...]
    """Keys of its root with the text that each has."""


class GraphType(NamedTuple):
    name: str
    version: int
    scope: str
    description: str
    direction: str
    """`directed`, `undirected` or `mixed`."""
    multi: bool
    allow_self_loops: bool
    acyclic: bool
    node_types: Mapping[str, NodeType]
    """Those that a document lists, in the order of the module."""
    implicit: Mapping[str, NodeType]
    """By node id: what is in every graph once without being listed, because its type fixes the id."""
    reserved: frozenset[str]
    """Ids that no node may have, those of `implicit` aside."""
    edge_types: Mapping[str, EdgeType]
    document: Schema
    """Of a whole document, whose `nodes` and `edges` hold any list."""
    document_fields: Mapping[str, Field]
    detection: Detection | None = None
    """None where documents have to name the type, or the settings to name their files."""
    is_partial: bool = False
    """Whether there may be more node types, described by files that are themselves at fault."""


def fields_of(schema: Schema) -> dict[str, Field]:
    """The keys that *schema*, of a mapping, names."""
    properties = schema.get("properties")
    required = schema.get("required", ())
    if not isinstance(properties, Mapping) or not isinstance(required, (list, tuple)):
        return {}
    return {
        str(name): Field(
            str(name), text_of(part, "title"), text_of(part, "description"), name in required, part
        )
        for name, part in properties.items()
        if isinstance(part, Mapping)
    }


def mapping_fields(schema: Schema) -> dict[str, Field]:
    """The keys of the mapping that *schema* takes, be it alone or among other values."""
    branches = schema.get("anyOf", ())
    own = (
        [part for part in branches if isinstance(part, Mapping)]
        if isinstance(branches, (list, tuple))
        else []
    )
    return next((fields for part in (schema, *own) if (fields := fields_of(part))), {})


def text_of(schema: Schema, key: str) -> str:
    """What *schema* says under *key* where that is text, else nothing."""
    value = schema.get(key)
    return value if isinstance(value, str) else ""
