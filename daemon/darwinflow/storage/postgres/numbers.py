"""What is numbered in the order of commits, events and the outbox's entries, and waits for the end of the transaction.

Who writes holds the organization's row in `counter`, so the next number is known without asking, and all rows of a
transaction go to the server in one statement a table, together with its commit.
"""

from collections.abc import Callable
from typing import NamedTuple

from darwinflow.model.errors import StoreUnwritable
from darwinflow.model.event import Event
from darwinflow.ports.outbox import Pending
from darwinflow.storage.postgres.database import Database, Link
from darwinflow.storage.postgres.texts import storable

_PUBLISH = """
INSERT INTO darwinflow.event (organization, number, topic, key, payload, created)
SELECT %(organization)s, told.number, told.topic, told.key, told.payload, %(created)s
FROM unnest(%(numbers)b::bigint[], %(topics)b::text[], %(keys)b::text[], %(payloads)b::text[])
    AS told (number, topic, key, payload)
"""

_TELL = """
WITH published AS (
    INSERT INTO darwinflow.event (organization, number, topic, key, payload, created)
    SELECT %(organization)s, told.number, told.topic, told.key, told.payload, %(created)s
    FROM unnest(%(numbers)b::bigint[], %(topics)b::text[], %(keys)b::text[], %(payloads)b::text[])
        AS told (number, topic, key, payload)
), counted AS (
    UPDATE darwinflow.counter SET events = %(last_event)s, pending = %(last_pending)s, figures = %(figures)s
    WHERE organization = %(organization)s
)
SELECT pg_notify(%(channel)s, %(told)s) WHERE %(channel)s::text IS NOT NULL
"""
"""The last statement before a commit."""


class Counter(NamedTuple):
    """What the organization's row says."""

    events: int
    pending: int
    figures: int


class Mark(NamedTuple):
    """A moment in a transaction."""

    events: int
    events_sent: int
    pending: int
    pending_sent: int
    figures: int


class Numbers:
    """Of one connection that writes; `begin` starts each transaction."""

    __slots__ = (
        "_database",
        "_events_sent",
        "_figures",
        "_handle",
        "_link",
        "_pending_sent",
        "began",
        "events",
        "now",
        "payloads",
        "pending",
    )

    def __init__(self, link: Link, database: Database, handle: str) -> None:
        """*handle* is told with each commit, for those who know already what it has done."""
        self._link = link
        self._database = database
        self._handle = handle
        self.began = Counter(0, 0, 0)
        self.now = 0
        """Seconds since 1970 by the server's clock, which is one for all daemons, at the transaction's beginning."""
        self.events: list[Event] = []
        self.payloads: list[str] = []
        """Of the events, as they are stored."""
        self.pending: list[Pending] = []
        self._events_sent = 0
        self._pending_sent = 0
        self._figures = 0

    def begin(self) -> None:
        """Begin a transaction: waits for who else writes in this organization, here or in another daemon."""
        cursor = self._link.execute(self._database.begin)
        cursor.nextset()
        row = cursor.fetchone()
        if row is None or row[0] is None:
            raise StoreUnwritable(
                f"this role is no longer a member of organization {self._database.organization} in "
                f"{self._database.place}",
                hint="ask who looks after the database to admit your role",
            )
        self.began = Counter(*row[:3])
        self.now = row[3]
        self.undo_to(Mark(0, 0, 0, 0, 0))

    @property
    def mark(self) -> Mark:
        return Mark(len(self.events), self._events_sent, len(self.pending), self._pending_sent, self._figures)

    def undo_to(self, mark: Mark) -> None:
        """After the server has undone as much."""
        del self.events[mark.events :]
        del self.payloads[mark.events :]
        del self.pending[mark.pending :]
        self._events_sent, self._pending_sent, self._figures = (
            mark.events_sent,
            mark.pending_sent,
            mark.figures,
        )

    @property
    def next_event(self) -> int:
        return self.began.events + len(self.events) + 1

    @property
    def next_pending(self) -> int:
        return self.began.pending + len(self.pending) + 1

    @property
    def figures(self) -> int:
        """Tells one state of all summaries from another, with every change that this transaction has made."""
        return self.began.figures + self._figures

    def count_figures(self) -> None:
        """A summary has changed."""
        self._figures += 1

    def send(self) -> None:
        """Write what waits, so that statements of this transaction see it."""
        self._send_events(self.events[self._events_sent :], self.payloads[self._events_sent :])
        self._send_pending(self.pending[self._pending_sent :])
        self._events_sent, self._pending_sent = len(self.events), len(self.pending)

    def commit(self, before: Callable[[], object]) -> None:
        """All in one exchange with the server, the commit included. *before* sends what else waits for it."""
        if self.mark == Mark(0, 0, 0, 0, 0):
            self._link.execute("COMMIT")
            return
        events = self.events[self._events_sent :]
        with self._link.pipeline():
            before()
            self._send_pending(self.pending[self._pending_sent :])
            self._link.execute(
                _TELL,
                {
                    **self._values_of(events, self.payloads[self._events_sent :]),
                    "last_event": self.next_event - 1,
                    "last_pending": self.next_pending - 1,
                    "figures": self.figures,
                    "channel": self._database.channel if self.events else None,
                    "told": f"{self.next_event - 1} {self._handle}",
                },
            )
            self._link.execute("COMMIT")

    def _send_events(self, events: list[Event], payloads: list[str]) -> None:
        if events:
            self._link.execute(_PUBLISH, self._values_of(events, payloads))

    def _values_of(self, events: list[Event], payloads: list[str]) -> dict[str, object]:
        return {
            "organization": self._database.organization,
            "created": self.now,
            "numbers": [event.offset for event in events],
            "topics": [storable(event.topic) for event in events],
            "keys": [None if event.key is None else storable(event.key) for event in events],
            "payloads": payloads,
        }

    def _send_pending(self, pending: list[Pending]) -> None:
        if not pending:
            return
        self._link.execute(
            """
            INSERT INTO darwinflow.outbox (organization, number, project, run, kind)
            SELECT %(organization)s, put.number, put.project, put.run, put.kind
            FROM unnest(%(numbers)b::bigint[], %(projects)b::text[], %(runs)b::text[], %(kinds)b::text[])
                AS put (number, project, run, kind)
            """,
            {
                "organization": self._database.organization,
                "numbers": [one.number for one in pending],
                "projects": [storable(one.project) for one in pending],
                "runs": [storable(one.run_id) for one in pending],
                "kinds": [storable(one.kind) for one in pending],
            },
        )


def refuse_reading() -> StoreUnwritable:
    """What a transaction that reads says to a change, where the server would not."""
    return StoreUnwritable("this transaction reads")
