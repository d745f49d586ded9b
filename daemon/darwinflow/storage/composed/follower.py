"""Counts and announces what the outbox of the logs says, in a thread of its own.

The order is always: count, announce together with how far that is, settle. Counting knows runs by their id, and
announcing how far it is, so whoever dies where, going on from what is pending does neither twice.
"""

import logging
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, cast

from darwinflow.events.run_events import RUN_STORED, RUN_TOPIC, run_event
from darwinflow.model.errors import NotFound, StoreDamaged, StoreError
from darwinflow.model.filter import RunFilter
from darwinflow.model.metric import ExecutionMetric, WorkflowSummary, metric_of
from darwinflow.model.run import ExecutionLog, RunHeader
from darwinflow.ports.events import EventStream
from darwinflow.ports.outbox import Pending
from darwinflow.ports.parts import LogStore, LogTransaction, MetricsStore, MetricsTransaction, Rebuildable
from darwinflow.ports.tenant import TenantStore, Transaction
from darwinflow.storage.composed.transaction import LogsAndEvents, is_same

log = logging.getLogger(__name__)

MOST_AT_ONCE = 500
_PATIENCE_S = (0.2, 1.0, 5.0, 30.0)

_TOPIC = "outbox"
_CONSUMER = "follower"
_OPENED = "follower.opened"

Summaries = tuple[WorkflowSummary | None, WorkflowSummary | None]


class _Fact(NamedTuple):
    """A row of the outbox, and what the logs say of it."""

    row: Pending
    header: RunHeader
    metric: ExecutionMetric | None
    """Of a finished run."""


