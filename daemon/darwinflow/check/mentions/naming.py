"""Where texts name nodes: the references of a config, what texts take in, conditions. For who looks around in a file."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from darwinflow.check.cel import MAX_CHARACTERS
from darwinflow.check.mentions.mention import mentions_in, rows_of
from darwinflow.check.references.reference import has_form, reference_of
from darwinflow.check.references.rows import nodes_read, place_of
from darwinflow.check.references.subject import Writing
from darwinflow.document.node import Node
from darwinflow.model.span import Span
from darwinflow.projection.facts import EdgeFact, Facts, NodeFact
from darwinflow.projection.graph import Place
from darwinflow.projection.places import Path, within
from darwinflow.projection.projection import Projection


class Name(NamedTuple):
    """A node's id in a text, from and to before which of its characters."""

    id: str
    start: int
    end: int


class Named(NamedTuple):
    id: str
    span: Span


class _Text(NamedTuple):
    item: Node
    path: Path
    names: tuple[Name, ...]
    """In the order of the text."""


def named_at(projection: Projection, section: int, segment: int, row: int, column: int) -> Named | None:
    """The node whose id a text has at a place, which counts from the segment's first line."""
    lines: Sequence[str] | None = None
    for text in _texts(projection.facts(section, segment)):
        if not within(text.item, row, column):
            continue
        lines = lines or _lines(projection, section, segment)
        writing = Writing(text.item, text.path, lines)
        if writing.own is None or not within(writing.own, row, column):
            continue
        at = bisect_right(text.names, (row, column), key=lambda name: _start(writing, name)) - 1
        span = writing.exact(text.names[at].start, text.names[at].end) if at >= 0 else None
        if span is not None and span.covers(row, column):
            return Named(text.names[at].id, span)
    return None


def spans_naming(projection: Projection, node: str) -> Iterator[Span]:
    """Every place at which a text names *node*, in the order of the text."""
    for section, segment, facts, start in projection.located():
        if not _may_name(projection, section, segment, facts, node):
            continue
        lines: Sequence[str] | None = None
        for text in _texts(facts):
            names = [name for name in text.names if name.id == node]
            if not names:
                continue
            lines = lines or _lines(projection, section, segment)
            writing = Writing(text.item, text.path, lines)
            for name in names:
                span = writing.exact(name.start, name.end)
                if span is not None:
                    yield span.moved(start)


def _start(writing: Writing, name: Name) -> tuple[int, int]:
    span = writing.exact(name.start, name.end)
    return (span.line, span.column) if span is not None else (-1, -1)


def _lines(projection: Projection, section: int, segment: int) -> Sequence[str]:
    document = projection.document
    start = document.segment_start(projection.root_index, section, segment)
    count = document.roots[projection.root_index].sections[section].segment(segment).line_count
    return document.lines.slice(start, start + count)


def _may_name(projection: Projection, section: int, segment: int, facts: Facts, node: str) -> bool:
    """Whether a look at the texts one by one is worth it."""
    return (
        any(node in reading.text for fact in facts.nodes for reading in fact.reads)
        or any(fact.condition is not None and node in fact.condition for fact in facts.edges)
        or ("node", node) in rows_of(projection.segment(Place(section, segment, 0)), facts)
    )


def _texts(facts: Facts) -> Iterator[_Text]:
    for node in facts.nodes:
        yield from _references(node)
    for (_, path), found in groupby(mentions_in(facts), lambda mention: (id(mention.item), mention.path)):
        mentions = list(found)
        names = [Name(one.name, one.start, one.end) for one in mentions if one.kind == "node"]
        if names:
            yield _Text(mentions[0].item, path, tuple(names))
    for edge in facts.edges:
        yield from _condition(edge)


def _references(node: NodeFact) -> Iterator[_Text]:
    for reading in node.reads:
        name, is_sound = reference_of(reading.text)
        if name and is_sound and (reading.is_meant or has_form(reading.text)):
            yield _Text(node.item, reading.path, (Name(name, 0, len(name)),))


def _condition(edge: EdgeFact) -> Iterator[_Text]:
    if edge.condition is None or len(edge.condition) > MAX_CHARACTERS:
        return
    names = [Name(node.name, *place_of(edge.condition, use)) for use, node in nodes_read(edge.condition)]
    if names:
        yield _Text(edge.item, ("condition",), tuple(sorted(names, key=lambda name: name.start)))
