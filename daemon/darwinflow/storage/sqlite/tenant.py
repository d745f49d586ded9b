"""`TenantStore` on one SQLite file."""

import logging
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from typing import TypeVar

import apsw

from darwinflow.model.errors import StoreError
from darwinflow.model.event import Event
from darwinflow.model.stores import POWER, PROCESS
from darwinflow.ports.events import EventStream
from darwinflow.ports.inspection import Content
from darwinflow.ports.journals import JournalOffsets
from darwinflow.ports.logs import LogRepository
from darwinflow.ports.metrics import MetricsRepository
from darwinflow.ports.outbox import Outbox
from darwinflow.storage.figures import CountedRun, FigureRow
from darwinflow.storage.pending_nodes import PendingNodes
from darwinflow.storage.sizes import size_of
from darwinflow.storage.sqlite import honker, nodes
from darwinflow.storage.sqlite.acknowledged import Acknowledged, changes_in
from darwinflow.storage.sqlite.bodies import CompressedBodies
from darwinflow.storage.sqlite.connection import TENANT, connect, connect_reader, let_go
from darwinflow.storage.sqlite.counts import counts_in
from darwinflow.storage.sqlite.dictionaries import keep_dictionary
from darwinflow.storage.sqlite.events import HonkerEventStream
from darwinflow.storage.sqlite.faults import store_error
from darwinflow.storage.sqlite.fetch import fetch
from darwinflow.storage.sqlite.figures import figures_in, put_figures
from darwinflow.storage.sqlite.journals import SqliteJournalOffsets
from darwinflow.storage.sqlite.logs import SqliteLogRepository
from darwinflow.storage.sqlite.lost import BESIDE, set_aside_where_told
from darwinflow.storage.sqlite.metrics import SqliteMetricsRepository
from darwinflow.storage.sqlite.outbox import SqliteOutbox
from darwinflow.storage.sqlite.owner import claim
from darwinflow.storage.sqlite.readers import Readers
from darwinflow.storage.sqlite.remembered import Durations
from darwinflow.storage.sqlite.replacing import finish_replacing
from darwinflow.storage.sqlite.scrubbing import cut_wal, give_back
from darwinflow.storage.sqlite.verifying import faults_in, projects_in
from darwinflow.storage.sqlite.writer import Writer

log = logging.getLogger(__name__)

T = TypeVar("T")

Announce = Callable[[tuple[Event, ...]], None]
"""Called in the writer's thread, in the order of commits, with what a commit has made durable. Must not block."""


def announce_nothing(events: tuple[Event, ...]) -> None:
    """For stores that nobody subscribes to."""


class SqliteTransaction:
    """One connection's side of a `Transaction`; it outlives the single transactions."""

    __slots__ = (
        "_acknowledged",
        "_announce",
        "_bodies",
        "_changes",
        "_data_version",
        "_done",
        "_durations",
        "_nodes",
        "_nodes_done",
        "_noted",
        "connection",
        "events",
        "journals",
        "outbox",
    )

    def __init__(self, connection: apsw.Connection, announce: Announce, acknowledged: Acknowledged) -> None:
        self.connection = connection
        self._acknowledged = acknowledged
        self._changes = 0
        self._announce = announce
        self._noted: list[Event] = []
        self._done: list[Event] = []
        self._bodies = CompressedBodies(connection)
        self._durations: Durations = {}
        self._nodes = PendingNodes()
        self._nodes_done = 0
        self._data_version = 0
        self.events: EventStream = HonkerEventStream(connection, self._noted)
        self.journals: JournalOffsets = SqliteJournalOffsets(connection)
        self.outbox: Outbox = SqliteOutbox(connection)

    def logs(self, project: str) -> LogRepository:
        return SqliteLogRepository(self.connection, project, self._bodies)

    def metrics(self, project: str) -> MetricsRepository:
        return SqliteMetricsRepository(self.connection, project, self._durations, self._nodes)

    def put_figures(self, rows: Sequence[FigureRow], counted: Sequence[CountedRun]) -> None:
        put_figures(self.connection, rows, counted, self._nodes)
        self._durations.clear()

    def attempt(self, work: Callable[[], T]) -> T:
        db, noted, nodes_mark = self.connection, len(self._noted), self._nodes.mark
        db.execute("SAVEPOINT attempt")
        try:
            result = work()
            db.execute("RELEASE attempt")
        except BaseException:
            # Where SQLite has undone everything by itself (disk full, I/O error), there is no savepoint.
            if db.in_transaction:
                db.execute("ROLLBACK TO attempt")
                db.execute("RELEASE attempt")
            del self._noted[noted:]
            self._nodes.take_back_to(nodes_mark)
            self._durations.clear()
            raise
        return result

    def begun(self) -> None:
        # It changes when another connection has committed, and stays as it is at our own commits.
        data_version = fetch(self.connection, "PRAGMA data_version")[0][0]
        if data_version != self._data_version:
            self._data_version = data_version
            self._durations.clear()
            self._nodes.forget()

    def undone(self) -> None:
        self._noted.clear()
        self._durations.clear()
        self._nodes.take_back_to(self._nodes_done)

    def done(self) -> None:
        self._done += self._noted
        self._noted.clear()
        self._nodes_done = self._nodes.mark

    def prepare(self) -> None:
        nodes.write(self.connection, self._nodes)
        self._nodes_done = 0
        self._changes = changes_in(self.connection)

    def durable(self) -> None:
        self._acknowledged.note(self._changes)

    def committed(self) -> None:
        events = tuple(self._done)
        self._done.clear()
        if events:
            try:
                self._announce(events)
            except Exception:
                # The data is durable and its callers know; a fault in telling others must not stop the writer.
                log.exception("announcing %d events failed", len(events))

    def lost(self) -> None:
        self._noted.clear()
        self._done.clear()
        self._durations.clear()
        self._nodes.forget()
        self._nodes_done = 0


