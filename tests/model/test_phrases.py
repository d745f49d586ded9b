from datetime import UTC, datetime, timedelta, timezone

import pytest

from darwinflow.model import phrases
from darwinflow.model.run import RunStatus

NOW = datetime(2026, 11, 14, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(days=-400), "19 Dec 2027"),
        (timedelta(hours=-2), "14 Nov 17:30"),
        (timedelta(seconds=-61), "14 Nov 15:31"),
        (timedelta(seconds=-59), "just now"),
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=9.9), "just now"),
        (timedelta(seconds=42), "42 s ago"),
        (timedelta(seconds=59.9), "59 s ago"),
        (timedelta(minutes=3, seconds=40), "3 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=5), "5 h ago"),
        (timedelta(hours=15), "15 h ago"),
        (timedelta(hours=25, minutes=28), "yesterday 14:02"),
        (timedelta(days=2, hours=6), "12 Nov 09:30"),
        (timedelta(days=367), "12 Nov 2025"),
    ],
)
def test_an_age_is_said_in_the_largest_unit_that_helps(before, said):
    assert phrases.age(NOW - before, NOW) == said


def test_an_age_is_told_in_the_zone_of_the_reader():
    reader = NOW.astimezone(timezone(timedelta(hours=9)))
    assert phrases.age(NOW - timedelta(hours=15), reader) == "yesterday 09:30"
    assert phrases.exact(NOW, reader) == "2026-11-15 00:30:00+09:00"
    assert phrases.clock(NOW, reader) == "00:30"


def test_shortly_after_midnight_an_hour_ago_is_not_yesterday():
    night = NOW.replace(hour=0, minute=20)
    assert phrases.age(night - timedelta(hours=2), night) == "2 h ago"


@pytest.mark.parametrize(
    ("before", "brief", "spelled"),
    [
        (timedelta(hours=5), "5 h ago", "5 h ago"),
        (timedelta(days=1, hours=3), "1 d ago", "1 day ago"),
        (timedelta(days=3), "3 d ago", "3 days ago"),
        (timedelta(days=15), "2 w ago", "2 weeks ago"),
        (timedelta(days=800), "2 y ago", "2 years ago"),
    ],
)
def test_what_lasts_has_its_age_in_one_unit(before, brief, spelled):
    assert phrases.brief_age(NOW - before, NOW) == brief
    assert phrases.spelled_age(NOW - before, NOW) == spelled


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (0, "0.0 ms"),
        (0.4, "0.4 ms"),
        (9.97, "10 ms"),
        (20, "20 ms"),
        (340.2, "340 ms"),
        (999.7, "1.0 s"),
        (4100, "4.1 s"),
        (9_970, "10 s"),
        (14_000, "14 s"),
        (59_700, "1 min 00 s"),
        (200_000, "3 min 20 s"),
        (7_500_000, "2 h 05 min"),
        (90_000_000, "25 h 00 min"),
    ],
)
def test_a_duration_has_two_figures_that_matter(ms, said):
    assert phrases.duration(ms) == said


@pytest.mark.parametrize(
    ("successes", "runs", "said"),
    [
        (3, 4, "3 of 4"),
        (0, 5, "0 %"),
        (11, 12, "92 %"),
        (999, 1000, "99 %"),
        (1, 1000, "1 %"),
        (7, 7, "100 %"),
    ],
)
def test_a_rate_is_per_cent_from_five_runs_on_and_whole_only_where_it_is(successes, runs, said):
    assert phrases.rate(successes, runs) == said


def test_every_status_has_its_glyph_in_both_alphabets():
    assert "".join(phrases.glyph(status) for status in RunStatus) == "●✓✗–◌"
    assert "".join(phrases.glyph(status, utf8=False) for status in RunStatus) == "*+x-?"


def test_a_run_is_called_by_the_end_of_its_id():
    assert phrases.short_run_id("01936f0a-7c1e-7a44-9f0b-2c338c41d07e") == "8c41d07e"
    assert phrases.short_run_id("ci-7") == "ci-7"
    assert phrases.short_run_id("build-1234567") == "d-1234567"
    assert phrases.short_run_id("p-corr.25") == "p-corr.25"
    assert phrases.short_run_id("--------12") == "--------12"


def test_counts_have_their_noun():
    assert (phrases.counted(1, "run"), phrases.counted(12, "run")) == ("1 run", "12 runs")
