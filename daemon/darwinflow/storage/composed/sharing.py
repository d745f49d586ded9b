"""Lets figures that lie elsewhere say what those of a store say that other daemons write to, too.

There every daemon counts and announces in the transaction of the log. This one reads the events of all of them in
order, and counts what they tell of. Where it cannot know that it has read all, as at its start, when the oldest are
gone, or when one between was deleted with its run, it compares the figures and counts, or takes over, what it lacks.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Protocol, runtime_checkable

from darwinflow.events.run_events import RUN_STORED, RUN_TOPIC, run_event
from darwinflow.model.errors import NotFound, StoreDamaged
from darwinflow.model.event import FIGURES_TOPIC, Event
from darwinflow.model.metric import VersionSummary, metric_of
from darwinflow.model.run import ExecutionLog
from darwinflow.ports.parts import LogStore, MetricsStore, MetricsTransaction
from darwinflow.ports.tenant import TenantStore, Transaction
from darwinflow.storage.adding_up import is_same
from darwinflow.storage.carrying_lessons import in_order_of_learning
from darwinflow.storage.composed.follower import MOST_AT_ONCE, Follower, metric_in
from darwinflow.storage.figures import CountedRun, FigureRow, Figures
from darwinflow.storage.recording import count_and_announce
from darwinflow.storage.verifying import is_same_summary

log = logging.getLogger(__name__)

_BATCH = 100
MOST_COUNTED_ONE_BY_ONE = 500
"""Runs. Of more, figures are taken over as they are."""

_Summaries = dict[str, tuple[VersionSummary, ...]]


@runtime_checkable
class SharedStore(Protocol):
    """A whole tenant's store that daemons of others write to, each its runs, figures and events as one."""

    def told_after(self, number: int, limit: int) -> tuple[tuple[Event, ...], int]:
        """Events of all topics above *number*, ascending, at most *limit*, and the last number there is.

        Numbers have no gaps but where events were erased, or are the oldest.
        """
        ...

    def projects(self) -> tuple[str, ...]: ...

    def figures(self) -> tuple[list[FigureRow], list[CountedRun]]: ...


class SharingFollower(Follower):
    """*store* is a `SharedStore`, and has logs and events; *metrics* are this daemon's own."""

    def __init__(
        self, store: TenantStore, metrics: MetricsStore, archived: Callable[[str], Iterable[ExecutionLog]]
    ) -> None:
        assert isinstance(store, SharedStore), "others are followed where there are others"
        self._shared: SharedStore = store
        self._whole: TenantStore = store
        self._told: int | None = None
        """The last event whose run is counted here; None where that is not known."""
        super().__init__(_as_logs(store), metrics, store, archived)

    def _prepare(self) -> None:
        if self._told is None:
            self._rebuild()
            while self._whole.write(_counted_from_outbox).result():
                pass
            self._told = self._caught_up()

    def _drain(self) -> None:
        assert self._told is not None, "`_prepare` comes first"
        last = self._told + 1
        while self._told < last:
            events, last = self._shared.told_after(self._told, MOST_AT_ONCE)
            reached = events[-1].offset if len(events) == MOST_AT_ONCE else last
            is_whole = reached - self._told == len(events)
            if is_whole and all(event.topic != FIGURES_TOPIC for event in events) and self._count(events):
                self._told = reached
            else:
                self._told = None  # where that fails, the next round begins there
                self._told = self._caught_up()

    def _count(self, events: Sequence[Event]) -> bool:
        """Whether all that they tell of could be counted: logs may be gone meanwhile."""
        stored = [
            CountedRun(str(event.payload["project"]), str(event.key))
            for event in events
            if event.topic == RUN_TOPIC and event.payload.get("kind") == RUN_STORED
        ]
        return not self._counted_here(stored)

    def _counted_here(self, runs: Sequence[CountedRun]) -> list[CountedRun]:
        """Count *runs* by their logs; those that have none are returned."""
        if not runs:
            return []
        metrics = self._logs.read(lambda tx: [(run, metric_in(tx, run.project, run.run_id)) for run in runs])
        found = [(run.project, metric) for run, metric in metrics if metric is not None]

        def count(tx: MetricsTransaction) -> None:
            for project, metric in found:
                tx.metrics(project).record_execution(metric)

        if found:
            self._metrics.write(count).result()
        return [run for run, metric in metrics if metric is None]

    def _caught_up(self) -> int:
        """Let our figures be of the runs that those of all are; the last event behind which they are."""
        number = self._whole.read(lambda tx: tx.events.last_offset())  # first: what comes now is told again
        projects = self._shared.projects()
        there = self._whole.read(lambda tx: _summaries(tx, projects))
        here = self._metrics.read(lambda tx: _summaries(tx, projects))
        if not all(map(_says_the_same, there.values(), here.values())):
            if isinstance(self._metrics, Figures):
                self._take_over(self._metrics, projects)
            else:
                self._count_all(projects)
        return number

    def _take_over(self, metrics: Figures, projects: Sequence[str]) -> None:
        rows, counted = self._shared.figures()
        mine, theirs = set(metrics.figures()[1]), set(counted)
        if self._count_there(sorted(mine - theirs)):
            rows, counted = self._shared.figures()
            theirs = set(counted)
        in_order = in_order_of_learning(_as_metrics(self._whole), counted, projects)
        lacking, apart = [run for run in in_order if run not in mine], mine - theirs
        if apart or len(lacking) <= MOST_COUNTED_ONE_BY_ONE:
            gone = [run for batch in _batches(lacking) for run in self._counted_here(batch)]
            if apart:
                self._count_archived(projects)
                log.warning(
                    "%d runs that are gone count in our figures alone, %d not in them", len(apart), len(gone)
                )
                return
            if not gone and not _differing(metrics, rows, theirs):
                return
        metrics.put_figures(rows, in_order)
        log.info("figures of %d runs are taken over from those of all", len(theirs))

    def _count_there(self, runs: Sequence[CountedRun]) -> bool:
        """Runs of which only our figures knew, as those of an older version; whether there were any."""
        for batch in _batches(runs):
            self._whole.write(partial(_count_alone, runs=batch)).result()
        return bool(runs)

    def _count_all(self, projects: Sequence[str]) -> None:
        """Where figures cannot be taken over."""
        for project in projects:
            for metric in self._executions(project):
                self._metrics.write(
                    lambda tx, project=project, metric=metric: tx.metrics(project).record_execution(metric)  # type: ignore[misc]
                ).result()

    def _count_archived(self, projects: Sequence[str]) -> None:
        for project in projects:
            for metric in filter(None, map(metric_of, self._archived(project))):
                self._metrics.write(
                    lambda tx, project=project, metric=metric: tx.metrics(project).record_execution(metric)  # type: ignore[misc]
                ).result()


