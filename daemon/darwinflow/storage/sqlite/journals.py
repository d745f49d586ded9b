"""`JournalOffsets` on SQLite. Every statement about the table `journal` is in this file."""

import apsw

from darwinflow.ports.journals import Taken
from darwinflow.storage.sqlite.fetch import fetch


class SqliteJournalOffsets:
    __slots__ = ("_db",)

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db

    def taken(self, journal: str) -> Taken:
        rows = fetch(
            self._db, "SELECT taken, needed, has_refused FROM journal WHERE name = :name", {"name": journal}
        )
        return Taken(int(rows[0][0]), int(rows[0][1]), bool(rows[0][2])) if rows else Taken()

    def advance(self, journal: str, taken: Taken) -> None:
        fetch(
            self._db,
            """
            INSERT INTO journal (name, taken, needed, has_refused) VALUES (:name, :taken, :needed, :has_refused)
            ON CONFLICT (name) DO UPDATE SET
                taken = excluded.taken, needed = excluded.needed, has_refused = excluded.has_refused
            """,
            {
                "name": journal,
                "taken": taken.offset,
                "needed": taken.needed,
                "has_refused": int(taken.has_refused),
            },
        )

    def forget(self, journal: str) -> None:
        fetch(self._db, "DELETE FROM journal WHERE name = :name", {"name": journal})
