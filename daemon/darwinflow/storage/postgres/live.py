"""Runs that have not finished: their steps lie in rows of their own, and finishing folds them into the body.

Every statement about `run_step` is in this file.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from darwinflow.model.errors import Refused, RunFinished, RunNotFound
from darwinflow.model.run import ExecutionLog, RunOutput, RunStatus, StepLog, header_of
from darwinflow.storage.brief import brief_of, count_of, with_steps
from darwinflow.storage.compression import ZSTD, Compression
from darwinflow.storage.instants import to_micros
from darwinflow.storage.live_steps import goes_on, placed
from darwinflow.storage.log_codec import dump_log, dump_step, load_log, load_step, same_content, same_output
from darwinflow.storage.postgres.database import Link
from darwinflow.storage.postgres.rows import error_of, errors_of
from darwinflow.storage.postgres.texts import BETWEEN_ERRORS, restored_json, storable, storable_json

MANY = """
SELECT id, workflow, version, hash, status, started, ended, brief::text, codec, body, ARRAY(
    SELECT step.body FROM darwinflow.run_step AS step
    WHERE step.organization = run.organization AND step.project = run.project AND step.run = run.id
    ORDER BY position
)
FROM darwinflow.run
WHERE organization = %(organization)s AND project = %(project)s AND id = ANY(%(ids)s)
"""


class Known(NamedTuple):
    """What adding a step must know of a run."""

    status: RunStatus
    brief: str
    before: dict[int, StepLog]
    """The steps that are at their places."""


class LiveRuns:
    """*project* is as it is stored."""

    __slots__ = ("_compression", "_link", "_organization", "_project")

    def __init__(self, link: Link, organization: str, project: str, compression: Compression) -> None:
        self._link = link
        self._organization = organization
        self._project = project
        self._compression = compression

    def body_of(self, log: ExecutionLog) -> bytes:
        return self._compression.pack(dump_log(log))

    def insert_steps(self, log: ExecutionLog) -> None:
        if log.steps:
            self._link.execute(
                """
                INSERT INTO darwinflow.run_step (organization, project, run, position, body)
                SELECT %(organization)s, %(project)s, %(run)s, place - 1, body
                FROM unnest(%(bodies)b::bytea[]) WITH ORDINALITY AS step (body, place)
                """,
                {**self._key(log.run_id, "run"), "bodies": [dump_step(step) for step in log.steps]},
            )

    def same_start(self, known: ExecutionLog, log: ExecutionLog) -> bool:
        """Whether *log* began as *known*, which may have come further since."""
        return same_content(replace(known, steps=(), output=None), replace(log, steps=()))

    def append_steps(self, run_id: str, steps: Sequence[tuple[int, StepLog]]) -> None:
        known = self._known(run_id, sorted({index for index, _ in steps}))
        if known.status.finished:
            raise RunFinished(f"run {run_id} has finished", run=run_id)
        news = placed(run_id, count_of(known.brief), steps)
        is_going_on = all(
            goes_on(before, step) and (before is None or before.error is None)
            for before, step in ((known.before.get(index), step) for index, step in news.items())
        )
        self._put_steps(
            run_id,
            news,
            with_steps(known.brief, news) if is_going_on else known.brief,
            adds_errors=is_going_on,
        )
        if not is_going_on:
            # Rare: a step that had ended has another state. What it had added cannot be taken out again.
            self._put_header(run_id, self.get_log(run_id))

    def finish(self, run_id: str, output: RunOutput) -> ExecutionLog:
        if not output.status.finished:
            raise Refused(f"{output.status} is no end of a run", run=run_id)
        log = self.get_log(run_id)
        if log.output is not None:
            if same_output(log.output, output):
                return log
            raise RunFinished(f"run {run_id} has finished otherwise", run=run_id)
        log = replace(log, output=output)
        self._link.execute(
            """
            WITH steps AS (
                DELETE FROM darwinflow.run_step
                WHERE organization = %(organization)s AND project = %(project)s AND run = %(id)s
            )
            UPDATE darwinflow.run SET status = %(status)s, ended = %(ended)s, errors = %(errors)s,
                brief = %(brief)s::jsonb, codec = %(codec)s, body = %(body)s
            WHERE organization = %(organization)s AND project = %(project)s AND id = %(id)s
            """,
            {
                **self._key(run_id, "id"),
                "status": str(output.status),
                "ended": to_micros(output.end_time),
                "errors": errors_of(log),
                "brief": storable_json(brief_of(log, header_of(log))),
                "codec": ZSTD,
                "body": self.body_of(log),
            },
        )
        return log

    def mark_lost(self, run_id: str) -> bool:
        changed = self._link.execute(
            """
            UPDATE darwinflow.run SET status = 'LOST'
            WHERE organization = %(organization)s AND project = %(project)s AND id = %(id)s AND status = 'RUNNING'
            """,
            self._key(run_id, "id"),
        )
        if not changed.rowcount:
            self._known(run_id, [])
        return changed.rowcount == 1

    def get_log(self, run_id: str) -> ExecutionLog:
        """Raises `RunNotFound`."""
        row = self._link.execute(
            """
            SELECT codec, body, ARRAY(
                SELECT step.body FROM darwinflow.run_step AS step
                WHERE step.organization = %(organization)s AND step.project = %(project)s AND step.run = %(id)s
                ORDER BY position
            )
            FROM darwinflow.run
            WHERE organization = %(organization)s AND project = %(project)s AND id = %(id)s
            """,
            self._key(run_id, "id"),
            binary=True,
        ).fetchone()
        if row is None:
            raise RunNotFound(f"there is no run {run_id}", run=run_id)
        return self.log_of(*row)

    def log_of(self, codec: int, body: bytes, steps: list[bytes]) -> ExecutionLog:
        """*steps* are its rows in `run_step`, in order. Raises `StoreDamaged`."""
        log = load_log(self._compression.unpack(codec, body))
        return replace(log, steps=tuple(load_step(step) for step in steps)) if log.output is None else log

    def _known(self, run_id: str, indexes: list[int]) -> Known:
        row = self._link.execute(
            """
            SELECT status, brief::text, ARRAY(
                SELECT (step.position, step.body) FROM darwinflow.run_step AS step
                WHERE step.organization = %(organization)s AND step.project = %(project)s AND step.run = %(id)s
                  AND step.position = ANY(%(indexes)s)
            )
            FROM darwinflow.run
            WHERE organization = %(organization)s AND project = %(project)s AND id = %(id)s
            """,
            {**self._key(run_id, "id"), "indexes": indexes},
            binary=True,
        ).fetchone()
        if row is None:
            raise RunNotFound(f"there is no run {run_id}", run=run_id)
        status, brief, steps = row
        before = {position: load_step(body) for position, body in steps}
        return Known(RunStatus(status), restored_json(brief), before)

    def _put_steps(self, run_id: str, steps: Mapping[int, StepLog], brief: str, *, adds_errors: bool) -> None:
        errors = [error_of(step) for step in steps.values()] if adds_errors else []
        told = [error for error in errors if error is not None]
        self._link.execute(
            """
            WITH step AS (
                INSERT INTO darwinflow.run_step (organization, project, run, position, body)
                SELECT %(organization)s, %(project)s, %(id)s, position, body
                FROM unnest(%(positions)s::bigint[], %(bodies)b::bytea[]) AS step (position, body)
                ON CONFLICT (organization, project, run, position) DO UPDATE SET body = excluded.body
            )
            UPDATE darwinflow.run SET brief = %(brief)s::jsonb, errors = CASE
                WHEN %(error)s::text IS NULL THEN errors ELSE concat_ws(%(between)s, errors, %(error)s)
            END
            WHERE organization = %(organization)s AND project = %(project)s AND id = %(id)s
            """,
            {
                **self._key(run_id, "id"),
                "positions": list(steps),
                "bodies": [dump_step(step) for step in steps.values()],
                "brief": storable_json(brief),
                "error": BETWEEN_ERRORS.join(told) if told else None,
                "between": BETWEEN_ERRORS,
            },
        )

    def _put_header(self, run_id: str, log: ExecutionLog) -> None:
        self._link.execute(
            """
            UPDATE darwinflow.run SET brief = %(brief)s::jsonb, errors = %(errors)s
            WHERE organization = %(organization)s AND project = %(project)s AND id = %(id)s
            """,
            {
                **self._key(run_id, "id"),
                "brief": storable_json(brief_of(log, header_of(log))),
                "errors": errors_of(log),
            },
        )

    def _key(self, run_id: str, column: str) -> dict[str, object]:
        return {"organization": self._organization, "project": self._project, column: storable(run_id)}