def _as_logs(store: object) -> LogStore:
    return store  # type: ignore[return-value] # a whole store is one of logs, too


def _as_metrics(store: object) -> MetricsStore:
    return store  # type: ignore[return-value] # and one of figures


def _summaries(tx: Transaction | MetricsTransaction, projects: Iterable[str]) -> _Summaries:
    return {project: tx.metrics(project).list_summaries(None) for project in projects}


def _says_the_same(one: Sequence[VersionSummary], other: Sequence[VersionSummary]) -> bool:
    return len(one) == len(other) and all(
        (mine.workflow, mine.version) == (theirs.workflow, theirs.version) and is_same_summary(mine, theirs)
        for mine, theirs in zip(one, other, strict=True)
    )


def _differing(metrics: Figures, rows: Iterable[FigureRow], counted: Collection[CountedRun]) -> bool:
    """Whether our figures, of *counted* like *rows*, say something else."""
    kept, runs = metrics.figures()
    mine = {row[:3]: row.sums for row in kept}
    return set(runs) == counted and any(
        row[:3] not in mine or not is_same(mine[row[:3]], row.sums) for row in rows
    )


def _count_alone(tx: Transaction, runs: Sequence[CountedRun]) -> None:
    for run in runs:
        metric = metric_in(tx, run.project, run.run_id)
        if metric is not None:
            tx.metrics(run.project).record_execution(metric)


def _counted_from_outbox(tx: Transaction) -> bool:
    """Count and announce what a follower of the outbox has left there; whether that was something."""
    outbox = tx.outbox  # type: ignore[attr-defined] # a store that has logs has one
    rows = outbox.pending(_BATCH)
    for row in rows:
        try:
            if row.kind == RUN_STORED:
                count_and_announce(tx, row.project, tx.logs(row.project).get_log(row.run_id))
            else:
                header = tx.logs(row.project).header(row.run_id)
                tx.events.publish(RUN_TOPIC, row.run_id, run_event(row.kind, row.project, header, None))
        except (NotFound, StoreDamaged) as error:
            log.warning("%s of %s is not told: %s", row.kind, row.run_id, error)
    if rows:
        outbox.settle(rows[-1].number)
    return bool(rows)


def _batches(runs: Iterable[CountedRun]) -> Iterator[list[CountedRun]]:
    rest = iter(runs)
    while batch := list(islice(rest, _BATCH)):
        yield batch
