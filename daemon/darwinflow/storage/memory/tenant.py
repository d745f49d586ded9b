"""`TenantStore` in memory: what is kept, and handles on it."""

import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future
from datetime import datetime
from typing import TypeVar

from darwinflow.model.event import Event
from darwinflow.ports.events import EventStream
from darwinflow.ports.inspection import Content
from darwinflow.ports.journals import JournalOffsets
from darwinflow.ports.logs import LogRepository
from darwinflow.ports.metrics import MetricsRepository
from darwinflow.ports.outbox import Outbox
from darwinflow.ports.tenant import Transaction
from darwinflow.storage.memory.events import MemoryEventStream
from darwinflow.storage.memory.journals import MemoryJournalOffsets
from darwinflow.storage.memory.lessons import Lessons
from darwinflow.storage.memory.logs import Marks, MemoryLogRepository, Run
from darwinflow.storage.memory.metrics import FigureTables, MemoryMetricsRepository
from darwinflow.storage.memory.outbox import MemoryOutbox
from darwinflow.storage.memory.table import Table, Undo

T = TypeVar("T")


class MemoryTenant:
    """What one organization has; it lives as long as somebody holds it, whichever handles come and go."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.lock = threading.RLock()
        self.undo = Undo()
        self.published: list[Event] = []
        self._runs: Table[tuple[str, str], Run] = Table(self.undo)
        self._marks = Marks(Table(self.undo), Table(self.undo), Table(self.undo))
        self._figures = FigureTables.empty(self.undo)
        self._lessons = Lessons.empty(self.undo)
        self.journals: JournalOffsets = MemoryJournalOffsets(Table(self.undo))
        self.outbox: Outbox = MemoryOutbox(Table(self.undo), Table(self.undo))
        self.events: EventStream = MemoryEventStream(Table(self.undo), Table(self.undo), self.published, now)

    def logs(self, project: str) -> LogRepository:
        return MemoryLogRepository(self._runs, self._marks, project)

    def metrics(self, project: str) -> MetricsRepository:
        return MemoryMetricsRepository(self._figures, self._lessons, project)

    def counts(self) -> dict[str, int]:
        return {"runs": len(self._runs), "countedRuns": len(self._figures.counted)}

    def projects(self) -> tuple[str, ...]:
        """Those that have, or had, runs."""
        return tuple(
            sorted(
                {project for (project, _), _ in self._runs.items()}
                | {name for name, _ in self._marks.removed.items()}
            )
        )

    def attempt(self, work: Callable[[], T]) -> T:
        mark, published = self.undo.mark, len(self.published)
        try:
            return work()
        except BaseException:
            self.undo.take_back_to(mark)
            del self.published[published:]
            raise


class MemoryTenantStore:
    """One handle on a `MemoryTenant`. *announce* is told of this handle's commits."""

    def __init__(
        self, tenant: MemoryTenant, announce: Callable[[tuple[Event, ...]], None] = lambda _: None
    ) -> None:
        self._tenant = tenant
        self._announce = announce
        self._closed = False

    def write(self, work: Callable[[Transaction], T]) -> "Future[T]":
        self._check_open()
        future: Future[T] = Future()
        tenant = self._tenant
        with tenant.lock:
            tenant.undo.begin()
            try:
                result = work(tenant)
            except BaseException as error:  # noqa: BLE001 - the caller's own, given back through the future
                tenant.undo.take_back()
                tenant.published.clear()
                future.set_exception(error)
                return future
            tenant.undo.end()
            events = tuple(tenant.published)
            tenant.published.clear()
            if events:
                self._announce(events)
        future.set_result(result)
        return future

    def read(self, work: Callable[[Transaction], T]) -> T:
        self._check_open()
        with self._tenant.lock:
            return work(self._tenant)

    def inspect(self) -> Content:
        return Content("memory", None, self.read(lambda _: self._tenant.counts()))

    def verify(self) -> tuple[str, ...]:
        return ()

    def projects(self) -> tuple[str, ...]:
        return self.read(lambda _: self._tenant.projects())

    def scrub(self, project: str, run_ids: Collection[str]) -> None:
        """There are no files."""

    def close(self) -> None:
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("the store is closed")
