"""What `MetricsRepository.get_nodes` means."""

import math
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from contract.sample_runs import FULL, START, finished
from darwinflow.model.histogram import bucket_of
from darwinflow.model.metric import ExecutionMetric, NodeMetric, metric_of
from darwinflow.model.run import RunStatus
from darwinflow.model.trend import by_node
from darwinflow.storage.recording import record
from darwinflow.storage.sums import MOST_NODES

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def metric(run_id, *nodes, at=NOON, version=1, workflow="assistant"):
    return ExecutionMetric(run_id, workflow, version, "", 100.0, True, len(nodes), 0, 0.0, at, nodes)


def step(node="look", ms=5.0, *, success=True, tokens=0, cost=0.0):
    return NodeMetric(node, ms, success, tokens, cost)


def count(store, *metrics, project="demo"):
    def work(tx):
        return [tx.metrics(project).record_execution(one) for one in metrics]

    return store.write(work).result(10)


def nodes(store, since=FIRST, until=LAST, workflow="assistant", project="demo"):
    return store.read(lambda tx: tx.metrics(project).get_nodes(workflow, since, until))


def steps(store):
    """How many steps count, and in how many their durations are."""
    return [(one.node, one.runs, sum(one.durations.values())) for one in nodes(store)]


def test_what_was_never_run_has_no_nodes(open_tenant):
    assert nodes(open_tenant()) == ()


def test_a_node_adds_up_its_steps(open_tenant):
    store = open_tenant()
    count(
        store,
        metric("a", step(ms=100, tokens=5, cost=0.5), step("write"), step(ms=300, success=False)),
        metric("b", step(ms=100, tokens=2), at=NOON + timedelta(hours=1)),
    )
    assert count(store, metric("b", step(), step("other"))) == [False]
    look, write = nodes(open_tenant())
    assert (look.node, look.version, look.day) == ("look", 1, datetime(2026, 11, 27, tzinfo=UTC))
    assert (look.runs, look.successes, look.total_ms, look.tokens, look.cost) == (3, 2, 500, 7, 0.5)
    assert look.last_updated == NOON + timedelta(hours=1)
    assert look.durations == {bucket_of(100): 2, bucket_of(300): 1}
    assert (write.node, write.runs, write.last_updated) == ("write", 1, NOON)
    assert nodes(store, project="other") == nodes(store, workflow="assistan") == ()


def test_days_that_are_touched_are_given_whole_by_day_version_and_node(open_tenant):
    store = open_tenant()
    midnight = NOON.replace(hour=0)
    count(
        store,
        metric("a", step("b"), step("B"), step(""), at=midnight, version=10),
        metric("b", step("n\x00ul \x1a"), at=midnight - timedelta(microseconds=1), version=10),
        metric("c", step("é"), at=midnight + timedelta(hours=23), version=2),
        metric("d", step(), at=midnight.replace(year=999)),
        metric("e", step(), at=midnight.replace(year=9999)),
    )

    def found(since, until):
        return [(one.day.day, one.version, one.node) for one in nodes(store, since, until)]

    today = [(27, 2, "é"), (27, 10, ""), (27, 10, "B"), (27, 10, "b")]
    assert found(NOON, NOON + timedelta(hours=1)) == found(midnight, midnight + DAY) == today
    assert found(midnight - timedelta(microseconds=1), NOON) == [(26, 10, "n\x00ul \x1a"), *today]
    assert found(NOON, NOON.replace(hour=0)) == []
    assert [one.day.year for one in nodes(store)] == [999, 2026, 2026, 2026, 2026, 2026, 9999]


def test_a_recorded_run_counts_its_steps_that_ended(open_tenant):
    store = open_tenant()
    log = replace(finished("r", nodes=("a", "b", "a"), status=RunStatus.FAILED), workflow_version=3)
    live = replace(log.steps[0], node_id="never ended", end_time=None, status=RunStatus.RUNNING)
    log = replace(log, steps=(*log.steps, live))
    assert store.write(lambda tx: record(tx, "demo", log)).result(10)
    assert not store.write(lambda tx: record(tx, "demo", log)).result(10)
    found = []
    for _ in range(500):  # where the stores share no transaction, a follower counts
        found = [(one.node, one.version, one.runs, one.successes) for one in nodes(store)]
        if found:
            break
        store.write(lambda _: None).result(10)
    assert found == [("a", 3, 2, 1), ("b", 3, 1, 1)]


def test_what_a_step_counts_for_is_of_it_alone():
    (classify,) = metric_of(FULL).nodes  # the other has not ended
    assert (classify.node_id, classify.success, classify.tokens, classify.cost) == (
        FULL.steps[0].node_id, False, 812, 0.25,
    )  # fmt: skip
    assert classify.duration_ms == FULL.steps[0].duration_ms


