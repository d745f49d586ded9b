"""Several daemons on one organization: each tells its subscribers of every commit, once and in order."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg
import pytest

from contract.sample_runs import finished
from darwinflow.storage.postgres import following
from darwinflow.storage.recording import record
from postgres_server import shared


def publish(store, number):
    return store.write(lambda tx: tx.events.publish("run", str(number), {"n": number})).result(30)


def events_behind(last, tx):
    return tx.events.read_since("run", last, 7)


def wait_for(told, count):
    deadline = time.monotonic() + 30
    while len(told) < count:
        assert time.monotonic() < deadline, f"{len(told)} of {count} were told"
        time.sleep(0.01)


@pytest.fixture
def daemons(organization, open_store):
    """Three stores of two members, and what each has told."""
    told = [[] for _ in range(3)]
    stores = [
        open_store(dsn, organization.id, announce=heard.extend)
        for dsn, heard in zip((organization.dsn, organization.other_dsn, organization.dsn), told, strict=True)
    ]
    return stores, told


def test_what_one_commits_the_others_tell(daemons):
    stores, told = daemons
    for number in range(10):
        publish(stores[number % 2], number)
    for heard in told:
        wait_for(heard, 10)
        assert [event.offset for event in heard] == list(range(1, 11))
        assert [(event.key, event.payload) for event in heard] == [(str(n), {"n": n}) for n in range(10)]
    assert told[0] == told[1] == told[2]


def test_ones_own_commit_is_told_before_its_writer_knows(daemons):
    stores, told = daemons
    publish(stores[0], 1)
    assert [event.offset for event in told[0]] == [1]


def test_under_racing_writers_of_several_daemons_none_is_left_out_doubled_or_late(daemons):
    stores, told = daemons

    def publish_some(worker):
        for number in range(25):
            publish(stores[worker % 3], f"{worker}-{number}")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(publish_some, range(6)))
    for heard in told:
        wait_for(heard, 150)
        assert [event.offset for event in heard] == list(range(1, 151))
    stored = stores[0].read(lambda tx: tx.events.read_since("run", 0, 1_000))
    assert list(stored) == told[0] == told[1] == told[2]


def test_a_reader_never_sees_an_event_before_a_lower_one(daemons):
    """Numbers are given in the order of commits: whoever reads on from the last one it saw misses none."""
    stores, _ = daemons
    seen = []

    def follow():
        while len(seen) < 90:
            last = seen[-1] if seen else 0
            seen.extend(e.offset for e in stores[2].read(partial(events_behind, last)))

    with ThreadPoolExecutor(4) as pool:
        following_ = pool.submit(follow)
        list(pool.map(lambda worker: [publish(stores[worker], n) for n in range(30)], range(3)))
        following_.result(60)
    assert seen == list(range(1, 91))


def test_what_was_published_before_the_opening_is_not_told(organization, open_store):
    publish(open_store(organization.dsn, organization.id), 1)
    told = []
    store = open_store(organization.dsn, organization.id, announce=told.extend)
    publish(store, 2)
    assert [event.offset for event in told] == [2]


def test_a_follower_that_lost_its_connection_reads_on_where_it_was(daemons, admin):
    stores, told = daemons
    publish(stores[0], 1)
    wait_for(told[1], 1)
    admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'bob'")
    for number in range(2, 6):
        publish(stores[0], number)
    wait_for(told[1], 5)
    assert [event.offset for event in told[1]] == [1, 2, 3, 4, 5]


def test_a_notification_that_never_came_is_made_up_for(daemons, organization, monkeypatch):
    stores, told = daemons
    publish(stores[0], 1)
    wait_for(told[1], 1)
    monkeypatch.setattr(following, "LOOK_AGAIN_S", 0.2)
    with psycopg.connect(shared().dsn()) as link:  # as a commit whose notification was lost would leave it
        link.execute("INSERT INTO darwinflow.event VALUES (%s, 2, 'run', 'x', '{}', 1)", (organization.id,))
        link.execute("UPDATE darwinflow.counter SET events = 2 WHERE organization = %s", (organization.id,))
    publish(stores[2], 3)
    wait_for(told[1], 3)
    wait_for(told[0], 3)
    assert [event.offset for event in told[1]] == [event.offset for event in told[0]] == [1, 2, 3]


def test_a_false_notification_tells_nobody_of_anything(daemons, organization, admin):
    stores, told = daemons
    for payload in ("", "99", "x", "99 me", "-1"):
        admin.execute("SELECT pg_notify(%s, %s)", (f"darwinflow_{organization.id}", payload))
    publish(stores[0], 1)
    for heard in told:
        wait_for(heard, 1)
        assert [event.offset for event in heard] == [1]


def test_a_fault_of_one_who_is_told_stops_nobody(organization, open_store, caplog):
    def faulty(events):
        raise ValueError("a fault of ours")

    store = open_store(organization.dsn, organization.id, announce=faulty)
    other = open_store(organization.dsn, organization.id)
    publish(store, 1)
    publish(other, 2)
    publish(store, 3)
    assert [e.offset for e in store.read(lambda tx: tx.events.read_since("run", 0, 9))] == [1, 2, 3]


def test_summaries_that_another_daemon_has_changed_are_read_anew(daemons):
    """The writer keeps summaries in mind; who counts in between makes it forget them."""
    stores, told = daemons
    for number in range(9):
        log = finished(f"r{number}", seconds=number + 1)
        assert stores[number % 2].write(lambda tx, log=log: record(tx, "demo", log)).result(10)
    wait_for(told[0], 9)
    runs = [event.payload["summaries"]["version"]["runs"] for event in told[0]]
    assert runs == list(range(1, 10))
    last = told[0][-1].payload["summaries"]["text"]
    found = stores[2].read(lambda tx: tx.metrics("demo").get_summary("assistant", 1))
    assert (last["runs"], last["p50Ms"], last["p95Ms"]) == (9, found.p50_ms, found.p95_ms)
    hours = stores[2].read(
        lambda tx: tx.metrics("demo").get_hours(
            "assistant", finished("x").start_time, finished("x").start_time
        )
    )
    assert [sum(hour.durations.values()) for hour in hours] == [9]