class Follower:
    """*events* may be the same store as *logs*, or as *metrics*; *archived* as with `ComposedTenantStore`."""

    def __init__(
        self,
        logs: LogStore,
        metrics: MetricsStore,
        events: TenantStore,
        archived: Callable[[str], Iterable[ExecutionLog]],
    ) -> None:
        self._archived = archived
        self._logs = logs
        self._metrics = metrics
        self._events = events
        self._consumer = ""
        self._to_settle = 0
        """The number up to which all is counted and announced; 0 where the outbox knows."""
        self._waiting: list[Callable[[], None]] = []
        self._changed = threading.Condition()
        self._is_woken = True
        self._is_stopping = False
        self._failures = 0
        self._thread = threading.Thread(target=self._serve, name="follower of an outbox", daemon=True)
        self._thread.start()

    @property
    def is_failing(self) -> bool:
        """What is recorded is kept, and not counted and announced for now."""
        return self._failures > 0

    def when_done(self, tell: Callable[[], None]) -> None:
        """Call *tell* when all that is pending now is counted and announced, or cannot be for now."""
        with self._changed:
            self._waiting.append(tell)
            self._changed.notify()

    def stop(self) -> None:
        """What is pending then waits for the next start."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()
        self._thread.join()

    def _serve(self) -> None:
        stopping = False
        while not stopping:
            waiting, stopping = self._awaited()
            try:
                self._prepare()
                self._drain()
                if self._failures:
                    log.warning("counting and announcing goes on")
                self._failures = 0
            except Exception as error:
                if not self._failures:
                    told = "runs are kept, and cannot be counted and announced for now: %s"
                    log.warning(told, error, exc_info=None if isinstance(error, StoreError) else error)
                self._failures += 1
            for tell in waiting:
                tell()
            try:
                self._settle()  # nobody waits for that
            except Exception as error:  # noqa: BLE001 - the next round, or start, finds it done
                log.warning("what is counted and announced stays in the outbox for now: %s", error)

    def _settle(self) -> None:
        last, self._to_settle = self._to_settle, 0
        if last:
            self._logs.write(lambda tx: tx.outbox.settle(last)).result()

    def _awaited(self) -> tuple[list[Callable[[], None]], bool]:
        with self._changed:
            patience = _PATIENCE_S[min(self._failures, len(_PATIENCE_S)) - 1] if self._failures else None
            if not self._is_woken:
                self._changed.wait_for(lambda: self._waiting or self._is_stopping, patience)
            self._is_woken = False
            waiting, self._waiting = self._waiting, []
            return waiting, self._is_stopping

    def _prepare(self) -> None:
        """Before the first row: figures that were lost, and how far an earlier follower came."""
        if self._consumer:
            return
        self._rebuild()
        self._consumer = _CONSUMER if is_same(self._events, self._logs) else self._consumer_for_these_logs()

    def _rebuild(self) -> None:
        if isinstance(self._metrics, Rebuildable):
            for project in self._metrics.damaged():
                self._metrics.rebuild(project, self._executions(project))
                log.warning("the figures of %r are counted again from its logs and its archive", project)

    def _executions(self, project: str) -> Iterator[ExecutionMetric]:
        cursor = None
        while True:
            wanted = RunFilter(limit=200, cursor=cursor)
            page = self._logs.read(lambda tx, wanted=wanted: tx.logs(project).query_logs(wanted))  # type: ignore[misc]
            for header in page.items:
                metric = self._logs.read(lambda tx, id_=header.run_id: metric_in(tx, project, id_))  # type: ignore[misc]
                if metric is not None:
                    yield metric
            cursor = page.next
            if cursor is None:
                break
        yield from filter(None, map(metric_of, self._archived(project)))

    def _consumer_for_these_logs(self) -> str:
        """Under which name is kept how far the outbox is announced.

        The numbers of an outbox begin anew where the logs were moved to another store, or an old copy of them was
        put back. Then a number that is given out now is not above how far it was announced, and the name changes.
        """
        number = 1
        while self._saved(f"{_CONSUMER}.{number + 1}"):
            number += 1
        before = self._saved(f"{_CONSUMER}.{number}")
        token = uuid.uuid4().hex
        self._logs.write(lambda tx: tx.outbox.put("", token, _OPENED)).result()
        pending = self._logs.read(lambda tx: tx.outbox.pending(1 << 31))
        mine = next((row.number for row in pending if row.run_id == token), None)
        if mine is not None and mine <= before:
            number += 1
        return f"{_CONSUMER}.{number}"

    def _saved(self, consumer: str) -> int:
        return self._events.read(lambda tx: tx.events.saved_offset(consumer, _TOPIC))

    def _drain(self) -> None:
        while True:
            rows = self._logs.read(lambda tx: tx.outbox.pending(MOST_AT_ONCE))
            if rows:
                self._follow(rows)
            if len(rows) < MOST_AT_ONCE:
                return
            self._settle()

    def _follow(self, rows: Sequence[Pending]) -> None:
        facts = self._logs.read(lambda tx: [fact for row in rows if (fact := _fact(tx, row)) is not None])
        last = rows[-1].number
        if is_same(self._events, self._logs):
            summaries = self._metrics.write(lambda tx: _count(tx, facts)).result()
            self._logs.write(
                lambda tx: _publish_and_settle(cast("LogsAndEvents", tx), facts, summaries, last)
            ).result()
            return
        if is_same(self._events, self._metrics):
            self._events.write(lambda tx: self._publish(tx.events, facts, _count(tx, facts), last)).result()
        else:
            summaries = self._metrics.write(lambda tx: _count(tx, facts)).result()
            self._events.write(lambda tx: self._publish(tx.events, facts, summaries, last)).result()
        self._to_settle = last

    def _publish(
        self, events: EventStream, facts: Sequence[_Fact], summaries: Sequence[Summaries | None], last: int
    ) -> None:
        """What is not announced yet, together with how far that is."""
        done = events.saved_offset(self._consumer, _TOPIC)
        for fact, both in zip(facts, summaries, strict=True):
            if fact.row.number > done:
                _publish_one(events, fact, both)
        if last > done:
            events.save_offset(self._consumer, _TOPIC, last)


def _publish_one(events: EventStream, fact: _Fact, summaries: Summaries | None) -> None:
    payload = run_event(fact.row.kind, fact.row.project, fact.header, summaries)
    events.publish(RUN_TOPIC, fact.row.run_id, payload)


def _publish_and_settle(
    tx: LogsAndEvents, facts: Sequence[_Fact], summaries: Sequence[Summaries | None], last: int
) -> None:
    """What is pending still, where logs and events share a transaction."""
    pending = {row.number for row in tx.outbox.pending(MOST_AT_ONCE)}
    for fact, both in zip(facts, summaries, strict=True):
        if fact.row.number in pending:
            _publish_one(tx.events, fact, both)
    tx.outbox.settle(last)


def _fact(tx: LogTransaction, row: Pending) -> _Fact | None:
    """None where there is nothing to tell: the run is gone, or the row is of another kind."""
    if row.kind == _OPENED:
        return None
    try:
        header = tx.logs(row.project).header(row.run_id)
    except (NotFound, StoreDamaged) as error:
        log.warning("%s of %s is not told: %s", row.kind, row.run_id, error)
        return None
    metric = metric_in(tx, row.project, row.run_id) if row.kind == RUN_STORED else None
    return _Fact(row, header, metric)


def metric_in(tx: LogTransaction | Transaction, project: str, run_id: str) -> ExecutionMetric | None:
    """None for a run that has not finished, or cannot be read."""
    try:
        return metric_of(tx.logs(project).get_log(run_id))
    except (NotFound, StoreDamaged) as error:
        log.warning("run %s is not counted: %s", run_id, error)
        return None


def _count(tx: MetricsTransaction, facts: Sequence[_Fact]) -> list[Summaries | None]:
    """The summaries behind each fact; None where it changes none."""
    found: list[Summaries | None] = []
    for fact in facts:
        metric = fact.metric
        if metric is None:
            found.append(None)
            continue
        metrics = tx.metrics(fact.row.project)
        metrics.record_execution(metric)
        by_text = (
            metrics.get_text_summary(metric.workflow_id, metric.workflow_hash)
            if metric.workflow_hash
            else None
        )
        found.append((metrics.get_summary(metric.workflow_id, metric.workflow_version), by_text))
    return found
