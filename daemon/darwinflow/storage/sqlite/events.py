"""`EventStream` on Honker's SQL functions."""

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

import apsw

from darwinflow.model.errors import StoreDamaged
from darwinflow.model.event import KEPT_EVENTS, TRIM_EVERY, TRIMMED_AT_ONCE, Event
from darwinflow.storage.compact_json import compact, compact_bytes
from darwinflow.storage.sqlite.fetch import Values, bindable, fetch


class HonkerEventStream:
    """The functions are installed on the connection by `honker.install`."""

    __slots__ = ("_db", "_published")

    def __init__(self, db: apsw.Connection, published: list[Event]) -> None:
        self._db = db
        self._published = published

    def publish(self, topic: str, key: str | None, payload: Mapping[str, object]) -> int:
        offset = self._number(
            "SELECT honker_stream_publish(:topic, :key, :payload)",
            {"topic": topic, "key": key, "payload": compact_bytes(payload).decode()},
        )
        if not offset % TRIM_EVERY:
            self._trim(offset - KEPT_EVENTS)
        self._published.append(Event(offset, topic, key, payload, datetime.now(UTC).replace(microsecond=0)))
        return offset

    def read_since(self, topic: str, offset: int, limit: int) -> tuple[Event, ...]:
        found = fetch(
            self._db,
            "SELECT honker_stream_read_since(:topic, :offset, :limit)",
            {"topic": topic, "offset": offset, "limit": max(limit, 0)},  # a negative one would mean all
        )[0][0]
        try:
            return tuple(_event_from(event) for event in json.loads(found))
        except ValueError as error:
            raise StoreDamaged(f"a stored event cannot be read: {error}") from error

    def erase(self, topic: str, keys: Collection[str]) -> int:
        # Honker has no function for this either.
        gone = fetch(
            self._db,
            """
            DELETE FROM _honker_stream
            WHERE topic = :topic AND key IN (SELECT value FROM json_each(:keys)) RETURNING 1
            """,
            {"topic": topic, "keys": compact([bindable(key) for key in keys])},
        )
        return len(gone)

    def first_offset(self) -> int:
        first = fetch(self._db, "SELECT min(offset) FROM _honker_stream")[0][0]
        return self.last_offset() + 1 if first is None else int(first)

    def last_offset(self) -> int:
        # Honker has no function for it. Rows may go, the sequence stays.
        rows = fetch(self._db, "SELECT seq FROM sqlite_sequence WHERE name = '_honker_stream'")
        return int(rows[0][0]) if rows else 0

    def save_offset(self, consumer: str, topic: str, offset: int) -> bool:
        # The function answers 0 also where the same offset is saved again, which is no step back.
        saved = self._number(
            "SELECT honker_stream_save_offset(:consumer, :topic, :offset)",
            {"consumer": consumer, "topic": topic, "offset": offset},
        )
        return saved == 1 or self.saved_offset(consumer, topic) == offset

    def saved_offset(self, consumer: str, topic: str) -> int:
        return self._number(
            "SELECT honker_stream_get_offset(:consumer, :topic)", {"consumer": consumer, "topic": topic}
        )

    def _trim(self, last: int) -> None:
        """Drop events up to *last*, the oldest first."""
        fetch(
            self._db,
            """
            DELETE FROM _honker_stream
            WHERE offset <= min(:last, (SELECT min(offset) FROM _honker_stream) + :most - 1)
            """,
            {"last": last, "most": TRIMMED_AT_ONCE},
        )

    def _number(self, statement: str, values: Values) -> int:
        return int(fetch(self._db, statement, values)[0][0])


def _event_from(row: dict[str, Any]) -> Event:
    return Event(
        offset=row["offset"],
        topic=row["topic"],
        key=row["key"],
        payload=json.loads(row["payload"]),
        created_at=datetime.fromtimestamp(row["created_at"], UTC),
    )
