"""`Outbox` on PostgreSQL. The statement that adds entries is in `numbers.py`."""

from darwinflow.ports.outbox import Pending
from darwinflow.storage.postgres.database import Link
from darwinflow.storage.postgres.numbers import Numbers, refuse_reading
from darwinflow.storage.postgres.texts import restored


class PostgresOutbox:
    """*numbers* is None in a transaction that reads."""

    __slots__ = ("_link", "_numbers", "_organization")

    def __init__(self, link: Link, organization: str, numbers: Numbers | None) -> None:
        self._link = link
        self._organization = organization
        self._numbers = numbers

    def put(self, project: str, run_id: str, kind: str) -> None:
        if self._numbers is None:
            raise refuse_reading()
        self._numbers.pending.append(Pending(self._numbers.next_pending, project, run_id, kind))

    def pending(self, limit: int) -> tuple[Pending, ...]:
        self._send()
        rows = self._link.execute(
            """
            SELECT number, project, run, kind FROM darwinflow.outbox
            WHERE organization = %(organization)s ORDER BY number LIMIT %(limit)s
            """,
            {"organization": self._organization, "limit": max(limit, 0)},
        ).fetchall()
        return tuple(
            Pending(number, restored(project), restored(run), restored(kind))
            for number, project, run, kind in rows
        )

    def settle(self, number: int) -> None:
        self._send()
        self._link.execute(
            "DELETE FROM darwinflow.outbox WHERE organization = %(organization)s AND number <= %(number)s",
            {"organization": self._organization, "number": number},
        )

    def _send(self) -> None:
        if self._numbers is not None:
            self._numbers.send()
