"""`LogRepository` on PostgreSQL. The statements about finished runs are here, those about live ones in `live.py`."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from darwinflow.model.errors import Refused, RunConflict, RunErased, RunNotFound
from darwinflow.model.filter import Page, RunFilter
from darwinflow.model.run import ExecutionLog, RunHeader, RunOutput, StepLog
from darwinflow.storage.compression import Compression
from darwinflow.storage.log_codec import same_content
from darwinflow.storage.names import check_run_id
from darwinflow.storage.postgres.database import Link
from darwinflow.storage.postgres.error_texts import newest_with_text
from darwinflow.storage.postgres.live import MANY, LiveRuns
from darwinflow.storage.postgres.marks import RunMarks
from darwinflow.storage.postgres.questions import RUNS, values_for
from darwinflow.storage.postgres.rows import TAIL_CHARACTERS, Row, header_of_row, row_of
from darwinflow.storage.postgres.texts import restored, storable
from darwinflow.storage.run_pages import page_of

_MOST_FOUND = 10
_AFTER_ALL = chr(0x10FFFF)
_WORKFLOWS = """
WITH RECURSIVE found (workflow) AS (
    (
        SELECT workflow FROM darwinflow.run
        WHERE organization = %(organization)s AND project = %(project)s ORDER BY workflow LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT run.workflow FROM darwinflow.run
        WHERE organization = %(organization)s AND project = %(project)s AND run.workflow > found.workflow
        ORDER BY run.workflow LIMIT 1
    )
    FROM found WHERE workflow IS NOT NULL
)
SELECT workflow FROM found WHERE workflow IS NOT NULL
"""
"""One look into the index a workflow, however many runs it has."""


class PostgresLogRepository:
    """Bound to one connection and one project; lives as long as the transaction."""

    __slots__ = ("_compression", "_link", "_live", "_marks", "_organization", "_project")

    def __init__(self, link: Link, organization: str, project: str, compression: Compression) -> None:
        self._link = link
        self._organization = organization
        self._project = storable(project)
        self._compression = compression
        self._live = LiveRuns(link, organization, self._project, compression)
        self._marks = RunMarks(link, organization, self._project)

    def store_log(self, log: ExecutionLog) -> bool:
        if log.output is None or not log.output.status.finished:
            raise Refused(f"run {log.run_id} has not finished", run=log.run_id)
        check_run_id(log.run_id)
        return self._insert(self._row_of(log)) or self._refuse_other(log)

    def start(self, log: ExecutionLog) -> bool:
        if log.output is not None:
            raise Refused(f"run {log.run_id} has finished", run=log.run_id)
        check_run_id(log.run_id)
        row = {**self._row_of(log), "body": self._live.body_of(replace(log, steps=()))}
        if not self._insert(row):
            return self._refuse_other(log)
        self._live.insert_steps(log)
        return True

    def append_step(self, run_id: str, index: int, step: StepLog) -> None:
        self._live.append_steps(run_id, [(index, step)])

    def append_steps(self, run_id: str, steps: Sequence[tuple[int, StepLog]]) -> None:
        self._live.append_steps(run_id, steps)

    def finish(self, run_id: str, output: RunOutput) -> ExecutionLog:
        return self._live.finish(run_id, output)

    def mark_lost(self, run_id: str) -> bool:
        return self._live.mark_lost(run_id)

    def get_log(self, run_id: str) -> ExecutionLog:
        return self._live.get_log(run_id)

    def get_many(self, run_ids: Sequence[str]) -> dict[str, tuple[RunHeader, ExecutionLog]]:
        """Those that are there, with what a list says of them, in one exchange. Raises `StoreDamaged`."""
        rows = self._link.execute(
            MANY,
            {
                "organization": self._organization,
                "project": self._project,
                "ids": [storable(run_id) for run_id in run_ids],
            },
            binary=True,
        ).fetchall()
        return {row[0]: (header_of_row(row[:8]), self._live.log_of(*row[8:])) for row in rows}

    def header(self, run_id: str) -> RunHeader:
        row = self._link.execute(
            """
            SELECT id, workflow, version, hash, status, started, ended, brief::text FROM darwinflow.run
            WHERE organization = %(organization)s AND project = %(project)s AND id = %(id)s
            """,
            {"organization": self._organization, "project": self._project, "id": storable(run_id)},
        ).fetchone()
        if row is None:
            raise RunNotFound(f"there is no run {run_id}", run=run_id)
        return header_of_row(row)

    def find(self, part: str) -> tuple[str, ...]:
        part = storable(part)
        tail = part[: -TAIL_CHARACTERS - 1 : -1]
        rows = self._link.execute(
            """
            SELECT id, started, id = %(part)s AS is_whole FROM darwinflow.run
            WHERE organization = %(organization)s AND project = %(project)s
              AND id >= %(part)s AND id < %(after_part)s
            UNION
            SELECT id, started, id = %(part)s FROM darwinflow.run
            WHERE organization = %(organization)s AND project = %(project)s
              AND tail >= %(tail)s AND tail < %(after_tail)s AND right(id, length(%(part)s)) = %(part)s
            ORDER BY is_whole DESC, started DESC, id DESC LIMIT %(limit)s
            """,
            {
                "organization": self._organization,
                "project": self._project,
                "part": part,
                "after_part": part + _AFTER_ALL,
                "tail": tail,
                "after_tail": tail + _AFTER_ALL,
                "limit": _MOST_FOUND,
            },
        ).fetchall()
        return tuple(row[0] for row in rows)

    def query_logs(self, wanted: RunFilter) -> Page[RunHeader]:
        values = values_for(self._organization, self._project, wanted)
        if wanted.text is None:
            rows = self._link.execute(RUNS, values, prepare=False).fetchall()
        else:
            rows = newest_with_text(self._link, values, wanted.limit + 1)
        return page_of(rows, wanted.limit, header_of_row)

    def get_recent(self, workflow_id: str, version: int | None, limit: int) -> tuple[RunHeader, ...]:
        return self.query_logs(RunFilter(workflow=workflow_id, version=version, limit=limit)).readable

    def workflows(self) -> tuple[str, ...]:
        return tuple(
            restored(row[0])
            for row in self._link.execute(
                _WORKFLOWS, {"organization": self._organization, "project": self._project}
            )
        )

    def delete(self, run_id: str, *, for_good: bool) -> None:
        self._marks.delete(run_id, for_good=for_good)

    def delete_many(self, runs: Sequence[RunHeader]) -> list[str]:
        """See `retention.DeletesMany`."""
        rows = self._link.execute(
            """
            SELECT id, workflow, version, hash, status, started, ended, brief::text FROM darwinflow.run
            WHERE organization = %(organization)s AND project = %(project)s AND id = ANY(%(ids)s)
            """,
            {
                "organization": self._organization,
                "project": self._project,
                "ids": [storable(run.run_id) for run in runs],
            },
        )
        there = {row[0]: header_of_row(row) for row in rows}
        same = [run.run_id for run in runs if there.get(storable(run.run_id)) == run]
        if same:
            self._marks.delete_many(same)
        return same

    def is_erased(self, run_id: str) -> bool:
        return self._marks.is_erased(run_id)

    def erased(self) -> tuple[str, ...]:
        return self._marks.erased()

    def removed(self) -> int:
        return self._marks.removed()

    def note_gone(self, erased: Iterable[str], removed: int) -> None:
        self._marks.note_gone([one for one in erased if not self.is_erased(one)], removed)

    def pin(self, run_id: str, *, pinned: bool) -> bool:
        return self._marks.pin(run_id, pinned=pinned)

    def pinned(self) -> tuple[str, ...]:
        return self._marks.pinned()

    def _row_of(self, log: ExecutionLog) -> Row:
        return row_of(self._organization, self._project, log, self._compression)

    def _insert(self, row: Row) -> bool:
        inserted = self._link.execute(
            """
            INSERT INTO darwinflow.run
                (organization, project, id, tail, workflow, version, hash, status, started, ended,
                 errors, brief, codec, body)
            SELECT
                %(organization)s, %(project)s, %(id)s, %(tail)s, %(workflow)s, %(version)s, %(hash)s, %(status)s,
                %(started)s, %(ended)s, %(errors)s, %(brief)s::jsonb, %(codec)s, %(body)s
            WHERE NOT EXISTS (
                SELECT FROM darwinflow.erased_run
                WHERE organization = %(organization)s AND project = %(project)s AND id = %(id)s
            )
            ON CONFLICT (organization, project, id) DO NOTHING
            """,
            row,
        )
        return inserted.rowcount == 1

    def _refuse_other(self, log: ExecutionLog) -> bool:
        """A run of this id is, or was, there: False where *log* says the same, else `RunConflict` or `RunErased`."""
        try:
            known = self.get_log(log.run_id)
        except RunNotFound:
            raise RunErased(f"run {log.run_id} was deleted for good", run=log.run_id) from None
        same = self._live.same_start(known, log) if log.output is None else same_content(known, log)
        if not same:
            raise RunConflict(f"run {log.run_id} is stored with other content", run=log.run_id)
        return False
