"""`TenantStore` over a store of logs, one of figures and one of events.

What is recorded is one transaction of the logs, which says in their outbox what is to be counted and announced; a
follower does that, and the writer's future waits for it. Where others write to the logs, too, all is counted and
announced there, and the follower keeps the other figures the same. Work that touches figures or events itself runs in a
transaction of every store, the logs' being committed first: a crash right behind that may lose the rest of it.
"""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar, cast

from darwinflow.model.run import ExecutionLog
from darwinflow.ports.parts import LogStore, LogTransaction, MetricsStore
from darwinflow.ports.tenant import TenantStore, Transaction
from darwinflow.storage.composed.follower import Follower
from darwinflow.storage.composed.sharing import SharedStore, SharingFollower
from darwinflow.storage.composed.transaction import AllNeededError, LogsAlone, LogsAndEvents, Whole, is_same

T = TypeVar("T")


class ComposedTenantStore:
    """Owns the stores it is given, and closes them.

    *events* is the same object as *logs* where these are a whole tenant's store, or as *metrics*. *archived* are runs
    of a project that the logs do not have any more, and that count in figures.
    """

    def __init__(
        self,
        *,
        logs: LogStore,
        metrics: MetricsStore,
        events: TenantStore,
        archived: Callable[[str], Iterable[ExecutionLog]] = lambda _: (),
    ) -> None:
        self._logs = logs
        self._metrics = metrics
        self._events = events
        stores = {id(each): each for each in (events, metrics, logs)}
        self._stores: list[Any] = [each for each in stores.values() if each is not logs] + [logs]
        """Each once, in the order in which transactions on several are begun; they end the other way round."""
        self._is_shared = isinstance(logs, SharedStore)
        """Others write to the logs, too: then their store counts and announces all by itself."""
        self._follower = (
            SharingFollower(events, metrics, archived)
            if isinstance(logs, SharedStore)
            else Follower(logs, metrics, events, archived)
        )
        self._on_all = ThreadPoolExecutor(1, "work on several stores")
        self._open = threading.Condition()
        self._accepted = 0
        self._is_closed = False

    @property
    def is_behind(self) -> bool:
        """Figures and events cannot be written for now; what is recorded is kept all the same."""
        return self._follower.is_failing

    def write(self, work: Callable[[Transaction], T]) -> "Future[T]":
        future: Future[T] = Future()
        with self._open:
            if self._is_closed:
                raise RuntimeError("the store is closed")
            self._accepted += 1
        future.set_running_or_notify_cancel()
        future.add_done_callback(self._finished)
        try:
            logged = self._logs.write(lambda tx: self._on_logs(tx, work))
        except BaseException as error:  # noqa: BLE001 - the caller's own, given back through the future
            future.set_exception(error)
            return future
        logged.add_done_callback(lambda done: self._logged(done, work, future))
        return future

    def read(self, work: Callable[[Transaction], T]) -> T:
        if self._is_closed:
            raise RuntimeError("the store is closed")
        try:
            return self._logs.read(lambda tx: work(self._logs_alone(tx)))
        except AllNeededError:
            return self._nested(_read, work)

    def when_followed(self, tell: Callable[[], None]) -> None:
        """Call *tell* when figures are of all that is recorded now, by others, too, or cannot be for now."""
        self._follower.when_done(tell)

    def settled(self, timeout: float | None = None) -> None:
        """Wait until all that is recorded now is counted and announced. Raises `TimeoutError`."""
        done = threading.Event()
        self._follower.when_done(done.set)
        if not done.wait(timeout):
            raise TimeoutError

    def still(self, work: Callable[[], T]) -> T:
        """What *work* gives, called while nothing is written to any of the stores. Raises what it and they do."""
        return self._nested(_written, lambda _: work())

    def close(self) -> None:
        with self._open:
            if self._is_closed:
                return
            self._is_closed = True
            self._open.wait_for(lambda: self._accepted == 0)
        self._follower.stop()
        self._on_all.shutdown()
        for store in reversed(self._stores):
            store.close()

    def _logs_alone(self, tx: LogTransaction) -> LogsAlone:
        shared = is_same(self._events, self._logs)
        events = cast("LogsAndEvents", tx).events if shared else None
        return LogsAlone(tx, events, is_shared=self._is_shared)

    def _on_logs(self, tx: LogTransaction, work: Callable[[Transaction], T]) -> tuple[T, int]:
        alone = self._logs_alone(tx)
        return self._followed(alone, work)

    def _followed(self, tx: LogsAlone | Whole, work: Callable[[Transaction], T]) -> tuple[T, int]:
        """What *work* gives, and how much of it is to be followed."""
        before = 0 if tx.of_all is None else tx.of_all.events.last_offset()
        result = work(tx)
        if tx.of_all is not None:
            return result, tx.of_all.events.last_offset() - before
        return result, tx.later.count if tx.later is not None else 0

    def _logged(
        self, done: "Future[tuple[T, int]]", work: Callable[[Transaction], T], future: "Future[T]"
    ) -> None:
        error = done.exception()
        if isinstance(error, AllNeededError):
            self._on_all.submit(self._write_all, work, future)
        elif error is not None:
            future.set_exception(error)
        else:
            self._tell(*done.result(), future)

    def _write_all(self, work: Callable[[Transaction], T], future: "Future[T]") -> None:
        try:
            result, count = self._nested(_written, lambda tx: self._followed(tx, work))
        except BaseException as error:  # noqa: BLE001 - the caller's own, given back through the future
            future.set_exception(error)
            return
        self._tell(result, count, future)

    def _tell(self, result: T, count: int, future: "Future[T]") -> None:
        """*result*, when what was put into the outbox is followed."""
        if count:
            self._follower.when_done(lambda: future.set_result(result))
        else:
            future.set_result(result)

    def _nested(self, run: Callable[[Any, Callable[[object], T]], T], work: Callable[[Whole], T]) -> T:
        """*work* in a transaction of each store. `Any`: the stores differ in what their transactions have."""
        begun: dict[int, Any] = {}

        def enter(rest: list[Any]) -> T:
            if not rest:
                logs, metrics, events = (
                    begun[id(each)] for each in (self._logs, self._metrics, self._events)
                )
                return work(Whole(logs, metrics, events, is_shared=self._is_shared))

            def inside(tx: object) -> T:
                begun[id(rest[0])] = tx
                return enter(rest[1:])

            return run(rest[0], inside)

        return enter(self._stores)

    def _finished(self, _: "Future[T]") -> None:
        with self._open:
            self._accepted -= 1
            self._open.notify_all()


def _read(store: Any, work: Callable[[object], T]) -> T:
    result: T = store.read(work)
    return result


def _written(store: Any, work: Callable[[object], T]) -> T:
    result: T = store.write(work).result()
    return result
