"""What item rules say at several places, or beside what graph rules say, and what one slip has led to: one finding each."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from darwinflow.check.anchored import told_at_anchors
from darwinflow.check.finding import Finding, Fix
from darwinflow.check.part import Part
from darwinflow.check.rules.unknown_field import is_displaced, without_displaced
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.model.span import Span

_OF_ITEMS: Final = frozenset(
    {"unknown-field", "config-unknown-field", "config-wrong-type", "config-invalid-value"}
)
_FOLLOWING: Final = frozenset({"no-path-to-end", "unreachable-node"})


def told_once(document: Document, found: list[Finding], parts: Iterable[Part | None]) -> list[Finding]:
    """*found*, of the whole document and in any order, with what is one slip as one finding."""
    lines = document.lines
    items: list[Finding] = []
    by_alias: list[Finding] = []
    of_edges: list[Finding] = []
    is_any_displaced = False
    for one in found:  # also after each key that is typed among a thousand of them
        code, _, (line, column, _, _), _, _, _, about = one
        if code not in _OF_ITEMS:
            continue
        items.append(one)
        if lines[line].startswith("*", column):
            by_alias.append(one)
        elif code == "unknown-field" and about is not None:
            is_any_displaced = is_any_displaced or is_displaced(code, about)
            if about.noun == "edge" and not about.path:
                of_edges.append(one)
    if of_edges:
        found = _in_brackets(document, found, _strays(document, of_edges, parts))
    if by_alias:
        found = told_at_anchors(document, found, items, by_alias)
    return without_displaced(found) if is_any_displaced else found


def _strays(document: Document, of_edges: Sequence[Finding], parts: Iterable[Part | None]) -> list[Finding]:
    """Those about keys of edges that are called as nodes are."""
    known = [part.projection.graph for part in parts if part is not None]

    def is_node(name: str) -> bool:
        return any(graph.numbers.get(name, graph.known) < graph.known for graph in known)

    return [one for one in of_edges if is_node(_text(document, one.span))]


def _text(document: Document, span: Span) -> str:
    return document.lines[span.line][span.column : span.end_column]


def _in_brackets(document: Document, found: list[Finding], strays: Sequence[Finding]) -> list[Finding]:
    """Nodes that became keys of an edge, as brackets around several are missing, with what that leads to."""
    if not strays:
        return found
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
