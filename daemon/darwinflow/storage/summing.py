"""What the stores keep of a summary or an hour, and the values that it stands for."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from darwinflow.model.metric import WorkflowSummary, summary_of
from darwinflow.model.trend import HourSums, NodeSums
from darwinflow.storage.instants import from_micros, to_micros
from darwinflow.storage.sums import Nodes

_HOUR_MICROS = 3_600_000_000
_DAY_MICROS = 24 * _HOUR_MICROS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_made = tuple.__new__

VERSION = "version "
"""Begins the subjects of versions."""


def version_subject(version: int) -> str:
    """Names the sums of all runs that named this version."""
    return f"{VERSION}{version}"


def version_in(subject: str) -> int:
    """The version that `version_subject` was given."""
    return int(subject.removeprefix(VERSION))


def text_subject(workflow_hash: str) -> str:
    """Names the sums of all runs of exactly this text."""
    return f"text {workflow_hash}"


def hour_of(instant: datetime) -> int:
    """The hour of UTC that *instant* lies in, as whole hours since 1970; negative before."""
    return to_micros(instant) // _HOUR_MICROS


def hours_between(since: datetime, until: datetime) -> tuple[int, int]:
    """The first hour that overlaps *since* to *until*, and the first behind that does not."""
    return hour_of(since), -(-to_micros(until) // _HOUR_MICROS)


def day_of(instant: datetime) -> int:
    """The day of UTC that *instant* lies in, as whole days since 1970; negative before."""
    return to_micros(instant) // _DAY_MICROS


def days_between(since: datetime, until: datetime) -> tuple[int, int]:
    """The first day that overlaps *since* to *until*, and the first behind that does not."""
    return day_of(since), -(-to_micros(until) // _DAY_MICROS)


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
    return summary_of(
        runs=runs,
        successes=successes,
        total_ms=total_ms,
        tokens=tokens,
        cost=cost,
        last_updated=from_micros(updated),
        durations=durations,
    )


def hour_from(
    hour: int,
    version: int,
    runs: int,
    successes: int,
    total_ms: float,
    tokens: int,
    cost: float,
    updated: int,
    durations: Mapping[int, int],
) -> HourSums:
    """*hour* as `hour_of` has it; the rest as with `summary_from`."""
    # Without the names, in half the time.
    return _made(
        HourSums,
        (
            version,
            _begin_of(hour),
            runs,
            successes,
            total_ms,
            tokens,
            cost,
            from_micros(updated),
            durations,
        ),
    )


def nodes_from(day: int, version: int, nodes: Nodes) -> list[NodeSums]:
    """*day* as `day_of` has it; by the nodes' ids."""
    begin = _EPOCH + timedelta(days=day)
    return [
        NodeSums(node, version, begin, *sums[:5], from_micros(sums.updated), sums.durations)
        for node, sums in sorted(nodes.items())
    ]


@lru_cache(maxsize=4096)
def _begin_of(hour: int) -> datetime:
    """A trend reads each hour once a version."""
    return _EPOCH + timedelta(hours=hour)
