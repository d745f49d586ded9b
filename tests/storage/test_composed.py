"""Logs, figures and events in different stores: exactly once, whatever fails, and however the stores are mixed."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import pytest

from contract.conftest import MIXES, clock
from contract.sample_runs import HASH, START, finished, live, running
from darwinflow.model.errors import StoreFull
from darwinflow.model.filter import RunFilter
from darwinflow.model.run import RunOutput, RunStatus
from darwinflow.storage.composed.tenant import ComposedTenantStore
from darwinflow.storage.files.logs import FileLogStore
from darwinflow.storage.files.metrics import FileMetricsStore
from darwinflow.storage.memory.tenant import MemoryTenant, MemoryTenantStore
from darwinflow.storage.recording import record, record_finish, record_start, record_steps
from darwinflow.storage.sqlite.tenant import SqliteTenantStore

DONE = RunOutput(RunStatus.SUCCESS, START)


def keep(store, *names, project="demo"):
    def work(tx):
        return [record(tx, project, finished(name)) for name in names]

    return store.write(work).result(10)


def runs_counted(store, project="demo"):
    found = store.read(lambda tx: tx.metrics(project).get_text_summary("assistant", HASH))
    return found.runs if found else 0


def events(store):
    return [
        (event.payload["kind"], event.key)
        for event in store.read(lambda tx: tx.events.read_since("run", 0, 10_000))
    ]


@pytest.mark.parametrize("mix", MIXES, ids=lambda make: make.__name__)
def test_who_has_written_reads_figures_and_events_at_once(tmp_path, mix):
    handles = mix(tmp_path)
    store = handles()
    for number in range(20):
        assert keep(store, f"r{number}", f"s{number}") == [True, True]
        assert runs_counted(store) == 2 * number + 2
        assert events(store)[-2:] == [("run.stored", f"r{number}"), ("run.stored", f"s{number}")]
    assert keep(store, "r1") == [False]
    assert runs_counted(store) == len(events(store)) == 40
    handles.close()


@pytest.mark.parametrize("mix", MIXES, ids=lambda make: make.__name__)
def test_two_handles_announce_each_change_once(tmp_path, mix):
    handles = mix(tmp_path)
    stores = (handles(), handles())

    def record_some(worker):
        for number in range(25):
            keep(stores[worker % 2], f"{worker}-{number}")

    threads = [threading.Thread(target=record_some, args=(worker,)) for worker in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = events(stores[0])
    assert len(found) == len(set(found)) == runs_counted(stores[1]) == 150
    handles.close()


class Failing:
    """A store of figures that can be told to fail, over one that does not."""

    def __init__(self, inner):
        self._inner = inner
        self.trouble = None

    def write(self, work):
        if self.trouble is not None:
            raise self.trouble
        return self._inner.write(work)

    def read(self, work):
        return self._inner.read(work)

    def close(self):
        self._inner.close()


def test_while_figures_cannot_be_kept_runs_are_and_are_counted_when_they_can(tmp_path, caplog):
    tenant = SqliteTenantStore(str(tmp_path / "t.db"))
    figures = Failing(FileMetricsStore(str(tmp_path / "metrics")))
    store = ComposedTenantStore(
        logs=FileLogStore(str(tmp_path / "logs"), now=clock), metrics=figures, events=tenant
    )
    keep(store, "before")
    figures.trouble = StoreFull("no room for figures")
    for number in range(3):
        assert keep(store, f"r{number}") == [True]
    assert store.is_behind
    assert store.read(lambda tx: tx.logs("demo").header("r2")).run_id == "r2"
    assert (runs_counted(store), len(events(store))) == (1, 1)
    assert sum("cannot be counted" in each.message for each in caplog.records) == 1
    figures.trouble = None
    assert keep(store, "after") == [True]
    assert not store.is_behind
    assert (runs_counted(store), len(events(store))) == (5, 5)
    store.close()


def test_what_was_pending_when_it_ended_is_followed_by_the_next(tmp_path):
    def opened(figures):
        return ComposedTenantStore(
            logs=FileLogStore(str(tmp_path / "logs"), now=clock),
            metrics=figures,
            events=SqliteTenantStore(str(tmp_path / "t.db")),
        )

    figures = Failing(FileMetricsStore(str(tmp_path / "metrics")))
    figures.trouble = StoreFull("no room for figures")
    store = opened(figures)
    keep(store, "a", "b")
    store.close()
    again = opened(FileMetricsStore(str(tmp_path / "metrics")))
    again.settled(10)
    assert (runs_counted(again), len(events(again))) == (2, 2)
    again.close()


def test_logs_that_begin_anew_under_events_that_went_on_are_announced(tmp_path):
    """As after a migration of the logs to another store, whose outbox begins with 1."""

    def opened(logs):
        tenant = SqliteTenantStore(str(tmp_path / "t.db"))
        return ComposedTenantStore(
            logs=FileLogStore(str(tmp_path / logs), now=clock), metrics=tenant, events=tenant
        )

    for number, logs in enumerate(("first", "second", "third", "third")):
        store = opened(logs)
        for run in range(5):
            keep(store, f"{number}-{run}")
        found = events(store)
        assert len(found) == len(set(found)) == runs_counted(store) == 5 * (number + 1)
        store.close()


def test_lost_figures_are_counted_again_from_the_logs(tmp_path):
    def opened():
        return ComposedTenantStore(
            logs=FileLogStore(str(tmp_path / "logs"), now=clock),
            metrics=FileMetricsStore(str(tmp_path / "metrics")),
            events=SqliteTenantStore(str(tmp_path / "t.db")),
        )

    store = opened()
    keep(store, *(f"r{number}" for number in range(250)))
    store.write(partial(record_start, project="demo", log=live("running"))).result(10)
    summary = store.read(lambda tx: tx.metrics("demo").get_summary("assistant", 1))
    store.close()
    (tmp_path / "metrics/demo/assistant/v1.json").write_text("{")
    (tmp_path / "metrics/demo/counted.txt").unlink()
    again = opened()
    again.settled(30)
    assert again.read(lambda tx: tx.metrics("demo").get_summary("assistant", 1)) == summary
    assert len(events(again)) == 251
    again.close()


def test_a_live_run_is_announced_as_it_goes(tmp_path):
    handles = MIXES[0](tmp_path)
    store = handles()
    store.write(lambda tx: record_start(tx, "demo", live("r"))).result(10)
    store.write(lambda tx: record_steps(tx, "demo", "r", [(0, running("a")), (1, running("b"))])).result(10)
    store.write(lambda tx: record_finish(tx, "demo", "r", DONE)).result(10)
    assert [kind for kind, _ in events(store)] == ["run.started", "run.changed", "run.stored"]
    handles.close()


def test_work_that_touches_figures_and_fails_leaves_nothing_in_any_store(tmp_path):
    now = lambda: datetime.now(UTC)  # noqa: E731 - a clock
    store = ComposedTenantStore(
        logs=FileLogStore(str(tmp_path / "logs")),
        metrics=FileMetricsStore(str(tmp_path / "metrics")),
        events=MemoryTenantStore(MemoryTenant(now)),
    )

    def work(tx):
        record(tx, "demo", finished("a"))
        tx.events.publish("workflow", "w", {})
        tx.metrics("demo").get_summary("assistant", 1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.write(work).result(10)
    store.settled(10)
    assert (runs_counted(store), events(store)) == (0, [])
    assert store.read(lambda tx: tx.events.last_offset()) == 0
    store.close()


def test_a_closed_store_says_so_and_may_be_closed_again(tmp_path):
    store = MIXES[2](tmp_path)()
    futures = [store.write(lambda tx, n=n: record(tx, "demo", finished(f"r{n}"))) for n in range(30)]
    store.close()
    store.close()
    assert all(future.result(0) for future in futures)
    for ask in (store.write, store.read):
        with pytest.raises(RuntimeError):
            ask(lambda tx: None)


@pytest.mark.parametrize("mix", MIXES, ids=lambda make: make.__name__)
def test_nothing_is_written_while_it_is_still(tmp_path, mix):
    handles = mix(tmp_path)
    store = handles()
    keep(store, "before")
    if isinstance(store, ComposedTenantStore):
        with ThreadPoolExecutor(2) as pool:

            def work():
                later = [pool.submit(keep, store, name) for name in ("a", "b")]
                time.sleep(0.1)
                return later, [one.done() for one in later], runs_logged(store)

            later, done, there = store.still(work)
            assert (done, there) == ([False, False], ["before"])
            assert [one.result(10) for one in later] == [[True], [True]]
        with pytest.raises(ZeroDivisionError):
            store.still(lambda: 1 / 0)
    assert keep(store, "after") == [True]
    handles.close()


def runs_logged(store):
    page = store.read(lambda tx: tx.logs("demo").query_logs(RunFilter()))
    return [header.run_id for header in page.items]
