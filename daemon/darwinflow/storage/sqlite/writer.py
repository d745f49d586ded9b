"""The one thread that writes to a database.

What waits in the queue goes into one transaction, each piece of work in a savepoint of its own, and all of them
share the commit's sync. A commit that fails may have taken effect: then nobody is told that it did or did not.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

import apsw

from darwinflow.model.errors import OutcomeUnknown, StoreError, StoreUnwritable
from darwinflow.storage.sqlite.connection import let_go
from darwinflow.storage.sqlite.faults import cause_of, has_no_room, store_error
from darwinflow.storage.sqlite.lost import identity_of, refuse_moved

log = logging.getLogger(__name__)

T = TypeVar("T")

MOST_IN_ONE_COMMIT = 256
"""Bounds what a reader's snapshot or a crash can be behind by, and how long the first of a group waits."""


class Session(Protocol):
    """What work is done on, bound to one connection for as long as that lives."""

    @property
    def connection(self) -> apsw.Connection: ...

    def begun(self) -> None:
        """A transaction has begun."""
        ...

    def undone(self) -> None:
        """Forget what the work since the last `done` or `undone` has noted: it did not happen."""
        ...

    def done(self) -> None:
        """The work since the last `done` or `undone` is part of the transaction."""
        ...

    def prepare(self) -> None:
        """The commit follows. Raises `StoreError` where it must not: nothing has happened then."""
        ...

    def durable(self) -> None:
        """What was `done` is durable; nobody has been told yet."""
        ...

    def committed(self) -> None:
        """What was `done` is durable, and whoever asked for it has been told."""
        ...

    def lost(self) -> None:
        """What was `done` did not take effect, or nobody knows."""
        ...


S = TypeVar("S", bound=Session)


class _Job(Generic[S]):
    __slots__ = ("future", "result", "work")

    def __init__(self, work: Callable[[S], object]) -> None:
        self.work = work
        self.result: object = None
        self.future: Future[Any] = Future()  # each job's own type; `Writer.write` knows it


