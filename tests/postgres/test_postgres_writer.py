"""What the writer promises where the server, the connection or somebody else is in its way."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg
import pytest

from contract.sample_runs import HASH, finished
from darwinflow.model.errors import OutcomeUnknown, StoreAway, StoreError, StoreUnwritable
from darwinflow.model.filter import RunFilter
from darwinflow.ports.journals import Taken
from darwinflow.storage.postgres import writer
from darwinflow.storage.recording import record
from postgres.proxy import Proxy
from postgres_server import new_organization, shared


def keep(store, run_id, **named):
    return store.write(lambda tx: record(tx, "demo", finished(run_id, **named)))


def state(store):
    """Ids of runs, keys of events, and how many runs the figures have."""

    def look(tx):
        runs = [header.run_id for header in tx.logs("demo").query_logs(RunFilter(limit=5_000)).items]
        summary = tx.metrics("demo").get_text_summary("assistant", HASH)
        events = [event.key for event in tx.events.read_since("run", 0, 5_000)]
        return sorted(runs), events, 0 if summary is None else summary.runs

    return store.read(look)


def keep_until_kept(store, run_id):
    """As the intake does."""
    while True:
        try:
            return keep(store, run_id).result(30)
        except StoreError:
            time.sleep(0.02)


@pytest.fixture
def proxy(tmp_path_factory):
    one = Proxy(tmp_path_factory.mktemp("p"), shared().folder)
    yield one
    one.close()


@pytest.fixture
def behind(proxy, organization, open_store):
    """A store behind the proxy."""
    return open_store(organization.dsn.replace(str(shared().folder), str(proxy.folder)), organization.id)


@pytest.mark.parametrize("forwards_it", [True, False], ids=["the answer is lost", "the commit is lost"])
def test_a_commit_without_an_answer_is_told_as_unknown_and_may_be_sent_again(behind, proxy, forwards_it):
    keep(behind, "before").result(10)
    proxy.cut_at(b"COMMIT\0", forwards_it=forwards_it)
    with pytest.raises(OutcomeUnknown):
        keep(behind, "r").result(10)
    assert proxy.cuts == 1
    assert keep(behind, "r").result(10) == (not forwards_it)
    assert state(behind) == (["before", "r"], ["before", "r"], 2)


@pytest.mark.parametrize("at", [b"INSERT INTO darwinflow.run", b"BEGIN ISOLATION LEVEL READ COMMITTED"])
@pytest.mark.parametrize("forwards_it", [True, False])
def test_a_connection_lost_before_the_commit_is_made_again_and_nobody_notices(behind, proxy, at, forwards_it):
    keep(behind, "before").result(10)
    proxy.cut_at(at, forwards_it=forwards_it)
    assert keep(behind, "r").result(10)
    assert proxy.cuts == 1
    assert state(behind) == (["before", "r"], ["before", "r"], 2)


def test_a_reading_whose_connection_is_lost_is_asked_again(behind, proxy):
    keep(behind, "r").result(10)
    assert state(behind)[0] == ["r"]
    proxy.cut_at(b"FROM darwinflow.run", forwards_it=False)
    assert state(behind)[0] == ["r"]
    assert proxy.cuts == 1


def test_sessions_that_an_administrator_ends_are_made_again(organization, open_store, admin):
    store = open_store(organization.dsn, organization.id)
    keep(store, "a").result(10)
    assert state(store)[0] == ["a"]
    for _ in range(3):
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ada'")
        assert state(store)[0] == ["a"]
    admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ada'")
    assert keep(store, "b").result(10)
    assert state(store) == (["a", "b"], ["a", "b"], 2)


def test_a_transaction_in_the_way_of_others_is_run_again(organization, open_store, admin):
    """Another session has what the work wants, and wants what the transaction has: PostgreSQL ends one of them."""
    store = open_store(organization.dsn, organization.id)
    tries = []

    def lock_and_take(tx):
        tries.append(tx)
        record(tx, "demo", finished("r"))
        if len(tries) == 1:
            other_began.set()
            other_waits.wait(10)
        tx.journals.advance("contested", Taken(len(tries)))

    other_began, other_waits = threading.Event(), threading.Event()

    def in_the_way():
        with psycopg.connect(shared().dsn()) as link:
            link.execute("SET deadlock_timeout = '60s'")  # so that the store's is the one that is ended
            link.execute("INSERT INTO darwinflow.journal VALUES (%s, 'contested', 0)", (organization.id,))
            other_began.wait(10)
            other_waits.set()
            link.execute(
                "SELECT FROM darwinflow.counter WHERE organization = %s FOR UPDATE", (organization.id,)
            )
            link.rollback()

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(in_the_way)
        store.write(lock_and_take).result(30)
        other.result(30)
    assert len(tries) == 2
    assert state(store) == (["r"], ["r"], 1)
    assert store.read(lambda tx: tx.journals.taken("contested").offset) == 2


def test_work_that_a_neighbour_in_the_commit_fails_is_kept_and_numbered_without_a_gap(
    organization, open_store
):
    store = open_store(organization.dsn, organization.id)
    gate = threading.Event()
    first = store.write(lambda tx: gate.wait(10))

    def fail(tx, statement):
        record(tx, "demo", finished("undone"))
        tx.connection.execute(statement)

    futures = [keep(store, "a"), store.write(partial(fail, statement="SELECT 1/0")), keep(store, "b")]
    gate.set()
    first.result(10)
    assert [futures[0].result(10), futures[2].result(10)] == [True, True]
    with pytest.raises(psycopg.errors.DivisionByZero):
        futures[1].result(10)
    assert state(store) == (["a", "b"], ["a", "b"], 2)
    assert [e.offset for e in store.read(lambda tx: tx.events.read_since("run", 0, 9))] == [1, 2]


def test_who_sleeps_in_a_transaction_gives_the_organization_back(organization, open_store, monkeypatch):
    """A laptop that is closed: the server ends its transaction, the others write, and it does its work once more."""
    asleep, others = (
        open_store(organization.dsn, organization.id),
        open_store(organization.other_dsn, organization.id),
    )
    slept = []

    def sleep(tx):
        if not slept:
            tx.connection.execute("SET LOCAL idle_in_transaction_session_timeout = '200ms'")
            slept.append(keep(others, "meanwhile").result(20))
        return record(tx, "demo", finished("late"))

    assert asleep.write(sleep).result(20)
    assert slept == [True]
    assert state(others) == (["late", "meanwhile"], ["meanwhile", "late"], 2)


def test_the_timeouts_that_free_an_organization_are_set(organization, open_store):
    store = open_store(organization.dsn, organization.id)
    names = ("idle_in_transaction_session_timeout", "lock_timeout", "statement_timeout", "synchronous_commit")

    def settings(tx):
        return {
            name: tx.connection.execute("SELECT current_setting(%s)", (name,)).fetchone()[0] for name in names
        }

    expected = dict(zip(names, ("10s", "20s", "1min", "on"), strict=True))
    assert store.write(lambda tx: settings(tx)).result(10) == expected
    assert store.read(settings) == expected


def test_a_database_that_does_without_durability_by_default_is_asked_for_it(organization, open_store, admin):
    admin.execute("ALTER ROLE bob SET synchronous_commit = off")
    try:
        store = open_store(organization.other_dsn, organization.id)
        said = store.write(lambda tx: tx.connection.execute("SHOW synchronous_commit").fetchone()).result(10)
        assert said == ("on",)
    finally:
        admin.execute("ALTER ROLE bob RESET synchronous_commit")


def test_who_waits_for_too_long_is_told_that_others_are_in_the_way(organization, open_store):
    store = open_store(organization.dsn, organization.id)
    store.write(lambda tx: tx.connection.execute("SET lock_timeout = '100ms'")).result(10)
    with psycopg.connect(shared().dsn()) as link:
        link.execute("SELECT FROM darwinflow.counter WHERE organization = %s FOR UPDATE", (organization.id,))
        with pytest.raises(StoreUnwritable, match="in use by others"):
            keep(store, "r").result(10)
    assert keep(store, "r").result(10)


def test_a_connection_that_has_nothing_to_do_is_given_back(organization, open_store, admin, monkeypatch):
    monkeypatch.setattr(writer, "IDLE_S", 0.1)
    store = open_store(organization.dsn, organization.id)
    pid = store.write(lambda tx: tx.connection.info.backend_pid).result(10)
    deadline = time.monotonic() + 20
    while admin.execute("SELECT FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchall():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert keep(store, "r").result(10)


def test_eight_writers_on_four_handles_of_two_members_count_each_run_once(organization, open_store):
    handles = [open_store(dsn, organization.id) for dsn in (organization.dsn, organization.other_dsn) * 2]

    def keep_some(worker):
        return sum(
            keep(handles[worker % 4], f"r{(number + worker * 3) % 30}").result(60) for number in range(30)
        )

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(keep_some, range(8))) == 30
    runs, events, counted = state(handles[0])
    assert (len(runs), counted, sorted(events)) == (30, 30, runs)
    numbers = [e.offset for e in handles[0].read(lambda tx: tx.events.read_since("run", 0, 100))]
    assert numbers == list(range(1, 31))


def test_while_the_server_is_away_nothing_is_taken_and_all_goes_on_when_it_is_back(server, open_store):
    organization = new_organization(server)
    store = open_store(organization.dsn, organization.id)
    keep(store, "before").result(10)
    server.stop()
    began = time.monotonic()
    with pytest.raises(StoreAway):
        keep(store, "r").result(10)
    with pytest.raises(StoreAway):
        state(store)
    assert time.monotonic() - began < 5
    late = open_store(organization.dsn, organization.id)
    with pytest.raises(StoreAway):
        keep(late, "r").result(10)
    server.start()
    assert keep(store, "r").result(10)
    assert keep(late, "r2").result(10)
    assert state(store) == state(late) == (["before", "r", "r2"], ["before", "r", "r2"], 3)


def test_a_restart_in_the_midst_loses_and_doubles_nothing(server, open_store):
    organization = new_organization(server)
    told = [[], []]
    handles = [
        open_store(dsn, organization.id, announce=heard.extend)
        for dsn, heard in zip((organization.dsn, organization.other_dsn), told, strict=True)
    ]
    stop = threading.Event()

    def keep_on(worker):
        kept = []
        while not stop.is_set():
            kept.append(f"{worker}-{len(kept)}")
            keep_until_kept(handles[worker % 2], kept[-1])
        return kept

    with ThreadPoolExecutor(4) as pool:
        workers = [pool.submit(keep_on, worker) for worker in range(4)]
        for end in (server.stop, server.kill, server.stop):
            time.sleep(0.4)
            end()
            time.sleep(0.1)
            server.start()
        time.sleep(0.4)
        stop.set()
        kept = [run_id for worker in workers for run_id in worker.result(60)]
    runs, events, counted = state(handles[0])
    assert runs == sorted(kept)
    assert (sorted(events), counted) == (runs, len(runs))
    for heard in told:
        deadline = time.monotonic() + 20
        while len(heard) < len(events) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert [event.key for event in heard] == events


def test_a_commit_that_the_server_refuses_has_not_taken_effect_and_says_so(organization, open_store, admin):
    """As after a restored copy, in which the counter is behind the events."""
    store = open_store(organization.dsn, organization.id)
    keep(store, "a").result(10)
    admin.execute("UPDATE darwinflow.counter SET events = 0 WHERE organization = %s", (organization.id,))
    with pytest.raises(StoreUnwritable, match="refuses the commit"):
        keep(store, "b").result(10)
    admin.execute("UPDATE darwinflow.counter SET events = 1 WHERE organization = %s", (organization.id,))
    assert keep(store, "b").result(10)
    assert state(store) == (["a", "b"], ["a", "b"], 2)
