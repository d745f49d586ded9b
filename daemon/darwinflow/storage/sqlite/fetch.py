"""Reading the rows of a statement, and what may be bound to one."""

from collections.abc import Mapping, Sequence
from typing import Any

import apsw

from darwinflow.model.errors import StoreDamaged

Values = Mapping[str, object] | Sequence[object]


def fetch(db: apsw.Connection, statement: str, values: Values | None = None) -> list[Any]:
    """All rows, as tuples. Always all: a cursor that is left half way pins the WAL, and keeps the write lock
    where the statement writes.

    Raises `StoreDamaged`. `Any`, because what a column holds is known where the statement is written and nowhere else.
    """
    try:
        return db.execute(statement, values).fetchall()
    except UnicodeDecodeError as error:
        raise StoreDamaged("a text in it is no UTF-8") from error


def bindable(text: str) -> str:
    """*text* as SQLite can keep it: lone halves of surrogate pairs, as in file names that are no UTF-8, escaped."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text
