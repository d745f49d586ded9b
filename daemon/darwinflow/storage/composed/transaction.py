"""What a piece of work sees of several stores."""

from collections.abc import Callable
from typing import Protocol, TypeVar, cast

from darwinflow.ports.events import EventStream
from darwinflow.ports.journals import JournalOffsets
from darwinflow.ports.logs import LogRepository
from darwinflow.ports.metrics import MetricsRepository
from darwinflow.ports.outbox import Outbox, Pending
from darwinflow.ports.parts import LogTransaction, MetricsTransaction
from darwinflow.ports.tenant import Transaction

T = TypeVar("T")


class LogsAndEvents(LogTransaction, Protocol):
    """A transaction of a store that has both."""

    @property
    def events(self) -> EventStream: ...


def is_same(one: object, other: object) -> bool:
    """Whether two ports are one store."""
    return one is other


class AllNeededError(BaseException):
    """The work touches more than the logs. No `Exception`: it must come through whatever the work handles."""


class LogsAlone:
    """A transaction on the logs, which is all that recording needs. The rest raises `AllNeededError`."""

    def __init__(self, logs: LogTransaction, events: EventStream | None, *, is_shared: bool = False) -> None:
        """*events* where they lie in the store of the logs; *is_shared* where that counts and announces by itself."""
        self._logs = logs
        self._events = events
        self.journals: JournalOffsets = logs.journals
        self.later = None if is_shared else Counting(logs.outbox)
        self.of_all = cast("Transaction", logs) if is_shared else None

    def logs(self, project: str) -> LogRepository:
        return self._logs.logs(project)

    def metrics(self, project: str) -> MetricsRepository:  # noqa: ARG002 - as in `Transaction`
        raise AllNeededError

    @property
    def events(self) -> EventStream:
        if self._events is None:
            raise AllNeededError
        return self._events

    def attempt(self, work: Callable[[], T]) -> T:
        return self._logs.attempt(work)


class Whole:
    """A transaction on each of the stores."""

    def __init__(
        self,
        logs: LogTransaction,
        metrics: MetricsTransaction,
        events: Transaction,
        *,
        is_shared: bool = False,
    ) -> None:
        """*is_shared* as with `LogsAlone`."""
        self._logs = logs
        self._metrics = metrics
        self._distinct = _distinct(logs, metrics, events)
        self.events: EventStream = events.events
        self.journals: JournalOffsets = logs.journals
        self.later = None if is_shared else Counting(logs.outbox)
        self.of_all = cast("Transaction", logs) if is_shared else None

    def logs(self, project: str) -> LogRepository:
        return self._logs.logs(project)

    def metrics(self, project: str) -> MetricsRepository:
        return self._metrics.metrics(project)

    def attempt(self, work: Callable[[], T]) -> T:
        for transaction in self._distinct:
            work = _attempting(transaction, work)
        return work()


class Counting:
    """An outbox that knows whether something was put into it."""

    __slots__ = ("_inner", "count")

    def __init__(self, inner: Outbox) -> None:
        self._inner = inner
        self.count = 0

    def put(self, project: str, run_id: str, kind: str) -> None:
        self._inner.put(project, run_id, kind)
        self.count += 1

    def pending(self, limit: int) -> tuple[Pending, ...]:
        return self._inner.pending(limit)

    def settle(self, number: int) -> None:
        self._inner.settle(number)


Attempting = LogTransaction | MetricsTransaction | Transaction


def _attempting(transaction: Attempting, work: Callable[[], T]) -> Callable[[], T]:
    return lambda: transaction.attempt(work)


def _distinct(*transactions: Attempting) -> list[Attempting]:
    return list({id(each): each for each in transactions}.values())
