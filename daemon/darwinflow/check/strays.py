"""Characters that stand at the first column before what belongs further in: they end what is open above, and tear the rest off."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from darwinflow.check.words import quoted
from darwinflow.document.document import Document
from darwinflow.document.grammar.scan import indent_of
from darwinflow.document.lines import Edit
from darwinflow.document.problem import ADRIFT, YAML_SYNTAX, Problem, Repair
from darwinflow.model.span import Span

_STRAY: Final = re.compile(r"([^\s#&*!\-]{1,2}) +(?=(-)(?: |$)|[A-Za-z_][\w-]*:(?: |$))")
_DASHES: Final = re.compile(r"(?:- +)*")
_MAX_BESIDE: Final = 100
"""Lines that are looked through for what is open above, and for what goes on below."""
_MAX_STRAYS: Final = 20


def without_strays(
    document: Document, problems: Sequence[Problem], unknown: Collection[int]
) -> tuple[list[Problem], list[int]]:
    """*problems*, those that such characters lead to as one, and the lines on which they stand.

    *unknown*: lines of keys of the document that nobody knows.
    """
    suspects: set[int] = set()
    for row in _rows(problems, unknown):
        if row > 0 and _STRAY.match(document.lines[row]) is not None:
            suspects.add(row)
            if len(suspects) >= _MAX_STRAYS:
                break
    found = {row: _column(document, row) for row in sorted(suspects)}
    columns = {row: column for row, column in found.items() if column is not None}
    if not columns:
        return list(problems), []
    kept = [
        one
        for one in problems
        if one.code != YAML_SYNTAX or not {one.span.line, one.span.line - 1}.intersection(columns)
    ]
    kept += [_stray(document, row, column) for row, column in columns.items()]
    return sorted(kept, key=lambda one: one.span), list(columns)


def _rows(problems: Sequence[Problem], unknown: Collection[int]) -> Iterator[int]:
    yield from unknown
    for one in problems:
        if one.code == YAML_SYNTAX:
            yield from (one.span.line, one.span.line - 1)


def _column(document: Document, row: int) -> int | None:
    """Where what stands behind the characters belongs; None where it fits in nowhere."""
    match = _STRAY.match(document.lines[row])
    if match is None:
        return None
    is_item = match[2] is not None
    open_at, inside = _open_above(document, row, is_item=is_item)
    behind = [match.end(), match.end() - len(match[1])]
    fitting = [at for at in behind if at in open_at or (inside is not None and at > inside)]
    below = _next_column(document, row)
    if below is not None:
        steps = (0, 2) if is_item else (0,)
        going_on = [at for at in fitting if below - at in steps]
        fitting = going_on or fitting
    return fitting[0] if fitting else None


def _open_above(document: Document, row: int, *, is_item: bool) -> tuple[set[int], int | None]:
    """The columns of dashes, or of keys, that are open at *row*, and that of a key right above it without its value."""
    found: set[int] = set()
    inside: int | None = None
    least: int | None = None
    for at in range(row - 1, max(row - _MAX_BESIDE, -1), -1):
        line = document.lines[at]
        column = indent_of(line)
        if line.strip()[:1] in ("", "#") or (least is not None and column >= least):
            continue
        dashes = _DASHES.match(line, column)
        key = dashes.end() if dashes is not None else column
        if least is None and line.rstrip().endswith(":"):
            inside = key
        if is_item and key > column:
            found.add(column)
        elif (
            not is_item and key > 0 and line[key : key + 1] not in ("{", "[")
        ):  # what stands in brackets has no lines
            found.add(key)
        least = column
        if not column:
            break
    return found, inside


def _next_column(document: Document, row: int) -> int | None:
    for line in document.lines.slice(row + 1, min(row + _MAX_BESIDE, len(document.lines))):
        if line.strip()[:1] not in ("", "#"):
            return indent_of(line)
    return None


def _stray(document: Document, row: int, column: int) -> Problem:
    match = _STRAY.match(document.lines[row])
    assert match is not None
    span = Span(row, 0, row, match.end(1))
    what = "the '-' of an item" if match[2] is not None else "a key that belongs to what is above"
    message = f"{quoted(match[1])} stands before {what}; remove it"
    edit = Edit(Span(row, 0, row, match.end()), " " * column)
    # A letter may have changed places with the end of the line above.
    is_certain = not (match[1].isalnum() and document.lines[row - 1][-1:].isalnum())
    return Problem(YAML_SYNTAX, message, span, (), ADRIFT, Repair("Remove it", (edit,), is_certain))
