"""What is kept of runs beside their logs: which are pinned, which were erased for good, and how many are gone.

Every statement about `pinned_run`, `erased_run` and `removed` is in this file, but those that refuse to take in again what
was erased: these are the inserts of `logs.py` and `bulk.py`.
"""

from collections.abc import Iterable, Sequence

from darwinflow.model.errors import RunNotFound
from darwinflow.storage.postgres.database import Link
from darwinflow.storage.postgres.texts import restored, storable

_DELETE = """
WITH steps AS (
    DELETE FROM darwinflow.run_step
    WHERE organization = %(organization)s AND project = %(project)s AND run = %(id)s
), pins AS (
    DELETE FROM darwinflow.pinned_run
    WHERE organization = %(organization)s AND project = %(project)s AND id = %(id)s
)
DELETE FROM darwinflow.run WHERE organization = %(organization)s AND project = %(project)s AND id = %(id)s
"""
_DELETE_MANY = """
WITH steps AS (
    DELETE FROM darwinflow.run_step
    WHERE organization = %(organization)s AND project = %(project)s AND run = ANY(%(ids)s)
), pins AS (
    DELETE FROM darwinflow.pinned_run
    WHERE organization = %(organization)s AND project = %(project)s AND id = ANY(%(ids)s)
)
DELETE FROM darwinflow.run WHERE organization = %(organization)s AND project = %(project)s AND id = ANY(%(ids)s)
"""
_COUNT = """
INSERT INTO darwinflow.removed AS known (organization, project, runs) VALUES (%(organization)s, %(project)s, %(runs)s)
ON CONFLICT (organization, project) DO UPDATE SET runs = known.runs + excluded.runs
"""
_COUNT_AT_LEAST = """
INSERT INTO darwinflow.removed AS known (organization, project, runs) VALUES (%(organization)s, %(project)s, %(runs)s)
ON CONFLICT (organization, project) DO UPDATE SET runs = greatest(known.runs, excluded.runs)
"""
_ERASE = """
INSERT INTO darwinflow.erased_run (organization, project, id) VALUES (%(organization)s, %(project)s, %(id)s)
ON CONFLICT (organization, project, id) DO NOTHING
"""
_PIN = """
INSERT INTO darwinflow.pinned_run (organization, project, id) VALUES (%(organization)s, %(project)s, %(id)s)
ON CONFLICT (organization, project, id) DO NOTHING
"""
_UNPIN = """
DELETE FROM darwinflow.pinned_run
WHERE organization = %(organization)s AND project = %(project)s AND id = %(id)s
"""
_IS_THERE = """
SELECT 1 FROM darwinflow.run WHERE organization = %(organization)s AND project = %(project)s AND id = %(id)s
"""
_IS_ERASED = """
SELECT 1 FROM darwinflow.erased_run WHERE organization = %(organization)s AND project = %(project)s AND id = %(id)s
"""
_PINNED = """
SELECT id FROM darwinflow.pinned_run WHERE organization = %(organization)s AND project = %(project)s ORDER BY id
"""
_ERASED = """
SELECT id FROM darwinflow.erased_run WHERE organization = %(organization)s AND project = %(project)s ORDER BY id
"""
_REMOVED = """
SELECT runs FROM darwinflow.removed WHERE organization = %(organization)s AND project = %(project)s
"""


class RunMarks:
    """Of one project, whose name is as it is stored."""

    __slots__ = ("_link", "_scope")

    def __init__(self, link: Link, organization: str, project: str) -> None:
        self._link = link
        self._scope = {"organization": organization, "project": project}

    def delete(self, run_id: str, *, for_good: bool) -> None:
        """The run's row, with what hangs on it. Raises `RunNotFound`."""
        run = self._key(run_id)
        if self._link.execute(_DELETE, run).rowcount != 1:
            raise RunNotFound(f"there is no run {run_id}", run=run_id)
        self._link.execute(_COUNT, {**self._scope, "runs": 1})
        if for_good:
            self._link.execute(_ERASE, run)

    def delete_many(self, run_ids: Sequence[str]) -> None:
        """Those that are there, not for good."""
        ids = [storable(run_id) for run_id in run_ids]
        deleted = self._link.execute(_DELETE_MANY, {**self._scope, "ids": ids}).rowcount
        self._link.execute(_COUNT, {**self._scope, "runs": deleted})

    def is_erased(self, run_id: str) -> bool:
        return self._link.execute(_IS_ERASED, self._key(run_id)).fetchone() is not None

    def erased(self) -> tuple[str, ...]:
        return tuple(restored(row[0]) for row in self._link.execute(_ERASED, self._scope))

    def removed(self) -> int:
        row = self._link.execute(_REMOVED, self._scope).fetchone()
        return row[0] if row else 0

    def note_gone(self, run_ids: Iterable[str], removed: int) -> None:
        """See `LogRepository.note_gone`."""
        for run_id in run_ids:
            run = self._key(run_id)
            self._link.execute(_DELETE, run)
            self._link.execute(_COUNT, {**self._scope, "runs": 1})
            self._link.execute(_ERASE, run)
        self._link.execute(_COUNT_AT_LEAST, {**self._scope, "runs": removed})

    def pin(self, run_id: str, *, pinned: bool) -> bool:
        run = self._key(run_id)
        if self._link.execute(_IS_THERE, run).fetchone() is None:
            raise RunNotFound(f"there is no run {run_id}", run=run_id)
        return self._link.execute(_PIN if pinned else _UNPIN, run).rowcount == 1

    def pinned(self) -> tuple[str, ...]:
        return tuple(restored(row[0]) for row in self._link.execute(_PINNED, self._scope))

    def _key(self, run_id: str) -> dict[str, str]:
        return {**self._scope, "id": storable(run_id)}
