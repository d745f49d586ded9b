"""What is measured of runs, and what it adds up to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from darwinflow.model.histogram import percentiles
from darwinflow.model.run import ExecutionLog, RunStatus

_made = tuple.__new__


class NodeMetric(NamedTuple):
    """What one finished step counts for in the figures of its node."""

    node_id: str
    duration_ms: float
    success: bool
    tokens: int
    cost: float


@dataclass(frozen=True, slots=True)
class ExecutionMetric:
    """What one finished run counts for."""

    run_id: str
    workflow_id: str
    workflow_version: int
    workflow_hash: str
    duration_ms: float
    success: bool
    nodes_executed: int
    tokens_used: int
    cost: float
    """In the currency that the program recorded; US dollars by custom."""
    timestamp: datetime
    """When the run ended."""
    nodes: tuple[NodeMetric, ...] = ()
    """One a step that ended, in the order of the steps."""


@dataclass(frozen=True, slots=True)
class WorkflowSummary:
    """What the finished runs of one version, or of one text, add up to."""

    runs: int
    successes: int
    failures: int
    """Everything that finished and did not succeed, cancelled runs included."""
    average_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    """Percentiles come from logarithmic buckets and are within 2 % of the exact ones."""
    tokens: int
    cost: float
    last_updated: datetime

    @property
    def success_rate(self) -> float:
        """0 to 1."""
        return self.successes / self.runs


@dataclass(frozen=True, slots=True)
class VersionSummary:
    """What the finished runs that named one version add up to."""

    workflow: str
    version: int
    summary: WorkflowSummary


def summary_of(
    *,
    runs: int,
    successes: int,
    total_ms: float,
    tokens: int,
    cost: float,
    last_updated: datetime,
    durations: Mapping[int, int],
) -> WorkflowSummary:
    """*runs* is at least 1; *durations* are runs by bucket of `model.histogram`."""
    p50, p95, p99 = percentiles(durations, (0.50, 0.95, 0.99))
    return WorkflowSummary(
        runs=runs,
        successes=successes,
        failures=runs - successes,
        average_ms=total_ms / runs,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        tokens=tokens,
        cost=cost,
        last_updated=last_updated,
    )


def metric_of(log: ExecutionLog) -> ExecutionMetric | None:
    """What *log* counts for; None while it is live.

    Tokens and cost are the sums of `tokens` and `cost` among the details of the steps' actions. A step that did not
    end, as its program went away, counts in no node's figures.
    """
    if log.output is None or log.duration_ms is None:
        return None
    tokens, cost, nodes = 0.0, 0.0, list[NodeMetric]()
    for step in log.steps:
        step_tokens, step_cost = 0.0, 0.0
        for action in step.actions:
            found = _number(action.details.get("tokens"))
            if found:
                tokens += found
                step_tokens += found
            found = _number(action.details.get("cost"))
            if found:
                cost += found
                step_cost += found
        took = step.duration_ms
        if took is not None:
            success = step.status is RunStatus.SUCCESS
            figures = step.node_id, max(took, 0.0), success, int(step_tokens), step_cost
            nodes.append(_made(NodeMetric, figures))
    return ExecutionMetric(
        run_id=log.run_id,
        workflow_id=log.workflow_id,
        workflow_version=log.workflow_version,
        workflow_hash=log.workflow_hash,
        duration_ms=max(log.duration_ms, 0.0),
        success=log.status is RunStatus.SUCCESS,
        nodes_executed=len(log.steps),
        tokens_used=int(tokens),
        cost=cost,
        timestamp=log.output.end_time,
        nodes=tuple(nodes),
    )


_MOST = 1e15
"""A figure beyond this, infinity included, is a mistake of the program that gave it and would spoil every sum."""


def _number(value: object) -> float:
    if value is None or value.__class__ is bool or not isinstance(value, (int, float)):
        return 0
    return value if 0 <= value <= _MOST else 0
