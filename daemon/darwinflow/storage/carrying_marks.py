"""What is kept of runs beside their logs, as it comes along with them to another store."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from darwinflow.model.errors import RunNotFound
from darwinflow.ports.parts import LogStore, LogTransaction


class Marks(NamedTuple):
    """What is kept of runs beside their logs; see `LogRepository`."""

    pinned: tuple[str, ...]
    erased: tuple[str, ...]
    removed: int


def marks_of(tx: LogTransaction, project: str) -> Marks:
    logs = tx.logs(project)
    return Marks(logs.pinned(), logs.erased(), logs.removed())


def mark(tx: LogTransaction, project: str, marks: Marks) -> None:
    logs = tx.logs(project)
    if marks.removed or marks.erased:
        logs.note_gone(marks.erased, marks.removed)
    for run_id in marks.pinned:
        logs.pin(run_id, pinned=True)


def erased_there(source: LogStore, target: LogStore, projects: Sequence[str]) -> list[str]:
    """Ids of runs of *source* that were deleted for good in *target*."""
    return [
        run_id
        for project in projects
        for run_id in sorted(erased_in(target, project))
        if source.read(partial(_is_there, project=project, run_id=run_id))
    ]


def erased_in(store: LogStore, project: str) -> set[str]:
    """Ids of runs that were deleted for good."""
    return set(store.read(lambda tx: tx.logs(project).erased()))


def _is_there(tx: LogTransaction, project: str, run_id: str) -> bool:
    try:
        tx.logs(project).header(run_id)
    except RunNotFound:
        return False
    return True
