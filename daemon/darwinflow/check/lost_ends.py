"""Edges whose line `- from: NAME` is missing, or `- to: NAME`: their keys are read as keys of the edge above, or stand above the list."""

import re
from collections.abc import Sequence
from typing import Final

from darwinflow.check.dashes import is_below
from darwinflow.check.gaps import UNHANDLED, node_at
from darwinflow.check.lost_ids import DASH, Marks, is_one_item, line_above, line_beside
from darwinflow.check.part import Part
from darwinflow.check.words import all_of, quoted, scalar, shown
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.document.problem import DUPLICATE_KEY, MAX_RELATED, YAML_SYNTAX, Problem, Related, Repair
from darwinflow.model.span import Span
from darwinflow.projection.facts import SOURCE, TARGET

_END: Final = re.compile(r" *- +(?=(from|to):(?: |$))")
_EDGES: Final = re.compile(r"edges:\s*(?:#|\Z)")
_KEY: Final = re.compile(r" +(?=(?:from|to):(?: |$))")
_CONDITION: Final = re.compile(r" +condition:")
_MARKS: Final = Marks(_EDGES, _END, re.compile(r" *- +(?=\{.*\b(?:from|to):)"), _KEY)
_OTHER: Final = {"from": "to", "to": "from"}
_KEYS: Final = ("from", "to", "condition")
_MAX_BESIDE: Final = 200
"""Lines that are looked through for where edges have their conditions."""
_MAX_KEYS: Final = 100
"""That are given again, of a document."""


def without_lost_ends(
    document: Document, problems: Sequence[Problem], parts: Sequence[Part | None]
) -> tuple[list[Problem], list[int]]:
    """*problems*, those of one such edge as one, and the lines where such edges begin."""
    groups = _groups(document, problems)
    told: dict[Problem, Problem] = {}
    gone: set[Problem] = set()
    for row, group in groups.items():
        dashes = DASH.match(document.lines[row])
        assert dashes is not None
        side = _side(document, group)
        ends = [_value(document, one) for one in group]
        part = parts[document.locate(group[0].span.line).root_index]
        names = [name for name in _wanted(part, side) if name not in ends]
        is_certain = len(names) == len(groups) == 1
        if not names and group[0].code == DUPLICATE_KEY and (len(group) == 1 or _is_same(document, group)):
            continue  # nothing else says that it is not one key too many
        told[group[0]] = _as_one(document, group, f"{dashes[0]}{side}: ", names[0] if is_certain else "")
        gone.update(group[1:])
    if not told:
        return list(problems), []
    return [told.get(one, one) for one in problems if one not in gone], [one.span.line for one in told]


def _groups(document: Document, problems: Sequence[Problem]) -> dict[int, list[Problem]]:
    """By the line with the dash of an edge above or below, what is said of keys that belong to another one."""
    groups: dict[int, list[Problem]] = {}
    left = _MAX_KEYS
    for one in problems:
        row = -1
        if one.code == DUPLICATE_KEY and left and is_below(one) and _key(document, one) in _KEYS:
            left -= 1
            row = line_above(document, one, _END)
        elif one.code == YAML_SYNTAX:
            row = line_beside(document, one.span.line, _MARKS)
        if row >= 0:
            groups.setdefault(row, []).append(one)
    return {
        row: group for row, group in groups.items() if is_one_item(group) and _is_edge(document, row, group)
    }


def _is_edge(document: Document, row: int, group: list[Problem]) -> bool:
    """Whether an end is among it, and not the one that edges begin with."""
    first = _END.match(document.lines[row])
    side = _side(document, group)
    return side != "" and (first is None or first[1] == side)


def _side(document: Document, group: list[Problem]) -> str:
    """The end that the edge lacks."""
    return next((_OTHER[key] for one in group if (key := _key(document, one)) in _OTHER), "")


def _is_same(document: Document, group: list[Problem]) -> bool:
    """Whether the keys that are given again have the values that they had."""
    lines = [[document.lines[span.line].strip() for span in (one.span, one.related[0].span)] for one in group]
    return all(again == first for again, first in lines)


def _key(document: Document, problem: Problem) -> str:
    return document.lines[problem.span.line][problem.span.column :].partition(":")[0].strip()


def _value(document: Document, problem: Problem) -> str:
    return document.lines[problem.span.line].partition(":")[2].strip()


def _wanted(part: Part | None, side: str) -> list[str]:
    """Nodes that lack an edge at that *side*; where none does, those that decide and give an answer which no edge takes."""
    if part is None:
        return []
    graph, projection = part.projection.graph, part.projection
    arrows, at = (graph.successors, SOURCE) if side == "from" else (graph.predecessors, TARGET)
    names = [graph.names[number] for number in range(graph.known) if not arrows[number]]
    found = [name for name in names if projection.may_be_end(name, at)]
    if found or side != "from":
        return found
    unhandled = [one.span.line for one in part.referring.findings if one.code == UNHANDLED]
    return [graph.names[number] for line in unhandled if (number := node_at(projection, line)) is not None]


def _as_one(document: Document, group: list[Problem], begin: str, name: str) -> Problem:
    """*begin*: what stands before the name on the line that is missing."""
    first = group[0]
    row = first.span.line
    line = f"{begin.lstrip()}{shown(name) or 'NAME'}"
    message = f"an edge begins here, and its line '{line}' is missing"
    related = first.related[:1]
    if first.code == DUPLICATE_KEY:
        names = [_key(document, one) for one in group]
        message += (
            f": {all_of([quoted(each) for each in names])} {'is' if len(names) == 1 else 'are'} given again"
        )
        related += tuple([Related(one.span, "and this is given again here") for one in group[1:MAX_RELATED]])
    repair: Repair | None = None
    if name and (first.code != DUPLICATE_KEY or _is_whole(document, group)):
        text = f"{begin}{scalar(name)}{document.lines.end_of(row - 1)}"
        repair = Repair(f"Write '{line}'", (Edit(Span(row, 0, row, 0), text),))
    return first._replace(message=message, related=related, repair=repair)


def _is_whole(document: Document, group: list[Problem]) -> bool:
    """Whether the edge certainly begins with the key that is given again first."""
    first = group[0]
    above, row = first.related[0].span.line, first.span.line
    if _END.match(document.lines[above - 1]) is None:
        return False
    is_beside = any(_CONDITION.match(line) for line in document.lines.slice(above, row))
    if not is_beside or "condition" in [_key(document, one) for one in group]:
        return True
    # The condition belongs to the edge above where others have theirs at the end.
    rows = document.lines.slice(max(row - _MAX_BESIDE, 0), min(row + _MAX_BESIDE, len(document.lines)))
    edges = [at for at, line in enumerate(rows[:-2]) if _END.match(line)]
    below = [at for at in edges if _KEY.match(rows[at + 1]) and _CONDITION.match(rows[at + 2])]
    return len(below) > 1 and not any(_CONDITION.match(rows[at + 1]) for at in edges)
