"""`LogRepository` on SQLite. The statements about finished runs are here, those about live ones in `live.py`."""

from collections.abc import Iterable, Sequence

import apsw

from darwinflow.model.errors import Refused, RunConflict, RunErased, RunNotFound
from darwinflow.model.filter import Page, RunFilter
from darwinflow.model.run import ExecutionLog, RunHeader, RunOutput, StepLog, header_of
from darwinflow.storage.brief import brief_of, header_from
from darwinflow.storage.instants import to_micros
from darwinflow.storage.log_codec import same_content
from darwinflow.storage.names import check_run_id
from darwinflow.storage.run_pages import page_of
from darwinflow.storage.sqlite.bodies import Bodies, put_body
from darwinflow.storage.sqlite.error_texts import newest_found, put_errors
from darwinflow.storage.sqlite.fetch import bindable, fetch
from darwinflow.storage.sqlite.live import LiveRuns
from darwinflow.storage.sqlite.marks import RunMarks
from darwinflow.storage.sqlite.questions import (
    BY_TEXT,
    BY_VERSION,
    BY_WORKFLOW,
    HAS_MORE_THAN_A_FEW,
    searchable,
    statement_for,
    values_for,
)

TAIL_CHARACTERS = 12
_MOST_FOUND = 10
_AFTER_ALL = chr(0x10FFFF)
_WORKFLOWS = """
WITH RECURSIVE found (workflow) AS (
    SELECT min(workflow) FROM run WHERE project = :project
    UNION ALL
    SELECT (SELECT min(workflow) FROM run WHERE project = :project AND workflow > found.workflow)
    FROM found WHERE workflow IS NOT NULL
)
SELECT workflow FROM found WHERE workflow IS NOT NULL
"""
"""One look into the index a workflow, however many runs it has."""


class SqliteLogRepository:
    """Bound to one connection and one project; lives as long as the transaction."""

    __slots__ = ("_bodies", "_db", "_live", "_marks", "_project")

    def __init__(self, db: apsw.Connection, project: str, bodies: Bodies) -> None:
        self._db = db
        self._project = bindable(project)
        self._bodies = bodies
        self._live = LiveRuns(db, self._project, bodies)
        self._marks = RunMarks(db, self._project)

    def store_log(self, log: ExecutionLog) -> bool:
        if log.output is None or not log.output.status.finished:
            raise Refused(f"run {log.run_id} has not finished", run=log.run_id)
        return self._insert(log)

    def start(self, log: ExecutionLog) -> bool:
        if log.output is not None:
            raise Refused(f"run {log.run_id} has finished", run=log.run_id)
        return self._insert(log)

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

    def header(self, run_id: str) -> RunHeader:
        rows = fetch(
            self._db,
            """
            SELECT id, workflow, version, hash, status, started, ended, brief
            FROM run WHERE project = :project AND id = :id
            """,
            {"project": self._project, "id": bindable(run_id)},
        )
        if not rows:
            raise RunNotFound(f"there is no run {run_id}", run=run_id)
        return header_from(rows[0])

    def find(self, part: str) -> tuple[str, ...]:
        part = bindable(part)
        tail = part[: -TAIL_CHARACTERS - 1 : -1]
        rows = fetch(
            self._db,
            """
            SELECT id, started, id = :part AS is_whole FROM run
            WHERE project = :project AND id >= :part AND id < :after_part
            UNION
            SELECT id, started, id = :part FROM run INDEXED BY run_by_tail
            WHERE project = :project AND tail >= :tail AND tail < :after_tail
              AND substr(id, -length(:part)) = :part
            ORDER BY is_whole DESC, started DESC, id DESC LIMIT :limit
            """,
            {
                "project": self._project,
                "part": part,
                "after_part": part + _AFTER_ALL,
                "tail": tail,
                "after_tail": tail + _AFTER_ALL,
                "limit": _MOST_FOUND,
            },
        )
        return tuple(row[0] for row in rows)

    def query_logs(self, wanted: RunFilter) -> Page[RunHeader]:
        statement, values = statement_for(wanted), values_for(self._project, wanted)
        if statement in (BY_WORKFLOW, BY_VERSION) and values["looked_up"] is not None:
            statement = BY_TEXT if fetch(self._db, HAS_MORE_THAN_A_FEW, values) else statement
        if statement is BY_TEXT:
            rows = newest_found(self._db, statement, values, wanted.limit + 1)
        else:
            rows = fetch(self._db, statement, values)
        return page_of(rows, wanted.limit, header_from)

    def get_recent(self, workflow_id: str, version: int | None, limit: int) -> tuple[RunHeader, ...]:
        return self.query_logs(RunFilter(workflow=workflow_id, version=version, limit=limit)).readable

    def workflows(self) -> tuple[str, ...]:
        return tuple(row[0] for row in fetch(self._db, _WORKFLOWS, {"project": self._project}))

    def delete(self, run_id: str, *, for_good: bool) -> None:
        self._marks.delete(run_id, for_good=for_good)

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

    def _insert(self, log: ExecutionLog) -> bool:
        check_run_id(log.run_id)
        errors = _errors_of(log)
        header = header_of(log)
        rows = fetch(
            self._db,
            """
            INSERT INTO run (project, id, tail, workflow, version, hash, status, started, ended, errors, brief)
            SELECT :project, :id, :tail, :workflow, :version, :hash, :status, :started, :ended, :errors, :brief
            WHERE NOT EXISTS (SELECT 1 FROM erased_run WHERE project = :project AND id = :id)
            ON CONFLICT (project, id) DO NOTHING
            RETURNING number
            """,
            {
                "project": self._project,
                "id": log.run_id,
                "tail": log.run_id[: -TAIL_CHARACTERS - 1 : -1],
                "workflow": bindable(log.workflow_id),
                "version": log.workflow_version,
                "hash": bindable(log.workflow_hash),
                "status": str(header.status),
                "started": to_micros(log.start_time),
                "ended": None if log.output is None else to_micros(log.output.end_time),
                "errors": bool(errors),
                "brief": brief_of(log, header),
            },
        )
        if not rows:
            return self._refuse_other(log)
        number = rows[0][0]
        if log.output is None:
            self._live.insert_body(number, log)
        else:
            codec, body = self._bodies.keep(log)
            put_body(self._db, number, codec, body)
        if errors:
            put_errors(self._db, number, errors)
        return True

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


def _errors_of(log: ExecutionLog) -> list[tuple[int, str]]:
    """Position and text for `run_error`. Of equal ones in a finished run the first is enough."""
    errors: dict[str, int] = {}
    if log.output is not None and log.output.error is not None:
        errors[searchable(log.output.error)] = 0
    for position, step in enumerate(log.steps, start=1):
        if step.error is not None:
            errors.setdefault(searchable(step.error), position)
    if log.output is None:
        return [
            (position, searchable(step.error))
            for position, step in enumerate(log.steps, start=1)
            if step.error is not None
        ]
    return [(position, text) for text, position in errors.items()]
