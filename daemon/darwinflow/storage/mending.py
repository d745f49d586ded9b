"""Figures are made to say again what the logs say.

Runs that were deleted, or can be read no more, still count in figures, and nobody can add them up again: where there
are some, a sum of more runs than there are is taken for sound.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from darwinflow.model.errors import StoreDamaged
from darwinflow.model.phrases import counted, some_of
from darwinflow.model.run import ExecutionLog
from darwinflow.ports.tenant import TenantStore, Transaction
from darwinflow.storage.adding_up import added_up, is_same
from darwinflow.storage.figures import CountedRun, FigureRow, Figures, node_in
from darwinflow.storage.files.figure_tables import figures_in
from darwinflow.storage.recording import count_and_announce
from darwinflow.storage.summing import VERSION
from darwinflow.storage.sums import MOST_NODES

_A_BATCH = 100


class Mended(NamedTuple):
    """A sentence each."""

    told: list[str]
    """What was done."""
    lost: list[str]
    """Which runs are gone, so that nothing can be done."""


def mend_figures(
    tenant: TenantStore,
    figures: Figures,
    project: str,
    archived: Iterable[ExecutionLog] = (),
    *,
    dry_run: bool,
) -> Mended:
    """Let *figures*, those of *tenant*, say what the runs of *project* do.

    Runs that are *archived* did not go without a word, also where the logs have forgotten that they went.
    Nothing may be recorded meanwhile. Runs that were not counted are counted and announced as when they were stored.
    """
    added = tenant.read(partial(added_up, project=project))
    if added.trouble is not None:
        raise StoreDamaged(added.trouble)
    rows, finished_runs = figures_in(added.tables)
    finished = frozenset(run.run_id for run in finished_runs)
    known = _counted(figures, project)
    told, lost = list[str](), list[str]()
    gone, lacking = frozenset(known - added.runs), sorted(finished - known)
    if len(gone) > added.removed:
        kept, gone_for_good = _told_of_gone(
            project, gone, frozenset(log.run_id for log in archived), added.removed
        )
        told += kept
        lost += gone_for_good
        if not dry_run:
            tenant.write(partial(_note_gone, project=project, removed=len(gone))).result()
    if lacking:
        told.append(
            f"{counted(len(lacking), 'run')} of project '{project}' had not been counted and announced"
        )
        if dry_run:
            return Mended(told, lost)
        for first in range(0, len(lacking), _A_BATCH):
            batch = lacking[first : first + _A_BATCH]
            tenant.write(partial(_count, project=project, run_ids=batch)).result()
    has_gone = bool(gone or added.removed or known & added.unreadable)
    wrong = list(_wrong(figures, project, rows, has_gone=has_gone))
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
        figures.put_figures([row for row, _ in wrong], [CountedRun(project, one) for one in finished])
    return Mended(told, lost)


def _told_of_gone(
    project: str, gone: frozenset[str], archived: frozenset[str], removed: int
) -> tuple[list[str], list[str]]:
    """As in `Mended`. *removed* are known to have been deleted, whichever they were: of those that went, the archived ones
    first.
    """
    kept, lost = gone & archived, sorted(gone - archived)
    told, gone_for_good = list[str](), list[str]()
    if kept:
        told.append(
            f"{counted(len(kept), 'run')} of project '{project}' that {'is' if len(kept) == 1 else 'are'} in the "
            f"archive did not count as deleted"
        )
    if len(lost) > max(removed - len(kept), 0):
        gone_for_good.append(
            f"{counted(len(lost), 'run')} of project '{project}' went without a word and count in figures still: "
            f"{some_of(lost)}"
        )
    return told, gone_for_good


def _counted(figures: Figures, project: str) -> set[str]:
    return {run.run_id for run in figures.figures()[1] if run.project == project}


def _wrong(
    figures: Figures, project: str, added: Sequence[FigureRow], *, has_gone: bool
) -> Iterator[tuple[FigureRow, int]]:
    """What each sum that is not what the runs add up to should be, and of how many runs it is."""
    kept = {(row.workflow, row.subject): row.sums for row in figures.figures()[0] if row.project == project}
    # In a day that has as many nodes as there may be, which of them came first depends on the order of the runs.
    full = {day for day, count in Counter(map(_day_of, kept)).items() if day and count >= MOST_NODES}
    for key, sums in (((row.workflow, row.subject), row.sums) for row in added):
        there = kept.get(key)
        if there is None and _day_of(key) in full:
            continue
        if there is not None and (is_same(there, sums) or (has_gone and there.runs > sums.runs)):
            continue
        yield FigureRow(project, *key, sums), there.runs if there is not None else 0


def _day_of(key: tuple[str, str]) -> tuple[str, int, int] | None:
    """The workflow, day and version of a node's *key*; None for another."""
    found = node_in(key[1])
    return None if found is None else (key[0], *found[:2])


def _count(tx: Transaction, project: str, run_ids: list[str]) -> None:
    for run_id in run_ids:
        count_and_announce(tx, project, tx.logs(project).get_log(run_id))


def _note_gone(tx: Transaction, project: str, removed: int) -> None:
    tx.logs(project).note_gone((), removed)
