"""What item rules say at several places, or beside what graph rules say, and what one slip has led to: one finding each."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from darwinflow.check.finding import Finding, Fix
from darwinflow.check.part import Part
from darwinflow.check.rules.unknown_field import without_displaced
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.document.problem import Related
from darwinflow.model.span import Span

_OF_ITEMS: Final = ("unknown-field", "config-unknown-field", "config-wrong-type", "config-invalid-value")
_OF_EDGE: Final = "an edge has no field '"
_FOLLOWING: Final = frozenset({"no-path-to-end", "unreachable-node"})
_ALIAS: Final = re.compile(r"\*([^\s,\[\]{}]+)")
_MAX_RELATED: Final = 20
_MAX_ABOVE: Final = 50
"""Lines above a key in which its anchor is looked for."""


def told_once(document: Document, found: list[Finding], parts: Iterable[Part | None]) -> list[Finding]:
    """*found*, of the whole document and in any order, with what is one slip as one finding."""
    items = [one for one in found if one.code in _OF_ITEMS]
    if not items:
        return found
    known = [part.projection.graph for part in parts if part is not None]

    def is_node(name: str) -> bool:
        return any(graph.numbers.get(name, graph.known) < graph.known for graph in known)

    strays = [one for one in items if one.message.startswith(_OF_EDGE) and is_node(_text(document, one.span))]
    if strays:
        found = _in_brackets(document, found, strays)
    by_alias = [
        one for one in items if document.lines[one.span.line][one.span.column : one.span.column + 1] == "*"
    ]
    if by_alias:
        found = _by_anchor(document, found, items, by_alias)
    return without_displaced(found)


def _text(document: Document, span: Span) -> str:
    return document.lines[span.line][span.column : span.end_column]


def _in_brackets(document: Document, found: list[Finding], strays: Sequence[Finding]) -> list[Finding]:
    """Nodes that became keys of an edge, as brackets around several are missing, with what that leads to."""
    by_line: dict[int, list[Finding]] = {}
    for one in strays:
        by_line.setdefault(one.span.line, []).append(one)
    gone = set(strays)
    lost: set[str] = set()
    told: list[Finding] = []
    for row, (first, *more) in by_line.items():
        names = [_text(document, one.span) for one in (first, *more)]
        choice = "|".join(map(re.escape, names))
        pattern = rf"\b(?:from|to): +([^\s,{{}}\[\]'\":#]+(?:, *(?:{choice}))+)(?= *[,}}])"
        match = re.compile(pattern).search(document.lines[row])
        if match is None:
            gone.difference_update((first, *more))
            continue
        span = Span(row, match.start(1), row, match.end(1))
        message = f"several nodes stand in brackets: [{match[1]}]"
        fix = Fix("Put brackets around them", (Edit(span, f"[{match[1]}]"),))
        told.append(first._replace(message=message, fixes=(fix,)))
        lost.update(names)
    return [
        one
        for one in found
        if one not in gone and not (one.code in _FOLLOWING and _text(document, one.span) in lost)
    ] + told


def _by_anchor(
    document: Document, found: list[Finding], items: Sequence[Finding], by_alias: Sequence[Finding]
) -> list[Finding]:
    """What is wrong with what an anchor stands for, at its own place or at the first alias, with the others beside it."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for one in by_alias:
        match = _ALIAS.match(document.lines[one.span.line], one.span.column)
        if match is not None:
            groups.setdefault((match[1], one.code, _what(one)), []).append(one)
    own = {(one.code, _what(one)): one for one in items if one not in by_alias}
    gone: set[Finding] = set()
    told: list[Finding] = []
    for (name, code, what), group in groups.items():
        group.sort(key=lambda one: one.span)
        first = own.get((code, what))
        if first is None or first in gone or not _is_under(document, first, name):
            first = group[0]
        others = [one for one in group if one is not first]
        if not others:
            continue
        related = [Related(one.span, "and by way of this alias") for one in others[:_MAX_RELATED]]
        gone.update((first, *others))
        told.append(first._replace(related=(*first.related, *related)))
    return [one for one in found if one not in gone] + told


def _what(finding: Finding) -> str:
    """What is said, whichever the type of the node."""
    return finding.message.partition(" has no ")[2].partition(";")[0] or finding.message


def _is_under(document: Document, finding: Finding, anchor: str) -> bool:
    """Whether *anchor* stands shortly before what a finding is about."""
    mark = re.compile(rf"&{re.escape(anchor)}(?![^\s,\[\]{{}}])")
    row = finding.span.line
    if mark.search(document.lines[row][: finding.span.column]):
        return True
    return any(mark.search(document.lines[at]) for at in range(row - 1, max(row - _MAX_ABOVE, -1), -1))
