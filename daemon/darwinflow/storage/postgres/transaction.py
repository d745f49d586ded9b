"""One connection's side of a `Transaction`."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from darwinflow.model.event import FIGURES_TOPIC
from darwinflow.ports.events import EventStream
from darwinflow.ports.journals import JournalOffsets
from darwinflow.ports.logs import LogRepository
from darwinflow.ports.metrics import MetricsRepository
from darwinflow.ports.outbox import Outbox
from darwinflow.storage.compression import Compression
from darwinflow.storage.figures import CountedRun, FigureRow
from darwinflow.storage.postgres.database import Database, Link
from darwinflow.storage.postgres.events import PostgresEventStream
from darwinflow.storage.postgres.figures import put_figures
from darwinflow.storage.postgres.journals import PostgresJournalOffsets
from darwinflow.storage.postgres.logs import PostgresLogRepository
from darwinflow.storage.postgres.metrics import PostgresMetricsRepository
from darwinflow.storage.postgres.numbers import Numbers, refuse_reading
from darwinflow.storage.postgres.outbox import PostgresOutbox
from darwinflow.storage.postgres.remembered import Remembered

T = TypeVar("T")


class Writing(NamedTuple):
    """What a connection that writes knows beyond one transaction."""

    numbers: Numbers
    remembered: Remembered


class PostgresTransaction:
    """*writing* is None in a transaction that reads."""

    __slots__ = ("_writing", "compression", "connection", "events", "journals", "organization", "outbox")

    def __init__(
        self, connection: Link, database: Database, compression: Compression, writing: Writing | None
    ) -> None:
        numbers = None if writing is None else writing.numbers
        self.connection = connection
        self.organization = database.organization
        self.compression = compression
        self._writing = writing
        self.events: EventStream = PostgresEventStream(connection, database.organization, numbers)
        self.journals: JournalOffsets = PostgresJournalOffsets(connection, database.organization)
        self.outbox: Outbox = PostgresOutbox(connection, database.organization, numbers)

    def logs(self, project: str) -> LogRepository:
        return PostgresLogRepository(self.connection, self.organization, project, self.compression)

    def metrics(self, project: str) -> MetricsRepository:
        numbers, remembered = self._writing or (None, None)
        return PostgresMetricsRepository(self.connection, self.organization, project, numbers, remembered)

    def put_figures(self, rows: Sequence[FigureRow], counted: Sequence[CountedRun]) -> None:
        """See `storage.figures.Figures`."""
        if self._writing is None:
            raise refuse_reading()
        pending = self._writing.remembered.nodes
        put_figures(self.connection, self.organization, rows, counted, pending)
        self._writing.numbers.count_figures()
        self._writing.remembered.forget()
        self.events.publish(FIGURES_TOPIC, None, {})

    def attempt(self, work: Callable[[], T]) -> T:
        self.connection.execute("SAVEPOINT attempt")
        mark = None if self._writing is None else self._writing.numbers.mark
        nodes_mark = 0 if self._writing is None else self._writing.remembered.nodes.mark
        try:
            result = work()
        except BaseException:
            if not self.connection.closed:
                self.connection.execute("ROLLBACK TO SAVEPOINT attempt; RELEASE SAVEPOINT attempt")
            if self._writing is not None and mark is not None:
                self._writing.numbers.undo_to(mark)
                self._writing.remembered.forget()
                self._writing.remembered.nodes.take_back_to(nodes_mark)
            raise
        self.connection.execute("RELEASE SAVEPOINT attempt")
        return result
