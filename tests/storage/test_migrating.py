"""Runs of every kind, from each back end to each: every field arrives, live runs go on, and what differs is told."""

from datetime import timedelta
from itertools import product

import pytest
from msgspec.structs import replace

from contract.sample_runs import FULL, START, STEP, finished, live
from darwinflow.model.errors import RunConflict, RunErased, StoreDamaged
from darwinflow.model.run import RunOutput, RunStatus
from darwinflow.ports.journals import Taken
from darwinflow.storage.files.logs import FileLogStore
from darwinflow.storage.migrating import compare_runs, copy_offsets, copy_runs
from darwinflow.storage.postgres.tenant import PostgresTenantStore
from darwinflow.storage.sqlite.tenant import SqliteTenantStore
from postgres_server import new_organization

PROJECTS = ("demo", "ünter\x1a \x00")
DONE = RunOutput(RunStatus.SUCCESS, START + timedelta(seconds=9), result={"ok": [1, 2.0, None]})


def files(folder):
    return FileLogStore(str(folder / "logs"))


def sqlite(folder):
    return SqliteTenantStore(str(folder / "tenant.db"))


def postgres(folder):
    organization = new_organization()
    return PostgresTenantStore(organization.dsn, organization.id)


MAKERS = (files, sqlite, postgres)


@pytest.fixture
def pair(request, tmp_path):
    """Two stores, the first with 320 runs in two projects, live and lost ones among them."""
    stores = []
    for name, make in zip("ab", request.param, strict=True):
        (tmp_path / name).mkdir()
        stores.append(make(tmp_path / name))
    stores[0].write(fill).result(60)
    yield stores
    for store in stores:
        store.close()


def fill(tx):
    for first, last, project in (
        (0, 260, PROJECTS[0]),
        (260, 320, PROJECTS[1]),
    ):  # more than a page, and less
        logs = tx.logs(project)
        for each in range(first, last):
            logs.store_log(finished(f"run-{each}", at=each % 17))
    logs = tx.logs("demo")
    logs.store_log(
        replace(FULL, steps=(STEP, replace(STEP, input={"odd": "\ud800 \x00 \x1a", "big": 1 << 70})))
    )
    logs.start(live("living"))
    logs.append_step("living", 0, STEP)
    logs.start(live("gone"))
    logs.append_step("gone", 0, STEP)
    logs.mark_lost("gone")
    tx.journals.advance("one.jsonl", Taken(4321))


def told():
    said = []
    return said, lambda *words: said.append(words)


def move(source, target):
    said, tell = told()
    copy_runs(source, target, PROJECTS, 323, tell)
    same = compare_runs(source, target, PROJECTS, 323, tell)
    assert said[-1] == ("comparing", 323, 323)
    return same


ALL = pytest.mark.parametrize("pair", [*product(MAKERS, MAKERS)], indirect=True, ids=lambda pair: "-".join(make.__name__ for make in pair))  # fmt: skip
SOME = pytest.mark.parametrize("pair", [(files, sqlite), (sqlite, postgres), (postgres, files)], indirect=True, ids=lambda pair: "-".join(make.__name__ for make in pair))  # fmt: skip


@ALL
def test_every_run_arrives_as_it_is_and_again_changes_nothing(pair):
    source, target = pair
    same = move(source, target)
    assert (same.runs, same.unfinished) == (323, 2)
    assert move(source, target) == same
    for project in PROJECTS:
        assert source.projects() == target.projects()
        one, other = (
            store.read(lambda tx, project=project: tx.logs(project).get_recent("assistant", None, 1000))
            for store in pair
        )
        assert one == other
    assert target.read(lambda tx: tx.logs("demo").header("gone")).status is RunStatus.LOST
    assert move(target, source) == same


@SOME
def test_a_live_run_and_its_journal_go_on_in_the_other_store(pair):
    source, target = pair
    move(source, target)
    assert copy_offsets(source, target, ["one.jsonl", "two.jsonl"]) == 1
    assert target.read(
        lambda tx: (tx.journals.taken("one.jsonl").offset, tx.journals.taken("two.jsonl").offset)
    ) == (
        4321,
        0,
    )

    def end(tx):
        tx.logs("demo").append_step("living", 1, STEP)
        return tx.logs("demo").finish("living", DONE)

    assert target.write(end).result(20) == source.write(end).result(20)


@SOME
def test_a_run_that_lived_at_an_earlier_copying_is_caught_up_with(pair):
    source, target = pair
    move(source, target)

    def go_on(tx):
        logs = tx.logs("demo")
        logs.append_step("living", 0, replace(STEP, error="in the end"))
        logs.append_step("living", 1, STEP)
        logs.append_step("gone", 1, STEP)
        return logs.finish("gone", DONE)

    source.write(go_on).result(20)
    assert move(source, target).unfinished == 1
    source.write(lambda tx: tx.logs("demo").finish("living", DONE)).result(20)
    assert move(source, target).unfinished == 0


@SOME
def test_pins_and_what_was_deleted_come_along(pair):
    source, target = pair

    def mark(tx):
        logs = tx.logs("demo")
        logs.pin("run-3", pinned=True)
        logs.delete("run-4", for_good=True)
        logs.delete("run-5", for_good=False)

    target.write(lambda tx: tx.logs("demo").store_log(finished("run-4"))).result(20)
    source.write(mark).result(20)
    for _ in range(2):
        _, tell = told()
        copy_runs(source, target, PROJECTS, 321, tell)
        assert compare_runs(source, target, PROJECTS, 321, tell).runs == 321

    def marks(tx):
        logs = tx.logs("demo")
        return logs.pinned(), logs.erased(), logs.removed(), "run-4" in logs.find("run-4")

    assert target.read(marks) == (("run-3",), ("run-4",), 2, False)
    with pytest.raises(RunErased):
        target.write(lambda tx: tx.logs("demo").store_log(finished("run-4"))).result(20)


@SOME
def test_another_run_of_the_same_id_stops_the_copying(pair):
    source, target = pair
    target.write(lambda tx: tx.logs("demo").store_log(finished("run-7", workflow="other"))).result(20)
    with pytest.raises(RunConflict):
        copy_runs(source, target, PROJECTS, 323, told()[1])


@SOME
def test_what_has_not_arrived_or_says_something_else_is_told(pair):
    source, target = pair
    copy_runs(source, target, PROJECTS[1:], 323, told()[1])
    with pytest.raises(StoreDamaged, match="of project 'demo' has not arrived"):
        compare_runs(source, target, PROJECTS, 323, told()[1])
    copy_runs(source, target, PROJECTS, 323, told()[1])
    source.write(lambda tx: tx.logs("demo").finish("living", DONE)).result(20)
    with pytest.raises(StoreDamaged, match="run living of project 'demo' has arrived with other content"):
        compare_runs(source, target, PROJECTS, 323, told()[1])
