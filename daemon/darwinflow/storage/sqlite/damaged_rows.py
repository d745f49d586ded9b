"""Reading tables some of whose pages are damaged: from both ends, up to the damage, and what lies between one by one."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import apsw

Row = tuple[Any, ...]

UNREADABLE = (apsw.Error, UnicodeDecodeError)
"""What reading a damaged page, or a text that is none, raises."""


class Rows(NamedTuple):
    """What can be read of a table."""

    rows: list[Row]
    is_whole: bool


def readable_rows(db: apsw.Connection, statement: str, order: str) -> Rows:
    """Of *statement*, in the ascending *order* of columns that an index, or the table, has."""
    up, is_whole = _until_damage(db, f"{statement} ORDER BY {order}")
    if is_whole:
        return Rows(up, is_whole=True)
    backwards = ", ".join(f"{column} DESC" for column in order.split(", "))
    down, _ = _until_damage(db, f"{statement} ORDER BY {backwards}")
    return Rows(list(dict.fromkeys([*up, *reversed(down)])), is_whole=False)


def rows_between(db: apsw.Connection, statement: str, known: list[int], last: int) -> Iterator[Row]:
    """By *statement*, which has `:number`, each row that is not *known* up to number *last* and can be read."""
    there = set(known)
    for number in range(1, last + 1):
        if number not in there:
            try:
                yield from db.execute(statement, {"number": number}).fetchall()
            except UNREADABLE:
                continue


def _until_damage(db: apsw.Connection, statement: str) -> Rows:
    rows: list[Row] = []
    try:
        for row in db.execute(statement):
            rows.append(row)  # noqa: PERF402 - those before an error count
    except UNREADABLE:
        return Rows(rows, is_whole=False)
    return Rows(rows, is_whole=True)
