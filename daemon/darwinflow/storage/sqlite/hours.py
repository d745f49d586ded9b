"""What the runs of an hour add up to. Every statement about `hour_sums` is in this file."""

from datetime import datetime

import apsw

from darwinflow.model.histogram import bucket_of
from darwinflow.model.metric import ExecutionMetric
from darwinflow.model.trend import HourSums
from darwinflow.storage.instants import to_micros
from darwinflow.storage.packed_durations import packed, unpacked
from darwinflow.storage.sqlite.fetch import bindable, fetch
from darwinflow.storage.sqlite.remembered import Durations, remember
from darwinflow.storage.summing import hour_from, hour_of, hours_between


def add(db: apsw.Connection, project: str, metric: ExecutionMetric, remembered: Durations) -> None:
    """Count a run in its hour and version. *project* is bindable."""
    workflow, hour = bindable(metric.workflow_id), hour_of(metric.timestamp)
    key = (project, workflow, hour, metric.workflow_version)
    durations = remembered.get(key)
    if durations is None:
        durations = _durations(db, *key)
        remember(remembered, key, durations)
    bucket = bucket_of(metric.duration_ms)
    durations[bucket] = durations.get(bucket, 0) + 1
    db.execute(
        """
        INSERT INTO hour_sums
            (project, workflow, hour, version, runs, successes, total_ms, tokens, cost, updated, durations)
        VALUES (:project, :workflow, :hour, :version, 1, :success, :ms, :tokens, :cost, :at, :durations)
        ON CONFLICT (project, workflow, hour, version) DO UPDATE SET
            runs = runs + 1,
            successes = successes + excluded.successes,
            total_ms = total_ms + excluded.total_ms,
            tokens = tokens + excluded.tokens,
            cost = cost + excluded.cost,
            updated = max(updated, excluded.updated),
            durations = excluded.durations
        """,
        {
            "project": project,
            "workflow": workflow,
            "hour": hour,
            "version": metric.workflow_version,
            "success": int(metric.success),
            "ms": metric.duration_ms,
            "tokens": metric.tokens_used,
            "cost": metric.cost,
            "at": to_micros(metric.timestamp),
            "durations": packed(durations),
        },
    )


def between(
    db: apsw.Connection, project: str, workflow_id: str, since: datetime, until: datetime
) -> tuple[HourSums, ...]:
    """As `MetricsRepository.get_hours`. *project* is bindable."""
    first, end = hours_between(since, until)
    rows = fetch(
        db,
        """
        SELECT hour, version, runs, successes, total_ms, tokens, cost, updated, durations FROM hour_sums
        WHERE project = :project AND workflow = :workflow AND hour >= :first AND hour < :end
        ORDER BY hour, version
        """,
        {"project": project, "workflow": bindable(workflow_id), "first": first, "end": end},
    )
    return tuple(
        [
            hour_from(hour, version, runs, successes, total_ms, tokens, cost, updated, unpacked(durations))
            for hour, version, runs, successes, total_ms, tokens, cost, updated, durations in rows
        ]
    )


def _durations(db: apsw.Connection, project: str, workflow: str, hour: int, version: int) -> dict[int, int]:
    rows = fetch(
        db,
        """
        SELECT durations FROM hour_sums
        WHERE project = :project AND workflow = :workflow AND hour = :hour AND version = :version
        """,
        {"project": project, "workflow": workflow, "hour": hour, "version": version},
    )
    return unpacked(rows[0][0]) if rows else {}
