"""`JournalOffsets` on PostgreSQL. Every statement about the table `journal` is in this file."""

from darwinflow.ports.journals import Taken
from darwinflow.storage.postgres.database import Link
from darwinflow.storage.postgres.texts import storable


class PostgresJournalOffsets:
    __slots__ = ("_link", "_organization")

    def __init__(self, link: Link, organization: str) -> None:
        self._link = link
        self._organization = organization

    def taken(self, journal: str) -> Taken:
        row = self._link.execute(
            """
            SELECT taken, needed, has_refused FROM darwinflow.journal
            WHERE organization = %(organization)s AND name = %(name)s
            """,
            {"organization": self._organization, "name": storable(journal)},
        ).fetchone()
        return Taken(*row) if row else Taken()

    def advance(self, journal: str, taken: Taken) -> None:
        self._link.execute(
            """
            INSERT INTO darwinflow.journal (organization, name, taken, needed, has_refused)
            VALUES (%(organization)s, %(name)s, %(taken)s, %(needed)s, %(has_refused)s)
            ON CONFLICT (organization, name) DO UPDATE SET
                taken = excluded.taken, needed = excluded.needed, has_refused = excluded.has_refused
            """,
            {
                "organization": self._organization,
                "name": storable(journal),
                "taken": taken.offset,
                "needed": taken.needed,
                "has_refused": taken.has_refused,
            },
        )

    def forget(self, journal: str) -> None:
        self._link.execute(
            "DELETE FROM darwinflow.journal WHERE organization = %(organization)s AND name = %(name)s",
            {"organization": self._organization, "name": storable(journal)},
        )