def test_figures_are_those_of_a_plain_count_also_of_races_and_after_a_restart(open_tenant):
    chance = random.Random(11)
    counted = [
        metric(
            f"r{number}",
            *(
                step(
                    chance.choice(("look", "write", "größe", "n\x00ul")),
                    chance.lognormvariate(5, 2),
                    success=chance.random() < 0.7,
                    tokens=chance.randrange(9),
                )
                for _ in range(chance.randrange(12))
            ),
            at=NOON + timedelta(seconds=chance.randrange(-200_000, 200_000)),
            version=chance.randrange(3),
        )
        for number in range(240)
    ]
    one, other = open_tenant(), open_tenant()
    batches = [counted[first : first + 10] for first in range(0, len(counted), 10)]
    with ThreadPoolExecutor(4) as threads:
        told = list(
            threads.map(lambda given: count((one, other)[given[0] % 2], *given[1]), enumerate(batches))
        )
    assert all(all(news) for news in told)
    expected = {}
    for run in counted:
        day = run.timestamp.replace(hour=0, minute=0, second=0, microsecond=0)
        for each in run.nodes:
            expected.setdefault((day, run.workflow_version, each.node_id), []).append((run, each))
    one.close()
    other.close()
    found = nodes(open_tenant())
    assert [(sums.day, sums.version, sums.node) for sums in found] == sorted(expected)
    for sums in found:
        own = expected[sums.day, sums.version, sums.node]
        durations = {}
        for _, each in own:
            bucket = bucket_of(each.duration_ms)
            durations[bucket] = durations.get(bucket, 0) + 1
        assert (sums.runs, sums.durations) == (len(own), durations)
        assert sums.successes == sum(each.success for _, each in own)
        assert sums.tokens == sum(each.tokens for _, each in own)
        assert sums.total_ms == pytest.approx(sum(each.duration_ms for _, each in own))
        assert sums.last_updated == max(run.timestamp for run, _ in own)
    for figures in by_node(found, by_version=False):
        took = sorted(
            each.duration_ms for run in counted for each in run.nodes if each.node_id == figures.node
        )
        assert figures.summary.runs == len(took)
        for share, shown in ((0.5, figures.summary.p50_ms), (0.95, figures.summary.p95_ms)):
            assert shown == pytest.approx(took[max(1, math.ceil(share * len(took))) - 1], rel=0.021)


def test_two_handles_count_in_one_day(open_tenant):
    one, other = open_tenant(), open_tenant()
    for number in range(6):
        count((one, other)[number % 2], metric(f"r{number}", step(ms=1.0 + number % 3)))
    assert steps(one) == steps(other) == [("look", 6, 6)]


def test_what_is_undone_counts_in_no_node(open_tenant):
    store = open_tenant()

    def fail_after(tx):
        tx.metrics("demo").record_execution(metric("b", step(), step("other")))
        raise ValueError("undone")

    with pytest.raises(ValueError, match="undone"):
        store.write(fail_after).result(10)
    assert steps(store) == []
    count(store, metric("a", step()))

    def go_on_after_a_part_that_failed(tx):
        tx.metrics("demo").record_execution(metric("c", step()))
        with pytest.raises(ValueError, match="undone"):
            tx.attempt(lambda: fail_after(tx))
        seen = [(one.node, one.runs) for one in tx.metrics("demo").get_nodes("assistant", FIRST, LAST)]
        return tx.metrics("demo").record_execution(metric("d", step())), seen

    assert store.write(go_on_after_a_part_that_failed).result(10) == (True, [("look", 2)])
    assert steps(store) == [("look", 3, 3)]
    with pytest.raises(ValueError, match="undone"):
        store.write(fail_after).result(10)
    count(store, metric("b", step()))
    assert steps(store) == [("look", 4, 4)]


def test_work_that_fails_beside_others_takes_nothing_of_theirs(open_tenant):
    store = open_tenant()

    def work(number):
        def count_one(tx):
            tx.metrics("demo").record_execution(metric(f"r{number}", step()))
            if number % 3 == 0:
                raise ValueError("undone")

        return store.write(count_one)

    with ThreadPoolExecutor(8) as threads:
        futures = list(threads.map(work, range(60)))
    assert sum(future.exception(10) is None for future in futures) == 40
    assert steps(store) == [("look", 40, 40)]


def test_nodes_beyond_the_most_are_left_out_and_those_that_are_in_go_on(open_tenant):
    store = open_tenant()
    count(store, metric("a", *(step(f"n{number}") for number in range(MOST_NODES + 5))))
    count(store, metric("b", step("n7"), step("another")))
    found = {one.node: one.runs for one in nodes(store)}
    assert len(found) == MOST_NODES
    assert (found["n7"], found["n0"]) == (2, 1)
    assert "another" not in found


def test_figures_stay_when_their_runs_are_deleted(open_tenant):
    store = open_tenant()
    log = replace(finished("r"), start_time=START)
    store.write(lambda tx: tx.logs("demo").store_log(log)).result(10)
    count(store, metric_of(log))
    store.write(lambda tx: tx.logs("demo").delete("r", for_good=True)).result(10)
    assert [(one.node, one.runs) for one in nodes(store)] == [("classify", 1)]
