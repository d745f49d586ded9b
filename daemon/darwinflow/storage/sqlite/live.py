"""Runs that have not finished: their steps lie in rows of their own, and finishing folds them into the body.

Every statement about `run_step` is in this file.
"""

from collections.abc import Sequence

import apsw
from msgspec.structs import replace

from darwinflow.model.errors import Refused, RunFinished, RunNotFound
from darwinflow.model.run import ExecutionLog, RunOutput, RunStatus, StepLog, header_of
from darwinflow.storage.brief import brief_of, count_of, with_steps
from darwinflow.storage.instants import to_micros
from darwinflow.storage.live_steps import goes_on, placed
from darwinflow.storage.log_codec import dump_step, load_step, same_content, same_output
from darwinflow.storage.sqlite.bodies import Bodies, body_of, put_body, replace_body
from darwinflow.storage.sqlite.error_texts import put_errors
from darwinflow.storage.sqlite.fetch import bindable, fetch
from darwinflow.storage.sqlite.questions import searchable


class LiveRuns:
    __slots__ = ("_bodies", "_db", "_project")

    def __init__(self, db: apsw.Connection, project: str, bodies: Bodies) -> None:
        self._db = db
        self._project = project
        self._bodies = bodies

    def insert_body(self, number: int, log: ExecutionLog) -> None:
        put_body(self._db, number, *self._bodies.keep(replace(log, steps=())))
        if log.steps:
            self._db.executemany(
                "INSERT INTO run_step (run, position, body) VALUES (:run, :position, :body)",
                [
                    {"run": number, "position": position, "body": dump_step(step)}
                    for position, step in enumerate(log.steps)
                ],
            )

    def same_start(self, known: ExecutionLog, log: ExecutionLog) -> bool:
        """Whether *log* began as *known*, which may have come further since."""
        return same_content(replace(known, steps=(), output=None), replace(log, steps=()))

    def append_steps(self, run_id: str, steps: Sequence[tuple[int, StepLog]]) -> None:
        number, status, brief = self._row(run_id)
        if status.finished:
            raise RunFinished(f"run {run_id} has finished", run=run_id)
        count = count_of(brief)
        news = placed(run_id, count, steps)
        known = {index: self._step(number, index) for index in news if index < count}
        self._db.executemany(
            """
            INSERT INTO run_step (run, position, body) VALUES (:run, :position, :body)
            ON CONFLICT (run, position) DO UPDATE SET body = excluded.body
            """,
            [{"run": number, "position": index, "body": dump_step(step)} for index, step in news.items()],
        )
        for index, step in news.items():
            before = known.get(index)
            self._put_error(number, index + 1, step.error, before=before.error if before else None)
        if all(goes_on(known.get(index), step) for index, step in news.items()):
            brief = with_steps(brief, news)
        else:
            # Rare: a step that had ended has another state. What it had added cannot be taken out again.
            log = self._log(number, status)
            brief = brief_of(log, header_of(log))
        self._db.execute(
            """
            UPDATE run SET brief = :brief, errors = EXISTS (SELECT 1 FROM run_error WHERE run = number)
            WHERE number = :number
            """,
            {"brief": brief, "number": number},
        )

    def finish(self, run_id: str, output: RunOutput) -> ExecutionLog:
        if not output.status.finished:
            raise Refused(f"{output.status} is no end of a run", run=run_id)
        number, status, _ = self._row(run_id)
        log = self._log(number, status)
        if log.output is not None:
            if same_output(log.output, output):
                return log
            raise RunFinished(f"run {run_id} has finished otherwise", run=run_id)
        log = replace(log, output=output)
        self._put_error(number, 0, output.error, before=None)
        replace_body(self._db, number, *self._bodies.keep(log))
        self._db.execute(
            """
            UPDATE run SET status = :status, ended = :ended, brief = :brief,
                errors = EXISTS (SELECT 1 FROM run_error WHERE run = number)
            WHERE number = :number
            """,
            {
                "status": str(output.status),
                "ended": to_micros(output.end_time),
                "brief": brief_of(log, header_of(log)),
                "number": number,
            },
        )
        self._db.execute("DELETE FROM run_step WHERE run = :run", {"run": number})
        return log

    def mark_lost(self, run_id: str) -> bool:
        number, status, _ = self._row(run_id)
        if status is not RunStatus.RUNNING:
            return False
        self._db.execute("UPDATE run SET status = 'LOST' WHERE number = :number", {"number": number})
        return True

    def get_log(self, run_id: str) -> ExecutionLog:
        number, status, _ = self._row(run_id)
        return self._log(number, status)

    def _row(self, run_id: str) -> tuple[int, RunStatus, str]:
        rows = fetch(
            self._db,
            "SELECT number, status, brief FROM run WHERE project = :project AND id = :id",
            {"project": self._project, "id": bindable(run_id)},
        )
        if not rows:
            raise RunNotFound(f"there is no run {run_id}", run=run_id)
        number, status, brief = rows[0]
        return number, RunStatus(status), brief

    def _log(self, number: int, status: RunStatus) -> ExecutionLog:
        log = self._bodies.load(*body_of(self._db, number))
        if status.finished:
            return log
        steps = fetch(
            self._db, "SELECT body FROM run_step WHERE run = :run ORDER BY position", {"run": number}
        )
        return replace(log, steps=tuple(load_step(step) for (step,) in steps))

    def _step(self, number: int, index: int) -> StepLog:
        rows = fetch(
            self._db,
            "SELECT body FROM run_step WHERE run = :run AND position = :position",
            {"run": number, "position": index},
        )
        return load_step(rows[0][0])

    def _put_error(self, number: int, position: int, error: str | None, *, before: str | None) -> None:
        if error is not None:
            put_errors(self._db, number, [(position, searchable(error))])
        elif before is not None:
            self._db.execute(
                "DELETE FROM run_error WHERE run = :run AND position = :position",
                {"run": number, "position": position},
            )
