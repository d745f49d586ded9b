"""A tenant's store for what is recorded, to which a run that retention has put into the archive is no new one.

Recorded again by the same events it is known, and stays where it is; one of the same id that says something else is
refused, as where the first is still among the logs. Runs that were taken out again are not asked about.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Any, TypeVar

from msgspec.structs import replace

from darwinflow.model.errors import RunConflict, RunFinished, RunNotFound, StoreDamaged, StoreError
from darwinflow.model.run import ExecutionLog, RunHeader, RunOutput, StepLog, header_of
from darwinflow.ports.logs import LogRepository
from darwinflow.ports.tenant import TenantStore, Transaction
from darwinflow.storage.archive import Archive
from darwinflow.storage.archived_ids import ArchivedIds, Key
from darwinflow.storage.archived_runs import Entry, hash_of, line_of
from darwinflow.storage.log_codec import same_content, same_output
from darwinflow.storage.run_file import FiledRun

logger = logging.getLogger(__name__)

T = TypeVar("T")

_MOST_MET = 10_000


class _Known:
    """What is remembered of the archive. Thread-safe."""

    def __init__(self, archive: Callable[[], Archive | None]) -> None:
        self._archive = archive
        self._lock = threading.Lock()
        self._ids: ArchivedIds | None = None
        self._met: dict[Key, datetime] = {}
        """Archived runs that came again, and when they began: their steps come without that."""

    def has(self, logs: LogRepository, key: Key, log: ExecutionLog) -> bool:
        """Whether *log*'s run is in the archive, and not among *logs*."""
        if self._entry(key, log.start_time) is None:
            return False
        try:
            logs.header(log.run_id)
        except RunNotFound:
            if len(self._met) >= _MOST_MET:
                self._met.clear()
            self._met[key] = log.start_time
            return True
        return False

    def is_line(self, key: Key, log: ExecutionLog) -> bool:
        """Whether the archive has exactly *log*; the frame is not read for that."""
        entry = self._entry(key, log.start_time)
        return entry is not None and entry.sha256 == hash_of(line_of(FiledRun(key[0], log, is_lost=False)))

    def run(self, key: Key) -> FiledRun | None:
        """None for one that was not met. Raises `RunConflict` where it cannot be read: nobody can say that it is the same."""
        began = self._met.get(key)
        entry = None if began is None else self._entry(key, began)
        if began is None or entry is None or self._ids is None:
            return None
        try:
            return self._ids.run(entry, began)
        except (StoreDamaged, OSError) as error:
            raise RunConflict(f"run {key[1]} is in the archive, and cannot be read there: {error}") from error

    def _entry(self, key: Key, began: datetime) -> Entry | None:
        """None where the archive cannot be read, too: what is recorded does not wait for that to be mended."""
        archive = self._archive()
        if archive is None:
            return None
        with self._lock:
            if self._ids is None or self._ids.archive is not archive:
                self._ids = ArchivedIds(archive)
            try:
                return self._ids.entry(key, began)
            except (OSError, StoreError) as error:
                logger.warning("runs that are in %s already are not known for now: %s", archive.path, error)
                return None


class KnowingArchive:
    """*archive* is where runs go to now; it is asked in each transaction and must not take long."""

    def __init__(self, tenant: TenantStore, archive: Callable[[], Archive | None]) -> None:
        self._tenant = tenant
        self._archive = archive
        self._known = _Known(archive)

    def write(self, work: Callable[[Transaction], T]) -> "Future[T]":
        if self._archive() is None:
            return self._tenant.write(work)
        return self._tenant.write(lambda tx: work(_Transaction(tx, self._known)))

    def read(self, work: Callable[[Transaction], T]) -> T:
        return self._tenant.read(work)

    def close(self) -> None:
        self._tenant.close()


class _Transaction:
    """As the one it is made of, but for the logs. `Any`: back ends differ in what else their transactions have."""

    def __init__(self, inner: Transaction, known: _Known) -> None:
        self._inner: Any = inner
        self._known = known

    def logs(self, project: str) -> "_Logs":
        return _Logs(self._inner.logs(project), project, self._known)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Logs:
    """Likewise, but for what is asked about runs that may be in the archive alone."""

    def __init__(self, inner: LogRepository, project: str, known: _Known) -> None:
        self._inner: Any = inner
        self._project = project
        self._known = known

    def is_archived(self, log: ExecutionLog) -> bool:
        return self._known.has(self._inner, (self._project, log.run_id), log)

    def store_log(self, log: ExecutionLog) -> bool:
        key = self._project, log.run_id
        if not self._known.has(self._inner, key, log):
            return bool(self._inner.store_log(log))
        if not self._known.is_line(key, log) and not same_content(self._archived(log.run_id).log, log):
            raise _other(log.run_id)
        return False

    def start(self, log: ExecutionLog) -> bool:
        if not self._known.has(self._inner, (self._project, log.run_id), log):
            return bool(self._inner.start(log))
        known = replace(self._archived(log.run_id).log, steps=(), output=None)
        if not same_content(known, replace(log, steps=())):
            raise _other(log.run_id)
        return False

    def append_steps(self, run_id: str, steps: Sequence[tuple[int, StepLog]]) -> None:
        self._unless_archived(run_id, lambda: self._inner.append_steps(run_id, steps))

    def append_step(self, run_id: str, index: int, step: StepLog) -> None:
        self._unless_archived(run_id, lambda: self._inner.append_step(run_id, index, step))

    def finish(self, run_id: str, output: RunOutput) -> ExecutionLog:
        try:
            log: ExecutionLog = self._inner.finish(run_id, output)
        except RunNotFound:
            known = self._known.run((self._project, run_id))
            if known is None:
                raise
            if known.log.output is None or not same_output(known.log.output, output):
                raise _other(run_id) from None
            return known.log
        return log

    def mark_lost(self, run_id: str) -> bool:
        try:
            return bool(self._inner.mark_lost(run_id))
        except RunNotFound:
            self._archived(run_id)
            return False

    def get_log(self, run_id: str) -> ExecutionLog:
        try:
            log: ExecutionLog = self._inner.get_log(run_id)
        except RunNotFound:
            return self._archived(run_id).log
        return log

    def header(self, run_id: str) -> RunHeader:
        try:
            header: RunHeader = self._inner.header(run_id)
        except RunNotFound:
            known = self._archived(run_id)
            return header_of(known.log, lost=known.is_lost)
        return header

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _unless_archived(self, run_id: str, work: Callable[[], None]) -> None:
        """Raises `RunFinished` for one that is: who tells the same steps again is not refused for that."""
        try:
            work()
        except RunNotFound:
            self._archived(run_id)
            raise RunFinished(f"run {run_id} is in the archive, and finished", run=run_id) from None

    def _archived(self, run_id: str) -> FiledRun:
        """Raises `RunNotFound`, `RunConflict`."""
        known = self._known.run((self._project, run_id))
        if known is None:
            raise RunNotFound(f"there is no run {run_id}", run=run_id)
        return known


def _other(run_id: str) -> RunConflict:
    return RunConflict(f"run {run_id} is in the archive with other content", run=run_id)
