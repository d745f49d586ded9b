"""The index of logs that lie in files: tables as a tenant's database has them, and how far each file is in them.

It is derived, and may be thrown away at any time. What the files are and say is the file store's to know.
"""

import contextlib
import os
from typing import NamedTuple

import apsw

from darwinflow.model.errors import StoreError
from darwinflow.storage.sqlite.connection import Kind, connect, connect_reader, let_go
from darwinflow.storage.sqlite.faults import store_error
from darwinflow.storage.sqlite.fetch import bindable, fetch

INDEX = Kind(0x44464C49, "tenant")
"""Another layout gets another mark: an index that an older version has left is then none, and is made anew."""

_SUFFIXES = ("", "-wal", "-shm", "-journal")

_BESIDE_A_TENANTS = """
CREATE TABLE IF NOT EXISTS segment (
    name    TEXT PRIMARY KEY,
    covered INTEGER NOT NULL,          -- bytes of the file that are in this index
    batch   INTEGER NOT NULL,          -- the highest number of a batch in them
    tail    BLOB NOT NULL              -- the last of those bytes: is it still the same file
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS damaged (
    segment TEXT NOT NULL,
    start   INTEGER NOT NULL,
    length  INTEGER NOT NULL,
    PRIMARY KEY (segment, start)
) STRICT, WITHOUT ROWID;
"""


class Covered(NamedTuple):
    """How far a segment is in the index."""

    size: int
    batch: int
    tail: bytes


class Damaged(NamedTuple):
    """Bytes of a segment that are no record any more."""

    segment: str
    offset: int
    length: int


def open_index(path: str) -> apsw.Connection:
    """For writing. Raises what `connect` does; what `is_sound` says is not asked."""
    db = connect(path, INDEX)
    try:
        # What a power cut takes from it is read from the files again.
        db.pragma("synchronous", "normal")
        db.execute(_BESIDE_A_TENANTS)
    except apsw.Error as error:
        let_go(db)
        raise store_error(error, path) or error from error
    return db


def open_index_reader(path: str) -> apsw.Connection:
    db = connect_reader(path)
    db.pragma("query_only", 1)
    return db


def is_sound(path: str) -> bool:
    """Whether the pages of the index at *path* hang together."""
    try:
        db = open_index(path)
    except StoreError:
        return False
    try:
        return fetch(db, "PRAGMA quick_check(1)") == [("ok",)]
    except (apsw.Error, StoreError):
        return False
    finally:
        let_go(db)


def remove_index(path: str) -> None:
    for suffix in _SUFFIXES:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path + suffix)


class LogIndex:
    """The statements about `segment` and `damaged`, on one connection; and those that put a run elsewhere."""

    __slots__ = ("db",)

    def __init__(self, db: apsw.Connection) -> None:
        self.db = db

    def begin(self) -> None:
        self.db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self.db.execute("COMMIT")

    def roll_back(self) -> None:
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")

    def begin_attempt(self) -> None:
        self.db.execute("SAVEPOINT attempt")

    def end_attempt(self, *, undo: bool) -> None:
        # Where SQLite has undone everything by itself (disk full, I/O error), there is no savepoint.
        if self.db.in_transaction:
            if undo:
                self.db.execute("ROLLBACK TO attempt")
            self.db.execute("RELEASE attempt")

    def covered(self) -> dict[str, Covered]:
        """By the segment's name."""
        rows = fetch(self.db, "SELECT name, covered, batch, tail FROM segment")
        return {name: Covered(size, batch, tail) for name, size, batch, tail in rows}

    def covered_of(self, name: str) -> Covered | None:
        rows = fetch(self.db, "SELECT covered, batch, tail FROM segment WHERE name = :name", {"name": name})
        return Covered(*rows[0]) if rows else None

    def last_batch(self) -> int:
        return int(fetch(self.db, "SELECT coalesce(max(batch), 0) FROM segment")[0][0])

    def cover(self, name: str, covered: Covered) -> None:
        fetch(
            self.db,
            """
            INSERT INTO segment (name, covered, batch, tail) VALUES (:name, :size, :batch, :tail)
            ON CONFLICT (name) DO UPDATE SET
                covered = excluded.covered, batch = max(batch, excluded.batch), tail = excluded.tail
            """,
            {"name": name, "size": covered.size, "batch": covered.batch, "tail": covered.tail},
        )

    def note_damage(self, damaged: Damaged) -> None:
        fetch(
            self.db,
            """
            INSERT INTO damaged (segment, start, length) VALUES (:segment, :offset, :length)
            ON CONFLICT (segment, start) DO UPDATE SET length = excluded.length
            """,
            damaged._asdict(),
        )

    def damage(self) -> tuple[Damaged, ...]:
        rows = fetch(self.db, "SELECT segment, start, length FROM damaged ORDER BY segment, start")
        return tuple(Damaged(*row) for row in rows)

    def forget_damage(self, segment: str) -> None:
        fetch(self.db, "DELETE FROM damaged WHERE segment = :segment", {"segment": segment})

    def put_body(self, project: str, run_id: str, codec: int, before: bytes, after: bytes) -> None:
        """Where the body of a run is *before*, let it be *after*."""
        fetch(
            self.db,
            """
            UPDATE run_body SET body = :after
            WHERE run = (SELECT number FROM run WHERE project = :project AND id = :id)
              AND codec = :codec AND body = :before
            """,
            {
                "project": bindable(project),
                "id": bindable(run_id),
                "codec": codec,
                "before": before,
                "after": after,
            },
        )

    def has_run(self, project: str, run_id: str) -> bool:
        found = fetch(
            self.db,
            "SELECT 1 FROM run WHERE project = :project AND id = :id",
            {"project": bindable(project), "id": bindable(run_id)},
        )
        return bool(found)

    def remove_run(self, project: str, run_id: str) -> None:
        """Forget it, with its steps and errors; nothing where it is not there."""
        fetch(
            self.db,
            "DELETE FROM run WHERE project = :project AND id = :id",
            {"project": bindable(project), "id": bindable(run_id)},
        )
