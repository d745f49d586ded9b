"""Copies runs and figures from one store into another, and compares what arrived, record by record.

Nothing may be recorded meanwhile. Everything here can be done again from its beginning: what is there already is
compared and left as it is. What is copied is no news: nothing is announced.
"""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any, NamedTuple, Protocol, runtime_checkable

from msgspec.structs import replace

from darwinflow.model.errors import StoreDamaged
from darwinflow.model.filter import RunFilter
from darwinflow.model.metric import metric_of
from darwinflow.model.run import ExecutionLog, RunStatus, header_of
from darwinflow.ports.parts import LogStore, LogTransaction, MetricsStore, MetricsTransaction
from darwinflow.storage.carrying_lessons import copy_lessons, in_order_of_learning
from darwinflow.storage.carrying_marks import erased_in, mark, marks_of
from darwinflow.storage.figures import CountedRun, Figures, digest_of_figures
from darwinflow.storage.log_codec import stored_log
from darwinflow.storage.whole_runs import WholeRun, whole_runs

_PAGE = 250
"""Runs that are read, and written, in one transaction."""

Tell = Callable[[str, int, int], None]
"""What is being done, how many runs are done, and of how many."""


class Copied(NamedTuple):
    """What was compared and is the same in both stores."""

    runs: int
    unfinished: int
    """Of them, those that live or are lost."""
    digest: str
    """In hex; the same wherever the same records are kept, in whatever order."""
    unreadable: tuple[str, ...]
    """Ids of runs that stay where they were, as they cannot be read."""
    erased: tuple[str, ...] = ()
    """Ids of runs that stay where they were, as they were deleted for good in the other store."""


class FiguresCopied(NamedTuple):
    counted: int
    """Runs that count in the figures."""
    digest: str
    left: int
    """Counted runs whose logs are gone, and which a store that counts others' runs, too, cannot take."""


class MetricsPair(NamedTuple):
    """What figures are read from, and written to."""

    source: MetricsStore
    target: MetricsStore


class Carried(NamedTuple):
    """A run on its way."""

    log: ExecutionLog
    is_lost: bool


@runtime_checkable
class Bulk(Protocol):
    """A store that takes finished runs by the hundred; see `PostgresTenantStore.import_logs`."""

    def import_logs(self, project: str, logs: Iterable[ExecutionLog]) -> "Future[int]": ...


def copy_runs(source: LogStore, target: LogStore, projects: Sequence[str], total: int, tell: Tell) -> None:
    """All of *projects*, live and lost ones included, but for those that were deleted for good in *target*.

    Raises `RunConflict` where *target* has another of an id.
    """
    done = 0
    for project in projects:
        begun, unreadable = target.read(partial(_unfinished, project=project)), 0
        erased = erased_in(target, project)
        written: Future[Any] | None = None
        for carried, lost in _pages(source, project):
            if written is not None:
                written.result()  # while it was being written, this page was read
            unreadable += len(lost)
            page = [run for run in carried if run.log.run_id not in erased]
            finished = [run.log for run in page if run.log.output is not None and run.log.run_id not in begun]
            if isinstance(target, Bulk):
                written = target.import_logs(project, finished)
            else:
                written = target.write(partial(_store_all, project=project, logs=finished))
            others = [run for run in page if run.log.output is None or run.log.run_id in begun]
            if others:
                target.write(partial(_caught_up, project=project, runs=others)).result()
            done += len(carried) + len(lost)
            tell("copying", done, total)
        if written is not None:
            written.result()
        marks = source.read(partial(marks_of, project=project))
        pinned = tuple(run_id for run_id in marks.pinned if run_id not in erased)
        marks = marks._replace(pinned=pinned, removed=marks.removed + unreadable)  # figures are of these, too
        target.write(partial(mark, project=project, marks=marks)).result()


def compare_runs(
    source: LogStore, target: LogStore, projects: Sequence[str], total: int, tell: Tell
) -> Copied:
    """That each run of *source* is in *target*, and says the same. Raises `StoreDamaged` where one does not."""
    done, unfinished, added, unreadable, left = 0, 0, 0, list[str](), list[str]()
    for project in projects:
        erased = erased_in(target, project)
        for carried, lost in _pages(source, project):
            unreadable += lost
            left += [run.log.run_id for run in carried if run.log.run_id in erased]
            page = [run for run in carried if run.log.run_id not in erased]
            hashes = [_hash(project, run) for run in page]
            arrived = target.read(partial(_hashes, project=project, ids=[run.log.run_id for run in page]))
            for run, one, other in zip(page, hashes, arrived, strict=True):
                if one != other:
                    what = "has not arrived" if other is None else "has arrived with other content"
                    raise StoreDamaged(
                        f"run {run.log.run_id} of project '{project}' {what}; nothing is switched",
                        hint="darwinflow storage migrate --abandon, and darwinflow storage verify",
                    )
                added += int.from_bytes(one)
                unfinished += run.log.output is None
            done += len(page)
            tell("comparing", done + len(unreadable) + len(left), total)
        wanted = source.read(partial(marks_of, project=project))
        there = target.read(partial(marks_of, project=project))
        if not (set(wanted.pinned) - erased <= set(there.pinned) and set(wanted.erased) <= set(there.erased)):
            raise StoreDamaged(
                f"pins, or what was deleted, of project '{project}' have not arrived; nothing is switched"
            )
    return Copied(done, unfinished, _sum(added), tuple(unreadable), tuple(left))


