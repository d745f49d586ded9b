"""What `MetricsRepository` means."""

import dataclasses
import math
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from msgspec.structs import replace

from contract.sample_runs import FULL, HASH, START, finished, live
from darwinflow.model.histogram import bucket_of
from darwinflow.model.metric import ExecutionMetric, metric_of
from darwinflow.model.run import ActionLog, RunStatus


def metric(run_id, *, ms=100.0, version=1, text=HASH, success=True, tokens=0, cost=0.0, at=0):
    return ExecutionMetric(
        run_id, "assistant", version, text, ms, success, 3, tokens, cost, START + timedelta(seconds=at)
    )


def count(store, one, project="demo"):
    return store.write(lambda tx: tx.metrics(project).record_execution(one)).result(10)


def summary(store, version=1, project="demo"):
    return store.read(lambda tx: tx.metrics(project).get_summary("assistant", version))


def text_summary(store, text=HASH, project="demo"):
    return store.read(lambda tx: tx.metrics(project).get_text_summary("assistant", text))


def test_what_was_never_run_has_no_summary(open_tenant):
    assert summary(open_tenant()) is None
    assert text_summary(open_tenant()) is None


def test_a_summary_adds_up_what_was_counted(open_tenant):
    store = open_tenant()
    count(store, metric("a", ms=100, tokens=5, cost=0.5, at=7))
    count(store, metric("b", ms=300, tokens=7, cost=0.25, success=False, at=3))
    found = summary(open_tenant())
    assert (found.runs, found.successes, found.failures) == (2, 1, 1)
    assert (found.average_ms, found.tokens, found.cost) == (200, 12, 0.75)
    assert found.last_updated == START + timedelta(seconds=7)
    assert found.success_rate == 0.5


def test_a_run_counts_once_a_run_id(open_tenant):
    store = open_tenant()
    assert count(store, metric("a"))
    assert not count(store, metric("a", ms=900, version=2))
    assert summary(store).runs == 1
    assert summary(store, version=2) is None
    store.close()
    assert not count(open_tenant(), metric("a"))


def test_versions_texts_and_projects_are_counted_apart(open_tenant):
    store = open_tenant()
    count(store, metric("a", version=1, text="aa"))
    count(store, metric("b", version=2, text="aa"))
    count(store, metric("c", version=2, text="bb"))
    count(store, metric("d", version=2, text=""))
    count(store, metric("a", version=2, text="bb"), project="other")
    assert [summary(store, version).runs for version in (1, 2)] == [1, 3]
    assert [text_summary(store, text).runs for text in ("aa", "bb")] == [2, 1]
    assert text_summary(store, "") is None
    assert summary(store, 2, project="other").runs == 1


@pytest.mark.parametrize("runs", [1, 2, 19, 500])
def test_percentiles_are_within_two_percent_of_the_exact_ones(open_tenant, runs):
    durations = sorted(random.Random(runs).lognormvariate(5, 2) for _ in range(runs))
    store = open_tenant()

    def count_all(tx):
        for number, ms in enumerate(durations):
            tx.metrics("demo").record_execution(metric(f"r{number}", ms=ms))

    store.write(count_all).result(10)
    found = summary(store)
    for share, shown in ((0.5, found.p50_ms), (0.95, found.p95_ms), (0.99, found.p99_ms)):
        exact = durations[max(1, math.ceil(share * runs)) - 1]
        assert shown == pytest.approx(exact, rel=0.021)


def test_a_duration_of_nothing_or_of_a_year_is_counted(open_tenant):
    store = open_tenant()
    count(store, metric("a", ms=0.0))
    count(store, metric("b", ms=366 * 86_400_000.0))
    assert summary(store).p99_ms == pytest.approx(366 * 86_400_000.0, rel=0.021)


def test_a_metric_is_what_the_run_says():
    found = metric_of(FULL)
    assert (found.duration_ms, found.success, found.nodes_executed) == (3000.001, False, 2)
    assert (found.tokens_used, found.cost) == (812, 0.25)
    assert metric_of(live("r")) is None
    assert not metric_of(finished("r", status=RunStatus.CANCELLED)).success


