"""Runs by the thousand: stored as one by one, without counting them."""

import itertools
from typing import ClassVar

import psycopg
import pytest
from msgspec.structs import replace

from contract.sample_runs import FULL, HASH, finished, live, running
from darwinflow.model.errors import NameRefused, Refused, RunConflict
from darwinflow.model.filter import RunFilter
from darwinflow.model.run import RunStatus, header_of
from darwinflow.storage.recording import record
from darwinflow.storage.whole_runs import WholeRun, whole_runs


@pytest.fixture
def store(organization, open_store):
    return open_store(organization.dsn, organization.id)


def ids(store, wanted, project="demo"):
    return [header.run_id for header in store.read(lambda tx: tx.logs(project).query_logs(wanted)).items]


ODD = finished(
    "odd", status=RunStatus.FAILED, error="half a \ud83d pair\x00", nodes=("n\x00ul", "\x1a0000", "größe 🎉")
)


def test_what_is_imported_reads_back_and_is_found_like_what_is_stored(store):
    assert store.import_logs("demo", [FULL, ODD]).result(30) == 2
    for log in (FULL, ODD):
        assert store.read(lambda tx, log=log: tx.logs("demo").get_log(log.run_id)) == log
        assert store.read(lambda tx, log=log: tx.logs("demo").header(log.run_id)) == header_of(log)
    assert ids(store, RunFilter(text="überlastet")) == [FULL.run_id]
    assert ids(store, RunFilter(text="half A")) == ["odd"]
    for node in ODD.steps:
        assert ids(store, RunFilter(node=node.node_id)) == ["odd"]
    assert ids(store, RunFilter(node="\x1a")) == []
    assert store.read(lambda tx: tx.logs("demo").find("456789ab")) == (FULL.run_id,)


def test_it_counts_and_announces_nothing(store):
    store.import_logs("demo", [finished("a")]).result(30)
    assert store.read(lambda tx: tx.metrics("demo").get_text_summary("assistant", HASH)) is None
    assert store.read(lambda tx: tx.events.last_offset()) == 0


def test_runs_that_are_there_are_passed_over_and_an_import_may_be_repeated(store):
    store.write(lambda tx: record(tx, "demo", finished("a"))).result(30)
    logs = [finished(name) for name in "abcab"]
    assert store.import_logs("demo", logs).result(30) == 2
    assert store.import_logs("demo", logs).result(30) == 0
    assert store.import_logs("other", logs).result(30) == 3
    assert store.import_logs("demo", []).result(30) == 0
    assert sorted(ids(store, RunFilter())) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("wrong", "refused"),
    [
        (replace(FULL, workflow_version=9), RunConflict),
        (replace(finished("b"), workflow_version=9), RunConflict),
        (live("x"), Refused),
        (finished("a b"), NameRefused),
    ],
    ids=["stored with other content", "given twice", "not finished", "no id"],
)
def test_one_that_is_refused_keeps_all_out(store, wrong, refused):
    store.write(lambda tx: tx.logs("demo").store_log(FULL)).result(30)
    with pytest.raises(refused):
        store.import_logs("demo", [finished("a"), finished("b"), wrong]).result(30)
    assert ids(store, RunFilter()) == [FULL.run_id]
    assert store.import_logs("demo", [finished("a")]).result(30) == 1


def test_several_imports_share_a_commit_with_others_work(store):
    futures = [store.import_logs("demo", [finished(f"{n}-{m}") for m in range(50)]) for n in range(6)]
    futures += [store.write(lambda tx: record(tx, "demo", finished("beside")))]
    assert [future.result(60) for future in futures] == [50] * 6 + [True]
    assert len(ids(store, RunFilter(limit=500))) == 301


def test_thousands_come_in_pages(store):
    logs = (finished(f"r{number:05}", at=number) for number in range(3_000))
    while some := list(itertools.islice(logs, 1_000)):
        assert store.import_logs("demo", some).result(60) == 1_000
    assert ids(store, RunFilter(limit=3))[0] == "r02999"


def test_a_page_of_runs_is_read_in_one_exchange_as_one_by_one(store):
    """Finished, live and lost; an id that is not there is passed over."""
    store.import_logs("demo", [FULL, ODD]).result(30)
    steps = (running("classify"), running("write"))
    for name in ("live", "lost"):
        store.write(lambda tx, name=name: tx.logs("demo").start(live(name, steps=steps))).result(30)
    store.write(lambda tx: tx.logs("demo").mark_lost("lost")).result(30)
    names = [FULL.run_id, "odd", "nobody", "live", "lost"]

    class Counting(psycopg.Cursor):
        asked: ClassVar[list[object]] = []

        def execute(self, query, params=None, **named):
            self.asked.append(query)
            return super().execute(query, params, **named)

    def read(tx):
        logs = tx.logs("demo")
        tx.connection.cursor_factory = Counting
        found = whole_runs(logs, names)
        tx.connection.cursor_factory = psycopg.Cursor
        one_by_one = {
            name: WholeRun(logs.header(name), logs.get_log(name)) for name in names if name != "nobody"
        }
        return found, one_by_one, len(Counting.asked)

    found, one_by_one, exchanges = store.read(read)
    assert found == one_by_one
    assert list(found["live"].log.steps) == list(steps)
    assert exchanges == 1


def test_a_run_that_cannot_be_read_does_not_hide_the_others_of_its_page(organization, store, admin):
    store.import_logs("demo", [FULL, ODD]).result(30)
    admin.execute(
        "UPDATE darwinflow.run SET body = '\\x00' WHERE organization = %s AND id = 'odd'", [organization.id]
    )
    found = store.read(lambda tx: whole_runs(tx.logs("demo"), ["odd", FULL.run_id]))
    assert found == {"odd": None, FULL.run_id: WholeRun(header_of(FULL), FULL)}
