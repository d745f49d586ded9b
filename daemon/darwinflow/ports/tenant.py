"""One organization's store: what may be read, and written in one transaction."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol, TypeVar

from darwinflow.ports.events import EventStream
from darwinflow.ports.journals import JournalOffsets
from darwinflow.ports.logs import LogRepository
from darwinflow.ports.metrics import MetricsRepository

T = TypeVar("T")


class Transaction(Protocol):
    """What one piece of work may touch. All of it becomes durable together, or none."""

    def logs(self, project: str) -> LogRepository: ...

    def metrics(self, project: str) -> MetricsRepository: ...

    @property
    def events(self) -> EventStream: ...

    @property
    def journals(self) -> JournalOffsets: ...

    def attempt(self, work: Callable[[], T]) -> T:
        """Run *work*, a part of this transaction: an exception of it undoes that part alone, and is raised."""
        ...


class TenantStore(Protocol):
    """One organization's data. Thread-safe."""

    def write(self, work: Callable[[Transaction], T]) -> "Future[T]":
        """Run *work* in a transaction, with others' work beside it in the same commit.

        The future is done when the commit is durable. An exception of *work* undoes its part alone. Raises
        through the future: `StoreFull`, `StoreUnwritable`, `OutcomeUnknown`, and whatever *work* raises.
        *work* must not keep anything of the transaction.
        """
        ...

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Run *work* on one consistent state of the data; writing raises."""
        ...

    def close(self) -> None:
        """Finish what was accepted, then let go of the files."""
        ...
