"""What learning from runs means, and that all back ends find the same patterns."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from msgspec.structs import replace

from contract.sample_runs import finished
from darwinflow.model.errors import StoreUnwritable
from darwinflow.model.pattern import PatternType
from darwinflow.patterns.finding import patterns_in
from darwinflow.patterns.lesson import lesson_of
from darwinflow.patterns.tallies import Tallies
from darwinflow.storage.learning import learn_from_some
from darwinflow.storage.recording import record
from patterns.generated import START, in_a_row, ordinary, run

SLOW = in_a_row(("load", 10), ("ask", 80), ("tell", 10))


def slow(count, first=0):
    return [run(number, SLOW) for number in range(first, first + count)]


def keep(store, logs, project="demo"):
    def work(tx):
        for log in logs:
            record(tx, project, log)

    store.write(work).result(20)


def learn(store, most=1000, project="demo"):
    return learn_from_some(store, store, project, most)


def waiting(store, project="demo", limit=1000):
    return store.read(lambda tx: tx.metrics(project).runs_to_learn(limit))


def patterns(store, workflow=None, project="demo"):
    return store.read(lambda tx: tx.metrics(project).get_patterns(workflow))


def test_where_nothing_ran_there_is_nothing_to_learn(open_tenant):
    store = open_tenant()
    assert waiting(store) == ()
    assert learn(store) == 0
    assert patterns(store) == patterns(store, "assistant") == ()
    assert store.read(lambda tx: tx.metrics("demo").get_tallies("assistant")) is None


def test_counted_runs_wait_in_the_order_in_which_they_were_counted(open_tenant):
    store = open_tenant()
    keep(store, [finished("b"), finished("a")])
    keep(store, [finished("c"), finished("a")])
    keep(store, [finished("x")], project="other")
    assert waiting(store) == ("b", "a", "c")
    assert waiting(store, limit=2) == ("b", "a")
    store.close()
    assert waiting(open_tenant()) == ("b", "a", "c")


def test_every_back_end_finds_what_the_functions_find(open_tenant):
    others = [replace(log, run_id=f"other-{log.run_id}") for log in ordinary(3, 30, workflow="öther")]
    logs = [*slow(20), *others]
    store = open_tenant()
    keep(store, logs)
    while learn(store, 7):
        pass
    expected = []
    for workflow in ("assistant", "öther"):
        tallies = Tallies()
        for log in logs:
            if log.workflow_id == workflow:
                tallies.learn(lesson_of(log))
        expected += patterns_in(workflow, tallies)
    assert patterns(store) == tuple(expected)
    assert [one.type for one in expected] == [PatternType.BOTTLENECK, PatternType.SEQUENCE]
    assert patterns(open_tenant(), "assistant") == tuple(expected)
    assert patterns(store, "öther") == patterns(store, project="other") == ()
    assert len(Tallies(store.read(lambda tx: tx.metrics("demo").get_tallies("öther"))).window) == 30


def test_each_run_is_learned_from_once_also_after_a_restart(open_tenant):
    store = open_tenant()
    keep(store, slow(6))
    assert learn(store, 4) == 4
    assert waiting(store) == ("run-00004", "run-00005")
    store.close()
    store = open_tenant()
    assert waiting(store) == ("run-00004", "run-00005")
    keep(store, slow(8))
    assert learn(store) == 4
    assert learn(store) == 0
    (bottleneck,) = patterns(store)
    assert (bottleneck.occurrences, bottleneck.runs) == (8, 8)
    assert bottleneck.last_seen == START + timedelta(minutes=7, milliseconds=100)
    store.close()
    assert waiting(open_tenant()) == ()
    assert patterns(open_tenant()) == (bottleneck,)


def test_who_learns_at_the_same_time_learns_from_no_run_twice(open_tenant):
    stores = [open_tenant(), open_tenant()]
    keep(stores[0], slow(60))

    def learn_all(store):
        while learn(store, 5):
            pass

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(learn_all, stores))
    assert [one.occurrences for one in patterns(stores[1])] == [60, 60]


def test_what_others_have_learned_meanwhile_is_not_overwritten(open_tenant):
    store = open_tenant()
    keep(store, slow(3))
    ids = waiting(store)

    def learned(run_ids, text):
        return store.write(lambda tx: tx.metrics("demo").learn(run_ids, {"assistant": text})).result(10)

    assert learned(ids[:2], '{"a":1}')
    assert not learned(ids[:2], '{"a":2}')
    assert not learned(ids[1:], '{"a":3}')
    assert store.read(lambda tx: tx.metrics("demo").get_tallies("assistant")) == '{"a":1}'
    assert waiting(store) == ids[2:]


def test_learning_is_undone_with_its_transaction(open_tenant):
    store = open_tenant()
    keep(store, slow(4))

    def fail(tx):
        tx.metrics("demo").learn(waiting_now, {"assistant": "{}"})
        raise ValueError("no")

    waiting_now = waiting(store, limit=2)
    with pytest.raises(ValueError, match="no"):
        store.write(fail).result(10)
    assert len(waiting(store)) == 4
    assert waiting(store)[:2] == waiting_now
    assert learn(store) == 4


def test_a_transaction_that_reads_learns_nothing(open_tenant):
    store = open_tenant()
    keep(store, slow(2))
    with pytest.raises(StoreUnwritable):
        store.read(lambda tx: tx.metrics("demo").learn(("run-00000",), {"assistant": "{}"}))


def test_runs_that_are_gone_teach_nothing(open_tenant):
    store = open_tenant()
    keep(store, slow(12))
    store.write(lambda tx: tx.logs("demo").delete("run-00003", for_good=True)).result(10)
    assert learn(store) == 12
    assert {one.occurrences for one in patterns(store)} == {11}
