"""`MetricsRepository` in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from darwinflow.model.histogram import bucket_of
from darwinflow.model.metric import ExecutionMetric, VersionSummary, WorkflowSummary
from darwinflow.model.pattern import Pattern
from darwinflow.model.trend import HourSums
from darwinflow.storage.instants import to_micros
from darwinflow.storage.kept_patterns import patterns_from
from darwinflow.storage.memory.lessons import Lessons
from darwinflow.storage.memory.table import Table
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

K = TypeVar("K")


class Sums(NamedTuple):
    runs: int
    successes: int
    total_ms: float
    tokens: int
    cost: float
    updated: int
    """Microseconds since 1970."""
    durations: Mapping[int, int]


_NOTHING = Sums(0, 0, 0.0, 0, 0.0, -(1 << 63), {})


class MemoryMetricsRepository:
    __slots__ = ("_counted", "_hours", "_lessons", "_project", "_sums")

    def __init__(
        self,
        sums: Table[tuple[str, str, str], Sums],
        hours: Table[tuple[str, str, int, int], Sums],
        counted: Table[tuple[str, str], bool],
        lessons: Lessons,
        project: str,
    ) -> None:
        self._sums = sums
        self._hours = hours
        self._counted = counted
        self._lessons = lessons
        self._project = project

    def record_execution(self, metric: ExecutionMetric) -> bool:
        if self._counted.get((self._project, metric.run_id)):
            return False
        self._lessons.waiting.put((self._project, metric.run_id), len(self._counted))
        self._counted.put((self._project, metric.run_id), True)  # noqa: FBT003 - the row's value
        workflow = metric.workflow_id
        _add(self._sums, (self._project, workflow, version_subject(metric.workflow_version)), metric)
        if metric.workflow_hash:
            _add(self._sums, (self._project, workflow, text_subject(metric.workflow_hash)), metric)
        hour = hour_of(metric.timestamp)
        _add(self._hours, (self._project, workflow, hour, metric.workflow_version), metric)
        return True

    def get_summary(self, workflow_id: str, version: int) -> WorkflowSummary | None:
        return self._summary(workflow_id, version_subject(version))

    def get_text_summary(self, workflow_id: str, workflow_hash: str) -> WorkflowSummary | None:
        return self._summary(workflow_id, text_subject(workflow_hash))

    def list_summaries(self, workflow_id: str | None) -> tuple[VersionSummary, ...]:
        found = [
            VersionSummary(workflow, version_in(subject), summary_from(*sums))
            for (project, workflow, subject), sums in self._sums.items()
            if project == self._project and workflow_id in (None, workflow) and subject.startswith(VERSION)
        ]
        return tuple(sorted(found, key=lambda one: (one.workflow, one.version)))

    def get_hours(self, workflow_id: str, since: datetime, until: datetime) -> tuple[HourSums, ...]:
        first, end = hours_between(since, until)
        found = [
            hour_from(hour, version, *sums)
            for (project, workflow, hour, version), sums in self._hours.items()
            if (project, workflow) == (self._project, workflow_id) and first <= hour < end
        ]
        return tuple(sorted(found, key=lambda one: (one.hour, one.version)))

    def runs_to_learn(self, limit: int) -> tuple[str, ...]:
        return self._lessons.runs_to_learn(self._project, limit)

    def get_tallies(self, workflow_id: str) -> str | None:
        return self._lessons.tallies.get((self._project, workflow_id))

    def learn(self, run_ids: Sequence[str], tallies: Mapping[str, str]) -> bool:
        return self._lessons.learn(self._project, run_ids, tallies)

    def get_patterns(self, workflow_id: str | None) -> tuple[Pattern, ...]:
        return patterns_from(self._lessons.tallies_of(self._project, workflow_id))

    def _summary(self, workflow_id: str, subject: str) -> WorkflowSummary | None:
        sums = self._sums.get((self._project, workflow_id, subject))
        return None if sums is None else summary_from(*sums)


def _add(table: Table[K, Sums], key: K, metric: ExecutionMetric) -> None:
    known = table.get(key) or _NOTHING
    bucket = bucket_of(metric.duration_ms)
    sums = Sums(
        runs=known.runs + 1,
        successes=known.successes + metric.success,
        total_ms=known.total_ms + metric.duration_ms,
        tokens=known.tokens + metric.tokens_used,
        cost=known.cost + metric.cost,
        updated=max(known.updated, to_micros(metric.timestamp)),
        durations={**known.durations, bucket: known.durations.get(bucket, 0) + 1},
    )
    table.put(key, sums)
