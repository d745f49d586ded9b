"""From nodes to Python data: dicts, lists and scalars, keys as they are written.

Data is shared wherever text is shared: an alias gives the very object of its
anchor. Whoever gets data reads it and does not change it.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from darwinflow.document.node import ALIAS, MAP, SCALAR, SEQ, Node, Pairs
from darwinflow.document.problem import DOCUMENT_LIMIT, UNDEFINED_ALIAS, YAML_SYNTAX, Problem
from darwinflow.document.tall import UNKNOWN, Tall, Turns

MAX_KEY_TEXT: Final = 500
"""Characters of a key that is a list or a mapping."""

MAX_KEY_NODES: Final = 1_000
"""Nodes that the aliases in a key may stand for before it is called by its place alone."""


class Bound(NamedTuple):
    """What an anchor stands for."""

    data: Any
    size: int
    """Nodes in it when every alias inside is written out."""


def plain_value(node: Node) -> Any:
    """The data of a node that has neither anchors nor aliases inside."""
    kind = node.kind
    if kind == SCALAR:
        return node.value
    if kind == SEQ:
        if isinstance(node, Tall) and node.turns is not None:
            return _known_values(node.turns.values, node.value)
        return [child.value if child.kind == SCALAR else plain_value(child) for child in node.value]
    result: dict[str, Any] = {}
    sources: list[Any] = []
    if isinstance(node, Tall) and node.turns is not None:
        values = _known_values(node.turns.values, [value for _, value in node.value])
        entries = [(key, data) for (key, _), data in zip(node.value, values, strict=True)]
    else:
        entries = [
            (key, value.value if value.kind == SCALAR else plain_value(value)) for key, value in node.value
        ]
    for key, data in entries:
        if key.kind != SCALAR:
            result[key_text(plain_value(key))] = data
        elif key.source == "<<" and key.is_merge:
            sources.append(data)
        else:
            result[key.source] = data
    if sources:
        merge(result, sources)
    return result


def _known_values(values: list[Any], children: Sequence[Node]) -> list[Any]:
    """*values* with the data of those children of which it was not known."""
    for at, value in enumerate(values):
        if value is UNKNOWN:
            values[at] = plain_value(children[at])
    return values


def key_text(data: Any) -> str:
    """The text of a key that is no scalar: its data as JSON, cut where it is long.

    Keys in keys double their backslashes at every level, so a length without
    bounds would grow beyond any.
    """
    if isinstance(data, str):
        return data
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return (
        text if len(text) <= MAX_KEY_TEXT else f"{text[:MAX_KEY_TEXT]}... ({zlib.crc32(text.encode()):08x})"
    )


def merge(result: dict[str, Any], sources: list[Any]) -> None:
    """Add to *result* what the values of its ``<<`` keys hold and it does not, earlier ones first."""
    for source in sources:
        for mapping in source if isinstance(source, list) else (source,):
            if isinstance(mapping, dict):
                for key, value in mapping.items():
                    result.setdefault(key, value)


class Outside:
    """What anchors above some segments stand for."""

    __slots__ = ("_bindings", "known")

    def __init__(self, known: Mapping[str, Bound]) -> None:
        self.known = known
        self._bindings: dict[tuple[str, ...], dict[str, Bound]] = {}

    def bindings(self, names: tuple[str, ...]) -> dict[str, Bound]:
        """Those of these names; one object for all segments that use the same ones."""
        found = self._bindings.get(names)
        if found is None:
            found = {name: self.known[name] for name in names if name in self.known}
            self._bindings[names] = found
        return found


class Scope:
    """The anchors known at some place, and what resolving aliases there has found."""

    __slots__ = ("allowance", "bound", "expanded", "exports", "problems", "size")

    def __init__(self, bound: Mapping[str, Bound], allowance: int | None) -> None:
        self.bound = dict(bound)
        self.allowance = allowance
        """How many nodes aliases may still stand for, None for as many as they like."""
        self.exports: dict[str, Bound] = {}
        self.problems: list[Problem] = []
        self.size = 0
        self.expanded = 0

    def value(self, node: Node) -> Any:
        """The data of *node*; its anchors are known from then on."""
        before = self.size
        if node.anchor is not None:
            self.bound.pop(node.anchor, None)  # an alias inside its own anchor stands for nothing
        kind = node.kind
        self.size += 1
        data: Any
        if kind == SCALAR:
            data = node.value
        elif kind == ALIAS:
            return self._alias(node)
        elif kind == SEQ:
            data = self._items(node)
        else:
            own, sources = self.entries(node.value, node.turns if isinstance(node, Tall) else None)
            merge(own, sources)
            data = own
        if node.anchor is not None:
            self.bind(node.anchor, Bound(data, self.size - before))
        return data

    def _items(self, node: Node) -> list[Any]:
        turns = node.turns if isinstance(node, Tall) else None
        if turns is None or not turns.is_even:
            return [self.value(child) for child in node.value]
        return [
            self.value(child) if turns.is_linked(at) else self._known(turns, at, child)
            for at, child in enumerate(node.value)
        ]

    def _known(self, turns: Turns, at: int, child: Node) -> Any:
        """The data of a child that has neither anchors nor aliases inside, kept from one reading to the next."""
        data = turns.values[at]
        if data is UNKNOWN:
            data = turns.values[at] = plain_value(child)
        size = turns.sizes[at]
        if not size:
            size = turns.sizes[at] = node_count(child)
        self.size += size
        return data

    def bind(self, anchor: str, bound: Bound) -> None:
        self.bound[anchor] = self.exports[anchor] = bound

    def entries(self, pairs: Pairs, turns: Turns | None = None) -> tuple[dict[str, Any], list[Any]]:
        """What entries give themselves, and the values of their ``<<`` keys; *turns*: in which they were read."""
        own: dict[str, Any] = {}
        sources: list[Any] = []
        kept = turns if turns is not None and turns.is_even else None
        for at, (key, value) in enumerate(pairs):
            if key.kind == SCALAR and key.anchor is None:
                name = key.source
            else:
                name = key.source
                before = self.expanded
                key_data = self.value(key)
                if key.kind != SCALAR:
                    is_short = self.expanded - before <= MAX_KEY_NODES
                    name = key_text(key_data) if is_short else f"key at {key.line}:{key.column}"
            if kept is not None and not kept.is_linked(at):
                data = self._known(kept, at, value)
            else:
                data = self.value(value)
            if key.kind == SCALAR and key.is_merge:
                self._check_merge(value, data)
                sources.append(data)
            else:
                own[name] = data
        return own, sources

    def _check_merge(self, node: Node, data: Any) -> None:
        if node.kind == ALIAS and node.value in self.bound and data is not None:
            parts = data if isinstance(data, list) else (data,)
            if not all(isinstance(part, dict) for part in parts):
                message = f"'<<' takes a mapping, and '*{node.value}' stands for none"
                self.problems.append(Problem(YAML_SYNTAX, message, node.span))
        for child in node.items:
            if child.kind == ALIAS and child.value in self.bound:
                bound = self.bound[child.value].data
                if bound is not None and not isinstance(bound, dict):
                    message = f"'<<' takes mappings, and '*{child.value}' stands for none"
                    self.problems.append(Problem(YAML_SYNTAX, message, child.span))

    def _alias(self, node: Node) -> Any:
        bound = self.bound.get(node.value)
        if bound is None:
            message = f"no anchor '&{node.value}' stands before this alias"
            self.problems.append(Problem(UNDEFINED_ALIAS, message, node.span))
            return None
        if self.allowance is not None and self.expanded + bound.size > self.allowance:
            if self.allowance >= 0:
                message = f"'*{node.value}' and the aliases before it stand for more than 10 times the document; from here on aliases are left out"
                self.problems.append(Problem(DOCUMENT_LIMIT, message, node.span))
            self.allowance = -1
            return None
        self.size += bound.size - 1
        self.expanded += bound.size
        return bound.data


def node_count(node: Node) -> int:
    """Nodes in *node*, itself and keys that are no scalars included."""
    kind = node.kind
    if kind == SEQ:
        return 1 + sum(map(node_count, node.value))
    if kind == MAP:
        keys = sum([node_count(key) for key, _ in node.value if key.kind != SCALAR])
        return 1 + keys + sum([node_count(value) for _, value in node.value])
    return 1
