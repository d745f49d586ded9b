"""`LogStore` on files: daily segments of JSON lines that anybody can read, and an index beside them.

The segments are the store. The index is a database because it then opens at once, answers every question as the
SQLite back end does, and gives readers one state; it is thrown away and made anew whenever it does not fit.
One process writes; handles in it on the same folder share what is open.
"""

import logging
import os
import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import TypeVar

from darwinflow.model.errors import SchemaTooNew, StoreDamaged, StoreError
from darwinflow.ports.inspection import Content
from darwinflow.ports.parts import LogTransaction
from darwinflow.storage.durable import make_folders
from darwinflow.storage.files.folder import troubles
from darwinflow.storage.files.index_files import IndexFiles
from darwinflow.storage.files.log_catching_up import announce_again, catch_up
from darwinflow.storage.files.log_erasing import note_erased, rewrite
from darwinflow.storage.files.log_replay import Replay, Run
from darwinflow.storage.files.log_segments import Segments
from darwinflow.storage.files.log_session import LogSession
from darwinflow.storage.files.missing_runs import MissingRuns, changed_segments
from darwinflow.storage.files.owner_lock import OwnerLock
from darwinflow.storage.files.sharing import Shared
from darwinflow.storage.sizes import size_of
from darwinflow.storage.sqlite.connection import let_go
from darwinflow.storage.sqlite.counts import counts_in
from darwinflow.storage.sqlite.log_index import Damaged, LogIndex, open_index, open_index_reader
from darwinflow.storage.sqlite.readers import Readers
from darwinflow.storage.sqlite.scrubbing import cut_wal
from darwinflow.storage.sqlite.verifying import faults_in, projects_in
from darwinflow.storage.sqlite.writer import Writer

log = logging.getLogger(__name__)

T = TypeVar("T")


def clock() -> datetime:
    return datetime.now(UTC)


class FileLogStore:
    """One organization's run logs below *path*, which is made where it is missing.

    *now* says the day, and so the segment. Raises `SchemaTooNew` where a newer version has written there,
    `StoreUnwritable` where another process has it open.
    """

    def __init__(self, path: str, *, now: Callable[[], datetime] = clock) -> None:
        self.path = os.path.realpath(path)
        self._closing = threading.Lock()
        self._is_closed = False
        self._logs = _OPEN.take(self.path, lambda real: _OpenLogs(real, now))

    def write(self, work: Callable[[LogTransaction], T]) -> "Future[T]":
        self._check_open()
        return self._logs.write(work)

    def read(self, work: Callable[[LogTransaction], T]) -> T:
        self._check_open()
        return self._logs.read(work)

    def damage(self) -> tuple[Damaged, ...]:
        """Where in the segments something lies that is no record any more. It is told of, and passed over."""
        self._check_open()
        return self._logs.damage()

    def damage_anew(self) -> tuple[Damaged, ...]:
        """As `damage`, from reading every segment again, which takes as long as they are large."""
        self._check_open()
        return self._logs.verify()

    def inspect(self) -> Content:
        self._check_open()
        runs = self._logs.read_index(lambda index: counts_in(index.db)["runs"])
        faults = self.missing() + _told(self.damage())
        return Content(self.path, size_of(self.path), {"runs": runs}, faults)

    def verify(self) -> tuple[str, ...]:
        damage = _told(self.damage_anew())
        return self.missing() + damage + self._logs.read_index(lambda index: faults_in(index.db))

    def missing(self) -> tuple[str, ...]:
        """Of which segments runs are gone that the index had, a sentence each."""
        self._check_open()
        return self._logs.read_index(self._logs.lacking.told)

    def acknowledge(self) -> tuple[str, ...]:
        """Say for the last time what is `missing`."""
        told = self.missing()
        self._logs.lacking.forget()
        return told

    def projects(self) -> tuple[str, ...]:
        self._check_open()
        return self._logs.read_index(lambda index: projects_in(index.db))

    def erase(self, project: str, run_ids: Collection[str]) -> None:
        """Let nothing of these runs be in the index or in any segment; what is not there is nothing to erase.

        Raises `StoreError` where that was not possible, and may be called again then, as after a crash.
        """
        self._check_open()
        self._logs.erase({(project, run_id) for run_id in run_ids})

    def scrub(self, project: str, run_ids: Collection[str]) -> None:
        self._check_open()
        self._logs.rewrite({(project, run_id) for run_id in run_ids})

    def close(self) -> None:
        """Finish what was accepted, then let go of the files. May be called again."""
        with self._closing:
            if not self._is_closed:
                self._is_closed = True
                self._logs.writer.write(_nothing).exception()
                _OPEN.give_back(self.path)

    def _check_open(self) -> None:
        if self._is_closed:
            raise RuntimeError(f"{self.path} is closed")


