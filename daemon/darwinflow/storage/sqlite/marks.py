"""What is kept of runs beside their logs: which are pinned, which were erased for good, and how many are gone.

Every statement about `pinned_run`, `erased_run` and `removed` is in this file, but the one that refuses to take in again
what was erased: that is the insert of `logs.py`.
"""

from collections.abc import Iterable

import apsw

from darwinflow.model.errors import RunNotFound
from darwinflow.storage.sqlite.fetch import bindable, fetch


class RunMarks:
    """Of one project, whose name is as it is stored."""

    __slots__ = ("_db", "_project")

    def __init__(self, db: apsw.Connection, project: str) -> None:
        self._db = db
        self._project = project

    def delete(self, run_id: str, *, for_good: bool) -> None:
        """The run's row, with what hangs on it. Raises `RunNotFound`."""
        if not self.forget(run_id):
            raise RunNotFound(f"there is no run {run_id}", run=run_id)
        self.note_removed(run_id, for_good=for_good)

    def forget(self, run_id: str) -> bool:
        """Whether it was there. Its steps, errors and body go with it."""
        run = self._key(run_id)
        fetch(self._db, "DELETE FROM pinned_run WHERE project = :project AND id = :id", run)
        found = fetch(self._db, "DELETE FROM run WHERE project = :project AND id = :id RETURNING errors", run)
        if found and found[0][0]:
            # The index of errors would do its work when the transaction ends, and nobody who deletes many runs
            # bit by bit would see how long it takes.
            self._db.execute("SAVEPOINT deleted")
            self._db.execute("RELEASE deleted")
        return bool(found)

    def note_removed(self, run_id: str, *, for_good: bool) -> None:
        fetch(
            self._db,
            """
            INSERT INTO removed (project, runs) VALUES (:project, 1)
            ON CONFLICT (project) DO UPDATE SET runs = runs + 1
            """,
            {"project": self._project},
        )
        if for_good:
            fetch(
                self._db,
                """
                INSERT INTO erased_run (project, id) VALUES (:project, :id)
                ON CONFLICT (project, id) DO NOTHING
                """,
                self._key(run_id),
            )

    def is_erased(self, run_id: str) -> bool:
        found = fetch(
            self._db, "SELECT 1 FROM erased_run WHERE project = :project AND id = :id", self._key(run_id)
        )
        return bool(found)

    def erased(self) -> tuple[str, ...]:
        return self._ids("SELECT id FROM erased_run WHERE project = :project ORDER BY id")

    def removed(self) -> int:
        rows = fetch(
            self._db, "SELECT runs FROM removed WHERE project = :project", {"project": self._project}
        )
        return int(rows[0][0]) if rows else 0

    def note_gone(self, run_ids: Iterable[str], removed: int) -> None:
        """See `LogRepository.note_gone`."""
        for run_id in run_ids:
            self.forget(run_id)
            self.note_removed(run_id, for_good=True)
        self.note_at_least(removed)

    def note_at_least(self, removed: int) -> None:
        fetch(
            self._db,
            """
            INSERT INTO removed (project, runs) VALUES (:project, :runs)
            ON CONFLICT (project) DO UPDATE SET runs = max(runs, excluded.runs)
            """,
            {"project": self._project, "runs": removed},
        )

    def pin(self, run_id: str, *, pinned: bool) -> bool:
        run = self._key(run_id)
        if not fetch(self._db, "SELECT 1 FROM run WHERE project = :project AND id = :id", run):
            raise RunNotFound(f"there is no run {run_id}", run=run_id)
        if pinned:
            statement = """
                INSERT INTO pinned_run (project, id) VALUES (:project, :id)
                ON CONFLICT (project, id) DO NOTHING RETURNING 1
                """
        else:
            statement = "DELETE FROM pinned_run WHERE project = :project AND id = :id RETURNING 1"
        return bool(fetch(self._db, statement, run))

    def pinned(self) -> tuple[str, ...]:
        return self._ids("SELECT id FROM pinned_run WHERE project = :project ORDER BY id")

    def _ids(self, statement: str) -> tuple[str, ...]:
        return tuple(row[0] for row in fetch(self._db, statement, {"project": self._project}))

    def _key(self, run_id: str) -> dict[str, str]:
        return {"project": self._project, "id": bindable(run_id)}
