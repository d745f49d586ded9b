"""Connections that read: a few, opened when they are needed, one caller at a time on each."""

import threading
from collections.abc import Callable
from queue import Empty, LifoQueue
from typing import Generic, TypeVar

import apsw

from darwinflow.storage.sqlite.connection import let_go
from darwinflow.storage.sqlite.faults import store_error
from darwinflow.storage.sqlite.writer import Session

S = TypeVar("S", bound=Session)
T = TypeVar("T")

MOST_READERS = 4
"""Further callers wait. Each connection costs two descriptors and its page cache."""


class Readers(Generic[S]):
    """A pool. Every reading is one transaction, so it sees one state."""

    def __init__(self, path: str, connect: Callable[[], S]) -> None:
        self._path = path
        self._connect = connect
        self._idle: LifoQueue[S] = LifoQueue()
        self._may_read = threading.Semaphore(MOST_READERS)
        self._closed = False

    def read(self, work: Callable[[S], T]) -> T:
        with self._may_read:
            session = self._take()
            try:
                return _in_one_state(session, work)
            except Exception as error:
                trouble = store_error(error, self._path)
                if trouble is None:
                    raise
                raise trouble from error
            finally:
                self._put_back(session)

    def close(self) -> None:
        """Wait for readings that are under way."""
        for _ in range(MOST_READERS):
            self._may_read.acquire()
        self._closed = True
        for _ in range(MOST_READERS):
            self._may_read.release()
        while not self._idle.empty():
            let_go(self._idle.get().connection)

    def _take(self) -> S:
        if self._closed:
            raise RuntimeError(f"{self._path} is closed")
        try:
            return self._idle.get_nowait()
        except Empty:
            return self._connect()

    def _put_back(self, session: S) -> None:
        """For the next reading; a connection whose transaction cannot be ended would fail it, and is let go."""
        try:
            is_idle = not session.connection.in_transaction
        except apsw.Error:
            is_idle = False
        if is_idle:
            self._idle.put(session)
        else:
            let_go(session.connection)


def _in_one_state(session: S, work: Callable[[S], T]) -> T:
    session.connection.execute("BEGIN")
    try:
        session.begun()
        return work(session)
    finally:
        if session.connection.in_transaction:
            session.connection.execute("ROLLBACK")
