"""What deleting and pinning runs means. Nothing here knows which back end it has."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from contract.sample_runs import FULL, START, STEP, finished, live, running
from darwinflow.model.errors import RunConflict, RunErased, RunNotFound
from darwinflow.model.filter import RunFilter
from darwinflow.model.run import RunOutput, RunStatus
from darwinflow.storage.recording import record, record_finish, record_start, record_steps

DONE = RunOutput(RunStatus.FAILED, START + timedelta(seconds=9), error="Überlastet")


def change(store, work, project="demo"):
    return store.write(lambda tx: work(tx.logs(project))).result(10)


def ask(store, work, project="demo"):
    return store.read(lambda tx: work(tx.logs(project)))


def keep(store, *logs, project="demo"):
    for log in logs:
        store.write(lambda tx, log=log: record(tx, project, log)).result(10)


def delete(store, *run_ids, for_good=True, project="demo"):
    for run_id in run_ids:
        change(store, lambda logs, run_id=run_id: logs.delete(run_id, for_good=for_good), project)


def ids(store, project="demo", **wanted):
    return [
        run.run_id for run in ask(store, lambda logs: logs.query_logs(RunFilter(**wanted)), project).items
    ]


@pytest.mark.parametrize("for_good", [True, False])
def test_a_deleted_run_answers_no_question_any_more(open_tenant, for_good):
    store = open_tenant()
    other = finished("other", error="boom elsewhere", status=RunStatus.FAILED)
    keep(store, FULL, other)
    keep(store, FULL, project="second")
    delete(store, FULL.run_id, for_good=for_good)
    for asked in (lambda logs: logs.get_log(FULL.run_id), lambda logs: logs.header(FULL.run_id)):
        with pytest.raises(RunNotFound):
            ask(store, asked)
    assert ask(store, lambda logs: logs.find(FULL.run_id[-8:])) == ()
    assert ids(store) == ["other"]
    assert ids(store, text="boom") == ["other"]
    assert ids(store, node="write") == []
    assert ids(store, workflow_hash=FULL.workflow_hash) == ["other"]
    assert ask(store, lambda logs: logs.get_recent("assistent", 3, 5)) == ()
    assert ask(store, lambda logs: logs.get_log(FULL.run_id), "second") == FULL
    assert ask(open_tenant(), lambda logs: logs.get_log("other")) == other


def test_deleting_what_is_not_there_says_so(open_tenant):
    store = open_tenant()
    keep(store, finished("a"))
    for unknown in ("b", "", "\udcff", "a\x00"):
        with pytest.raises(RunNotFound, match="there is no run"):
            delete(store, unknown)
    delete(store, "a")
    with pytest.raises(RunNotFound):
        delete(store, "a")
    with pytest.raises(RunNotFound):
        delete(store, "a", project="elsewhere")
    assert ask(store, lambda logs: logs.removed()) == 1


def test_a_run_that_was_deleted_for_good_never_comes_back(open_tenant):
    store = open_tenant()
    keep(store, finished("a"), finished("b"))
    delete(store, "a")
    with pytest.raises(RunErased, match="deleted for good"):
        keep(store, finished("a"))
    with pytest.raises(RunErased):
        keep(store, finished("a", error="other content"))
    with pytest.raises(RunErased):
        change(store, lambda logs: logs.start(live("a")))
    assert ask(store, lambda logs: (logs.is_erased("a"), logs.is_erased("b"))) == (True, False)
    assert ask(store, lambda logs: logs.erased()) == ("a",)
    keep(store, finished("a"), project="elsewhere")
    assert ids(store) == ["b"]


def test_a_run_that_was_deleted_otherwise_may_come_back_as_another(open_tenant):
    store = open_tenant()
    keep(store, finished("a"))
    delete(store, "a", for_good=False)
    other = finished("a", seconds=7, nodes=("x", "y"))
    keep(store, other)
    assert ask(store, lambda logs: logs.get_log("a")) == other
    assert ask(store, lambda logs: logs.erased()) == ()
    with pytest.raises(RunConflict):
        keep(store, finished("a"))


def test_figures_survive_the_runs_and_none_counts_twice(open_tenant):
    store = open_tenant()
    keep(store, finished("a"), finished("b", at=1))
    before = store.read(lambda tx: tx.metrics("demo").get_summary("assistant", 1))
    delete(store, "a", for_good=False)
    delete(store, "b")
    assert store.read(lambda tx: tx.metrics("demo").get_summary("assistant", 1)) == before
    keep(store, finished("a"))
    assert store.read(lambda tx: tx.metrics("demo").get_summary("assistant", 1)) == before
    assert before.runs == 2


def test_a_live_run_can_be_deleted_and_what_follows_is_refused(open_tenant):
    store = open_tenant()
    store.write(lambda tx: record_start(tx, "demo", live("a", steps=(STEP,)))).result(10)
    delete(store, "a")
    with pytest.raises(RunNotFound):
        store.write(lambda tx: record_steps(tx, "demo", "a", [(1, running("x"))])).result(10)
    with pytest.raises(RunNotFound):
        store.write(lambda tx: record_finish(tx, "demo", "a", DONE)).result(10)
    assert ids(store) == []
    assert ids(store, text="Überlastet") == []


def test_a_lost_run_can_be_deleted(open_tenant):
    store = open_tenant()
    change(store, lambda logs: (logs.start(live("a", steps=(STEP,))), logs.mark_lost("a")))
    delete(store, "a", for_good=False)
    change(store, lambda logs: logs.start(live("a")))
    assert ask(store, lambda logs: logs.get_log("a")).steps == ()


def test_deleting_is_undone_with_its_transaction(open_tenant):
    store = open_tenant()
    keep(store, FULL)
    change(store, lambda logs: logs.pin(FULL.run_id, pinned=True))

    def work(tx):
        tx.logs("demo").delete(FULL.run_id, for_good=True)
        raise ValueError("not after all")

    with pytest.raises(ValueError, match="not after all"):
        store.write(work).result(10)

    def attempting(tx):
        with pytest.raises(ValueError, match="not after all"):
            tx.attempt(lambda: work(tx))

    store.write(attempting).result(10)
    assert ask(store, lambda logs: logs.get_log(FULL.run_id)) == FULL
    assert ask(store, lambda logs: (logs.pinned(), logs.removed())) == ((FULL.run_id,), 0)


def test_a_second_handle_and_a_restart_know_what_was_deleted_and_pinned(open_tenant):
    store, second = open_tenant(), open_tenant()
    keep(store, finished("a"), finished("b"), finished("c"))
    delete(store, "a")
    change(store, lambda logs: logs.pin("b", pinned=True))
    for handle in (second, open_tenant()):
        assert sorted(ids(handle)) == ["b", "c"]
        assert ask(handle, lambda logs: (logs.erased(), logs.pinned())) == (("a",), ("b",))
    store.close()
    second.close()
    again = open_tenant()
    assert sorted(ids(again)) == ["b", "c"]
    assert ask(again, lambda logs: (logs.erased(), logs.pinned(), logs.removed())) == (("a",), ("b",), 1)
    with pytest.raises(RunErased):
        keep(again, finished("a"))


def test_a_pin_is_news_once_and_goes_with_its_run(open_tenant):
    store = open_tenant()
    keep(store, finished("a"), finished("b"))
    assert change(store, lambda logs: logs.pin("b", pinned=True))
    assert not change(store, lambda logs: logs.pin("b", pinned=True))
    assert change(store, lambda logs: logs.pin("a", pinned=True))
    assert ask(store, lambda logs: logs.pinned()) == ("a", "b")
    assert ask(store, lambda logs: logs.pinned(), "elsewhere") == ()
    assert change(store, lambda logs: logs.pin("a", pinned=False))
    assert not change(store, lambda logs: logs.pin("a", pinned=False))
    delete(store, "b", for_good=False)
    assert ask(store, lambda logs: logs.pinned()) == ()
    keep(store, finished("b"))
    assert ask(store, lambda logs: logs.pinned()) == ()
    for pinned in (True, False):
        with pytest.raises(RunNotFound):
            change(store, lambda logs, pinned=pinned: logs.pin("unknown", pinned=pinned))


def test_a_live_run_keeps_its_pin_when_it_finishes(open_tenant):
    store = open_tenant()
    change(store, lambda logs: (logs.start(live("a")), logs.pin("a", pinned=True), logs.finish("a", DONE)))
    store.close()
    assert ask(open_tenant(), lambda logs: logs.pinned()) == ("a",)


def test_workflows_are_listed_once_each_by_their_characters_numbers(open_tenant):
    store = open_tenant()
    assert ask(store, lambda logs: logs.workflows()) == ()
    names = ["b", "a", "Ä", "B", "a", "z\U0001f600", "z\uffee", "caf\udce9"]
    for number, name in enumerate(names):
        keep(store, finished(f"r{number}", workflow=name))
    change(store, lambda logs: logs.start(replace(live("live"), workflow_id="lives")))
    keep(store, finished("o", workflow="other"), project="elsewhere")
    found = ask(store, lambda logs: logs.workflows())
    plain = [name for name in found if not name.startswith("caf")]
    assert plain == sorted({*names, "lives"} - {"caf\udce9"})
    assert len(found) == len(plain) + 1
    assert all(ask(store, lambda logs, name=name: logs.get_recent(name, None, 1)) for name in found)
    delete(store, "r0")
    assert "b" not in ask(store, lambda logs: logs.workflows())


def test_scrubbing_what_came_back_since_leaves_it(open_logs):
    store = open_logs()
    change(store, lambda logs: (logs.store_log(finished("a")), logs.store_log(finished("b"))))
    delete(store, "a", "b", for_good=False)
    change(store, lambda logs: logs.store_log(finished("b", seconds=3)))
    for _ in range(2):
        store.scrub("demo", ["a", "b", "never there"])
    assert ask(store, lambda logs: logs.get_log("b")) == finished("b", seconds=3)
    store.close()
    assert ids(open_logs()) == ["b"]


def test_nothing_of_a_deleted_run_is_in_any_file_of_the_store(open_logs, tmp_path):
    store = open_logs()
    secret = "Kennwort-4711-" * 3
    steps = (replace(STEP, error=secret, output={"text": secret * 900}), running("x"))
    change(store, lambda logs: logs.start(live("live", steps=steps)))
    change(store, lambda logs: logs.store_log(finished("other", at=5)))
    change(store, lambda logs: logs.finish("live", replace(DONE, error=secret)))
    change(store, lambda logs: logs.store_log(finished("whole", error=secret, status=RunStatus.FAILED)))
    delete(store, "live", "whole")
    store.scrub("demo", ["live", "whole"])
    found = [
        path.name
        for path in tmp_path.rglob("*")
        if path.is_file() and secret[:14].casefold().encode() in path.read_bytes().lower()
    ]
    assert found == []
    assert ids(store) == ["other"]
