"""What `Outbox` means, on every store of logs."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from contract.sample_runs import finished
from darwinflow.model.errors import StoreUnwritable
from darwinflow.ports.outbox import Pending


def put(store, run_id, project="demo", kind="run.stored"):
    store.write(lambda tx: tx.outbox.put(project, run_id, kind)).result(10)


def pending(store, limit=100):
    return store.read(lambda tx: tx.outbox.pending(limit))


def settle(store, number):
    store.write(lambda tx: tx.outbox.settle(number)).result(10)


def test_what_was_put_is_pending_in_order_with_ascending_numbers(open_logs):
    store = open_logs()
    assert pending(store) == ()
    put(store, "a", kind="run.started")
    put(store, "a", project="größe 🎉")
    put(store, "b")
    rows = pending(open_logs())
    assert [(row.project, row.run_id, row.kind) for row in rows] == [
        ("demo", "a", "run.started"),
        ("größe 🎉", "a", "run.stored"),
        ("demo", "b", "run.stored"),
    ]
    numbers = [row.number for row in rows]
    assert numbers == sorted(set(numbers))
    assert numbers[0] > 0


def test_a_project_that_is_no_utf8_comes_back_as_it_was(open_logs):
    put(open_logs(), "a", project="folder\udcff \\udcff")
    assert [row.project for row in pending(open_logs())] == ["folder\udcff \\udcff"]


def test_only_as_many_as_are_asked_for_come_the_oldest_first(open_logs):
    store = open_logs()
    for name in "abcde":
        put(store, name)
    assert [row.run_id for row in pending(store, 2)] == ["a", "b"]
    assert pending(store, 0) == ()
    assert pending(store, -1) == ()


def test_what_is_settled_is_not_pending_any_more_and_no_number_comes_twice(open_logs):
    store = open_logs()
    for name in "abc":
        put(store, name)
    rows = pending(store)
    settle(store, rows[1].number)
    assert pending(store) == rows[2:]
    settle(store, rows[1].number)
    settle(store, 0)
    assert pending(store) == rows[2:]
    settle(store, rows[2].number)
    put(store, "d")
    assert pending(store)[0].number > rows[2].number


def test_after_a_restart_what_is_pending_is_there_and_what_is_settled_is_not(open_logs):
    store = open_logs()
    for name in "abc":
        put(store, name)
    rows = pending(store)
    settle(store, rows[0].number)
    store.close()
    again = open_logs()
    assert pending(again) == rows[1:]
    settle(again, rows[2].number)
    again.close()
    again = open_logs()
    assert pending(again) == ()
    put(again, "d")
    assert pending(again)[0].number > rows[2].number


def test_it_is_written_with_the_log_or_not_at_all(open_logs):
    store = open_logs()

    def keep(tx, name):
        tx.logs("demo").store_log(finished(name))
        tx.outbox.put("demo", name, "run.stored")

    def keep_and_fail(tx):
        keep(tx, "undone")
        raise ZeroDivisionError

    def attempt_and_keep(tx):
        with pytest.raises(ZeroDivisionError):
            tx.attempt(lambda: keep_and_fail(tx))
        keep(tx, "kept")
        return tx.outbox.pending(10)

    with pytest.raises(ZeroDivisionError):
        store.write(keep_and_fail).result(10)
    assert pending(store) == ()
    inside = store.write(attempt_and_keep).result(10)
    assert [row.run_id for row in inside] == ["kept"]
    assert pending(store) == inside
    assert isinstance(inside[0], Pending)


def test_a_reading_neither_puts_nor_settles(open_logs):
    store = open_logs()
    put(store, "a")
    with pytest.raises(StoreUnwritable):
        store.read(lambda tx: tx.outbox.put("demo", "b", "run.stored"))
    with pytest.raises(StoreUnwritable):
        store.read(lambda tx: tx.outbox.settle(1 << 40))
    assert [row.run_id for row in pending(store)] == ["a"]


def test_eight_threads_on_two_handles_get_a_number_each(open_logs):
    handles = (open_logs(), open_logs())

    def put_some(worker):
        for number in range(20):
            put(handles[worker % 2], f"{worker}-{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put_some, range(8)))
    rows = pending(handles[0], 1_000)
    assert len({row.number for row in rows}) == len({row.run_id for row in rows}) == 160
    for worker in range(8):
        mine = [row.run_id for row in rows if row.run_id.startswith(f"{worker}-")]
        assert mine == [f"{worker}-{number}" for number in range(20)]
