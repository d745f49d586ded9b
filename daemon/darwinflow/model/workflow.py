"""What a workflow is, as values.

Built from a document by `projection`, stored by a `WorkflowRepository`. Fields that the product does not
know travel in `extra`, so that nothing an author wrote is lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

START = "START"
END = "END"
LOCK_NAME = "versions.lock"
"""Beside the files of published versions: what their texts do not say."""


@dataclass(frozen=True, slots=True)
class Parent:
    """The published version that a workflow was made from."""

    workflow: str
    version: int


@dataclass(frozen=True, slots=True)
class Node:
    """One step of a workflow. `config` is the author's mapping, untouched."""

    id: str
    type: str
    config: Mapping[str, object] = field(default_factory=dict[str, object])
    description: str = ""
    extra: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Edge:
    """One arrow. A list in the text's `from` or `to` has become one edge each."""

    source: str
    target: str
    condition: str | None = None
    type: str = "flow"


@dataclass(frozen=True, slots=True)
class Workflow:
    """The data of one workflow text."""

    id: str
    version: int
    description: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    parent: Parent | None
    created_by: str | None
    reasoning: str
    tags: Mapping[str, str]
    content_hash: str
    """SHA-256 in hex over the RFC 8785 form of the text's data; comments and layout do not count."""


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """One immutable version in a store, without its text."""

    workflow: str
    version: int
    content_hash: str
    parent: Parent | None
    created_by: str
    """`user` or `reflection`."""
    reasoning: str
    description: str
    published_by: str
    """Name of the account that published it."""
    published_at: datetime
    """Aware, UTC, microseconds."""


DamageKind = Literal["edited", "missing", "unreadable", "unlisted"]
"""The stored text says something else than was published, is gone, or is no workflow; or no line vouches for it."""


@dataclass(frozen=True, slots=True)
class Damage:
    """What is wrong with what is stored of one published version."""

    version: int
    kind: DamageKind
    path: str
    """Of the file, absolute."""
    message: str
    advice: str
    """What to do about it, in words that may follow `try:`."""
