"""Where a line that stands out of its column may belong. Functions of lines only."""

import re
from typing import Final

from darwinflow.document.grammar.scan import BLANKS, first_column, is_mark
from darwinflow.document.lines import Lines

_DASHES: Final = re.compile(r"(?:- +)*")
_OPENING: Final = re.compile(r":(?: +[|>&!][^\s\"'\[{]*)*\s*(?:#.*)?\Z")
"""The end of a line whose value stands below it."""
_MAX_BESIDE: Final = 100
"""Lines that are looked through for what is open above."""
_STEP: Final = 2


def is_item(line: str) -> bool:
    return is_mark(line, first_column(line), "-")


def is_opening(line: str) -> bool:
    return _OPENING.search(line) is not None


def rows_beside(lines: Lines, row: int) -> list[int]:
    """The line *row*, which is blamed, and those around it that may be the ones out of their column."""
    above = content_above(lines, row)
    column = first_column(lines[row])
    is_dash = is_item(lines[row])
    owner, inner = above, -1
    for _ in range(_MAX_BESIDE):
        if owner < 0 or first_column(lines[owner]) < column + (is_dash and not is_item(lines[owner])):
            break
        inner, owner = owner, content_above(lines, owner)
    return [at for at in dict.fromkeys((owner, row, above, inner)) if at > 0]


def content_above(lines: Lines, row: int) -> int:
    """The line before *row* that is neither blank nor a comment; -1 where none is near."""
    for at in range(row - 1, max(row - _MAX_BESIDE, -1), -1):
        if lines[at].strip(BLANKS)[:1] not in ("", "#"):
            return at
    return -1


def content_below(lines: Lines, row: int) -> int:
    """The line behind *row* that is neither blank nor a comment; -1 where none is near."""
    for at in range(row + 1, min(row + _MAX_BESIDE, len(lines))):
        if lines[at].strip(BLANKS)[:1] not in ("", "#"):
            return at
    return -1


def columns_of(lines: Lines, row: int, blamed: int) -> list[int]:
    """Where the line *row* could stand, the deepest first, so that the next line goes on from it.

    *blamed*: the line that is said to be wrong, which may be in line with where it belongs.
    """
    line = lines[row]
    above, below = content_above(lines, row), content_below(lines, row)
    dashes, keys = _open_above(lines, row)
    found = {first_column(lines[at]) for at in (above, below, blamed) if at >= 0}
    found |= dashes if is_item(line) else keys
    if above >= 0 and is_opening(lines[above]):
        found.add(_key_start(lines[above]) + _STEP)
    if not line.startswith("\t", len(line) - len(line.lstrip(" "))):
        found.discard(first_column(line))
    next_column = first_column(lines[below]) if below >= 0 else 0
    may_be_deeper = is_opening(line) or is_item(line)
    return [
        at
        for at in sorted(found, reverse=True)
        if next_column == at or (may_be_deeper if next_column > at else next_column in dashes | keys)
    ]


def _key_start(line: str) -> int:
    """Where the key of a line begins, at once or behind dashes."""
    match = _DASHES.match(line, first_column(line))
    return match.end() if match is not None else 0


def _open_above(lines: Lines, row: int) -> tuple[set[int], set[int]]:
    """The columns of dashes and of keys that are open at *row*."""
    dashes: set[int] = set()
    keys = {0}
    at, least = row, -1
    for _ in range(_MAX_BESIDE):
        at = content_above(lines, at)
        if at < 0 or not least:
            break
        line = lines[at]
        column = first_column(line)
        if least >= 0 and column >= least and (column > least or is_item(line)):
            continue
        key = _key_start(line)
        if key > column:
            dashes.add(column)
        keys.add(key)
        least = column
    return dashes, keys
