"""Runs of a team in PostgreSQL, and figures of one of its machines elsewhere: they are of the same runs."""

from contextlib import contextmanager

import pytest

from contract.conftest import clock
from contract.sample_runs import HASH, finished
from daemon_process import a_run, eventually
from darwinflow.model.metric import metric_of
from darwinflow.storage.composed.tenant import ComposedTenantStore
from darwinflow.storage.figures import digest_of_figures
from darwinflow.storage.files.metrics import FileMetricsStore
from darwinflow.storage.memory.tenant import MemoryTenant, MemoryTenantStore
from darwinflow.storage.postgres.tenant import PostgresTenantStore
from darwinflow.storage.recording import record
from darwinflow.storage.sqlite.tenant import SqliteTenantStore
from postgres.member import daemon_of
from postgres_server import shared


def in_sqlite(folder):
    return SqliteTenantStore(str(folder / "figures.db"))


def in_files(folder):
    return FileMetricsStore(str(folder / "figures"))


def in_memory(folder):
    return MemoryTenantStore(MemoryTenant(clock))


@contextmanager
def mix(organization, figures):
    """Bob's: runs on the server, *figures* his own."""
    kept = PostgresTenantStore(
        organization.other_dsn, organization.id, announce=lambda _: store.when_followed(lambda: None)
    )
    store = ComposedTenantStore(logs=kept, metrics=figures, events=kept)
    try:
        yield store
    finally:
        store.close()


def keep(store, *names, seconds=1.0):
    store.write(lambda tx: [record(tx, "demo", finished(name, seconds=seconds)) for name in names]).result(20)


def runs_in(store):
    found = store.read(lambda tx: tx.metrics("demo").get_text_summary("assistant", HASH))
    return found.runs if found else 0


def told(store):
    return [event.key for event in store.read(lambda tx: tx.events.read_since("run", 0, 10_000))]


@pytest.mark.parametrize("kind", ["sqlite", "file"])
def test_two_daemons_of_a_team_have_the_same_figures_also_where_one_keeps_its_own(
    tmp_path, organization, kind
):
    ada = daemon_of(tmp_path / "ada", organization, "ada", shared())
    bob = daemon_of(tmp_path / "bob", organization, "bob", shared(), metrics=f"{{type: {kind}}}")

    def record_on(daemon, *names):
        for name in names:
            daemon.client().call("run/record", {"run": a_run(name)})

    def counted(daemon):
        found = daemon.client().call("workflow/history", {"workflow": "assistant", "version": 3})
        return (found["summaries"]["version"] or {"runs": 0})["runs"]

    try:
        ada.start()
        record_on(ada, "a1", "a2", "a3")
        bob.start()
        eventually(lambda: counted(bob) == 3)
        record_on(bob, "b1", "b2")
        assert (counted(ada), counted(bob)) == (5, 5)
        events = bob.client().subscribe(["run"])
        record_on(ada, "a4")
        assert next(events)["key"] == "a4"
        assert counted(bob) == 6
        bob.hang_up()
        bob.kill()
        record_on(ada, "a5", "a1")
        bob.start()
        eventually(lambda: counted(bob) == 7)
        assert [bob.complaints(), ada.complaints()] == [[], []]
    finally:
        ada.close()
        bob.close()


@pytest.mark.parametrize("figures", [in_sqlite, in_files, in_memory])
def test_what_was_recorded_while_one_was_away_is_counted_also_when_it_is_gone(
    tmp_path, organization, open_store, figures
):
    everyone = open_store(organization.dsn, organization.id)
    mine = figures(tmp_path)
    with mix(organization, mine) as store:
        keep(store, "b1")
        keep(everyone, "a1")
        store.settled(20)
        assert runs_in(store) == runs_in(everyone) == 2
    keep(everyone, "a2", "a3", seconds=2)
    if figures is not in_memory:
        everyone.write(
            lambda tx: (tx.logs("demo").delete("a2", for_good=True), tx.events.erase("run", ["a2"]))
        ).result(20)
    with mix(organization, figures(tmp_path)) as store:
        store.settled(20)
        assert runs_in(store) == runs_in(everyone) == 4
        keep(store, "b2")
        assert runs_in(store) == runs_in(everyone) == 5
    assert sorted(told(everyone)) == sorted({*told(everyone)})


def test_a_run_that_is_gone_with_its_event_before_it_was_counted_counts(tmp_path, organization, open_store):
    everyone = open_store(organization.dsn, organization.id)
    with mix(organization, in_sqlite(tmp_path)) as store:
        keep(store, "b1")

        def keep_and_forget(tx):
            record(tx, "demo", finished("a1"))
            tx.logs("demo").delete("a1", for_good=True)
            tx.events.erase("run", ["a1"])

        everyone.write(keep_and_forget).result(20)
        store.settled(20)
        assert runs_in(store) == runs_in(everyone) == 2


def test_figures_that_were_put_without_news_of_runs_are_taken_over(tmp_path, organization, open_store):
    everyone = open_store(organization.dsn, organization.id)
    other = SqliteTenantStore(str(tmp_path / "other.db"))
    keep(other, *(f"r{number}" for number in range(30)))
    with mix(organization, in_files(tmp_path)) as store:
        store.settled(20)
        everyone.import_logs("demo", [finished(f"r{number}") for number in range(30)]).result(20)
        everyone.put_figures(*other.figures())
        store.settled(20)
        assert runs_in(store) == 30
    other.close()


def test_runs_that_each_has_counted_alone_are_counted_on_both(tmp_path, organization, open_store):
    """As an older version left them, which also left a row in the outbox."""
    everyone = open_store(organization.dsn, organization.id)
    keep(everyone, "a1", "a2", seconds=3)
    mine = in_sqlite(tmp_path)
    alone = finished("b1", seconds=5)
    everyone.write(lambda tx: tx.logs("demo").store_log(alone)).result(20)
    mine.write(lambda tx: tx.metrics("demo").record_execution(metric_of(alone))).result(20)
    waiting = finished("b2", seconds=7)

    def leave_in_outbox(tx):
        tx.logs("demo").store_log(waiting)
        tx.outbox.put("demo", "b2", "run.stored")

    everyone.write(leave_in_outbox).result(20)
    with mix(organization, mine) as store:
        store.settled(20)
        assert runs_in(store) == runs_in(everyone) == 4
        assert told(everyone) == ["a1", "a2", "b2"]
    mine = in_sqlite(tmp_path)
    assert digest_of_figures(*mine.figures()) == digest_of_figures(*everyone.figures())
    mine.close()


def test_more_runs_than_are_counted_one_by_one_are_taken_over_and_counted_once(
    tmp_path, organization, open_store
):
    everyone = open_store(organization.dsn, organization.id)
    for first in range(0, 600, 60):
        keep(everyone, *(f"r{number}" for number in range(first, first + 60)))
    with mix(organization, in_sqlite(tmp_path)) as store:
        store.settled(20)
        assert runs_in(store) == 600
        keep(store, "r1", "b1")
        assert runs_in(store) == runs_in(everyone) == 601
