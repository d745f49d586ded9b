"""`JournalOffsets` on SQLite. Every statement about the table `journal` is in this file."""

import apsw

from darwinflow.storage.sqlite.fetch import fetch


class SqliteJournalOffsets:
    __slots__ = ("_db",)

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db

    def offset(self, journal: str) -> int:
        rows = fetch(self._db, "SELECT taken FROM journal WHERE name = :name", {"name": journal})
        return int(rows[0][0]) if rows else 0

    def advance(self, journal: str, offset: int) -> None:
        fetch(
            self._db,
            """
            INSERT INTO journal (name, taken) VALUES (:name, :taken)
            ON CONFLICT (name) DO UPDATE SET taken = excluded.taken
            """,
            {"name": journal, "taken": offset},
        )

    def forget(self, journal: str) -> None:
        fetch(self._db, "DELETE FROM journal WHERE name = :name", {"name": journal})
