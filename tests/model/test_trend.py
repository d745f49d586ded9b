"""Hours add up to the points of a trend."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from darwinflow.model.histogram import bucket_of
from darwinflow.model.metric import summary_of
from darwinflow.model.trend import HourSums, trend

TEN = datetime(2026, 11, 27, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def sums(hour=0, version=1, *, runs=1, successes=1, ms=100.0):
    at = TEN + hour * HOUR
    return HourSums(version, at, runs, successes, runs * ms, 3 * runs, 0.5 * runs, at, {bucket_of(ms): runs})


def test_hours_between_two_edges_are_one_point():
    slow = sums(1, runs=1, successes=0, ms=9000)
    first, second = trend(
        [sums(0, runs=9, successes=9), slow, sums(2)], [TEN, TEN + 2 * HOUR, TEN + 4 * HOUR], by_version=False
    )
    assert (first.start, first.version) == (TEN, None)
    assert (first.summary.runs, first.summary.failures) == (10, 1)
    assert (first.summary.tokens, first.summary.cost) == (30, 5)
    assert first.summary.average_ms == 990
    assert first.summary.p50_ms == pytest.approx(100, rel=0.021)
    assert first.summary.p95_ms == pytest.approx(9000, rel=0.021)
    assert first.summary.last_updated == TEN + HOUR
    assert (second.start, second.summary.runs) == (TEN + 2 * HOUR, 1)


def test_what_lies_outside_of_the_edges_counts_nowhere_and_empty_spans_are_no_points():
    edges = [TEN + number * HOUR for number in (1, 2, 3, 4)]
    assert [point.start for point in trend([sums(0), sums(3), sums(4)], edges, by_version=False)] == [
        edges[2]
    ]
    assert trend([sums(0)], [], by_version=False) == trend([sums(0)], [TEN], by_version=False) == ()


def test_a_span_that_begins_within_an_hour_begins_with_the_next_one():
    edges = [TEN - timedelta(minutes=30), TEN + timedelta(minutes=30), TEN + timedelta(minutes=90)]
    assert [
        point.summary.runs for point in trend([sums(0, runs=2), sums(1, runs=3)], edges, by_version=False)
    ] == [2, 3]


def test_versions_are_apart_and_ascend():
    points = trend([sums(0, 10), sums(0, 2), sums(1, 2)], [TEN, TEN + 2 * HOUR], by_version=True)
    assert [(point.version, point.summary.runs) for point in points] == [(2, 2), (10, 1)]


HOURS = some.lists(
    some.builds(
        sums,
        some.integers(0, 50),
        some.integers(0, 3),
        runs=some.integers(1, 5),
        successes=some.just(1),
        ms=some.floats(0, 1e7),
    )
)


@given(HOURS, some.sets(some.integers(0, 60), min_size=2, max_size=9))
def test_nothing_is_lost_or_counted_twice_however_time_is_cut(hours, cuts):
    edges = [TEN + cut * HOUR for cut in sorted(cuts)]
    inside = [one for one in hours if edges[0] <= one.hour < edges[-1]]
    for by_version in (False, True):
        points = trend(hours, edges, by_version=by_version)
        assert sum(point.summary.runs for point in points) == sum(one.runs for one in inside)
        assert sum(point.summary.successes for point in points) == sum(one.successes for one in inside)
    whole = trend(hours, [edges[0], edges[-1]], by_version=False)
    assert len(whole) == bool(inside)
    if inside:
        durations: dict[int, int] = {}
        for one in inside:
            for bucket, runs in one.durations.items():
                durations[bucket] = durations.get(bucket, 0) + runs
        expected = summary_of(
            runs=sum(durations.values()),
            successes=1,
            total_ms=1,
            tokens=0,
            cost=0,
            last_updated=TEN,
            durations=durations,
        )
        assert (whole[0].summary.p50_ms, whole[0].summary.p99_ms) == (expected.p50_ms, expected.p99_ms)