class SqliteTenantStore:
    """One organization's database, with one thread that writes and a few that read.

    It is made where it is missing, unless it *is_known* that something was stored in it.
    *organization* is the id of whose it is, which it is refused for where it says another; empty: whosever.
    *extension* is the path of Honker's loadable extension; without one our adapter does the same.
    *durability* `process`: commits are not synced, and survive the end of any process but no power cut.
    """

    def __init__(
        self,
        path: str,
        *,
        extension: str | None = None,
        announce: Announce = announce_nothing,
        is_known: bool = False,
        durability: str = POWER,
        organization: str = "",
    ) -> None:
        self.path = path
        self._organization = organization
        finish_replacing(path)
        self._is_known = not set_aside_where_told(path) and is_known
        self._extension = extension
        self._announce = announce
        self._is_synced = durability != PROCESS
        self._acknowledged = Acknowledged(path, is_kept=self._is_synced)
        self._writer: Writer[SqliteTransaction] = Writer(path, self._open_writer(), self._open_writer)
        self._readers: Readers[SqliteTransaction] = Readers(path, self._open_reader)

    def write(self, work: Callable[[SqliteTransaction], T]) -> "Future[T]":
        return self._writer.write(work)

    def read(self, work: Callable[[SqliteTransaction], T]) -> T:
        return self._readers.read(work)

    def inspect(self) -> Content:
        counts = self.read(lambda tx: counts_in(tx.connection))
        return Content(self.path, size_of(*(self.path + suffix for suffix in BESIDE)), counts)

    def verify(self) -> tuple[str, ...]:
        return self.read(lambda tx: faults_in(tx.connection))

    def projects(self) -> tuple[str, ...]:
        return self.read(lambda tx: projects_in(tx.connection))

    def scrub(self, project: str, run_ids: Collection[str]) -> None:  # noqa: ARG002 - as in `LogStore`
        cut_wal(self.path)

    def give_back(self, pages: int) -> int:
        return self.write(lambda tx: give_back(tx.connection, pages)).result()

    def figures(self) -> tuple[list[FigureRow], list[CountedRun]]:
        return self.read(lambda tx: figures_in(tx.connection))

    def put_figures(self, rows: Sequence[FigureRow], counted: Sequence[CountedRun]) -> None:
        self.write(lambda tx: tx.put_figures(rows, counted)).result()

    def close(self) -> None:
        """Finish what was accepted, then let go of the files. May be called again."""
        self._readers.close()
        self._writer.close()

    def _open_writer(self) -> SqliteTransaction:
        db = connect(self.path, TENANT, is_known=self._is_known)
        self._is_known = True
        session = self._prepared(db, self._announce, self._begin_writing)
        if not self._is_synced:
            # A power cut takes what was committed since the last checkpoint, and never breaks the database.
            db.pragma("synchronous", "normal")
        self._acknowledged.begin()
        return session

    def _begin_writing(self, db: apsw.Connection) -> None:
        if self._organization:
            claim(db, self.path, self._organization)
        _begin_writing(db)

    def _open_reader(self) -> SqliteTransaction:
        return self._prepared(connect_reader(self.path), announce_nothing, _begin_reading)

    def _prepared(
        self, db: apsw.Connection, announce: Announce, begin: Callable[[apsw.Connection], None]
    ) -> SqliteTransaction:
        try:
            honker.install(db, self._extension)
            begin(db)
        except (apsw.Error, StoreError) as error:
            let_go(db)
            raise store_error(error, self.path) or error from error
        return SqliteTransaction(db, announce, self._acknowledged)


def _begin_writing(db: apsw.Connection) -> None:
    # What a savepoint may need back is copied for each run, and would go through a temporary file.
    fetch(db, "PRAGMA temp_store = MEMORY")
    fetch(db, "SELECT honker_bootstrap()")
    keep_dictionary(db)


def _begin_reading(db: apsw.Connection) -> None:
    fetch(db, "PRAGMA query_only = ON")
