"""`EventStream` on PostgreSQL. The statement that adds events is in `numbers.py`, that which follows in `following.py`."""

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from darwinflow.model.errors import StoreDamaged
from darwinflow.model.event import KEPT_EVENTS, TRIM_EVERY, TRIMMED_AT_ONCE, Event
from darwinflow.storage.compact_json import compact
from darwinflow.storage.postgres.database import Link
from darwinflow.storage.postgres.numbers import Numbers, refuse_reading
from darwinflow.storage.postgres.texts import restored, storable

EventRow = tuple[int, str, str | None, str, int]
"""number, topic, key, payload, created"""


class PostgresEventStream:
    """*numbers* is None in a transaction that reads."""

    __slots__ = ("_link", "_numbers", "_organization")

    def __init__(self, link: Link, organization: str, numbers: Numbers | None) -> None:
        self._link = link
        self._organization = organization
        self._numbers = numbers

    def publish(self, topic: str, key: str | None, payload: Mapping[str, object]) -> int:
        if self._numbers is None:
            raise refuse_reading()
        offset = self._numbers.next_event
        self._numbers.payloads.append(compact(payload))
        self._numbers.events.append(
            Event(offset, topic, key, payload, datetime.fromtimestamp(self._numbers.now, UTC))
        )
        if not offset % TRIM_EVERY:
            self._trim(offset - KEPT_EVENTS)
        return offset

    def read_since(self, topic: str, offset: int, limit: int) -> tuple[Event, ...]:
        self._send()
        rows = self._link.execute(
            """
            SELECT number, topic, key, payload, created FROM darwinflow.event
            WHERE organization = %(organization)s AND topic = %(topic)s AND number > %(offset)s
            ORDER BY number LIMIT %(limit)s
            """,
            {
                "organization": self._organization,
                "topic": storable(topic),
                "offset": offset,
                "limit": max(limit, 0),
            },
        ).fetchall()
        return tuple(event_from(row) for row in rows)

    def erase(self, topic: str, keys: Collection[str]) -> int:
        self._send()
        return self._link.execute(
            """
            DELETE FROM darwinflow.event
            WHERE organization = %(organization)s AND topic = %(topic)s AND key = ANY(%(keys)s)
            """,
            {
                "organization": self._organization,
                "topic": storable(topic),
                "keys": [storable(key) for key in keys],
            },
        ).rowcount

    def first_offset(self) -> int:
        self._send()
        row = self._link.execute(
            "SELECT min(number) FROM darwinflow.event WHERE organization = %(organization)s",
            {"organization": self._organization},
        ).fetchone()
        first: int | None = row[0] if row else None
        return self.last_offset() + 1 if first is None else first

    def last_offset(self) -> int:
        if self._numbers is not None:
            return self._numbers.next_event - 1
        row = self._link.execute(
            "SELECT events FROM darwinflow.counter WHERE organization = %(organization)s",
            {"organization": self._organization},
        ).fetchone()
        return row[0] if row else 0

    def save_offset(self, consumer: str, topic: str, offset: int) -> bool:
        saved = self._link.execute(
            """
            INSERT INTO darwinflow.consumer AS known (organization, name, topic, taken)
            VALUES (%(organization)s, %(consumer)s, %(topic)s, %(offset)s)
            ON CONFLICT (organization, name, topic) DO UPDATE SET taken = excluded.taken
                WHERE known.taken <= excluded.taken
            """,
            {
                "organization": self._organization,
                "consumer": storable(consumer),
                "topic": storable(topic),
                "offset": offset,
            },
        )
        return saved.rowcount == 1

    def saved_offset(self, consumer: str, topic: str) -> int:
        row = self._link.execute(
            """
            SELECT taken FROM darwinflow.consumer
            WHERE organization = %(organization)s AND name = %(consumer)s AND topic = %(topic)s
            """,
            {"organization": self._organization, "consumer": storable(consumer), "topic": storable(topic)},
        ).fetchone()
        return row[0] if row else 0

    def _trim(self, last: int) -> None:
        """Drop events up to *last*, the oldest first."""
        self._link.execute(
            """
            DELETE FROM darwinflow.event
            WHERE organization = %(organization)s AND number <= least(
                %(last)s,
                (SELECT min(number) FROM darwinflow.event WHERE organization = %(organization)s) + %(most)s - 1
            )
            """,
            {"organization": self._organization, "last": last, "most": TRIMMED_AT_ONCE},
        )

    def _send(self) -> None:
        if self._numbers is not None:
            self._numbers.send()


def events_after(link: Link, organization: str, number: int, limit: int) -> tuple[Event, ...]:
    """Of all topics, ascending."""
    rows = link.execute(
        """
        SELECT number, topic, key, payload, created FROM darwinflow.event
        WHERE organization = %(organization)s AND number > %(number)s ORDER BY number LIMIT %(limit)s
        """,
        {"organization": organization, "number": number, "limit": limit},
    ).fetchall()
    return tuple(event_from(row) for row in rows)


def event_from(row: EventRow) -> Event:
    """Raises `StoreDamaged`."""
    number, topic, key, payload, created = row
    try:
        return Event(
            number,
            restored(topic),
            None if key is None else restored(key),
            json.loads(payload),
            datetime.fromtimestamp(created, UTC),
        )
    except (ValueError, TypeError, OverflowError) as error:
        raise StoreDamaged(f"stored event {number} cannot be read: {error}") from error