class Writer(Generic[S]):
    """Runs work on one connection, in a thread of its own, until it is closed."""

    def __init__(self, path: str, first: S, reopen: Callable[[], S]) -> None:
        self._path = path
        self._session: S | None = first
        self._reopen = reopen
        self._opened = identity_of(path)
        self._queue: SimpleQueue[_Job[S] | None] = SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name=f"writer of {path}", daemon=True)
        self._thread.start()

    def write(self, work: Callable[[S], T]) -> "Future[T]":
        """Queue *work*; the future is done when the commit is durable."""
        job = _Job(work)
        with self._closing:
            if self._closed:
                raise RuntimeError(f"{self._path} is closed")
            self._queue.put(job)
        return job.future

    def close(self) -> None:
        """Finish what was accepted and close the connection. May be called again."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _serve(self) -> None:
        open_ = True
        while open_:
            jobs, open_ = self._take()
            waiting = [job for job in jobs if job.future.set_running_or_notify_cancel()]
            while waiting:
                waiting = self._commit_or_tell(waiting)
        self._give_up()

    def _commit_or_tell(self, jobs: list[_Job[S]]) -> list[_Job[S]]:
        """`_commit`, after which nobody waits for ever: not even where it has a fault of its own."""
        try:
            return self._commit(jobs)
        except Exception as error:
            log.exception("writing to %s failed", self._path)
            self._give_up()
            for job in jobs:
                if not job.future.done():
                    job.future.set_exception(error)
            return []

    def _take(self) -> tuple[list[_Job[S]], bool]:
        """Wait for work, take what else is there, and say whether more may come."""
        jobs: list[_Job[S]] = []
        job = self._queue.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) == MOST_IN_ONE_COMMIT:
                return jobs, True
            try:
                job = self._queue.get_nowait()
            except Empty:
                return jobs, True
        return jobs, False

    def _commit(self, jobs: list[_Job[S]]) -> list[_Job[S]]:
        """One transaction of as many of *jobs* as can share it; returns those that were not begun."""
        try:
            session = self._sound_session()
            session.connection.execute("BEGIN IMMEDIATE")
            session.begun()
        except Exception as error:  # noqa: BLE001 - given to every caller; this thread goes on
            trouble = store_error(error, self._path) or error
            self._roll_back()
            for job in jobs:
                job.future.set_exception(trouble)
            return []
        kept: list[_Job[S]] = []
        for begun, job in enumerate(jobs, start=1):
            if not self._run(session, job, kept, is_alone=len(jobs) == 1):
                return jobs[begun:]
        self._settle(session, kept)
        return []

    def _sound_session(self) -> S:
        """On a connection that is of use, to the file that has the path."""
        if self._session is None:
            self._session = self._reopen()
            self._opened = identity_of(self._path)
        refuse_moved(self._path, self._opened)
        return self._session

    def _run(self, session: S, job: _Job[S], kept: list[_Job[S]], *, is_alone: bool) -> bool:
        """Do one job inside the transaction; False where that is gone and has taken the *kept* ones with it.

        Who *is_alone* has the transaction for a savepoint: of each page that is written after one, SQLite keeps a copy.
        """
        db = session.connection
        try:
            if not is_alone:
                db.execute("SAVEPOINT job")
            job.result = job.work(session)
            if not is_alone:
                db.execute("RELEASE job")
        except BaseException as error:  # noqa: BLE001 - the caller's own, given back through the future
            session.undone()
            trouble = store_error(error, self._path) or error
            if not is_alone and _undid_job(db):
                job.future.set_exception(trouble)
                return True
            session.lost()
            self._roll_back()
            for other in kept:
                other.future.set_exception(self._undone(trouble))
            job.future.set_exception(trouble)
            return False
        session.done()
        kept.append(job)
        return True

    def _settle(self, session: S, jobs: list[_Job[S]]) -> None:
        try:
            session.prepare()
        except Exception as error:  # noqa: BLE001 - given to every caller; this thread goes on
            trouble = store_error(error, self._path) or error
            session.lost()
            self._roll_back()
            for job in jobs:
                job.future.set_exception(trouble)
            return
        try:
            session.connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - given to every caller; this thread goes on
            session.lost()
            trouble = self._failed_commit(error)
            for job in jobs:
                job.future.set_exception(trouble)
            return
        session.durable()
        for job in jobs:
            job.future.set_result(job.result)
        session.committed()

    def _failed_commit(self, error: Exception) -> StoreError:
        """What the callers are told. The connection is given up unless it is certain that nothing happened."""
        cause = cause_of(error)
        log.error("commit to %s failed: %s", self._path, cause)
        trouble = store_error(error, self._path)
        if trouble is not None and has_no_room(cause, self._path) and self._roll_back():
            # Kept open: a full disk cannot size a new connection's shared memory.
            return trouble
        self._give_up()
        return OutcomeUnknown(
            f"{self._path}: the commit failed ({cause}) and may have taken effect; send the same again"
        )

    def _roll_back(self) -> bool:
        """Whether the connection is of use still, with no transaction; else it is given up, which ends that, too."""
        if self._session is not None:
            try:
                if self._session.connection.in_transaction:
                    self._session.connection.execute("ROLLBACK")
            except apsw.Error as error:
                log.warning("the connection to %s is given up: %s", self._path, error)
                self._give_up()
        return self._session is not None

    def _give_up(self) -> None:
        """Close the connection; the next work has a new one."""
        session, self._session = self._session, None
        if session is not None:
            let_go(session.connection)

    def _undone(self, trouble: BaseException) -> StoreError:
        if isinstance(trouble, StoreError):
            return trouble
        return StoreUnwritable(f"{self._path}: not stored, the transaction was undone ({trouble})")


def _undid_job(db: apsw.Connection) -> bool:
    """Undo the job alone; False where that cannot be, or SQLite has undone everything (disk full, I/O error)."""
    if not db.in_transaction:
        return False
    try:
        db.execute("ROLLBACK TO job")
        db.execute("RELEASE job")
    except apsw.Error:
        return False
    return True
