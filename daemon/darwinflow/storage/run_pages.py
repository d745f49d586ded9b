"""Rows of runs as a page: one that cannot be read hides none of the others."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from darwinflow.model.errors import StoreDamaged
from darwinflow.model.filter import Page
from darwinflow.model.run import RunHeader
from darwinflow.storage.cursor import cursor_from

_STARTED, _ID = 5, 0

Row = TypeVar("Row", bound=Sequence[Any])


def page_of(rows: Sequence[Row], limit: int, read: Callable[[Row], RunHeader]) -> Page[RunHeader]:
    """Of *rows* as `header_from` takes them, one more than *limit* where there are more; *read* makes a header of one."""
    shown = rows[:limit]
    readable, damaged = list[RunHeader](), list[StoreDamaged]()
    for row in shown:
        try:
            readable.append(read(row))
        except StoreDamaged as error:
            damaged.append(error)
    following = (
        cursor_from((shown[-1][_STARTED], shown[-1][_ID])) if shown and len(rows) > len(shown) else None
    )
    return Page(tuple(readable), following, tuple(damaged))
