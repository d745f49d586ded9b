"""`MetricsRepository` on PostgreSQL. Every statement about summaries is in this file."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from darwinflow.model.histogram import bucket_of
from darwinflow.model.metric import ExecutionMetric, VersionSummary, WorkflowSummary
from darwinflow.model.pattern import Pattern
from darwinflow.model.trend import HourSums, NodeSums
from darwinflow.storage.instants import to_micros
from darwinflow.storage.kept_patterns import patterns_from
from darwinflow.storage.packed_durations import packed, unpacked
from darwinflow.storage.postgres import nodes
from darwinflow.storage.postgres import tallies as kept
from darwinflow.storage.postgres.database import Link
from darwinflow.storage.postgres.numbers import Numbers, refuse_reading
from darwinflow.storage.postgres.remembered import HourKey, Remembered
from darwinflow.storage.postgres.texts import restored, storable
from darwinflow.storage.summing import (
    VERSION,
    hour_from,
    hour_of,
    hours_between,
    summary_from,
    text_subject,
    version_in,
    version_subject,
)
from darwinflow.storage.sums import Sums

_COUNT = """
WITH news AS (
    INSERT INTO darwinflow.counted_run (organization, project, id)
    VALUES (%(organization)s, %(project)s, %(id)s)
    ON CONFLICT (organization, project, id) DO NOTHING
    RETURNING organization, project, id
), waiting AS (
    INSERT INTO darwinflow.to_learn (organization, project, id) SELECT organization, project, id FROM news
), sums AS (
    INSERT INTO darwinflow.summary AS known
        (organization, project, workflow, subject, runs, successes, total_ms, tokens, cost, updated)
    SELECT organization, project, %(workflow)s, subject, 1, %(success)s, %(ms)s, %(tokens)s, %(cost)s, %(at)s
    FROM news, unnest(%(subjects)b::text[]) AS subject
    ON CONFLICT (organization, project, workflow, subject) DO UPDATE SET
        runs = known.runs + 1,
        successes = known.successes + excluded.successes,
        total_ms = known.total_ms + excluded.total_ms,
        tokens = known.tokens + excluded.tokens,
        cost = known.cost + excluded.cost,
        updated = greatest(known.updated, excluded.updated)
    RETURNING organization, number, subject, runs, successes, total_ms, tokens, cost, updated
), durations AS (
    INSERT INTO darwinflow.summary_duration AS known (organization, summary, bucket, runs)
    SELECT organization, number, %(bucket)s, 1 FROM sums
    ON CONFLICT (organization, summary, bucket) DO UPDATE SET runs = known.runs + 1
), hours AS (
    INSERT INTO darwinflow.hour_sums AS known
        (organization, project, workflow, hour, version, runs, successes, total_ms, tokens, cost, updated,
         durations)
    SELECT organization, project, %(workflow)s, %(hour)s, %(version)s, 1, %(success)s, %(ms)s, %(tokens)s,
        %(cost)s, %(at)s, %(durations)s
    FROM news
    ON CONFLICT (organization, project, workflow, hour, version) DO UPDATE SET
        runs = known.runs + 1,
        successes = known.successes + excluded.successes,
        total_ms = known.total_ms + excluded.total_ms,
        tokens = known.tokens + excluded.tokens,
        cost = known.cost + excluded.cost,
        updated = greatest(known.updated, excluded.updated),
        durations = excluded.durations
)
SELECT subject, runs, successes, total_ms, tokens, cost, updated FROM sums
"""
"""All that counting a run changes, in one exchange; no rows where it is counted already."""


class PostgresMetricsRepository:
    """Bound to one connection and one project; lives as long as the transaction.

    *numbers* and *remembered* are None in a transaction that reads.
    """

    __slots__ = ("_link", "_numbers", "_organization", "_project", "_remembered")

    def __init__(
        self,
        link: Link,
        organization: str,
        project: str,
        numbers: Numbers | None,
        remembered: Remembered | None,
    ) -> None:
        self._link = link
        self._organization = organization
        self._project = storable(project)
        self._numbers = numbers
        self._remembered = remembered

    def record_execution(self, metric: ExecutionMetric) -> bool:
        if self._numbers is None or self._remembered is None:
            raise refuse_reading()
        subjects = [version_subject(metric.workflow_version)]
        if metric.workflow_hash:
            subjects.append(storable(text_subject(metric.workflow_hash)))
        workflow, bucket = storable(metric.workflow_id), bucket_of(metric.duration_ms)
        hour = self._project, workflow, hour_of(metric.timestamp), metric.workflow_version
        durations = dict(self._hour(hour, self._remembered))
        durations[bucket] = durations.get(bucket, 0) + 1
        rows = self._link.execute(
            _COUNT,
            {
                "organization": self._organization,
                "project": self._project,
                "id": storable(metric.run_id),
                "workflow": workflow,
                "subjects": subjects,
                "success": int(metric.success),
                "ms": metric.duration_ms,
                "tokens": metric.tokens_used,
                "cost": float(metric.cost),
                "at": to_micros(metric.timestamp),
                "bucket": bucket,
                "hour": hour[2],
                "version": metric.workflow_version,
                "durations": packed(durations),
            },
        ).fetchall()
        if not rows:
            return False
        self._numbers.count_figures()
        self._remembered.put_hour(hour, durations)
        nodes.add(self._link, self._organization, self._project, metric, self._remembered.nodes)
        for subject, *sums in rows:
            self._remembered.put((self._project, workflow, subject), sums, bucket)
        return True

    def get_summary(self, workflow_id: str, version: int) -> WorkflowSummary | None:
        return self._summary(storable(workflow_id), version_subject(version))

    def get_text_summary(self, workflow_id: str, workflow_hash: str) -> WorkflowSummary | None:
        return self._summary(storable(workflow_id), storable(text_subject(workflow_hash)))

    def list_summaries(self, workflow_id: str | None) -> tuple[VersionSummary, ...]:
        rows = self._link.execute(
            """
            WITH RECURSIVE found (workflow) AS (
                -- Ids of all that have sums, each by one search: texts make up most of what lies between.
                SELECT coalesce(%(workflow)s, (
                    SELECT min(workflow) FROM darwinflow.summary
                    WHERE organization = %(organization)s AND project = %(project)s
                ))
                UNION ALL
                SELECT (
                    SELECT min(workflow) FROM darwinflow.summary
                    WHERE organization = %(organization)s AND project = %(project)s AND workflow > found.workflow
                )
                FROM found WHERE found.workflow IS NOT NULL AND %(workflow)s::text IS NULL
            )
            SELECT sums.workflow, subject, sums.runs, successes, total_ms, tokens, cost, updated, buckets, counts
            FROM found JOIN darwinflow.summary AS sums
                ON sums.organization = %(organization)s AND sums.project = %(project)s
                AND sums.workflow = found.workflow AND subject >= %(first)s AND subject < %(end)s
            CROSS JOIN LATERAL (
                SELECT array_agg(bucket) AS buckets, array_agg(runs) AS counts FROM darwinflow.summary_duration
                WHERE organization = %(organization)s AND summary = sums.number
            ) AS durations
            """,
            {
                "organization": self._organization,
                "project": self._project,
                "workflow": None if workflow_id is None else storable(workflow_id),
                # The sign behind the blank: what begins with the first comes before the second.
                "first": VERSION,
                "end": VERSION[:-1] + "!",
            },
        ).fetchall()
        listed = [
            VersionSummary(
                restored(workflow),
                version_in(subject),
                summary_from(*Sums._make([*sums, dict(zip(buckets, counts, strict=True))])),
            )
            for workflow, subject, *sums, buckets, counts in rows
        ]
        return tuple(sorted(listed, key=lambda one: (one.workflow, one.version)))

    def get_hours(self, workflow_id: str, since: datetime, until: datetime) -> tuple[HourSums, ...]:
        first, end = hours_between(since, until)
        rows = self._link.execute(
            """
            SELECT hour, version, runs, successes, total_ms, tokens, cost, updated, durations
            FROM darwinflow.hour_sums
            WHERE organization = %(organization)s AND project = %(project)s AND workflow = %(workflow)s
              AND hour >= %(first)s AND hour < %(end)s
            ORDER BY hour, version
            """,
            {
                "organization": self._organization,
                "project": self._project,
                "workflow": storable(workflow_id),
                "first": first,
                "end": end,
            },
            binary=True,
        ).fetchall()
        return tuple(
            hour_from(hour, version, *Sums._make([*sums, unpacked(durations)]))
            for hour, version, *sums, durations in rows
        )

    def get_nodes(self, workflow_id: str, since: datetime, until: datetime) -> tuple[NodeSums, ...]:
        pending = None if self._remembered is None else self._remembered.nodes
        return nodes.between(
            self._link, self._organization, self._project, workflow_id, since, until, pending
        )

    def runs_to_learn(self, limit: int) -> tuple[str, ...]:
        return kept.runs_to_learn(self._link, self._organization, self._project, limit)

    def get_tallies(self, workflow_id: str) -> str | None:
        found = kept.tallies_of(self._link, self._organization, self._project, workflow_id)
        return found[0][1] if found else None

    def learn(self, run_ids: Sequence[str], tallies: Mapping[str, str]) -> bool:
        if self._numbers is None:
            raise refuse_reading()
        return kept.learn(self._link, self._organization, self._project, run_ids, tallies)

    def get_patterns(self, workflow_id: str | None) -> tuple[Pattern, ...]:
        return patterns_from(kept.tallies_of(self._link, self._organization, self._project, workflow_id))

    def _hour(self, key: HourKey, remembered: Remembered) -> dict[int, int]:
        """Runs by bucket of the hour."""
        known = remembered.hours.get(key)
        if known is None:
            _, workflow, hour, version = key
            row = self._link.execute(
                """
                SELECT durations FROM darwinflow.hour_sums
                WHERE organization = %(organization)s AND project = %(project)s AND workflow = %(workflow)s
                  AND hour = %(hour)s AND version = %(version)s
                """,
                {
                    "organization": self._organization,
                    "project": self._project,
                    "workflow": workflow,
                    "hour": hour,
                    "version": version,
                },
                binary=True,
            ).fetchone()
            known = unpacked(row[0]) if row else {}
        return known

    def _summary(self, workflow: str, subject: str) -> WorkflowSummary | None:
        key = self._project, workflow, subject
        known = None if self._remembered is None else self._remembered.sums.get(key)
        if known is not None:
            return summary_from(*known)
        row = self._link.execute(
            """
            SELECT sums.runs, successes, total_ms, tokens, cost, updated, buckets, counts
            FROM darwinflow.summary AS sums
            CROSS JOIN LATERAL (
                SELECT array_agg(bucket) AS buckets, array_agg(runs) AS counts FROM darwinflow.summary_duration
                WHERE organization = %(organization)s AND summary = sums.number
            ) AS durations
            WHERE organization = %(organization)s AND project = %(project)s AND workflow = %(workflow)s
              AND subject = %(subject)s
            """,
            {
                "organization": self._organization,
                "project": self._project,
                "workflow": workflow,
                "subject": subject,
            },
        ).fetchone()
        if row is None:
            return None
        *sums, buckets, counts = row
        known = Sums._make([*sums, dict(zip(buckets, counts, strict=True))])
        if self._remembered is not None:
            self._remembered.fill(key, known)
        return summary_from(*known)
