"""`JournalOffsets` on PostgreSQL. Every statement about the table `journal` is in this file."""

from darwinflow.storage.postgres.database import Link
from darwinflow.storage.postgres.texts import storable


class PostgresJournalOffsets:
    __slots__ = ("_link", "_organization")

    def __init__(self, link: Link, organization: str) -> None:
        self._link = link
        self._organization = organization

    def offset(self, journal: str) -> int:
        row = self._link.execute(
            "SELECT taken FROM darwinflow.journal WHERE organization = %(organization)s AND name = %(name)s",
            {"organization": self._organization, "name": storable(journal)},
        ).fetchone()
        return row[0] if row else 0

    def advance(self, journal: str, offset: int) -> None:
        self._link.execute(
            """
            INSERT INTO darwinflow.journal (organization, name, taken) VALUES (%(organization)s, %(name)s, %(taken)s)
            ON CONFLICT (organization, name) DO UPDATE SET taken = excluded.taken
            """,
            {"organization": self._organization, "name": storable(journal), "taken": offset},
        )

    def forget(self, journal: str) -> None:
        self._link.execute(
            "DELETE FROM darwinflow.journal WHERE organization = %(organization)s AND name = %(name)s",
            {"organization": self._organization, "name": storable(journal)},
        )
