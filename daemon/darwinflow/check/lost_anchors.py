"""Aliases without their anchor: one finding for all of one name, on what is misspelt, and none where a fault above hides the anchor."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from darwinflow.check.odd_one import is_odd
from darwinflow.check.words import shown
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.document.node import Node
from darwinflow.document.problem import (
    BREAKING,
    UNDEFINED_ALIAS,
    YAML_SYNTAX,
    Problem,
    Related,
    Repair,
    elsewhere,
)
from darwinflow.document.segment import Segment
from darwinflow.model.nearest import nearest
from darwinflow.model.span import Span

_LISTS: Final = ("nodes", "edges")
_ANCHORS: Final = re.compile(r"(?<![^\s,\[{:\-])&([^\s,\[\]{}]+)")
_ANY: Final = ""
"""The name of anchors on lines that nobody knows."""
_MAX_EDITS: Final = 100
_MAX_NAMES: Final = 20
"""Without an anchor, that are compared with those of all anchors."""
_MAX_FAULTS: Final = 1_000


class _Lost(NamedTuple):
    """Aliases of one name in one document of the stream."""

    name: str
    problems: list[Problem]

    def spans(self, start: int = 0) -> list[Span]:
        return [one.span for one in self.problems[start:]]


class _Anchors(NamedTuple):
    """Those of one document of the stream."""

    places: dict[str, Span | None]
    """By name; None where it is not plain which characters they are."""
    uses: Counter[str]
    """Aliases, by name."""


def without_lost_anchors(document: Document, problems: Sequence[Problem]) -> list[Problem]:
    """*problems*, those about aliases of one name as one."""
    aliases = [one for one in problems if one.code == UNDEFINED_ALIAS]
    if not aliases:
        return list(problems)
    found = [one for one in problems if one.code != UNDEFINED_ALIAS]
    for root_index, groups in _groups(document, aliases).items():
        hiding = _hiding(document, root_index, found)
        anchors = _anchors(document, root_index)
        for count, lost in enumerate(groups):
            at = hiding.get(lost.name, hiding.get(_ANY))
            if at is not None and found[at].span.line < lost.problems[0].span.line:
                found[at] = _with_lost(document, found[at], lost)
            else:
                found.append(_as_one(lost, anchors if count < _MAX_NAMES else None))
    return sorted(found, key=lambda one: one.span)


def _groups(document: Document, aliases: list[Problem]) -> dict[int, list[_Lost]]:
    """By the document of the stream, in the order of the text."""
    groups: dict[int, dict[str, _Lost]] = {}
    is_one = len(document.roots) == 1
    for one in aliases:
        root_index = 0 if is_one else document.locate(one.span.line).root_index
        known = groups.setdefault(root_index, {})
        if one.message not in known:
            name = document.lines[one.span.line][one.span.column + 1 : one.span.end_column]
            known[one.message] = _Lost(name, [])
        known[one.message].problems.append(one)
    return {root_index: list(known.values()) for root_index, known in groups.items()}


def _hiding(document: Document, root_index: int, problems: list[Problem]) -> dict[str, int]:
    """Faults of syntax, of which each takes an anchor away: by its name where it stands on that line."""
    found: dict[str, int] = {}
    faults = [at for at, one in enumerate(problems) if one.code == YAML_SYNTAX]
    for at in faults[:_MAX_FAULTS]:
        place = document.locate(problems[at].span.line)
        if place.root_index != root_index:
            continue
        for match in _ANCHORS.finditer(document.lines[problems[at].span.line]):
            found.setdefault(match[1], at)
        section = document.roots[root_index].sections[place.section_index]
        if problems[at].reach & BREAKING and section.key_text not in _LISTS:
            found.setdefault(_ANY, at)
    return found


def _with_lost(document: Document, problem: Problem, lost: _Lost) -> Problem:
    """*problem*, which hides the anchor; where all that the anchor lacks is its mark, that is what is wrong."""
    related = elsewhere(lost.spans(), len(lost.problems), "and this alias lacks its anchor")
    row = max(problem.span.line - 1, 0)
    bare = re.search(rf": +({re.escape(lost.name)})\s*(?:#.*)?\Z", document.lines[row])
    if bare is None:
        return problem._replace(related=(*problem.related, *related))
    message = f"'&' is missing before '{shown(lost.name)}': it is the anchor that aliases name"
    repair = Repair("Write '&' before it", (Edit(Span(row, bare.start(1), row, bare.start(1)), "&"),))
    span = Span(row, bare.start(1), row, bare.end(1))
    return problem._replace(message=message, span=span, related=tuple(related), repair=repair)


def _as_one(lost: _Lost, anchors: _Anchors | None) -> Problem:
    """What is wrong with the aliases, at the first of them, or at the anchor that is meant and that no alias names."""
    first, *others = lost.problems
    related = tuple(elsewhere(lost.spans(1), len(others), "and so does this"))
    if anchors is None:
        return first._replace(related=related)
    span = anchors.places.get(lost.name)
    if span is not None and span.line > first.span.line:
        message = f"the anchor '&{shown(lost.name)}' has to stand before its aliases"
        return first._replace(message=message, related=(Related(span, "it stands here, below"), *related))
    near = nearest(lost.name, anchors.places)
    span = anchors.places[near] if near is not None else None
    if near is None or span is None or span[:2] > first.span[:2]:
        return first._replace(related=related)
    uses = anchors.uses[near]
    if not uses and others:
        name = shown(lost.name)
        message = f"no alias names this anchor, and '*{name}' has none; did you mean '&{name}'?"
        repair = Repair(f"Rename to '&{name}'", (Edit(span, f"&{lost.name}"),))
        told = elsewhere(lost.spans(), len(lost.problems), "this alias has no anchor")
        return first._replace(message=message, span=span, related=tuple(told), repair=repair)
    edits = tuple([Edit(one, f"*{near}") for one in lost.spans()])
    is_certain = len(edits) <= _MAX_EDITS and (not uses or is_odd(len(edits), uses))
    return first._replace(
        message=f"{first.message}; did you mean '*{shown(near)}'?",
        related=(Related(span, f"'&{shown(near)}' stands here"), *related),
        repair=Repair(f"Change to '*{shown(near)}'", edits) if is_certain else None,
    )


def _anchors(document: Document, root_index: int) -> _Anchors:
    found = _Anchors({}, Counter())
    for section_index, section in enumerate(document.roots[root_index].sections):
        for at, segment in enumerate(section.pieces(), -1 if section.head is not None else 0):
            if not segment.is_linked:
                continue
            found.uses.update(segment.aliases)
            names = _names(segment)
            if names:
                start = document.segment_start(root_index, section_index, at)
                rows = document.lines.slice(start, start + segment.line_count)
                for name, span in _places(names, rows, start):
                    found.places[name] = None if name in found.places else span
    return found


def _names(segment: Segment) -> set[str]:
    """Of anchors in it."""
    node = segment.children
    is_named = segment.kind == "head" and isinstance(node, Node) and node.anchor is not None
    return {*segment.anchors, node.anchor} if is_named else {*segment.anchors}


def _places(names: set[str], rows: list[str], start: int) -> Iterator[tuple[str, Span]]:
    for row, line in enumerate(rows, start):
        for match in _ANCHORS.finditer(line) if "&" in line else ():
            if match[1] in names:
                yield match[1], Span(row, match.start(), row, match.end())
