"""`MetricsRepository` on SQLite. Every statement about summaries is in this file."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import apsw

from darwinflow.model.histogram import bucket_of
from darwinflow.model.metric import ExecutionMetric, VersionSummary, WorkflowSummary
from darwinflow.model.pattern import Pattern
from darwinflow.model.trend import HourSums, NodeSums
from darwinflow.storage.instants import to_micros
from darwinflow.storage.kept_patterns import patterns_from
from darwinflow.storage.pending_nodes import PendingNodes
from darwinflow.storage.sqlite import hours, nodes
from darwinflow.storage.sqlite import tallies as kept
from darwinflow.storage.sqlite.fetch import bindable, fetch
from darwinflow.storage.sqlite.remembered import Durations, count_one, remember
from darwinflow.storage.summing import VERSION, summary_from, text_subject, version_in, version_subject

_ADD_TO_SUMMARY = """
INSERT INTO summary (project, workflow, subject, runs, successes, total_ms, tokens, cost, updated)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (project, workflow, subject) DO UPDATE SET
    runs = runs + 1,
    successes = successes + excluded.successes,
    total_ms = total_ms + excluded.total_ms,
    tokens = tokens + excluded.tokens,
    cost = cost + excluded.cost,
    updated = max(updated, excluded.updated)
RETURNING number, runs, successes, total_ms, tokens, cost, updated
"""
_ADD_TO_DURATIONS = """
INSERT INTO summary_duration (summary, bucket, runs) VALUES (?, ?, 1)
ON CONFLICT (summary, bucket) DO UPDATE SET runs = runs + 1
"""


class SqliteMetricsRepository:
    """Bound to one connection and one project; lives as long as the transaction.

    *remembered* spares the writer the reading of a whole histogram a run. Its owner empties it whenever a
    transaction is undone or another connection has written. Figures of nodes wait in *pending* until it writes them.
    """

    __slots__ = ("_added", "_added_at", "_db", "_pending", "_project", "_remembered")

    def __init__(
        self, db: apsw.Connection, project: str, remembered: Durations, pending: PendingNodes
    ) -> None:
        self._db = db
        self._project = bindable(project)
        self._remembered = remembered
        self._pending = pending
        self._added: dict[tuple[str, str], tuple[Any, dict[int, int]]] = {}
        self._added_at = 0

    def record_execution(self, metric: ExecutionMetric) -> bool:
        news = fetch(
            self._db,
            """
            INSERT INTO counted_run (project, id) VALUES (:project, :id)
            ON CONFLICT (project, id) DO NOTHING
            RETURNING 1
            """,
            {"project": self._project, "id": metric.run_id},
        )
        if not news:
            return False
        subjects = [version_subject(metric.workflow_version)]
        if metric.workflow_hash:
            subjects.append(text_subject(metric.workflow_hash))
        self._add(subjects, metric)
        hours.add(self._db, self._project, metric, self._remembered)
        nodes.add(self._db, self._project, metric, self._pending)
        self._added_at = self._db.total_changes()
        return True

    def get_summary(self, workflow_id: str, version: int) -> WorkflowSummary | None:
        return self._summary(workflow_id, version_subject(version))

    def get_text_summary(self, workflow_id: str, workflow_hash: str) -> WorkflowSummary | None:
        return self._summary(workflow_id, text_subject(workflow_hash))

    def list_summaries(self, workflow_id: str | None) -> tuple[VersionSummary, ...]:
        workflows = self._workflows() if workflow_id is None else [bindable(workflow_id)]
        found = []
        for workflow in workflows:
            for subject, number, runs, successes, total_ms, tokens, cost, updated in self._versions(workflow):
                durations = self._durations(number)
                summary = summary_from(runs, successes, total_ms, tokens, cost, updated, durations)
                found.append(VersionSummary(workflow, version_in(subject), summary))
        return tuple(sorted(found, key=lambda one: (one.workflow, one.version)))

    def get_hours(self, workflow_id: str, since: datetime, until: datetime) -> tuple[HourSums, ...]:
        return hours.between(self._db, self._project, workflow_id, since, until)

    def get_nodes(self, workflow_id: str, since: datetime, until: datetime) -> tuple[NodeSums, ...]:
        return nodes.between(self._db, self._project, workflow_id, since, until, self._pending)

    def runs_to_learn(self, limit: int) -> tuple[str, ...]:
        return kept.runs_to_learn(self._db, self._project, limit)

    def get_tallies(self, workflow_id: str) -> str | None:
        found = kept.tallies_of(self._db, self._project, workflow_id)
        return found[0][1] if found else None

    def learn(self, run_ids: Sequence[str], tallies: Mapping[str, str]) -> bool:
        return kept.learn(self._db, self._project, run_ids, tallies)

    def get_patterns(self, workflow_id: str | None) -> tuple[Pattern, ...]:
        return patterns_from(kept.tallies_of(self._db, self._project, workflow_id))

    def _workflows(self) -> list[str]:
        """Each found by one search in the index: the texts of workflows make up most of what lies there."""
        rows = fetch(
            self._db,
            """
            WITH RECURSIVE found (id) AS (
                SELECT min(workflow) FROM summary WHERE project = :project
                UNION ALL
                SELECT (SELECT min(workflow) FROM summary WHERE project = :project AND workflow > id)
                FROM found WHERE id IS NOT NULL
            )
            SELECT id FROM found WHERE id IS NOT NULL
            """,
            {"project": self._project},
        )
        return [workflow for (workflow,) in rows]

    def _versions(self, workflow: str) -> list[Any]:
        """Rows of subject, number and sums, one a version."""
        return fetch(
            self._db,
            """
            SELECT subject, number, runs, successes, total_ms, tokens, cost, updated FROM summary
            WHERE project = :project AND workflow = :workflow AND subject >= :first AND subject < :end
            """,
            # The sign behind the blank: what begins with the first comes before the second.
            {"project": self._project, "workflow": workflow, "first": VERSION, "end": VERSION[:-1] + "!"},
        )

    def _add(self, subjects: Sequence[str], metric: ExecutionMetric) -> None:
        workflow, bucket = bindable(metric.workflow_id), bucket_of(metric.duration_ms)
        sums = (
            1,
            int(metric.success),
            metric.duration_ms,
            metric.tokens_used,
            metric.cost,
            to_micros(metric.timestamp),
        )
        numbers: list[int] = []
        for subject in subjects:
            # fetchall: an unfinished RETURNING would keep the statement, and with it the transaction, open.
            row = fetch(self._db, _ADD_TO_SUMMARY, (self._project, workflow, bindable(subject), *sums))[0]
            numbers.append(row[0])
            known = self._remembered.get(row[0])
            if known is not None:
                count_one(known, bucket)
                self._added[workflow, subject] = (row, known)
        self._db.executemany(_ADD_TO_DURATIONS, [(number, bucket) for number in numbers])

    def _summary(self, workflow_id: str, subject: str) -> WorkflowSummary | None:
        workflow = bindable(workflow_id)
        rows = self._just_added(workflow, subject) or fetch(
            self._db,
            """
            SELECT number, runs, successes, total_ms, tokens, cost, updated FROM summary
            WHERE project = :project AND workflow = :workflow AND subject = :subject
            """,
            {"project": self._project, "workflow": workflow, "subject": bindable(subject)},
        )
        if not rows:
            return None
        number, runs, successes, total_ms, tokens, cost, updated = rows[0]
        return summary_from(runs, successes, total_ms, tokens, cost, updated, self._durations(number))

    def _just_added(self, workflow: str, subject: str) -> list[Any]:
        """The row that a run was added to, where nothing has been written or undone since; what is announced needs it."""
        row, known = self._added.pop((workflow, subject), (None, None))
        if (
            row is None
            or self._remembered.get(row[0]) is not known
            or self._added_at != self._db.total_changes()
        ):
            return []
        return [row]

    def _durations(self, summary: int) -> dict[int, int]:
        known = self._remembered.get(summary)
        if known is None:
            known = dict(
                fetch(
                    self._db,
                    "SELECT bucket, runs FROM summary_duration WHERE summary = :summary ORDER BY bucket",
                    {"summary": summary},
                )
            )
            remember(self._remembered, summary, known)
        return known
