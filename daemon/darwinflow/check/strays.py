"""Characters that stand at the first column before the dash of an item: they end the list, and tear what follows off."""

import re
from collections.abc import Sequence
from typing import Final

from darwinflow.check.words import quoted
from darwinflow.document.document import Document
from darwinflow.document.grammar.scan import indent_of, is_mark
from darwinflow.document.lines import Edit
from darwinflow.document.problem import BREAKING, YAML_SYNTAX, Problem, Repair
from darwinflow.model.span import Span

_STRAY: Final = re.compile(r"([^\s#&*!\-]{1,2}) +(?=- +\S)")
_MAX_BESIDE: Final = 100
"""Lines that are looked through for the item above, and for the one below."""
_MAX_STRAYS: Final = 20


def without_strays(document: Document, problems: Sequence[Problem]) -> tuple[list[Problem], list[int]]:
    """*problems*, those that such characters lead to as one, and the lines on which they stand."""
    suspects: set[int] = set()
    for one in problems:
        row = one.span.line
        for line in (row, row - 1) if one.code == YAML_SYNTAX else ():
            if line > 0 and _STRAY.match(document.lines[line]) is not None:
                suspects.add(line)
        if len(suspects) >= _MAX_STRAYS:
            break
    found = {line: _column_beside(document, line) for line in sorted(suspects)}
    columns = {line: column for line, column in found.items() if column is not None}
    if not columns:
        return list(problems), []
    kept = [
        one
        for one in problems
        if one.code != YAML_SYNTAX or not {one.span.line, one.span.line - 1}.intersection(columns)
    ]
    kept += [_stray(document, line, column) for line, column in columns.items()]
    return sorted(kept, key=lambda one: one.span), list(columns)


def _column_beside(document: Document, row: int) -> int | None:
    """The column of the dashes above and below *row*; None where these are not one list."""
    count = len(document.lines)
    above = _dash(document, range(row - 1, max(row - _MAX_BESIDE, -1), -1))
    if above is None:
        return None
    below = _dash(document, range(row + 1, min(row + _MAX_BESIDE, count)))
    return above if below is None or below == above else None


def _dash(document: Document, rows: range) -> int | None:
    """The column of the outermost dash on the first of *rows* that begins an item; None where a key ends the list before."""
    nearest: int | None = None
    for row in rows:
        line = document.lines[row]
        column = indent_of(line)
        if line.strip()[:1] in ("", "#"):
            continue
        if column == 0 and not is_mark(line, 0, "-"):
            return nearest
        if is_mark(line, column, "-") and (nearest is None or column < nearest):
            nearest = column
    return nearest


def _stray(document: Document, row: int, column: int) -> Problem:
    match = _STRAY.match(document.lines[row])
    assert match is not None
    span = Span(row, 0, row, match.end(1))
    message = f"{quoted(match[1])} stands before the '-' of an item; remove it"
    edit = Edit(Span(row, 0, row, match.end()), " " * column)
    return Problem(YAML_SYNTAX, message, span, (), BREAKING, Repair("Remove it", (edit,)))
