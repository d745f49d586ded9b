"""Log, figures and event of a run come together, whichever way it is recorded."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from contract.conftest import MIXES, memory, sqlite
from contract.sample_runs import FULL, HASH, START, STEP, finished, live, running
from darwinflow.events.run_events import header_wire, summary_wire
from darwinflow.model.errors import RunConflict
from darwinflow.model.run import RunOutput, RunStatus, header_of
from darwinflow.storage.recording import record, record_finish, record_lost, record_start, record_steps
from darwinflow.storage.sqlite.tenant import SqliteTenantStore

DONE = RunOutput(RunStatus.SUCCESS, START + timedelta(seconds=9))


@pytest.fixture(params=(memory, sqlite, *MIXES), ids=lambda make: make.__name__)
def store(request, tmp_path):
    handles = request.param(tmp_path)
    yield handles()
    handles.close()


def change(store, work, *arguments):
    return store.write(lambda tx: work(tx, "demo", *arguments)).result(10)


def events(store):
    return [event.payload for event in store.read(lambda tx: tx.events.read_since("run", 0, 100))]


def kinds(store):
    return [event["kind"] for event in events(store)]


def runs_counted(store, version=1):
    summary = store.read(lambda tx: tx.metrics("demo").get_summary("assistant", version))
    return summary.runs if summary else 0


def test_a_finished_run_is_kept_counted_and_announced_with_all_that_a_lens_shows(store):
    assert change(store, record, replace(FULL, workflow_id="assistant"))
    (event,) = events(store)
    header = header_of(replace(FULL, workflow_id="assistant"))
    by_version, by_text = store.read(
        lambda tx: (
            tx.metrics("demo").get_summary("assistant", 3),
            tx.metrics("demo").get_text_summary("assistant", HASH),
        )
    )
    assert event == {
        "kind": "run.stored",
        "project": "demo",
        "run": header_wire(header),
        "summaries": {"version": summary_wire(by_version), "text": summary_wire(by_text)},
    }
    assert event["run"]["startTime"] == "2026-02-03T04:05:06.789012Z"
    assert event["run"]["failedNode"] == "klassifizieren ✓"
    assert event["summaries"]["text"]["runs"] == 1


def test_a_run_of_an_unknown_text_has_no_summary_of_it(store):
    change(store, record, finished("r", text=""))
    assert events(store)[0]["summaries"]["text"] is None


def test_the_same_run_again_counts_and_announces_nothing(store):
    assert change(store, record, finished("r"))
    assert not change(store, record, finished("r"))
    with pytest.raises(RunConflict):
        change(store, record, finished("r", version=2))
    assert (kinds(store), runs_counted(store)) == (["run.stored"], 1)


def test_a_live_run_is_announced_as_it_goes_and_counted_when_it_ends(store):
    assert change(store, record_start, live("r"))
    change(store, record_steps, "r", [(0, STEP), (1, running("write"))])
    assert runs_counted(store) == 0
    assert change(store, record_finish, "r", DONE)
    assert not change(store, record_finish, "r", DONE)
    assert not change(store, record_start, live("r"))
    assert kinds(store) == ["run.started", "run.changed", "run.stored"]
    assert [event["summaries"] is None for event in events(store)] == [True, True, False]
    assert [event["run"]["stepCount"] for event in events(store)] == [0, 2, 2]
    assert runs_counted(store) == 1


def test_a_lost_run_is_announced_once_and_may_still_finish(store):
    change(store, record_start, live("r"))
    assert change(store, record_lost, "r")
    assert not change(store, record_lost, "r")
    assert events(store)[-1]["run"]["status"] == "LOST"
    assert runs_counted(store) == 0
    assert change(store, record_finish, "r", DONE)
    assert kinds(store) == ["run.started", "run.changed", "run.stored"]
    assert runs_counted(store) == 1


def test_whatever_happens_there_is_one_event_a_run_and_one_run_an_event(store):
    def record_two_and_fail(tx, project):
        record(tx, project, finished("a"))
        record(tx, project, finished("b"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change(store, record_two_and_fail)
    assert (kinds(store), runs_counted(store)) == ([], 0)


def test_two_writers_of_one_database_tell_the_same_figures(tmp_path):
    one, other = (SqliteTenantStore(str(tmp_path / "t.db")) for _ in range(2))
    for number in range(12):
        for store in (one, other, one):
            name = f"r{number}-{id(store)}"
            change(store, record, finished(name, seconds=10.0 if store is other else 1.0))

        def record_and_fail(tx, project, number=number):
            record(tx, project, finished(f"undone{number}", seconds=100.0))
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            change(one, record_and_fail)
    told = events(one)[-1]["summaries"]["version"]
    assert (told["runs"], told["successes"]) == (24, 24)
    assert told["averageMs"] == 5500
    assert told["p50Ms"] == pytest.approx(1_000, rel=0.021)
    assert told["p99Ms"] == pytest.approx(10_000, rel=0.021)
    fresh = other.read(lambda tx: summary_wire(tx.metrics("demo").get_summary("assistant", 1)))
    assert fresh == told
    one.close()
    other.close()
