"""What `LogRepository` means. Nothing here knows which back end it has."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import pytest
from msgspec.structs import replace

from contract.sample_runs import FULL, START, STEP, finished, live, running
from darwinflow.model.errors import NameRefused, Refused, RunConflict, RunFinished, RunNotFound
from darwinflow.model.filter import RunFilter
from darwinflow.model.run import RunOutput, RunStatus, header_of
from darwinflow.ports.logs import LogRepository
from darwinflow.ports.tenant import TenantStore

T = TypeVar("T")
DONE = RunOutput(RunStatus.SUCCESS, START + timedelta(seconds=9), result={"x": 1})


def change(store: TenantStore, work: Callable[[LogRepository], T], project: str = "demo") -> T:
    return store.write(lambda tx: work(tx.logs(project))).result(10)


def ask(store: TenantStore, work: Callable[[LogRepository], T], project: str = "demo") -> T:
    return store.read(lambda tx: work(tx.logs(project)))


def ids(store: TenantStore, wanted: RunFilter) -> list[str]:
    return [header.run_id for header in ask(store, lambda logs: logs.query_logs(wanted)).items]


def test_a_run_reads_back_as_it_was_written(open_tenant):
    assert change(open_tenant(), lambda logs: logs.store_log(FULL))
    assert ask(open_tenant(), lambda logs: logs.get_log(FULL.run_id)) == FULL
    assert ask(open_tenant(), lambda logs: logs.header(FULL.run_id)) == header_of(FULL)


def test_a_run_of_defaults_alone_reads_back_too(open_tenant):
    bare = replace(live("bare"), metadata={}, output=RunOutput(RunStatus.CANCELLED, START))
    change(open_tenant(), lambda logs: logs.store_log(bare))
    assert ask(open_tenant(), lambda logs: logs.get_log("bare")) == bare


def test_a_lone_surrogate_in_a_value_loses_no_run(open_tenant):
    odd = finished("odd", status=RunStatus.FAILED, error="half a \ud83d pair", nodes=("\udc00",))
    change(open_tenant(), lambda logs: logs.store_log(odd))
    assert ask(open_tenant(), lambda logs: logs.get_log("odd")) == odd
    assert ids(open_tenant(), RunFilter(text="half a")) == ["odd"]


def test_names_that_are_no_utf8_lose_no_run(open_tenant):
    odd = finished("odd", workflow="caf\udce9.yaml", text="")
    change(open_tenant(), lambda logs: logs.store_log(odd), "folder\udcff")
    assert ask(open_tenant(), lambda logs: logs.get_log("odd"), "folder\udcff") == odd
    recent = ask(open_tenant(), lambda logs: logs.get_recent("caf\udce9.yaml", 1, 5), "folder\udcff")
    assert [header.run_id for header in recent] == ["odd"]
    with pytest.raises(RunNotFound):
        ask(open_tenant(), lambda logs: logs.get_log("\udcff"))
    assert ask(open_tenant(), lambda logs: logs.find("\udcff")) == ()


def test_a_later_change_of_a_given_value_reaches_no_stored_run(open_tenant):
    context = {"a": [1]}
    log = replace(finished("r"), input=replace(FULL.input, context=context))
    change(open_tenant(), lambda logs: logs.store_log(log))
    context["a"].append(2)
    assert ask(open_tenant(), lambda logs: logs.get_log("r")).input.context == {"a": [1]}


def test_the_same_content_again_changes_nothing(open_tenant):
    reordered = replace(FULL, metadata=dict(reversed(FULL.metadata.items())))
    change(open_tenant(), lambda logs: logs.store_log(FULL))
    assert not change(open_tenant(), lambda logs: logs.store_log(reordered))


@pytest.mark.parametrize(
    "other",
    [
        replace(FULL, workflow_version=4),
        replace(FULL, steps=FULL.steps[:1]),
        replace(FULL, metadata={**FULL.metadata, "host": 1}),
        replace(FULL, metadata={**FULL.metadata, "host": True}),
    ],
)
def test_other_content_under_the_same_id_is_a_conflict(open_tenant, other):
    change(open_tenant(), lambda logs: logs.store_log(replace(FULL, metadata={**FULL.metadata, "host": 1.0})))
    with pytest.raises(RunConflict):
        change(open_tenant(), lambda logs: logs.store_log(other))


def test_projects_do_not_see_each_other(open_tenant):
    change(open_tenant(), lambda logs: logs.store_log(FULL), "one")
    assert change(open_tenant(), lambda logs: logs.store_log(replace(FULL, steps=())), "two")
    assert ask(open_tenant(), lambda logs: logs.get_log(FULL.run_id), "one") == FULL
    with pytest.raises(RunNotFound):
        ask(open_tenant(), lambda logs: logs.get_log(FULL.run_id), "three")
    assert not ask(open_tenant(), lambda logs: logs.query_logs(RunFilter()), "three").items
    assert ask(open_tenant(), lambda logs: logs.find(FULL.run_id[:4]), "three") == ()


@pytest.mark.parametrize("name", ["", "a b", "x" * 129, "ä", "a/b", "a\n", "a\x00"])
def test_a_run_id_of_another_form_is_refused(open_tenant, name):
    with pytest.raises(NameRefused):
        change(open_tenant(), lambda logs: logs.store_log(finished(name)))
    with pytest.raises(NameRefused):
        change(open_tenant(), lambda logs: logs.start(live(name)))


def test_a_live_run_grows_step_by_step_and_is_shown_on_the_way(open_tenant):
    store = open_tenant()
    assert change(store, lambda logs: logs.start(live("r")))
    change(store, lambda logs: logs.append_step("r", 0, running("classify")))
    failed = replace(STEP, node_id="classify")
    change(store, lambda logs: logs.append_step("r", 0, failed))
    change(store, lambda logs: logs.append_step("r", 1, running("write")))
    known = ask(open_tenant(), lambda logs: logs.get_log("r"))
    assert known == live("r", steps=(failed, running("write")))
    header = ask(open_tenant(), lambda logs: logs.header("r"))
    assert header == header_of(known)
    assert (header.status, header.failed_node, header.error) == (RunStatus.RUNNING, "classify", "Überlastet")
    assert ids(store, RunFilter(node="write")) == ["r"]
    assert ids(store, RunFilter(text="überLASTET")) == ["r"]


def test_a_step_that_had_ended_may_take_another_state(open_tenant):
    store = open_tenant()
    change(store, lambda logs: logs.start(live("r", steps=(STEP, running("write")))))
    for index, step in ((0, replace(STEP, status=RunStatus.SUCCESS, error=None)), (1, running("read"))):
        change(store, lambda logs, at=index, what=step: logs.append_step("r", at, what))
    known = ask(store, lambda logs: logs.get_log("r"))
    assert ask(store, lambda logs: logs.header("r")) == header_of(known)
    assert ids(store, RunFilter(node="write")) == []
    assert ids(store, RunFilter(text="überlastet")) == []


def test_several_steps_at_once_are_as_one_after_the_other(open_tenant):
    store = open_tenant()
    failed = replace(STEP, node_id="classify", error="Überlastet")
    steps = [
        (0, running("classify")),
        (1, running("write")),
        (0, failed),
        (2, running("read")),
        (1, replace(STEP, node_id="write", status=RunStatus.SUCCESS, error=None)),
    ]
    for name, times in (("alone", 5), ("pairs", 2), ("all", 1)):
        change(store, lambda logs, run=name: logs.start(live(run)))
        size = len(steps) // times + len(steps) % times if times < 5 else 1
        for at in range(0, len(steps), size):
            change(
                store, lambda logs, run=name, at=at, size=size: logs.append_steps(run, steps[at : at + size])
            )
    for name in ("alone", "pairs", "all"):
        known = ask(store, lambda logs, run=name: logs.get_log(run))
        assert known == live(name, steps=(failed, steps[4][1], steps[3][1]))
        assert ask(store, lambda logs, run=name: logs.header(run)) == header_of(known)
    assert set(ids(store, RunFilter(text="überLASTET"))) == {"alone", "pairs", "all"}
    with pytest.raises(Refused):
        change(store, lambda logs: logs.append_steps("all", [(3, STEP), (5, STEP)]))
    assert len(ask(store, lambda logs: logs.get_log("all")).steps) == 3


def test_a_step_leaves_no_gap_and_needs_a_live_run(open_tenant):
    store = open_tenant()
    change(store, lambda logs: logs.start(live("r")))
    change(store, lambda logs: logs.store_log(FULL))
    with pytest.raises(Refused):
        change(store, lambda logs: logs.append_step("r", 1, STEP))
    with pytest.raises(RunFinished):
        change(store, lambda logs: logs.append_step(FULL.run_id, 0, STEP))
    with pytest.raises(RunNotFound):
        change(store, lambda logs: logs.append_step("unknown", 0, STEP))


def test_finishing_folds_the_steps_into_the_log(open_tenant):
    store = open_tenant()
    change(store, lambda logs: logs.start(live("r", steps=(STEP,))))
    change(store, lambda logs: logs.append_step("r", 1, running("write")))
    whole = live("r", steps=(STEP, running("write")))
    assert change(store, lambda logs: logs.finish("r", DONE)) == replace(whole, output=DONE)
    assert ask(open_tenant(), lambda logs: logs.get_log("r")) == replace(whole, output=DONE)
    assert ask(open_tenant(), lambda logs: logs.header("r")) == header_of(replace(whole, output=DONE))
    assert ids(store, RunFilter(status=RunStatus.RUNNING)) == []


def test_a_finished_log_never_changes(open_tenant):
    store = open_tenant()
    change(store, lambda logs: logs.start(live("r")))
    change(store, lambda logs: logs.finish("r", DONE))
    assert change(store, lambda logs: logs.finish("r", DONE)) == replace(live("r"), output=DONE)
    with pytest.raises(RunFinished):
        change(store, lambda logs: logs.finish("r", replace(DONE, result={"x": 1.0})))
    with pytest.raises(RunFinished):
        change(store, lambda logs: logs.append_step("r", 0, STEP))
    assert not change(store, lambda logs: logs.mark_lost("r"))
    with pytest.raises(RunNotFound):
        change(store, lambda logs: logs.finish("unknown", DONE))


def test_starting_again_is_a_retry_also_when_the_run_has_come_further(open_tenant):
    store = open_tenant()
    change(store, lambda logs: logs.start(live("r")))
    change(store, lambda logs: logs.append_step("r", 0, STEP))
    assert not change(store, lambda logs: logs.start(live("r")))
    change(store, lambda logs: logs.finish("r", DONE))
    assert not change(store, lambda logs: logs.start(live("r")))
    assert len(ask(store, lambda logs: logs.get_log("r")).steps) == 1
    with pytest.raises(RunConflict):
        change(store, lambda logs: logs.start(live("r", at=1)))


def test_a_lost_run_is_shown_as_lost_and_may_still_finish(open_tenant):
    store = open_tenant()
    change(store, lambda logs: logs.start(live("r")))
    assert change(store, lambda logs: logs.mark_lost("r"))
    assert not change(store, lambda logs: logs.mark_lost("r"))
    assert ask(store, lambda logs: logs.header("r")).status is RunStatus.LOST
    assert ids(store, RunFilter(status=RunStatus.LOST)) == ["r"]
    change(store, lambda logs: logs.append_step("r", 0, STEP))
    assert ask(store, lambda logs: logs.header("r")).status is RunStatus.LOST
    change(store, lambda logs: logs.finish("r", DONE))
    assert ask(store, lambda logs: logs.header("r")).status is RunStatus.SUCCESS
    with pytest.raises(RunNotFound):
        change(store, lambda logs: logs.mark_lost("unknown"))


def test_a_run_must_be_in_the_state_that_the_call_is_for(open_tenant):
    store = open_tenant()
    with pytest.raises(Refused):
        change(store, lambda logs: logs.store_log(live("r")))
    with pytest.raises(Refused):
        change(store, lambda logs: logs.start(FULL))
    change(store, lambda logs: logs.start(live("r")))
    with pytest.raises(Refused):
        change(store, lambda logs: logs.finish("r", replace(DONE, status=RunStatus.RUNNING)))


def test_a_long_run_is_listed_by_its_first_steps_and_found_by_any(open_tenant):
    store = open_tenant()
    begun = tuple(running(f"node {index}") for index in range(480))
    change(store, lambda logs: logs.start(live("r", steps=begun)))

    def append_many(logs: LogRepository) -> None:
        for index in range(480, 600):
            logs.append_step("r", index, running(f"node {index}"))
        logs.append_step("r", 550, replace(running("node 550"), status=RunStatus.FAILED, error="far out"))

    change(store, append_many)
    known = ask(store, lambda logs: logs.get_log("r"))
    assert ask(store, lambda logs: logs.header("r")) == header_of(known)
    assert ids(store, RunFilter(node="node 599")) == ["r"]
    assert ids(store, RunFilter(text="FAR")) == ["r"]


def test_a_run_whose_whole_id_is_named_comes_before_all_that_begin_or_end_so(open_tenant):
    store = open_tenant()

    def store_all(logs):
        for at, name in enumerate(
            ["r1", *(f"r1{number}" for number in range(12)), *(f"x{n}r1" for n in range(12))]
        ):
            logs.store_log(finished(name, at=at))

    change(store, store_all)
    first, *others = ask(store, lambda logs: logs.find("r1"))
    assert first == "r1"
    assert others == [f"x{n}r1" for n in range(11, 2, -1)]


def test_a_run_is_found_by_either_end_of_its_id(open_tenant):
    store = open_tenant()
    for number in range(15):
        change(store, lambda logs, n=number: logs.store_log(finished(f"ab:{n:02}-{n * 7919:08}-xyz", at=n)))
    assert ask(store, lambda logs: logs.find("ab:03")) == ("ab:03-00023757-xyz",)
    assert ask(store, lambda logs: logs.find("23757-xyz")) == ("ab:03-00023757-xyz",)
    assert ask(store, lambda logs: logs.find("3-00023757-xyz")) == ("ab:03-00023757-xyz",)
    newest = ask(store, lambda logs: logs.find("ab"))
    assert [name[3:5] for name in newest] == [f"{n:02}" for n in range(14, 4, -1)]
    assert ask(store, lambda logs: logs.find("xyz")) == newest
    assert ask(store, lambda logs: logs.find("23757")) == ()
    assert ask(store, lambda logs: logs.find("_b:03")) == ()


def test_pages_show_each_run_once_while_others_are_stored(open_tenant):
    store = open_tenant()
    for number in range(30):
        change(store, lambda logs, n=number: logs.store_log(finished(f"r{n:02}", at=n // 4)))
    seen, cursor, page = [], None, 0
    while True:
        wanted = RunFilter(workflow="assistant", limit=7, cursor=cursor)
        found = ask(store, lambda logs, wanted=wanted: logs.query_logs(wanted))
        seen += [header.run_id for header in found.items]
        change(store, lambda logs, n=page: logs.store_log(finished(f"new{n}", at=100 + n)))
        cursor, page = found.next, page + 1
        if cursor is None:
            break
    assert seen == [f"r{n:02}" for n in reversed(range(30))]
    assert page == 5


def test_a_full_last_page_says_that_nothing_follows(open_tenant):
    store = open_tenant()
    for number in range(4):
        change(store, lambda logs, n=number: logs.store_log(finished(f"r{n}", at=n)))
    first = ask(store, lambda logs: logs.query_logs(RunFilter(limit=2)))
    second = ask(store, lambda logs: logs.query_logs(RunFilter(limit=2, cursor=first.next)))
    assert len(second.items) == 2
    assert second.next is None


@pytest.mark.parametrize("cursor", ["", "x", "1", "a:b", "9" * 40 + ":r", "²:r"])
def test_a_cursor_that_no_page_gave_is_refused(open_tenant, cursor):
    with pytest.raises(Refused):
        ask(open_tenant(), lambda logs: logs.query_logs(RunFilter(cursor=cursor)))


def test_the_recent_runs_are_those_of_one_version_or_of_any(open_tenant):
    store = open_tenant()
    for number in range(6):
        change(store, lambda logs, n=number: logs.store_log(finished(f"r{n}", version=n % 2, at=n)))
    change(store, lambda logs: logs.store_log(finished("other", workflow="other", at=9)))
    recent = ask(store, lambda logs: logs.get_recent("assistant", None, 3))
    assert [header.run_id for header in recent] == ["r5", "r4", "r3"]
    recent = ask(store, lambda logs: logs.get_recent("assistant", 0, 3))
    assert [header.run_id for header in recent] == ["r4", "r2", "r0"]


def test_everything_is_there_after_a_restart(open_tenant):
    store = open_tenant()
    change(store, lambda logs: logs.store_log(FULL))
    change(store, lambda logs: logs.start(live("r", steps=(STEP,))))
    store.close()
    again = open_tenant()
    assert ask(again, lambda logs: logs.get_log(FULL.run_id)) == FULL
    assert change(again, lambda logs: logs.finish("r", DONE)).steps == (STEP,)


def test_eight_threads_and_two_handles_store_each_run_once(open_tenant):
    handles = (open_tenant(), open_tenant())

    def store_all(worker: int) -> int:
        stored = 0
        for number in range(25):
            log = finished(f"r{(number + worker * 3) % 25}")
            stored += change(handles[worker % 2], lambda logs, log=log: logs.store_log(log))
        return stored

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(store_all, range(8))) == 25
    assert len(ids(handles[0], RunFilter(limit=100))) == 25
