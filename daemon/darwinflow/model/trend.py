"""How figures change with time: hours as they are kept, and the points that they add up to."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from darwinflow.model.metric import WorkflowSummary, summary_of


class HourSums(NamedTuple):
    """What the runs of one version that ended within one hour add up to. A trend is made of thousands."""

    version: int
    hour: datetime
    """Its beginning: a whole hour of UTC."""
    runs: int
    successes: int
    total_ms: float
    tokens: int
    cost: float
    last_updated: datetime
    """When the last of them ended."""
    durations: Mapping[int, int]
    """Runs by bucket of `model.histogram`."""


class NodeSums(NamedTuple):
    """What the steps of one node add up to, of the runs of one version that ended within one day."""

    node: str
    version: int
    day: datetime
    """Its beginning, by UTC."""
    runs: int
    """Steps: a node that a run came to three times counts three times."""
    successes: int
    total_ms: float
    tokens: int
    cost: float
    last_updated: datetime
    """When the last of the runs ended."""
    durations: Mapping[int, int]
    """Steps by bucket of `model.histogram`."""


@dataclass(frozen=True, slots=True)
class NodeFigures:
    """What the steps of one node add up to."""

    node: str
    version: int | None
    """None: in the runs of all versions."""
    summary: WorkflowSummary
    """With steps for runs."""


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """What the runs that ended within one span of time add up to."""

    start: datetime
    """The edge that the span begins with."""
    version: int | None
    """None: the runs of all versions."""
    summary: WorkflowSummary


def trend(
    hours: Iterable[HourSums], edges: Sequence[datetime], *, by_version: bool
) -> tuple[TrendPoint, ...]:
    """The points between each two neighbours of *edges*, by time, then version; none where no run ended.

    *edges* ascend. An hour belongs to the span that it begins in, so a span that begins within an hour begins,
    in truth, with the next one.
    """
    spans: dict[tuple[int, int | None], list[HourSums]] = {}
    begin, place = None, -1
    for hour in hours:
        if hour.hour != begin:  # else it is that of another version
            begin = hour.hour
            place = bisect_right(edges, begin) - 1
        if 0 <= place < len(edges) - 1:
            spans.setdefault((place, hour.version if by_version else None), []).append(hour)
    return tuple(
        TrendPoint(edges[place], version, _added_up(found))
        for (place, version), found in sorted(spans.items(), key=lambda span: (span[0][0], span[0][1] or 0))
    )


def by_node(days: Iterable[NodeSums], *, by_version: bool) -> tuple[NodeFigures, ...]:
    """What *days* add up to: by the nodes' ids, then by version."""
    nodes: dict[tuple[str, int | None], list[NodeSums]] = {}
    for day in days:
        nodes.setdefault((day.node, day.version if by_version else None), []).append(day)
    return tuple(
        NodeFigures(node, version, _added_up(found))
        for (node, version), found in sorted(nodes.items(), key=lambda one: (one[0][0], one[0][1] or 0))
    )


def _added_up(hours: Sequence[HourSums] | Sequence[NodeSums]) -> WorkflowSummary:
    # Column by column: of 30 days there are thousands.
    runs, successes, total_ms, tokens, cost, last_updated, histograms = list(zip(*hours, strict=True))[-7:]
    durations: dict[int, int] = {}
    for histogram in histograms:
        for bucket, count in histogram.items():
            durations[bucket] = durations.get(bucket, 0) + count
    return summary_of(
        runs=sum(runs),
        successes=sum(successes),
        total_ms=sum(total_ms),
        tokens=sum(tokens),
        cost=sum(cost),
        last_updated=max(last_updated),
        durations=durations,
    )
