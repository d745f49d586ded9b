"""How a stretch of lines is read, and what reading it gives."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from darwinflow.document.grammar.reader import NO_HANDLES
from darwinflow.document.node import Node
from darwinflow.document.problem import Problem

Kind = Literal["items", "entries", "value", "head"]


FormName = Literal[
    "item",
    "entry",
    "leading",
    "quiet leading",
    "root entry",
    "head",
    "crowded head",
    "crowded head over dashes",
    "prelude",
    "whole",
    "inline",
]


class Form(NamedTuple):
    """How a stretch of lines is read. Equal text in an equal form gives equal nodes."""

    name: FormName
    column: int = 0
    depth: int = 0
    handles: Mapping[str, str] = NO_HANDLES
    has_mark: bool = False
    """Whether a byte order mark that may stand there comes first: it begins the document."""


class Content(NamedTuple):
    """What reading the lines of a segment gives."""

    kind: Kind
    key: Node | None
    children: Any
    problems: tuple[Problem, ...]
    anchors: tuple[str, ...]
    aliases: tuple[str, ...]
    rows: int
    """How many lines were read, where long collections among the children are `Tall`; else 0."""


class Later(NamedTuple):
    """Lines that nobody has read yet, and what can be told of them without."""

    read: Callable[[], Content]
    may_have_anchors: bool
    alias_limit: int
    """How many aliases may be among them."""
