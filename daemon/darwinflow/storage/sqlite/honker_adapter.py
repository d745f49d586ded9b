"""Honker's SQL functions in Python, over Honker's own tables, for machines where its extension does not load.

Only the functions that are used. What each returns is held to the extension by `tests/contract`.
"""

import json
from collections.abc import Callable

import apsw

from darwinflow.storage.sqlite.fetch import fetch

SqlFunction = Callable[..., int | str]

_TABLES = """
CREATE TABLE IF NOT EXISTS _honker_notifications (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL DEFAULT (unixepoch())
);
CREATE INDEX IF NOT EXISTS _honker_notifications_recent ON _honker_notifications (channel, id);
CREATE TABLE IF NOT EXISTS _honker_stream (
    offset INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,
    key TEXT,
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL DEFAULT (unixepoch())
);
CREATE INDEX IF NOT EXISTS _honker_stream_topic ON _honker_stream (topic, offset);
CREATE TABLE IF NOT EXISTS _honker_stream_consumers (
    name TEXT NOT NULL,
    topic TEXT NOT NULL,
    offset INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (name, topic)
);
"""

_KINDS = {type(None): "Null", int: "Integer", float: "Real", bytes: "Blob", str: "Text"}


def register(db: apsw.Connection) -> None:
    """Make the functions callable on *db*, from statements alone and never from what a file's schema says."""
    functions = _Functions(db)
    table: tuple[tuple[str, int, SqlFunction], ...] = (
        ("honker_bootstrap", 0, functions.bootstrap),
        ("notify", 2, functions.notify),
        ("honker_stream_publish", 3, functions.stream_publish),
        ("honker_stream_read_since", 3, functions.stream_read_since),
        ("honker_stream_save_offset", 3, functions.stream_save_offset),
        ("honker_stream_get_offset", 2, functions.stream_get_offset),
    )
    for name, arguments, function in table:
        db.create_scalar_function(name, function, arguments, flags=apsw.SQLITE_DIRECTONLY)


class _Functions:
    __slots__ = ("_db",)

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db

    def bootstrap(self) -> int:
        fetch(self._db, _TABLES)
        return 1

    def notify(self, channel: object, payload: object) -> int:
        fetch(
            self._db,
            "INSERT INTO _honker_notifications (channel, payload) VALUES (:channel, :payload)",
            {"channel": _text(channel, 0), "payload": _text(payload, 1)},
        )
        return self._db.last_insert_rowid()

    def stream_publish(self, topic: object, key: object, payload: object) -> int:
        fetch(
            self._db,
            "INSERT INTO _honker_stream (topic, key, payload) VALUES (:topic, :key, :payload)",
            {
                "topic": _text(topic, 0),
                "key": None if key is None else _text(key, 1),
                "payload": _text(payload, 2),
            },
        )
        return self._db.last_insert_rowid()

    def stream_read_since(self, topic: object, offset: object, limit: object) -> str:
        rows = fetch(
            self._db,
            """
            SELECT created_at, key, offset, payload, topic FROM _honker_stream
            WHERE topic = :topic AND offset > :offset ORDER BY offset LIMIT :limit
            """,
            {"topic": _text(topic, 0), "offset": _integer(offset, 1), "limit": _integer(limit, 2)},
        )
        names = ("created_at", "key", "offset", "payload", "topic")
        return json.dumps(
            [dict(zip(names, row, strict=True)) for row in rows], ensure_ascii=False, separators=(",", ":")
        )

    def stream_save_offset(self, consumer: object, topic: object, offset: object) -> int:
        saved = fetch(
            self._db,
            """
            INSERT INTO _honker_stream_consumers (name, topic, offset) VALUES (:name, :topic, :offset)
            ON CONFLICT (name, topic) DO UPDATE SET offset = excluded.offset WHERE excluded.offset > offset
            RETURNING 1
            """,
            {"name": _text(consumer, 0), "topic": _text(topic, 1), "offset": _integer(offset, 2)},
        )
        return len(saved)

    def stream_get_offset(self, consumer: object, topic: object) -> int:
        rows = fetch(
            self._db,
            "SELECT offset FROM _honker_stream_consumers WHERE name = :name AND topic = :topic",
            {"name": _text(consumer, 0), "topic": _text(topic, 1)},
        )
        return int(rows[0][0]) if rows else 0


def _text(value: object, index: int) -> str:
    if isinstance(value, str):
        return value
    raise _wrong(value, index)


def _integer(value: object, index: int) -> int:
    if isinstance(value, int):
        return value
    raise _wrong(value, index)


def _wrong(value: object, index: int) -> apsw.SQLError:
    """In the extension's words."""
    return apsw.SQLError(f"Invalid function parameter type {_KINDS[type(value)]} at index {index}")
