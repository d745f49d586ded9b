"""What some runs, or some steps, add up to, and how one more is added."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from darwinflow.model.histogram import bucket_of
from darwinflow.model.metric import ExecutionMetric
from darwinflow.storage.instants import to_micros

MOST_NODES = 1_000
"""Nodes of a version and day. Programs that make up an id a step would have ever larger rows written a run."""


class Sums(NamedTuple):
    runs: int
    successes: int
    total_ms: float
    tokens: int
    cost: float
    updated: int
    """Microseconds since 1970."""
    durations: Mapping[int, int]


Nodes = Mapping[str, Sums]
"""By id, what the steps of each node add up to, of the runs of one version that ended in one day."""

DayKey = tuple[str, str, int, int]
"""Project, workflow, whole days since 1970 and version."""

_NOTHING = Sums(0, 0, 0.0, 0, 0.0, -(1 << 63), {})


def with_run(known: Sums | None, metric: ExecutionMetric) -> Sums:
    """*known*, None where nothing was counted, and one more run."""
    known = known or _NOTHING
    bucket = bucket_of(metric.duration_ms)
    return Sums(
        runs=known.runs + 1,
        successes=known.successes + metric.success,
        total_ms=known.total_ms + metric.duration_ms,
        tokens=known.tokens + metric.tokens_used,
        cost=known.cost + metric.cost,
        updated=max(known.updated, to_micros(metric.timestamp)),
        durations={**known.durations, bucket: known.durations.get(bucket, 0) + 1},
    )


def with_steps(known: Nodes, metrics: Iterable[ExecutionMetric]) -> Nodes:
    """*known* and the steps of more runs; where there are `MOST_NODES`, those of other nodes are left out."""
    nodes, fresh = dict(known), dict[str, dict[int, int]]()
    for metric in metrics:
        at = to_micros(metric.timestamp)
        for step in metric.nodes:
            sums = nodes.get(step.node_id)
            if sums is None:
                if len(nodes) >= MOST_NODES:
                    continue
                sums = _NOTHING
            durations = fresh.get(step.node_id)
            if durations is None:
                durations = fresh[step.node_id] = dict(sums.durations)
            bucket = bucket_of(step.duration_ms)
            durations[bucket] = durations.get(bucket, 0) + 1
            nodes[step.node_id] = Sums(
                sums.runs + 1,
                sums.successes + step.success,
                sums.total_ms + step.duration_ms,
                sums.tokens + step.tokens,
                sums.cost + step.cost,
                max(sums.updated, at),
                durations,
            )
    return nodes
