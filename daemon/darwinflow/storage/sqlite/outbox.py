"""`Outbox` on SQLite. Every statement about the table `outbox` is in this file."""

import json

import apsw

from darwinflow.model.errors import StoreDamaged
from darwinflow.ports.outbox import Pending
from darwinflow.storage.compact_json import compact
from darwinflow.storage.sqlite.fetch import fetch


class SqliteOutbox:
    __slots__ = ("_db",)

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db

    def put(self, project: str, run_id: str, kind: str) -> None:
        self.add(project, run_id, kind)

    def add(self, project: str, run_id: str, kind: str) -> int:
        """As `put`; returns the number."""
        number: int = fetch(
            self._db,
            "INSERT INTO outbox (project, run, kind) VALUES (:project, :run, :kind) RETURNING number",
            {"project": compact(project), "run": run_id, "kind": kind},
        )[0][0]
        return number

    def restore(self, pending: Pending) -> None:
        """Put a row back under its own number, where it is not there."""
        fetch(
            self._db,
            """
            INSERT INTO outbox (number, project, run, kind) VALUES (:number, :project, :run, :kind)
            ON CONFLICT (number) DO NOTHING
            """,
            {
                "number": pending.number,
                "project": compact(pending.project),
                "run": pending.run_id,
                "kind": pending.kind,
            },
        )

    def pending(self, limit: int) -> tuple[Pending, ...]:
        rows = fetch(
            self._db,
            "SELECT number, project, run, kind FROM outbox ORDER BY number LIMIT :limit",
            {"limit": max(limit, 0)},
        )
        try:
            return tuple(
                Pending(number, json.loads(project), run, kind) for number, project, run, kind in rows
            )
        except ValueError as error:
            raise StoreDamaged(f"a row of the outbox cannot be read: {error}") from error

    def settle(self, number: int) -> None:
        fetch(self._db, "DELETE FROM outbox WHERE number <= :number", {"number": number})

    def forget(self, project: str, run_id: str) -> None:
        """Nothing of this run is to be told any more."""
        fetch(
            self._db,
            "DELETE FROM outbox WHERE project = :project AND run = :run",
            {"project": compact(project), "run": run_id},
        )