@pytest.mark.parametrize("nonsense", [float("inf"), float("nan"), -1, 10**400, 1e300, True, "7", None])
def test_a_figure_that_is_none_counts_as_nothing(nonsense):
    actions = (ActionLog("LLM_CALL", START, {"tokens": nonsense, "cost": nonsense}),)
    found = metric_of(replace(FULL, steps=(replace(FULL.steps[0], actions=actions),)))
    assert (found.tokens_used, found.cost) == (0, 0)


def test_names_that_are_no_utf8_are_counted(open_tenant):
    store = open_tenant()
    count(store, dataclasses.replace(metric("a"), workflow_id="caf\udce9"), project="folder\udcff")
    found = store.read(lambda tx: tx.metrics("folder\udcff").get_summary("caf\udce9", 1))
    assert found.runs == 1


def test_eight_threads_count_each_run_once(open_tenant):
    store = open_tenant()

    def count_all(_):
        return sum(count(store, metric(f"r{number}")) for number in range(30))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(count_all, range(8))) == 30
    assert summary(store).runs == 30


def hours(store, since, until, workflow="assistant", project="demo"):
    return store.read(lambda tx: tx.metrics(project).get_hours(workflow, since, until))


def summaries(store, workflow=None, project="demo"):
    found = store.read(lambda tx: tx.metrics(project).list_summaries(workflow))
    return [(one.workflow, one.version, one.summary.runs) for one in found]


