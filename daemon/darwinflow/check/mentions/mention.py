"""What one segment mentions, with its places. Only its own text decides: what an alias brings is told where it stands."""

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from darwinflow.check.cel import MAX_CHARACTERS, Use, parsed
from darwinflow.check.references.reference import INPUT, has_form, reference_of
from darwinflow.document.node import MAP, SCALAR, SEQ, Node
from darwinflow.document.segment import Segment
from darwinflow.projection.facts import EdgeFact, Facts, NodeFact
from darwinflow.projection.places import Path, find

Kind = Literal["input", "node", "key"]
Row = tuple[Kind, str]

_TEMPLATE: Final = re.compile(
    r"(?<!\$)\$\{\s*(?:input\.([A-Za-z_][\w-]*)|([^\s.{}$|:\[\]()'\"+,*/]+)\.output)(?=[\s.}|\[])"
)
_FIELD: Final = re.compile(r"\.?\s*input\s*(?:\.\s*(\w+)|\[\s*([\"'].*?[\"'])\s*\])", re.DOTALL)


class Mention(NamedTuple):
    """One name in a text."""

    kind: Kind
    name: str
    item: Node
    path: Path
    """From the item to the text."""
    start: int
    end: int
    """In characters of the text."""
    is_in_text: bool = False
    """Whether it stands in a text for people or programs, where the same characters may mean something else."""


def rows_of(segment: Segment, facts: Facts) -> tuple[Row, ...]:
    """Kept with the segment."""
    known: tuple[Facts, tuple[Row, ...]] | None = segment.memo.get(__name__)
    if known is None or known[0] is not facts:
        is_mute = not any(map(_may_mention, facts.nodes)) and not any(map(_may_name, facts.edges))
        rows = () if is_mute else tuple([(mention.kind, mention.name) for mention in mentions_in(facts)])
        segment.memo[__name__] = known = (facts, rows)
    return known[1]


def _may_mention(node: NodeFact) -> bool:
    """Whether a look at its texts one by one is worth it; nearly no node of a large file is."""
    if node.reads:
        return True
    waiting = [node.item]
    for here in waiting:
        value = here.value
        if here.kind == SCALAR:
            if isinstance(value, str) and "${" in value:
                return True
        elif here.kind == MAP:
            waiting += [inner for _, inner in value]
        elif here.kind == SEQ:
            waiting += value
    return False


def _may_name(edge: EdgeFact) -> bool:
    return (edge.condition is not None and INPUT in edge.condition) or (
        isinstance(edge.data, dict) and "key" in edge.data
    )


def mentions_in(facts: Facts) -> Iterator[Mention]:
    """In the order of the text, nodes first."""
    for node in facts.nodes:
        yield from _of_node(node)
    for edge in facts.edges:
        if edge.item.kind == MAP:
            yield from _of_edge(edge)


def _of_node(node: NodeFact) -> Iterator[Mention]:
    for reading in node.reads:
        if not reading.text.startswith(INPUT + ".") or not reference_of(reading.text).is_sound:
            continue
        if reading.is_meant or has_form(reading.text):
            name = reading.text.split(".")[1]
            start = len(INPUT) + 1
            yield Mention("input", name, node.item, reading.path, start, start + len(name))
    if node.item.kind != MAP:
        return
    config = node.item.get("config")
    for path, text in _templates(config) if config is not None else ():
        for match in _TEMPLATE.finditer(text):
            group = 1 if match[1] is not None else 2
            kind: Kind = "input" if group == 1 else "node"
            start, end = match.span(group)
            yield Mention(kind, match[group], node.item, ("config", *path), start, end, is_in_text=True)


def _templates(config: Node) -> Iterator[tuple[Path, str]]:
    """The texts that something is put into when they are used."""
    waiting: list[tuple[Path, Node]] = [((), config)]
    for path, node in waiting:
        if node.kind == SCALAR:
            if isinstance(node.value, str) and "${" in node.value:
                yield path, node.value
        elif node.kind == MAP:
            # Of a key that is given twice, the last counts.
            entries = {key.source: value for key, value in node.pairs if not key.is_merge}
            waiting += [((*path, name), value) for name, value in entries.items()]
        elif node.kind == SEQ:
            waiting += [((*path, at), value) for at, value in enumerate(node.items)]


def _of_edge(edge: EdgeFact) -> Iterator[Mention]:
    text = edge.condition
    if text is not None and INPUT in text and len(text) <= MAX_CHARACTERS:
        for use in parsed(text).uses:
            if use.name == INPUT and use.path:
                yield Mention("input", use.path[0], edge.item, ("condition",), *_field(text, use))
    found = find(edge.item, ("key",)) if isinstance(edge.data, dict) and "key" in edge.data else None
    if (
        found is not None
        and not found.rest
        and isinstance(found.value.value, str)
        and found.value.kind == SCALAR
    ):
        key = found.value.value
        yield Mention("key", key, edge.item, ("key",), 0, len(key))


def _field(text: str, use: Use) -> tuple[int, int]:
    """Where the name stands that is read of the input, with its quotes where it is a key."""
    match = _FIELD.match(text, use.offset)
    if match is None:
        return use.offset, use.offset + len(use.name)
    return match.span(1) if match[1] is not None else match.span(2)
