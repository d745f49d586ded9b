"""`TenantStore` on PostgreSQL: one organization, shared by as many daemons as there are members."""

import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future
from typing import TypeVar

from darwinflow.model.errors import StoreAway
from darwinflow.model.event import Event
from darwinflow.model.run import ExecutionLog
from darwinflow.ports.inspection import Content
from darwinflow.storage.figures import CountedRun, FigureRow
from darwinflow.storage.postgres.bulk import import_logs
from darwinflow.storage.postgres.counts import counts_of, projects_of
from darwinflow.storage.postgres.database import database
from darwinflow.storage.postgres.events import PostgresEventStream, events_after
from darwinflow.storage.postgres.figures import figures_of
from darwinflow.storage.postgres.following import Announce, Follower
from darwinflow.storage.postgres.mending import mend_rows
from darwinflow.storage.postgres.readers import Readers
from darwinflow.storage.postgres.transaction import PostgresTransaction
from darwinflow.storage.postgres.writer import Writer

T = TypeVar("T")


class PostgresTenantStore:
    """One handle, with one thread that writes, one that follows where *announce* is given, and a few connections.

    *dsn* names the database and a role that is a member of *organization* and nothing more. *announce* is told of
    each commit once, in order, those of other daemons included. It is opened also while the server is away: what
    is asked raises `StoreAway` until it is back. Raises `StoreUnwritable`, `SchemaTooNew`, `OrganizationNotFound`
    where waiting would not help.

    A piece of work that writes is run again from its beginning where the database asks for that, or the connection
    was lost before the commit: it must not change anything but the transaction.
    """

    def __init__(self, dsn: str, organization: str, *, announce: Announce | None = None) -> None:
        self._database = database(dsn, organization)
        self.place = self._database.place
        told, handle = self._last_event(), secrets.token_hex(8)
        self._readers = Readers(self._database, is_away=told is None)
        self._follower = None if announce is None else Follower(self._database, handle, announce, told)
        self._writer = Writer(self._database, handle, self._committed)

    def write(self, work: Callable[[PostgresTransaction], T]) -> "Future[T]":
        return self._writer.write(work)

    def read(self, work: Callable[[PostgresTransaction], T]) -> T:
        return self._readers.read(work)

    def inspect(self) -> Content:
        return Content(self.place, None, self.read(counts_of))

    def verify(self) -> tuple[str, ...]:
        """Nothing: its pages are the server's to look at."""
        return ()

    def mend(self, *, dry_run: bool) -> tuple[str, ...]:
        """See `Mendable`."""
        return mend_rows(self, dry_run=dry_run)

    def projects(self) -> tuple[str, ...]:
        return self.read(projects_of)

    def import_logs(self, project: str, logs: Iterable[ExecutionLog]) -> "Future[int]":
        """Keep finished runs by the thousand, in one transaction; how many of them are new.

        As `store_log` of each, without the hundredfold exchange with the server: for migration, and for files of
        CI jobs. Neither counts nor announces them. Raises through the future what `store_log` does, with nothing
        stored.
        """
        given = tuple(logs)
        return self._writer.write(lambda tx: import_logs(tx, project, given))

    def scrub(self, project: str, run_ids: Collection[str]) -> None:
        """The server's vacuum overwrites what was deleted, when it sees fit."""

    def told_after(self, number: int, limit: int) -> tuple[tuple[Event, ...], int]:
        """See `composed.sharing.SharedStore`."""
        return self.read(
            lambda tx: (
                events_after(tx.connection, tx.organization, number, limit),
                tx.events.last_offset(),
            )
        )

    def figures(self) -> tuple[list[FigureRow], list[CountedRun]]:
        return self.read(lambda tx: figures_of(tx.connection, tx.organization))

    def put_figures(self, rows: Sequence[FigureRow], counted: Sequence[CountedRun]) -> None:
        self.write(lambda tx: tx.put_figures(rows, counted)).result()

    def close(self) -> None:
        """Finish what was accepted, then let go of the connections. May be called again."""
        self._readers.close()
        self._writer.close()
        if self._follower is not None:
            self._follower.close()

    def _last_event(self) -> int | None:
        """Its number; None where the server is away. Raises where the database is not for us."""
        try:
            with self._database.connect() as link:
                link.execute(self._database.begin_reading)
                return PostgresEventStream(link, self._database.organization, None).last_offset()
        except StoreAway:
            return None

    def _committed(self, before: int, events: tuple[Event, ...]) -> None:
        if self._follower is not None:
            self._follower.committed(before, events)
