"""What `TenantStore` means: one transaction for all that belongs together."""

import threading
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from contract.sample_runs import FULL, HASH, finished
from darwinflow.model.errors import StoreUnwritable
from darwinflow.model.filter import RunFilter
from darwinflow.model.metric import metric_of
from darwinflow.ports.journals import Taken


def keep_all(tx, log):
    tx.logs("demo").store_log(log)
    tx.metrics("demo").record_execution(metric_of(log))
    tx.journals.advance("j.jsonl", Taken(42))
    return tx.events.publish("run", log.run_id, {"id": log.run_id})


def everything(tx):
    return (
        tx.logs("demo").query_logs(RunFilter(limit=500)).items,
        tx.metrics("demo").get_text_summary("assistant", HASH),
        tx.journals.taken("j.jsonl").offset,
        tx.events.read_since("run", 0, 500),
    )


def test_an_exception_undoes_all_of_its_own_work_and_comes_back(open_tenant):
    store = open_tenant()

    def keep_and_fail(tx):
        keep_all(tx, FULL)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.write(keep_and_fail).result(10)
    assert store.read(everything) == ((), None, 0, ())


def test_an_exception_undoes_nobody_elses_work(open_tenant):
    store = open_tenant()
    gate = threading.Event()

    def wait_at_the_gate(tx):
        gate.wait(10)

    def keep_or_fail(number, tx):
        keep_all(tx, finished(f"r{number:02}"))
        if number % 3 == 0:
            raise ZeroDivisionError

    with ThreadPoolExecutor(1) as other:
        # What is queued behind the first goes into one commit, where the back end has such.
        first = other.submit(store.write, wait_at_the_gate)
        numbers = range(1, 30)
        works = [lambda tx, number=number: keep_or_fail(number, tx) for number in numbers]
        gate.set()
        futures = [store.write(work) for work in works]
        first.result(10).result(10)
        wait(futures, 10)
    failed = {number for number, future in zip(numbers, futures, strict=True) if future.exception()}
    assert failed == {number for number in numbers if number % 3 == 0}
    kept = [f"r{number:02}" for number in numbers if number % 3]
    headers, summary, offset, events = store.read(everything)
    assert sorted(header.run_id for header in headers) == kept
    assert [event.key for event in events] == kept
    assert (summary.runs, offset) == (len(kept), 42)


def test_a_reading_sees_one_state(open_tenant):
    store, writer = open_tenant(), open_tenant()
    seen = []

    def read_twice(tx):
        before = everything(tx)
        future = other.submit(lambda: writer.write(lambda inner: keep_all(inner, FULL)))
        wait([future], 0.3)
        seen.append(before == everything(tx))
        return future

    with ThreadPoolExecutor(1) as other:
        store.read(read_twice).result(10).result(10)
    assert seen == [True]
    assert len(store.read(everything)[0]) == 1


@pytest.mark.parametrize(
    "write",
    [
        lambda tx: tx.logs("demo").store_log(FULL),
        lambda tx: tx.metrics("demo").record_execution(metric_of(FULL)),
        lambda tx: tx.events.publish("run", "k", {}),
        lambda tx: tx.journals.advance("j.jsonl", Taken(1)),
    ],
    ids=["logs", "metrics", "events", "journals"],
)
def test_a_reading_cannot_write(open_tenant, write):
    store = open_tenant()
    with pytest.raises(StoreUnwritable):
        store.read(write)
    assert store.read(everything) == ((), None, 0, ())
    store.write(write).result(10)


def test_closing_finishes_what_was_accepted(open_tenant):
    store = open_tenant()
    futures = [
        store.write(lambda tx, number=number: keep_all(tx, finished(f"r{number}"))) for number in range(50)
    ]
    store.close()
    store.close()
    assert sorted(future.result(0) for future in futures) == list(range(1, 51))
    with pytest.raises(RuntimeError):
        store.write(everything)
    with pytest.raises(RuntimeError):
        store.read(everything)
    assert len(open_tenant().read(everything)[0]) == 50


def test_the_same_work_from_eight_threads_on_two_handles_adds_up(open_tenant):
    handles = (open_tenant(), open_tenant())

    def keep_some(worker):
        for number in range(20):
            log = finished(f"{worker}-{number}")
            handles[worker % 2].write(lambda tx, log=log: keep_all(tx, log)).result(10)
            handles[worker % 2].read(everything)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(keep_some, range(8)))
    headers, summary, _, events = handles[0].read(everything)
    assert (len(headers), summary.runs, len(events)) == (160, 160, 160)
    assert {header.run_id for header in headers} == {event.key for event in events}


def test_an_attempt_that_fails_undoes_its_own_part_alone(open_tenant):
    announced = []
    store = open_tenant(announced.extend)

    def keep_and_fail(tx, log):
        keep_all(tx, log)
        tx.journals.advance("j.jsonl", Taken(99))
        raise ZeroDivisionError

    def work(tx):
        keep_all(tx, finished("before"))
        tx.metrics("demo").get_text_summary("assistant", HASH)
        with pytest.raises(ZeroDivisionError):
            tx.attempt(lambda: keep_and_fail(tx, finished("undone")))
        assert tx.attempt(lambda: keep_all(tx, finished("after"))) == 2
        return everything(tx)

    inside = store.write(work).result(10)
    headers, summary, offset, events = store.read(everything)
    assert {header.run_id for header in headers} == {"before", "after"}
    assert (summary.runs, offset) == (2, 42)
    assert inside[1] == summary
    assert [(event.offset, event.key) for event in events] == [(1, "before"), (2, "after")]
    assert [event.key for event in announced] == ["before", "after"]


def test_an_attempt_is_undone_with_the_work_around_it(open_tenant):
    announced = []
    store = open_tenant(announced.extend)

    def work(tx):
        tx.attempt(lambda: keep_all(tx, FULL))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.write(work).result(10)
    assert store.read(everything) == ((), None, 0, ())
    assert announced == []