TEN = datetime(2026, 11, 27, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def ended(run_id, at, **given):
    return dataclasses.replace(metric(run_id, **given), timestamp=at)


def test_what_was_never_run_has_no_hours_and_no_summaries(open_tenant):
    assert hours(open_tenant(), TEN, TEN + HOUR) == ()
    assert summaries(open_tenant()) == summaries(open_tenant(), "assistant") == []


def test_an_hour_adds_up_the_runs_that_ended_in_it(open_tenant):
    store = open_tenant()
    count(store, ended("a", TEN, ms=100, tokens=5, cost=0.5))
    count(
        store, ended("b", TEN + HOUR - timedelta(microseconds=1), ms=300, success=False, tokens=2, cost=0.25)
    )
    count(store, ended("c", TEN + HOUR, ms=50))
    assert not count(store, ended("b", TEN + HOUR, ms=50))
    ten, eleven = hours(open_tenant(), TEN, TEN + 2 * HOUR)
    assert (ten.version, ten.hour, ten.runs, ten.successes) == (1, TEN, 2, 1)
    assert (ten.total_ms, ten.tokens, ten.cost) == (400, 7, 0.75)
    assert ten.last_updated == TEN + HOUR - timedelta(microseconds=1)
    assert ten.durations == {bucket_of(100): 1, bucket_of(300): 1}
    assert (eleven.hour, eleven.runs, eleven.durations) == (TEN + HOUR, 1, {bucket_of(50): 1})
    assert hours(store, TEN, TEN + 2 * HOUR, project="other") == ()
    assert hours(store, TEN, TEN + 2 * HOUR, workflow="assistan") == ()


def test_hours_that_are_touched_are_given_whole_in_any_zone(open_tenant):
    store = open_tenant()
    for number in range(4):
        count(store, ended(f"r{number}", TEN + number * HOUR))
    elsewhere = timezone(timedelta(hours=5, minutes=30))

    def found(since, until):
        given = since.astimezone(elsewhere), until.astimezone(elsewhere)
        return [one.hour.hour for one in hours(store, *given)]

    microsecond = timedelta(microseconds=1)
    assert found(TEN + HOUR, TEN + 2 * HOUR) == [11]
    assert found(TEN + HOUR, TEN + 2 * HOUR + microsecond) == [11, 12]
    assert found(TEN + HOUR - microsecond, TEN + HOUR) == [10]
    assert found(TEN + HOUR, TEN + HOUR) == []


def test_versions_of_an_hour_ascend_and_years_do_too(open_tenant):
    store = open_tenant()
    for version in (10, 2, 0):
        count(store, ended(f"v{version}", TEN, version=version))
    count(store, ended("old", TEN.replace(year=999)))
    count(store, ended("late", TEN.replace(year=9999)))
    found = hours(store, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    assert [(one.hour.year, one.version) for one in found] == [
        (999, 1), (2026, 0), (2026, 2), (2026, 10), (9999, 1),
    ]  # fmt: skip


def test_summaries_are_listed_of_one_workflow_and_of_all(open_tenant):
    store = open_tenant()
    for number, (workflow, version) in enumerate(
        [("b", 2), ("a", 10), ("a", 2), ("b", 2), ("B", 1), ("a", 0), ("a.b", 1), ("é", 1)]
    ):
        count(
            store,
            dataclasses.replace(
                metric(f"r{number}", version=version, at=4000 * number), workflow_id=workflow
            ),
        )
    every = [("B", 1, 1), ("a", 0, 1), ("a", 2, 1), ("a", 10, 1), ("a.b", 1, 1), ("b", 2, 2), ("é", 1, 1)]
    assert summaries(store) == every
    assert summaries(store, "a") == every[1:4]
    assert summaries(store, "nobody") == summaries(store, project="other") == []


def test_hours_and_summaries_are_those_of_a_plain_count(open_tenant):
    chance = random.Random(7)
    store = open_tenant()
    counted = [
        ended(
            f"r{number}",
            TEN + timedelta(seconds=chance.randrange(-200_000, 200_000)),
            version=chance.randrange(4),
            ms=chance.lognormvariate(5, 2),
            success=chance.random() < 0.7,
        )
        for number in range(400)
    ]
    store.write(lambda tx: [tx.metrics("demo").record_execution(one) for one in counted]).result(10)
    expected = {}
    for one in counted:
        key = one.timestamp.replace(minute=0, second=0, microsecond=0), one.workflow_version
        expected.setdefault(key, []).append(one)
    found = hours(store, TEN - timedelta(days=3), TEN + timedelta(days=3))
    assert [(one.hour, one.version) for one in found] == sorted(expected)
    for one in found:
        own = expected[one.hour, one.version]
        assert (one.runs, one.successes) == (len(own), sum(run.success for run in own))
        assert one.total_ms == pytest.approx(sum(run.duration_ms for run in own))
        assert sum(one.durations.values()) == len(own)
        assert one.last_updated == max(run.timestamp for run in own)
    assert sum(runs for _, _, runs in summaries(store)) == 400


def ten(store):
    """Runs of the hour from ten o'clock: as they are counted, and as its durations add up."""
    found = hours(store, TEN, TEN + HOUR)
    return [(one.runs, sum(one.durations.values())) for one in found]


def test_two_handles_count_in_one_hour(open_tenant):
    one, other = open_tenant(), open_tenant()
    for number in range(6):
        count((one, other)[number % 2], ended(f"r{number}", TEN, ms=100 + number % 3 * 500))
    assert ten(one) == ten(other) == [(6, 6)]


def test_what_is_undone_counts_in_no_hour(open_tenant):
    store = open_tenant()
    count(store, ended("a", TEN, ms=100))

    def fail_after(tx):
        tx.metrics("demo").record_execution(ended("b", TEN, ms=100))
        raise ValueError("undone")

    with pytest.raises(ValueError, match="undone"):
        store.write(fail_after).result(10)

    def go_on_after_a_part_that_failed(tx):
        with pytest.raises(ValueError, match="undone"):
            tx.attempt(lambda: fail_after(tx))
        return tx.metrics("demo").record_execution(ended("c", TEN, ms=100))

    assert store.write(go_on_after_a_part_that_failed).result(10)
    assert ten(store) == [(2, 2)]
    assert summary(store).runs == 2
    assert count(store, ended("b", TEN, ms=100))
    assert ten(store) == [(3, 3)]
