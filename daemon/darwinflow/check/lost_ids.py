"""Nodes whose line `- id: NAME` is missing: their keys are read as keys of the node above, or stand above the list."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from darwinflow.check.dashes import is_below, is_one_mapping
from darwinflow.check.meant import meant
from darwinflow.check.part import Part
from darwinflow.check.words import all_of, quoted, scalar, shown
from darwinflow.document.document import Document
from darwinflow.document.grammar.scan import indent_of
from darwinflow.document.lines import Edit
from darwinflow.document.problem import DUPLICATE_KEY, MAX_RELATED, YAML_SYNTAX, Problem, Related, Repair
from darwinflow.model.span import Span

_ID: Final = re.compile(r" *- +(?=id:(?: |$))")
_NODES: Final = re.compile(r"nodes:\s*(?:#|\Z)")
_KEY: Final = re.compile(r" +(?=(?:type|config):(?: |$))")
_BRACED: Final = re.compile(r" *- +(?=\{.*\bid:)")
DASH: Final = re.compile(r" *- +")
_MAX_COMMENTS: Final = 50
"""Lines without content that are passed over."""
_MAX_KEYS: Final = 100
"""That are given again, of a document."""
_MAX_LINES: Final = 500
"""Of a node, that are looked through for its id, or for the one below."""


class Marks(NamedTuple):
    """What lines of one list begin with."""

    list_key: re.Pattern[str]
    first: re.Pattern[str]
    """Of an item in lines of its own: the dash, before the key that comes first."""
    braced: re.Pattern[str]
    """Of an item in braces: the dash."""
    key: re.Pattern[str]
    """Of another line of an item: what stands before a key of it."""


_MARKS: Final = Marks(_NODES, _ID, _BRACED, _KEY)


def without_lost_ids(
    document: Document, problems: Sequence[Problem], parts: Sequence[Part | None]
) -> tuple[list[Problem], list[int]]:
    """*problems*, those of one such node as one, and the lines where such nodes begin."""
    groups = _groups(document, problems)
    told: dict[Problem, Problem] = {}
    gone: set[Problem] = set()
    for dashes, group in groups.items():
        names = _wanted(parts[document.locate(group[0].span.line).root_index])
        name = names[0] if len(names) == len(groups) == 1 else ""
        is_key = len(group) == 1 and group[0].code == DUPLICATE_KEY
        if is_key and (not name or group[0].related[0].span.line == group[0].span.line - 1):
            continue  # nothing else says that it is not one key too many
        told[group[0]] = _as_one(document, group, document.lines[dashes], name)
        gone.update(group[1:])
    if not told:
        return list(problems), []
    return [told.get(one, one) for one in problems if one not in gone], [one.span.line for one in told]


def _groups(document: Document, problems: Sequence[Problem]) -> dict[int, list[Problem]]:
    """By the line with the dash of a node above or below, what is said of keys that belong to another one."""
    groups: dict[int, list[Problem]] = {}
    left = _MAX_KEYS
    for one in problems:
        row = -1
        if one.code == DUPLICATE_KEY and left and is_below(one):
            left -= 1
            row = line_above(document, one, _ID)
        elif one.code == YAML_SYNTAX:
            row = line_beside(document, one.span.line, _MARKS)
        if row >= 0:
            groups.setdefault(row, []).append(one)
    return {row: group for row, group in groups.items() if is_one_item(group)}


def line_above(document: Document, problem: Problem, first: re.Pattern[str]) -> int:
    """Where the mapping with the key that is given again begins, if it is an item that begins as *first* says; else -1."""
    column, last = problem.span.column, problem.related[0].span.line
    for row in range(last - 1, max(last - _MAX_LINES, -1), -1):
        line = document.lines[row]
        match = first.match(line)
        if match is not None and match.end() == column:
            return row if is_one_mapping(document, row, problem.span) else -1
        if indent_of(line) < column and line.strip()[:1] not in ("", "#"):
            return -1
    return -1


def line_beside(document: Document, begin: int, marks: Marks) -> int:
    """An item of the list that the line *begin*, with a key, belongs to: the first below the list's key, or one in braces right above.

    -1 where there is none.
    """
    key = marks.key.match(document.lines[begin])
    above = _content_above(document, begin) if key is not None else -1
    if key is None or above < 0:
        return -1
    if not marks.list_key.match(document.lines[above]):
        braced = marks.braced.match(document.lines[above])
        return above if braced is not None and braced.end() == key.end() else -1
    if above > 0 and marks.first.match(document.lines[above - 1]):
        return -1  # a line that stands above the key of the list is not lost
    for row in range(begin + 1, min(begin + _MAX_LINES, len(document.lines))):
        line = document.lines[row]
        if indent_of(line) < key.end() and line.strip()[:1] not in ("", "#"):
            dashes = marks.first.match(line) or marks.braced.match(line)
            return row if dashes is not None and dashes.end() == key.end() else -1
    return -1


def _content_above(document: Document, begin: int) -> int:
    for row in range(begin - 1, max(begin - _MAX_COMMENTS, 0) - 1, -1):
        if document.lines[row].strip()[:1] not in ("", "#"):
            return row
    return -1


def is_one_item(group: list[Problem]) -> bool:
    """Whether all that is given again stands behind all that was given first."""
    begin = group[0].span.line
    return all(one.related[0].span.line < begin for one in group if one.code == DUPLICATE_KEY)


def _wanted(part: Part | None) -> list[str]:
    """Names at edges that no node has and that mean none."""
    if part is None:
        return []
    graph = part.projection.graph
    slips = meant(graph) if graph.unknown else {}
    return [name for name in graph.unknown if name not in slips]


def _as_one(document: Document, group: list[Problem], dashes: str, name: str) -> Problem:
    first = group[0]
    row = first.span.line
    match = DASH.match(dashes)
    assert match is not None
    message = f"a node begins here, and its line '- id: {shown(name) or 'NAME'}' is missing"
    related = first.related[:1]
    if first.code == DUPLICATE_KEY:
        names = [document.lines[one.span.line][one.span.column : one.span.end_column] for one in group]
        verb = "is" if len(names) == 1 else "are"
        message += f": {all_of([quoted(each) for each in names])} {verb} given again"
        related += tuple([Related(one.span, "and this is given again here") for one in group[1:MAX_RELATED]])
    repair: Repair | None = None
    if name and (first.code != DUPLICATE_KEY or _is_first(document, first)):
        edit = Edit(Span(row, 0, row, 0), f"{match[0]}id: {scalar(name)}{document.lines.end_of(row - 1)}")
        repair = Repair(f"Write '- id: {shown(name)}'", (edit,))
    return first._replace(message=message, related=related, repair=repair)


def _is_first(document: Document, problem: Problem) -> bool:
    """Whether nodes begin with the key that is given again, right below their ids."""
    above = document.lines[problem.related[0].span.line - 1]
    return _ID.match(above) is not None
