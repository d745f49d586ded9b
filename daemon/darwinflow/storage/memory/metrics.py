"""`MetricsRepository` in memory."""

from collections.abc import Mapping
from typing import NamedTuple

from darwinflow.model.histogram import bucket_of
from darwinflow.model.metric import ExecutionMetric, WorkflowSummary
from darwinflow.storage.instants import to_micros
from darwinflow.storage.memory.table import Table
from darwinflow.storage.summing import summary_from, text_subject, version_subject


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
    __slots__ = ("_counted", "_project", "_sums")

    def __init__(
        self,
        sums: Table[tuple[str, str, str], Sums],
        counted: Table[tuple[str, str], bool],
        project: str,
    ) -> None:
        self._sums = sums
        self._counted = counted
        self._project = project

    def record_execution(self, metric: ExecutionMetric) -> bool:
        if self._counted.get((self._project, metric.run_id)):
            return False
        self._counted.put((self._project, metric.run_id), True)  # noqa: FBT003 - the row's value
        self._add(version_subject(metric.workflow_version), metric)
        if metric.workflow_hash:
            self._add(text_subject(metric.workflow_hash), metric)
        return True

    def get_summary(self, workflow_id: str, version: int) -> WorkflowSummary | None:
        return self._summary(workflow_id, version_subject(version))

    def get_text_summary(self, workflow_id: str, workflow_hash: str) -> WorkflowSummary | None:
        return self._summary(workflow_id, text_subject(workflow_hash))

    def _add(self, subject: str, metric: ExecutionMetric) -> None:
        key = (self._project, metric.workflow_id, subject)
        known = self._sums.get(key) or _NOTHING
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
        self._sums.put(key, sums)

    def _summary(self, workflow_id: str, subject: str) -> WorkflowSummary | None:
        sums = self._sums.get((self._project, workflow_id, subject))
        return None if sums is None else summary_from(*sums)
