"""Figures are made to say again what the logs say; and runs that cannot be read, or are listed otherwise than they are.

Runs that were deleted, or can be read no more, still count in figures, and nobody can add them up again: where there
are some, a sum of more runs than there are is taken for sound.
"""

import math
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from darwinflow.model.errors import DarwinFlowError
from darwinflow.model.metric import metric_of
from darwinflow.model.phrases import counted
from darwinflow.model.run import RunStatus, header_of
from darwinflow.ports.parts import LogTransaction
from darwinflow.ports.tenant import TenantStore, Transaction
from darwinflow.storage.figures import CountedRun, FigureRow, Figures, node_in
from darwinflow.storage.files.figure_tables import figures_in
from darwinflow.storage.memory.lessons import Lessons
from darwinflow.storage.memory.metrics import FigureTables, MemoryMetricsRepository
from darwinflow.storage.memory.table import Undo
from darwinflow.storage.recording import count_and_announce
from darwinflow.storage.summing import VERSION
from darwinflow.storage.sums import MOST_NODES, Sums
from darwinflow.storage.verifying import headers_of

_A_BATCH = 100


class Faulty(NamedTuple):
    """A run that something is wrong with."""

    run_id: str
    why: str | None
    """Why it cannot be read; None where only its place in lists is not what it says."""


class _Added(NamedTuple):
    """What the runs of a project add up to."""

    rows: dict[tuple[str, str], Sums]
    """By workflow and subject."""
    there: frozenset[str]
    """Ids of all runs."""
    finished: frozenset[str]
    """Of those that count."""
    unreadable: frozenset[str]
    """Ids of those whose logs cannot be read."""
    removed: int
    """How many runs were ever deleted."""


def faulty_runs(tx: LogTransaction, project: str) -> list[Faulty]:
    """Those of *project*, newest first."""
    logs, found = tx.logs(project), []
    for header in headers_of(logs):
        try:
            log = logs.get_log(header.run_id)
        except (DarwinFlowError, IndexError) as error:
            found.append(Faulty(header.run_id, str(error) or "its log is gone"))
            continue
        if header_of(log, lost=header.status is RunStatus.LOST) != header:
            found.append(Faulty(header.run_id, None))
    return found


def mend_figures(tenant: TenantStore, figures: Figures, project: str, *, dry_run: bool) -> list[str]:
    """Let *figures*, those of *tenant*, say what the runs of *project* do; what was done, a sentence each.

    Nothing may be recorded meanwhile. Runs that were not counted are counted and announced as when they were stored.
    """
    added = tenant.read(partial(_added, project=project))
    known = _counted(figures, project)
    told = []
    gone, lacking = known - added.there, sorted(added.finished - known)
    if gone and len(gone) > added.removed:
        told.append(
            f"{counted(len(gone), 'run')} of project '{project}' went without a word and count in figures still"
        )
        if not dry_run:
            tenant.write(partial(_note_gone, project=project, removed=len(gone))).result()
    if lacking:
        told.append(
            f"{counted(len(lacking), 'run')} of project '{project}' had not been counted and announced"
        )
        if dry_run:
            return told
        for first in range(0, len(lacking), _A_BATCH):
            batch = lacking[first : first + _A_BATCH]
            tenant.write(partial(_count, project=project, run_ids=batch)).result()
    has_gone = bool(gone or added.removed or known & added.unreadable)
    wrong = list(_wrong(figures, project, added, has_gone=has_gone))
    told += [
        f"figures of {row.workflow} v{row.subject.removeprefix(VERSION)} in project '{project}', which were of "
        f"{counted(kept, 'run')}, are added up again from {counted(row.sums.runs, 'run')}"
        for row, kept in wrong
        if row.subject.startswith(VERSION)
    ]
    if wrong and not any(row.subject.startswith(VERSION) for row, _ in wrong):
        are_nodes = [node_in(row.subject) is not None for row, _ in wrong]
        by = "hour or by text" if not any(are_nodes) else "hour, by node or by text"
        by = "node" if all(are_nodes) else by
        told.append(f"figures of project '{project}' by {by} are added up again from its runs")
    if wrong and not dry_run:
        figures.put_figures([row for row, _ in wrong], [CountedRun(project, one) for one in added.finished])
    return told


def _counted(figures: Figures, project: str) -> set[str]:
    return {run.run_id for run in figures.figures()[1] if run.project == project}


def _added(tx: Transaction, project: str) -> _Added:
    undo = Undo()
    undo.begin()
    tables = FigureTables.empty(undo)
    again = MemoryMetricsRepository(tables, Lessons.empty(undo), project)
    logs, there, unreadable = tx.logs(project), set[str](), set[str]()
    for header in headers_of(logs):
        there.add(header.run_id)
        try:
            metric = metric_of(logs.get_log(header.run_id))
        except (DarwinFlowError, IndexError):
            unreadable.add(header.run_id)
            continue
        if metric is not None:
            again.record_execution(metric)
    rows, finished = figures_in(tables)
    by_subject = {(row.workflow, row.subject): row.sums for row in rows}
    counted_ = frozenset(run.run_id for run in finished)
    return _Added(by_subject, frozenset(there), counted_, frozenset(unreadable), logs.removed())


def _wrong(
    figures: Figures, project: str, added: _Added, *, has_gone: bool
) -> Iterator[tuple[FigureRow, int]]:
    """What each sum that is not what the runs add up to should be, and of how many runs it is."""
    kept = {(row.workflow, row.subject): row.sums for row in figures.figures()[0] if row.project == project}
    # In a day that has as many nodes as there may be, which of them came first depends on the order of the runs.
    full = {day for day, count in Counter(map(_day_of, kept)).items() if day and count >= MOST_NODES}
    for key, sums in added.rows.items():
        there = kept.get(key)
        if there is None and _day_of(key) in full:
            continue
        if there is not None and (_is_same(there, sums) or (has_gone and there.runs > sums.runs)):
            continue
        yield FigureRow(project, *key, sums), there.runs if there is not None else 0


def _day_of(key: tuple[str, str]) -> tuple[str, int, int] | None:
    """The workflow, day and version of a node's *key*; None for another."""
    found = node_in(key[1])
    return None if found is None else (key[0], *found[:2])


def _is_same(one: Sums, other: Sums) -> bool:
    """But for the order in which fractions were added."""
    return (
        (one.runs, one.successes, one.tokens, one.updated)
        == (other.runs, other.successes, other.tokens, other.updated)
        and dict(one.durations) == dict(other.durations)
        and math.isclose(one.total_ms, other.total_ms, rel_tol=1e-6, abs_tol=1e-9)
        and math.isclose(one.cost, other.cost, rel_tol=1e-6, abs_tol=1e-9)
    )


def _count(tx: Transaction, project: str, run_ids: list[str]) -> None:
    for run_id in run_ids:
        count_and_announce(tx, project, tx.logs(project).get_log(run_id))


def _note_gone(tx: Transaction, project: str, removed: int) -> None:
    tx.logs(project).note_gone((), removed)
