"""The one thread of a store that writes.

What waits in the queue goes into one transaction, each piece of work behind a savepoint, and all of them share the
commit. A commit whose answer does not come may have taken effect: then nobody is told that it did or did
not. What fails before it has not, so it is done once more where others were in the way or the connection was lost.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import psycopg

from darwinflow.model.errors import (
    OrganizationNotFound,
    OutcomeUnknown,
    StoreAway,
    StoreError,
    StoreUnwritable,
)
from darwinflow.model.event import Event
from darwinflow.storage.compression import Compression
from darwinflow.storage.postgres import nodes
from darwinflow.storage.postgres.database import Database, Link
from darwinflow.storage.postgres.faults import is_lost, may_pass, store_error
from darwinflow.storage.postgres.numbers import Numbers
from darwinflow.storage.postgres.remembered import Remembered
from darwinflow.storage.postgres.transaction import PostgresTransaction, Writing

log = logging.getLogger(__name__)

T = TypeVar("T")

MOST_IN_ONE_COMMIT = 60
"""Beyond 64 savepoints that have written, every snapshot of every session there becomes slower to take."""

TRIES = 4
"""Of one transaction, where others are in its way."""

IDLE_S = 60.0
"""After so long without work the connection is given back: a server has few, and a team has many daemons."""

Committed = Callable[[int, tuple[Event, ...]], None]
"""Told of each commit, in their order: the number of the last event before it, and its own events; none where a commit
may have taken effect."""


class _Job:
    __slots__ = ("error", "future", "result", "work")

    def __init__(self, work: Callable[[PostgresTransaction], object]) -> None:
        self.work = work
        self.result: object = None
        self.error: BaseException | None = None
        self.future: Future[Any] = Future()  # each job's own type; `Writer.write` knows it


class _AgainError(Exception):
    """The whole transaction is to be run once more: nothing of it has taken effect. Its cause says why."""


class _Session:
    """A connection that writes, and what is known on it."""

    def __init__(self, database: Database, compression: Compression, handle: str) -> None:
        self.link: Link = database.connect()
        self.numbers = Numbers(self.link, database, handle)
        self.remembered = Remembered()
        self.transaction = PostgresTransaction(
            self.link, database, compression, Writing(self.numbers, self.remembered)
        )


class Writer:
    """Runs work in a thread of its own, until it is closed. The connection is made when it is needed."""

    def __init__(self, database: Database, handle: str, committed: Committed) -> None:
        """*handle* tells this store's commits from others'."""
        self._database = database
        self._handle = handle
        self._committed = committed
        self._compression = Compression()
        self._session: _Session | None = None
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name=f"writer of {database.place}", daemon=True)
        self._thread.start()

    def write(self, work: Callable[[PostgresTransaction], T]) -> "Future[T]":
        """Queue *work*; the future is done when the commit is durable."""
        job = _Job(work)
        with self._closing:
            if self._closed:
                raise RuntimeError(f"{self._database.place} is closed")
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
            if waiting:
                self._done(waiting)
        self._give_up()

    def _take(self) -> tuple[list[_Job], bool]:
        """Wait for work, take what else is there, and say whether more may come."""
        jobs: list[_Job] = []
        try:
            job = self._queue.get(timeout=IDLE_S)
        except Empty:
            self._give_up()
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

    def _done(self, jobs: list[_Job]) -> None:
        """Run *jobs* and answer each, whatever happens: nobody waits for ever, not even for a fault of ours."""
        try:
            trouble: BaseException | None = self._tried(jobs)
        except Exception as error:
            log.exception("writing to %s failed", self._database.place)
            self._give_up()
            trouble = error
        for job in jobs:
            failed = trouble or job.error
            if failed is None:
                job.future.set_result(job.result)
            else:
                job.future.set_exception(failed)

    def _tried(self, jobs: list[_Job]) -> StoreError | None:
        """One transaction of all *jobs*, run again while that may help; what has kept all of them from being stored."""
        for tries in range(1, TRIES + 1):
            try:
                return self._transacted(jobs)
            except _AgainError as again:
                cause = again.__cause__
                assert cause is not None, "it is raised from what went wrong"
                if is_lost(cause):
                    self._give_up()
                elif not self._roll_back():
                    return StoreAway(f"{self._database.place} cannot be reached: {cause}")
                if tries == TRIES:
                    return store_error(cause, self._database.place)
                time.sleep(random.uniform(0, 0.02 * tries))  # noqa: S311 - so that two do not meet again
        raise AssertionError("the last try returns")

    def _transacted(self, jobs: list[_Job]) -> StoreError | None:
        """One transaction of *jobs*. Raises `_AgainError`."""
        try:
            session = self._session = self._session or _Session(
                self._database, self._compression, self._handle
            )
            session.numbers.begin()
        except OrganizationNotFound as error:
            return StoreUnwritable(str(error), hint=error.advice)
        except (psycopg.Error, StoreError) as error:
            if is_lost(error) or may_pass(error):
                raise _AgainError from error
            self._roll_back()
            return store_error(error, self._database.place) or StoreError(str(error))
        session.remembered.begin(session.numbers.figures)
        kept, guard = False, None if len(jobs) == 1 else b"SAVEPOINT job"
        for job in jobs:
            is_kept = self._run(session, job, guard)
            kept |= is_kept
            if guard is not None:
                # After an undoing the savepoint is still there, and nothing behind it.
                guard = b"RELEASE SAVEPOINT job; SAVEPOINT job" if is_kept else b""
        if kept:
            return self._settled(session)
        self._roll_back()
        return None

    def _run(self, session: _Session, job: _Job, guard: bytes | None) -> bool:
        """Do one job inside the transaction; whether it is to be kept. Raises `_AgainError`.

        *guard* makes the savepoint that the job can be undone to; None where it is alone.
        """
        mark, nodes_mark = session.numbers.mark, session.remembered.nodes.mark
        try:
            if guard:
                session.link.execute(guard)
            job.error = None
            job.result = job.work(session.transaction)
        except BaseException as error:
            if is_lost(error) or may_pass(error) or session.link.closed:
                raise _AgainError from error
            job.error = store_error(error, self._database.place) or error
            session.remembered.forget()
            session.remembered.nodes.take_back_to(nodes_mark)
            if guard is not None:
                try:
                    session.link.execute("ROLLBACK TO SAVEPOINT job")
                except psycopg.Error as undoing:
                    raise _AgainError from undoing
                session.numbers.undo_to(mark)
            return False
        return True

    def _settled(self, session: _Session) -> StoreError | None:
        """Commit, and tell of it. Raises `_AgainError` where it is certain that nothing happened."""
        numbers = session.numbers
        try:
            numbers.commit(
                partial(nodes.write, session.link, self._database.organization, session.remembered.nodes)
            )
        except psycopg.Error as error:
            if may_pass(error):
                raise _AgainError from error
            log.error("commit to %s failed: %s", self._database.place, error)  # noqa: TRY400 - expected of a server
            trouble = store_error(error, self._database.place)
            is_certain = not is_lost(error) and self._roll_back()
            self._give_up()
            if is_certain:
                return trouble or StoreUnwritable(f"{self._database.place} refuses the commit: {error}")
            self._tell(numbers.began.events, ())
            return OutcomeUnknown(
                f"{self._database.place}: the commit failed ({error}) and may have taken effect; send the same again"
            )
        session.remembered.committed(numbers.figures)
        if numbers.events:
            self._tell(numbers.began.events, tuple(numbers.events))
        return None

    def _tell(self, before: int, events: tuple[Event, ...]) -> None:
        try:
            self._committed(before, events)
        except Exception:
            # The data is durable; a fault in telling others must not stop the writer.
            log.exception("announcing %d events failed", len(events))

    def _roll_back(self) -> bool:
        """Whether the connection is of use still, with no transaction; else it is given up, which ends that, too."""
        session = self._session
        if session is not None:
            session.remembered.lost()
            try:
                session.link.execute("ROLLBACK")
            except psycopg.Error as error:
                log.warning("the connection to %s is given up: %s", self._database.place, error)
                self._give_up()
        return self._session is not None

    def _give_up(self) -> None:
        """Close the connection; the next work has a new one."""
        session, self._session = self._session, None
        if session is not None:
            session.link.close()