class _OpenLogs:
    """What the handles share."""

    def __init__(self, path: str, now: Callable[[], datetime]) -> None:
        self._now = now
        self._segments = Segments(path)
        self.lacking = MissingRuns(path)
        self._erasing = threading.Lock()
        self._to_erase: set[Run] = set()
        """Runs that the next transaction takes out of the segments when it begins."""
        self._trouble: StoreError | None = None
        """What has kept it from that."""
        self._rewritings = 0
        """Odd while one is under way."""
        with troubles(path):
            make_folders(path, 0o700)
        self._lock = OwnerLock(path)
        try:
            self._segments.sweep()
            self._index = IndexFiles(os.path.join(path, "index"))
            self.writer: Writer[LogSession] = Writer(
                self._index.path, self._first_session(), self._open_writer
            )
        except BaseException:
            self._lock.release()
            raise
        self._readers: Readers[LogSession] = Readers(self._index.path, self._open_reader)

    def write(self, work: Callable[[LogTransaction], T]) -> "Future[T]":
        future = self.writer.write(work)
        future.add_done_callback(lambda done: self._distrust(done.exception()))
        return future

    def read(self, work: Callable[[LogTransaction], T]) -> T:
        while True:
            before = self._rewritings
            try:
                return self._readers.read(work)
            except StoreDamaged as error:
                self._distrust(error)
                if before % 2 == 0 and self._rewritings == before:
                    raise
            # A segment was written anew meanwhile; when its transaction is over, the index says where things are.
            self.writer.write(_nothing).exception()

    def erase(self, runs: set[Run]) -> None:
        self.writer.write(lambda session: note_erased(session, runs)).result()
        self.rewrite(runs)

    def rewrite(self, runs: set[Run]) -> None:
        """Take what is not in the index any more out of the segments, too."""
        with self._erasing:
            self._to_erase = runs
            try:
                self.writer.write(_nothing).result()
            finally:
                trouble, self._trouble = self._trouble, None
                self._to_erase = set()
                self._rewritings += self._rewritings % 2
        if trouble is not None:
            raise trouble
        cut_wal(self._index.path)

    def read_index(self, work: Callable[[LogIndex], T]) -> T:
        return self._readers.read(lambda session: work(session.index))

    def damage(self) -> tuple[Damaged, ...]:
        return self._readers.read(lambda session: session.index.damage())

    def verify(self) -> tuple[Damaged, ...]:
        # A batch that is being written looks torn, which is none of our business here.
        return tuple(
            Damaged(name, piece.offset, piece.length)
            for name in self._segments.names()
            for group in self._segments.groups(name, 0)
            for piece in group.pieces
            if piece.record is None and not group.is_torn
        )

    def close(self) -> None:
        self._readers.close()
        self.writer.close()
        self._index.seal()
        self._lock.release()

    def _distrust(self, error: BaseException | None) -> None:
        """Where *error* says that the index is damaged, let the next opening make it anew."""
        if isinstance(error, StoreDamaged) and self._index.path in str(error):
            self._index.distrust()

    def _first_session(self) -> LogSession:
        """With an index that says what the segments say."""
        if not self._index.is_trusted():
            self._index.remove()
        return self._open_writer()

    def _open_writer(self) -> LogSession:
        session = self._session_on_index()
        try:
            if changed := changed_segments(self._segments, session.index):
                log.warning(
                    "the index of %s does not fit what lies there; it is made anew", self._segments.path
                )
                self.lacking.note(session.index, changed)
                let_go(session.connection)
                self._index.remove()
                session = self._session_on_index()
            replay = Replay(session, self._segments.names())
            replay.whole()
            self.lacking.settle(session.index)
            for told in self.lacking.told(session.index):
                log.error("%s", told)
            announce_again(session, replay.to_be_announced())
        except BaseException:
            let_go(session.connection)
            raise
        session.begun_at = self._begun
        return session

    def _begun(self, session: LogSession, segment: str) -> None:
        catch_up(session, segment)
        if self._to_erase:
            asked, self._to_erase = self._to_erase, set()
            runs = {run for run in asked if not session.index.has_run(*run)}
            self._rewritings += 1
            try:
                rewrite(session, runs)
            except StoreError as error:
                self._trouble = error  # of who erases, not of those whose work comes in this transaction

    def _session_on_index(self) -> LogSession:
        try:
            db = open_index(self._index.path)
        except (StoreDamaged, SchemaTooNew) as error:
            log.warning("the index of %s cannot be used and is made anew: %s", self._segments.path, error)
            self._index.remove()
            db = open_index(self._index.path)
        return LogSession(LogIndex(db), self._segments, self._now)

    def _open_reader(self) -> LogSession:
        return LogSession(LogIndex(open_index_reader(self._index.path)), self._segments, self._now)


def _told(damage: tuple[Damaged, ...]) -> tuple[str, ...]:
    return tuple(
        f"{piece.segment}: {piece.length} bytes at {piece.offset} are no record any more" for piece in damage
    )


_OPEN: Shared[_OpenLogs] = Shared()


def _nothing(tx: LogTransaction) -> None:
    """Work that waits for the work before it."""