def copy_offsets(source: LogStore, target: LogStore, journals: Iterable[str]) -> int:
    """How far each journal was taken in, so that a run which lives goes on where it was; how many that were."""
    names = list(journals)
    offsets = source.read(lambda tx: [(name, tx.journals.taken(name)) for name in names])
    begun = [(name, taken) for name, taken in offsets if taken.offset]

    def advance(tx: LogTransaction) -> None:
        for name, taken in begun:
            tx.journals.advance(name, taken)

    if begun:
        target.write(advance).result()
    return len(begun)


def copy_figures(
    source: Figures, target: Figures, stores: MetricsPair, logs: LogStore, projects: Sequence[str]
) -> FiguresCopied:
    """Figures as they are, and what was learned; where *target* counts others' runs, too, those of *logs* are added to
    them. *stores* are both, as stores. Raises `StoreDamaged` where it says something else afterwards.
    """
    rows, counted = source.figures()
    counted = in_order_of_learning(stores.source, counted, projects)
    mine, others = set(counted), target.figures()[1]
    if not mine.issuperset(others):
        _count_beside(stores.target, logs, projects, mine)
        there = set(target.figures()[1])
        return FiguresCopied(len(mine & there), digest_of_figures((), mine & there), len(mine - there))
    target.put_figures(rows, counted)
    digest = digest_of_figures(rows, counted)
    if digest_of_figures(*target.figures()) != digest:
        raise StoreDamaged(
            "the figures have not arrived as they are; nothing is switched",
            hint="darwinflow storage migrate --abandon, and darwinflow storage verify",
        )
    copy_lessons(stores.source, stores.target, projects)
    return FiguresCopied(len(mine), digest, 0)


def _count_beside(
    metrics: MetricsStore, logs: LogStore, projects: Sequence[str], counted: set[CountedRun]
) -> None:
    for project in projects:
        for page, _ in _pages(logs, project):
            own = [run.log for run in page if (project, run.log.run_id) in counted]
            metrics.write(partial(_count, project=project, logs=own)).result()


def _count(tx: MetricsTransaction, project: str, logs: Sequence[ExecutionLog]) -> None:
    figures = tx.metrics(project)
    for log in logs:
        metric = metric_of(log)
        if metric is not None:
            figures.record_execution(metric)


def _pages(source: LogStore, project: str) -> Iterator[tuple[list[Carried], list[str]]]:
    """Newest first; beside those that can be read the ids of those that cannot."""
    cursor = None
    while True:
        page, lost, cursor = source.read(partial(_page, project=project, cursor=cursor))
        yield page, lost
        if cursor is None:
            return


def _page(
    tx: LogTransaction, project: str, cursor: str | None
) -> tuple[list[Carried], list[str], str | None]:
    logs = tx.logs(project)
    page = logs.query_logs(RunFilter(limit=_PAGE, cursor=cursor))
    headers = {header.run_id: header for header in page.items}
    runs = whole_runs(logs, list(headers), headers)
    found = [
        Carried(run.log, run.header.status is RunStatus.LOST)
        for run in map(runs.get, headers)
        if run is not None
    ]
    return found, [run_id for run_id in headers if runs.get(run_id) is None], page.next


def _store_all(tx: LogTransaction, project: str, logs: Sequence[ExecutionLog]) -> None:
    repository = tx.logs(project)
    for log in logs:
        repository.store_log(log)


def _unfinished(tx: LogTransaction, project: str) -> set[str]:
    """Ids of runs that lived when they came here, as to a server that was left and is come back to."""
    found = set[str]()
    for status in (RunStatus.RUNNING, RunStatus.LOST):
        wanted = RunFilter(status=status, limit=_PAGE)
        while True:
            page = tx.logs(project).query_logs(wanted)
            found.update(header.run_id for header in page.items)
            if page.next is None:
                break
            wanted = dataclasses.replace(wanted, cursor=page.next)
    return found


def _caught_up(tx: LogTransaction, project: str, runs: Sequence[Carried]) -> None:
    """Runs that have not finished, or had not when they were copied before: as far as they are now."""
    repository = tx.logs(project)
    for log, is_lost in runs:
        if not repository.start(replace(log, output=None)):
            there = repository.get_log(log.run_id).steps
            came = [
                (index, step)
                for index, step in enumerate(log.steps)
                if index >= len(there) or there[index] != step
            ]
            repository.append_steps(log.run_id, came)
        if log.output is not None:
            repository.finish(log.run_id, log.output)
        elif is_lost:
            repository.mark_lost(log.run_id)


def _hashes(tx: LogTransaction, project: str, ids: Sequence[str]) -> list[bytes | None]:
    """None where one is not there; no bytes where it cannot be read, or is listed otherwise than it is."""
    there = whole_runs(tx.logs(project), ids)
    return [_hash_there(project, there[run_id]) if run_id in there else None for run_id in ids]


def _hash_there(project: str, run: WholeRun | None) -> bytes:
    if run is None:
        return b""
    is_lost = run.header.status is RunStatus.LOST
    listed = header_of(run.log, lost=is_lost)
    return _hash(project, Carried(run.log, is_lost)) if listed == run.header else b""


def _hash(project: str, run: Carried) -> bytes:
    said = json.dumps([project, run.is_lost, stored_log(run.log)], sort_keys=True)
    return hashlib.sha256(said.encode("ascii")).digest()


def _sum(added: int) -> str:
    """Of hashes that were added: the order in which they came does not matter."""
    return f"{added % (1 << 256):064x}"
