"""How time is cut, and how figures are drawn."""

import argparse
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from darwinflow.cli.chart import ASCII_HEIGHTS, HEIGHTS, bar, line
from darwinflow.cli.figures import cost, tokens
from darwinflow.cli.spans import days, hours, moment, since_of, thinned

NOON = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("90m", timedelta(minutes=90)),
        ("12h", timedelta(hours=12)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(weeks=2)),
        ("2026-11-20", date(2026, 11, 20)),
    ],
)
def test_since_is_an_age_or_a_day(text: str, since: object) -> None:
    assert since_of(text) == since


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "d",
        "0d",
        "-7d",
        "7 d",
        "7x",
        "1e3d",
        "999999w",
        "٧d",
        "2026-13-01",
        "2026-1-1",
        "20261120",
        "\x1b",
    ],
)
def test_what_is_neither_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="takes 90m, 12h, 7d, 2w or a day"):
        since_of(text)


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "2026-11-20", "36500d", "1m"])
def test_any_moment_lies_in_the_last_hundred_years(text: str) -> None:
    found = moment(since_of(text), NOON)
    assert NOON - timedelta(days=36_500) <= found <= NOON


def test_days_are_those_of_the_readers_zone_also_when_clocks_change(berlin: None) -> None:
    start, end = datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 26, 12, tzinfo=UTC)
    found = days(start, end)
    assert [edge.isoformat() for edge in found] == [
        "2026-10-24T00:00:00+02:00",
        "2026-10-25T00:00:00+02:00",
        "2026-10-26T00:00:00+01:00",
        "2026-10-27T00:00:00+01:00",
    ]
    assert found[2] - found[1] == timedelta(hours=25) or found[2].astimezone(UTC) - found[1].astimezone(
        UTC
    ) == timedelta(hours=25)


@given(some.integers(-600_000_000, 4_000_000_000), some.integers(0, 10_000_000))
def test_edges_hold_the_whole_of_the_time(start: int, seconds: int) -> None:
    begin = datetime.fromtimestamp(start, UTC)
    end = begin + timedelta(seconds=seconds)
    for edges in (hours(begin, end), days(begin, end)):
        assert edges[0] <= begin
        assert edges[1] > begin
        assert edges[-2] <= end < edges[-1]
        assert all(earlier < later for earlier, later in pairwise(edges))
        few = thinned(edges, 24)
        assert (few[0], few[-1]) == (edges[0], edges[-1])
        assert set(few) <= set(edges)
        assert len(few) - 1 <= 25


def test_a_line_is_as_high_as_its_figures_and_says_where_there_is_none() -> None:
    assert line([0, 1, 5, None, 10], 10, utf8=True) == f"{HEIGHTS[0]}{HEIGHTS[0]}{HEIGHTS[4]}·{HEIGHTS[7]}"
    assert line([0, 1, 5, None, 10], 10, utf8=False) == "115.9"
    assert line([0, None], 0, utf8=True) == f"{HEIGHTS[0]}·"
    assert line([1e-300, 1e300], 1e300, utf8=False) == ASCII_HEIGHTS[0] + ASCII_HEIGHTS[-1]


def test_a_bar_is_as_long_as_its_figure() -> None:
    assert [bar(figure, 8, 4, utf8=False) for figure in (0, 0.01, 2, 8, 99)] == ["", "#", "#", "####", "####"]
    assert [bar(figure, 8, 4, utf8=True) for figure in (0, 0.01, 1, 8)] == ["", "▏", "▌", "████"]
    assert bar(0, 0, 4, utf8=True) == ""


def test_tokens_and_cost_are_short() -> None:
    assert [tokens(count) for count in (0, 812, 12_400, 999_949, 999_950, 3_100_000_000)] == [
        "", "812", "12.4k", "999.9k", "1.0M", "3.1G",
    ]  # fmt: skip
    assert [cost(amount) for amount in (0, 0.031, 0.00012, 12.4)] == ["", "$0.031", "$0.00012", "$12.40"]
