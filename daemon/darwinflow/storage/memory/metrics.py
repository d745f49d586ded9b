"""`MetricsRepository` in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Self

from darwinflow.model.metric import ExecutionMetric, VersionSummary, WorkflowSummary
from darwinflow.model.pattern import Pattern
from darwinflow.model.trend import HourSums, NodeSums
from darwinflow.storage.kept_patterns import patterns_from
from darwinflow.storage.memory.lessons import Lessons
from darwinflow.storage.memory.table import Table, Undo
from darwinflow.storage.summing import (
    VERSION,
    day_of,
    days_between,
    hour_from,
    hour_of,
    hours_between,
    nodes_from,
    summary_from,
    text_subject,
    version_in,
    version_subject,
)
from darwinflow.storage.sums import DayKey, Nodes, Sums, with_run, with_steps


class FigureTables(NamedTuple):
    """All that is kept of figures."""

    sums: Table[tuple[str, str, str], Sums]
    """By project, workflow and subject."""
    hours: Table[tuple[str, str, int, int], Sums]
    """By project, workflow, hour and version."""
    nodes: Table[DayKey, Nodes]
    counted: Table[tuple[str, str], bool]
    """By project and run."""

    @classmethod
    def empty(cls, undo: Undo) -> Self:
        return cls(Table(undo), Table(undo), Table(undo), Table(undo))


class MemoryMetricsRepository:
    __slots__ = ("_counted", "_hours", "_lessons", "_nodes", "_project", "_sums")

    def __init__(self, tables: FigureTables, lessons: Lessons, project: str) -> None:
        self._sums, self._hours, self._nodes, self._counted = tables
        self._lessons = lessons
        self._project = project

    def record_execution(self, metric: ExecutionMetric) -> bool:
        if self._counted.get((self._project, metric.run_id)):
            return False
        self._lessons.waiting.put((self._project, metric.run_id), len(self._counted))
        self._counted.put((self._project, metric.run_id), True)  # noqa: FBT003 - the row's value
        workflow, version = metric.workflow_id, metric.workflow_version
        subjects = [version_subject(version)]
        if metric.workflow_hash:
            subjects.append(text_subject(metric.workflow_hash))
        for subject in subjects:
            key = self._project, workflow, subject
            self._sums.put(key, with_run(self._sums.get(key), metric))
        hour = self._project, workflow, hour_of(metric.timestamp), version
        self._hours.put(hour, with_run(self._hours.get(hour), metric))
        if metric.nodes:
            day = self._project, workflow, day_of(metric.timestamp), version
            self._nodes.put(day, with_steps(self._nodes.get(day) or {}, [metric]))
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

    def get_nodes(self, workflow_id: str, since: datetime, until: datetime) -> tuple[NodeSums, ...]:
        first, end = days_between(since, until)
        found = [
            (day, version, nodes)
            for (project, workflow, day, version), nodes in self._nodes.items()
            if (project, workflow) == (self._project, workflow_id) and first <= day < end
        ]
        return tuple(one for day in sorted(found, key=lambda one: one[:2]) for one in nodes_from(*day))

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
