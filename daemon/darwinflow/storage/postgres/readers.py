"""Connections that read: a few, opened when they are needed, one caller at a time on each."""

from collections.abc import Callable
from typing import TypeVar

import psycopg
from psycopg_pool import ConnectionPool, PoolClosed

from darwinflow.model.errors import StoreAway
from darwinflow.storage.compression import Compression
from darwinflow.storage.postgres.database import Database, Link, parameters
from darwinflow.storage.postgres.faults import is_lost, store_error
from darwinflow.storage.postgres.transaction import PostgresTransaction
from darwinflow.storage.postgres.watched import WatchedConnection

T = TypeVar("T")

MOST_READERS = 4
"""Further callers wait."""

PATIENCE_S = 3.0
"""For a connection. Who asks shows what it has where the server is away."""

_IDLE_S = 60.0


class Readers:
    """A pool. Every reading is one transaction, so it sees one state."""

    def __init__(self, database: Database, *, is_away: bool) -> None:
        self._database = database
        self._must_look = is_away
        """The pool tries to connect in the dark, and for as long as it has patience: look first whether one can."""
        self._pool: ConnectionPool[Link] = ConnectionPool(
            connection_class=WatchedConnection,
            kwargs=parameters(database.dsn),
            configure=database.prepare,
            min_size=0,
            max_size=MOST_READERS,
            timeout=PATIENCE_S,
            reconnect_timeout=PATIENCE_S,
            max_idle=_IDLE_S,
            num_workers=1,
            name=f"readers of {database.place}",
            open=True,
        )

    def read(self, work: Callable[[PostgresTransaction], T]) -> T:
        """Where a connection turns out to be lost, *work* is run once more on another."""
        for _ in range(MOST_READERS + 1):
            if self._must_look:
                self._database.connect().close()
                self._must_look = False
            try:
                with self._pool.connection() as link:
                    return self._in_one_state(link, work)
            except PoolClosed:
                raise RuntimeError(f"{self._database.place} is closed") from None
            except psycopg.Error as error:
                if not is_lost(error):
                    raise store_error(error, self._database.place) or error from error
                self._must_look = True
        raise StoreAway(f"{self._database.place} gives no connection that lasts")

    def close(self) -> None:
        """Readings that are under way come to their end. May be called again."""
        self._pool.close()

    def _in_one_state(self, link: Link, work: Callable[[PostgresTransaction], T]) -> T:
        link.execute(self._database.begin_reading)
        try:
            return work(PostgresTransaction(link, self._database, Compression(), None))
        finally:
            if not link.closed:
                link.execute("ROLLBACK")
