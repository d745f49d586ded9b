"""What is wrong with what an anchor stands for: told once, at the key itself, and not at each alias that brings it."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from darwinflow.check.finding import Finding, Fix
from darwinflow.check.words import scalar
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.document.node import MAP, SEQ, Node
from darwinflow.document.problem import Related
from darwinflow.document.segment import Segment
from darwinflow.model.span import Span

_ALIAS: Final = re.compile(r"\*([^\s,\[\]{}]+)")
_ALIASES: Final = re.compile(r"\*[^\s,\[\]{}]+(?: *, *\*[^\s,\[\]{}]+)*")
_UNKNOWN: Final = ("unknown-field", "config-unknown-field")
_MAX_RELATED: Final = 20
_MAX_NODES: Final = 2_000
"""That are looked at for one anchor, and for one key below it."""


class _Group(NamedTuple):
    """Findings at aliases that say one thing."""

    anchors: tuple[str, ...]
    """The one, or those of a list of which each may bring it."""
    code: str
    what: str


class _Place(NamedTuple):
    """Where an anchor is given."""

    root_index: int
    section_index: int
    segment_index: int
    nodes: list[Node]
    """What it stands for."""


def told_at_anchors(
    document: Document, found: list[Finding], items: Sequence[Finding], by_alias: Sequence[Finding]
) -> list[Finding]:
    """*found* with those *by_alias* of one anchor as one: at the key, or at the first alias where nobody can tell which it is.

    *items*: all that may say the same at the key.
    """
    groups: dict[_Group, list[Finding]] = {}
    for one in by_alias:
        anchors = _anchors(document.lines[one.span.line][one.span.column :])
        groups.setdefault(_Group(anchors, one.code, _what(one)), []).append(one)
    aliased = set(by_alias)
    own = {(one.span, one.code, _what(one)): one for one in items if one not in aliased}
    gone: set[Finding] = set()
    told: dict[Finding, list[Related]] = {}
    places = _places(document) if groups else {}
    for group, same in groups.items():
        same.sort(key=lambda one: one.span)
        first, *others = same
        name = _key(first)
        for anchor in group.anchors if name else ():
            span = _span_of(document, first.span.line, places.get(anchor, ()), name)
            if span is not None:
                first = own.setdefault((span, group.code, group.what), _at_key(first, span))
                others = same
                break
        gone.update((first, *others))
        related = [Related(one.span, "and by way of this alias") for one in others[:_MAX_RELATED]]
        told.setdefault(first, []).extend(related)
    return [one for one in found if one not in gone] + [
        one._replace(related=(*one.related, *related)) for one, related in told.items()
    ]


def _anchors(text: str) -> tuple[str, ...]:
    """What the alias that *text* begins with stands for, and those behind it in a list."""
    match = _ALIASES.match(text)
    return tuple(_ALIAS.findall(match[0])[:_MAX_RELATED]) if match is not None else ()


def _what(finding: Finding) -> str:
    """What is said, whichever the type of the node."""
    return _key(finding) or finding.message


def _key(finding: Finding) -> str:
    """The key that nobody knows; empty where a finding is about something else."""
    is_key = finding.about is not None and finding.code in _UNKNOWN and finding.about.keys
    return finding.about.keys[0] if finding.about is not None and is_key else ""


def _at_key(finding: Finding, span: Span) -> Finding:
    meant = finding.about.meant if finding.about is not None else ""
    fixes = (Fix(f"Rename to '{meant}'", (Edit(span, scalar(meant)),)),) if meant else ()
    return finding._replace(span=span, fixes=fixes)


def _span_of(document: Document, row: int, places: Sequence[_Place], key: str) -> Span | None:
    """The one *key* somewhere in what an anchor, given at *places*, stands for on line *row*; None where there is none, or more."""
    root_index = document.locate(row).root_index
    nodes: list[Node] = []
    start = 0
    for place in places:
        line = document.segment_start(*place[:3])
        if place.root_index == root_index and line <= row:
            nodes, start = place.nodes, line
    found = [
        inner.span
        for node in _below(nodes)
        for inner, _ in node.pairs
        if inner.source == key and not inner.is_merge
    ]
    return found[0].moved(start) if len(found) == 1 else None


def _places(document: Document) -> dict[str, list[_Place]]:
    """Where each anchor is given, in the order of the text."""
    found: dict[str, list[_Place]] = {}
    for root_index, root in enumerate(document.roots):
        for section_index, section in enumerate(root.sections):
            head = section.head
            if head is not None and isinstance(head.children, Node) and head.children.anchor is not None:
                whole = _nodes_of(section.segments.first) if len(section.segments) == 1 else []
                place = _Place(root_index, section_index, 0, whole)
                found.setdefault(head.children.anchor, []).append(place)
            for at, segment in enumerate(section.segments):
                if segment.is_linked and segment.anchors:
                    for node in _below(_nodes_of(segment)):
                        if node.anchor is not None:
                            place = _Place(root_index, section_index, at, [node])
                            found.setdefault(node.anchor, []).append(place)
    return found


def _nodes_of(segment: Segment) -> list[Node]:
    if segment.node is not None:
        return [segment.node]
    return [*segment.items, *[value for _, value in segment.pairs]]


def _below(nodes: list[Node]) -> list[Node]:
    """*nodes* and what stands in them, as far as anybody looks."""
    waiting = [*nodes]
    for node in waiting:
        if len(waiting) > _MAX_NODES:
            break
        if node.kind == MAP:
            waiting += [value for _, value in node.pairs]
        elif node.kind == SEQ:
            waiting += node.items
    return waiting
