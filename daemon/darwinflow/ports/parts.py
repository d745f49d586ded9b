"""One concern's store, where an organization's concerns lie apart; `TenantStore` is both of them in one."""

from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future
from typing import Protocol, TypeVar, runtime_checkable

from darwinflow.model.metric import ExecutionMetric
from darwinflow.model.run import ExecutionLog
from darwinflow.ports.journals import JournalOffsets
from darwinflow.ports.logs import LogRepository
from darwinflow.ports.metrics import MetricsRepository
from darwinflow.ports.outbox import Outbox

T = TypeVar("T")


class LogTransaction(Protocol):
    """What one piece of work on a log store may touch. All of it becomes durable together, or none."""

    def logs(self, project: str) -> LogRepository: ...

    @property
    def journals(self) -> JournalOffsets:
        """Beside the logs, so that what comes out of a journal is stored once."""
        ...

    @property
    def outbox(self) -> Outbox: ...

    def attempt(self, work: Callable[[], T]) -> T:
        """Run *work*, a part of this transaction: an exception of it undoes that part alone, and is raised."""
        ...


class LogStore(Protocol):
    """One organization's run logs. Thread-safe; `write`, `read` and `close` as in `TenantStore`."""

    def write(self, work: Callable[[LogTransaction], T]) -> "Future[T]": ...

    def read(self, work: Callable[[LogTransaction], T]) -> T: ...

    def scrub(self, project: str, run_ids: Collection[str]) -> None:
        """After the commit that deleted these runs: let nothing of them be in the store's files.

        What has been taken in again since stays. May be called again, as after a crash. A server's files are its own.
        """
        ...

    def close(self) -> None: ...


class MetricsTransaction(Protocol):
    """What one piece of work on a store of figures may touch. All of it becomes durable together, or none."""

    def metrics(self, project: str) -> MetricsRepository: ...

    def attempt(self, work: Callable[[], T]) -> T:
        """As that of `LogTransaction`."""
        ...


class MetricsStore(Protocol):
    """One organization's figures. Thread-safe; `write`, `read` and `close` as in `TenantStore`."""

    def write(self, work: Callable[[MetricsTransaction], T]) -> "Future[T]": ...

    def read(self, work: Callable[[MetricsTransaction], T]) -> T: ...

    def close(self) -> None: ...


@runtime_checkable
class KnowsArchived(Protocol):
    """Logs that know a run which has gone into the archive: once asked about it, they tell of it as of their own."""

    def is_archived(self, log: ExecutionLog) -> bool:
        """Whether *log*'s run is in the archive, and not among these logs."""
        ...


@runtime_checkable
class Rebuildable(Protocol):
    """A store of figures that knows when it has lost some, and counts them again from the logs."""

    def damaged(self) -> tuple[str, ...]:
        """Projects whose figures do not say all that was counted."""
        ...

    def rebuild(self, project: str, executions: Iterable[ExecutionMetric]) -> None:
        """Count anew what is damaged of *project*; *executions* are all finished runs that its logs and its archive have.

        What cannot be counted anew, as its run is gone, is kept where it is sound, and told where it is not.
        """
        ...
