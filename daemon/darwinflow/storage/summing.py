"""What the stores keep of a summary, and the summary it stands for."""

from collections.abc import Mapping

from darwinflow.model.histogram import percentiles
from darwinflow.model.metric import WorkflowSummary
from darwinflow.storage.instants import from_micros


def version_subject(version: int) -> str:
    """Names the sums of all runs that named this version."""
    return f"version {version}"


def text_subject(workflow_hash: str) -> str:
    """Names the sums of all runs of exactly this text."""
    return f"text {workflow_hash}"


def summary_from(
    runs: int,
    successes: int,
    total_ms: float,
    tokens: int,
    cost: float,
    updated: int,
    durations: Mapping[int, int],
) -> WorkflowSummary:
    """*updated* in microseconds, *durations* as runs by bucket."""
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
        last_updated=from_micros(updated),
    )
