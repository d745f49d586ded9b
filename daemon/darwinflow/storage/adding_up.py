"""What the runs of a project are and add up to, from reading each whole: for who compares that with what is kept."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from darwinflow.model.errors import DarwinFlowError, StoreDamaged
from darwinflow.model.filter import RunFilter
from darwinflow.model.metric import metric_of
from darwinflow.model.run import RunHeader, RunStatus, header_of
from darwinflow.ports.logs import LogRepository
from darwinflow.ports.parts import LogTransaction
from darwinflow.ports.tenant import Transaction
from darwinflow.storage.memory.lessons import Lessons
from darwinflow.storage.memory.metrics import FigureTables, MemoryMetricsRepository
from darwinflow.storage.memory.table import Undo
from darwinflow.storage.sums import Sums

_PAGE = 500


class Faulty(NamedTuple):
    """A run that something is wrong with."""

    run_id: str
    why: str | None
    """Why it cannot be read; None where only its place in lists is not what it says."""


class AddedUp(NamedTuple):
    """Memory is taken by the versions, and by ids of runs."""

    runs: frozenset[str]
    """Ids of all that are listed."""
    faulty: tuple[Faulty, ...]
    """Newest first."""
    trouble: str | None
    """Why no more of them can be listed."""
    tables: FigureTables
    figures: MemoryMetricsRepository
    """Of all that can be read, as they would be asked for."""
    removed: int
    """How many runs were ever deleted."""

    @property
    def unreadable(self) -> frozenset[str]:
        return frozenset(run.run_id for run in self.faulty if run.why is not None)


def added_up(tx: LogTransaction | Transaction, project: str) -> AddedUp:
    """All runs of *project*, in one state of the data."""
    undo = Undo()
    undo.begin()
    tables = FigureTables.empty(undo)
    figures = MemoryMetricsRepository(tables, Lessons.empty(undo), project)
    logs, runs, faulty, trouble = tx.logs(project), set[str](), list[Faulty](), None
    try:
        for header in headers_of(logs):
            runs.add(header.run_id)
            try:
                log = logs.get_log(header.run_id)
            except (DarwinFlowError, IndexError) as error:
                faulty.append(Faulty(header.run_id, str(error) or "its log is gone"))
                continue
            if header_of(log, lost=header.status is RunStatus.LOST) != header:
                faulty.append(Faulty(header.run_id, None))
            metric = metric_of(log)
            if metric is not None:
                figures.record_execution(metric)
    except StoreDamaged as error:
        trouble = str(error)
    return AddedUp(frozenset(runs), tuple(faulty), trouble, tables, figures, logs.removed())


def headers_of(logs: LogRepository) -> Iterator[RunHeader]:
    """Of all runs, newest first."""
    cursor = None
    while True:
        page = logs.query_logs(RunFilter(limit=_PAGE, cursor=cursor))
        yield from page.items
        cursor = page.next
        if cursor is None:
            return


def is_same(one: Sums, other: Sums) -> bool:
    """But for the order in which fractions were added."""
    return (
        (one.runs, one.successes, one.tokens, one.updated)
        == (other.runs, other.successes, other.tokens, other.updated)
        and dict(one.durations) == dict(other.durations)
        and is_close(one.total_ms, other.total_ms)
        and is_close(one.cost, other.cost)
    )


def is_close(one: float, other: float) -> bool:
    """The same but for the order in which fractions were added."""
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)
