"""Figures of nodes on their way through upgrades, damage, verifying and repair; and how they lie in a row."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.sample_runs import any_runs, finished
from darwinflow.model.errors import StoreDamaged
from darwinflow.model.metric import metric_of
from darwinflow.storage.files.metrics import FileMetricsStore
from darwinflow.storage.mending import mend_figures
from darwinflow.storage.packed_nodes import packed_nodes, unpacked_nodes
from darwinflow.storage.recording import record
from darwinflow.storage.sqlite import connection
from darwinflow.storage.sqlite.connection import TENANT, connect
from darwinflow.storage.sqlite.tenant import SqliteTenantStore
from darwinflow.storage.sums import Sums, with_steps
from darwinflow.storage.verifying import verify_project

ALL_TIME = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def nodes(store):
    return store.read(lambda tx: tx.metrics("demo").get_nodes("assistant", *ALL_TIME))


def steps(store):
    return [(one.node, one.runs) for one in nodes(store)]


def verified(store):
    return store.read(lambda tx: verify_project(tx, "demo")).faults


def filled(path, runs=4):
    store = SqliteTenantStore(path)

    def fill(tx):
        for number in range(runs):
            record(tx, "demo", finished(f"r{number}", nodes=("a", "b"), at=number))

    store.write(fill).result(10)
    return store


def in_database(path, statement):
    db = connect(path, TENANT)
    db.execute(statement)
    db.close()


def test_a_database_from_before_goes_on_and_a_repair_adds_what_it_has(tmp_path, monkeypatch):
    path = str(tmp_path / "t.db")
    folder = tmp_path / "schema" / "tenant"
    folder.mkdir(parents=True)
    for step in TENANT.steps():
        if Path(step).name < "0012":
            (folder / Path(step).name).write_text(Path(step).read_text())
    monkeypatch.setattr(connection, "_SCHEMAS", str(tmp_path / "schema"))
    db = connect(path, TENANT)
    assert db.execute("SELECT name FROM sqlite_schema WHERE name = 'node_sums'").fetchall() == []
    db.close()
    monkeypatch.undo()
    filled(path).close()
    in_database(path, "DELETE FROM node_sums")  # as runs leave it that were counted before
    store = SqliteTenantStore(path)
    assert steps(store) == []
    store.write(lambda tx: record(tx, "demo", finished("new", nodes=("a",)))).result(10)
    assert steps(store) == [("a", 1)]
    assert verified(store) == ()
    told = mend_figures(store, store, "demo", dry_run=False).told
    assert told == ["figures of project 'demo' by node are added up again from its runs"]
    assert steps(store) == [("a", 5), ("b", 4)]
    assert mend_figures(store, store, "demo", dry_run=False) == ([], [])
    store.write(lambda tx: record(tx, "demo", finished("newer", nodes=("b",)))).result(10)
    assert steps(store) == [("a", 5), ("b", 5)]
    store.close()


def test_figures_of_more_steps_than_there_are_are_named_and_mended(tmp_path):
    path = str(tmp_path / "t.db")
    store = filled(path)
    there = nodes(store)
    wrong = {"a": Sums(9, 9, 9.0, 0, 0.0, 0, {0: 9}), "c": Sums(1, 1, 1.0, 0, 0.0, 0, {0: 1})}
    store.close()
    db = connect(path, TENANT)
    db.execute("UPDATE node_sums SET nodes = ?", (packed_nodes(wrong),))
    db.close()
    store = SqliteTenantStore(path)
    assert [fault.split(" are of ")[0] for fault in verified(store)] == [
        "figures of node 'a' of assistant v1 in project 'demo'",
        "figures of node 'c' of assistant v1 in project 'demo'",
    ]
    mend_figures(store, store, "demo", dry_run=False)
    assert [one for one in nodes(store) if one.node != "c"] == list(there)
    store.close()


def test_a_damaged_file_of_nodes_is_counted_again(tmp_path):
    logs = [finished(f"r{number}", nodes=("a", "b"), at=number) for number in range(3)]
    store = FileMetricsStore(str(tmp_path))
    for log in logs:
        store.write(lambda tx, log=log: tx.metrics("demo").record_execution(metric_of(log))).result(10)
    before = nodes(store)
    store.close()
    (file,) = tmp_path.glob("demo/assistant/nodes-2026-02-03.json")
    assert '"node 2026-02-03 version 1 a"' in file.read_text()
    file.write_bytes(file.read_bytes()[:-40])
    store = FileMetricsStore(str(tmp_path))
    assert (store.damaged(), nodes(store)) == (("demo",), ())
    store.rebuild("demo", [metric_of(log) for log in logs])
    assert (store.damaged(), nodes(store)) == ((), before)
    store.close()
    store = FileMetricsStore(str(tmp_path))
    assert (store.damaged(), nodes(store)) == ((), before)
    store.close()


@given(st.lists(any_runs(st.uuids().map(str)), max_size=12))
def test_what_is_packed_comes_back(logs):
    found = {}
    for log in logs:
        metric = metric_of(log)
        if metric is not None:
            found = with_steps(found, [metric])
    content = packed_nodes(found)
    assert unpacked_nodes(content) == found
    assert len(content) % 512 == 0


def test_half_a_row_is_none():
    content = packed_nodes({"\ud800 größe": Sums(1, 0, 2.5, 3, 0.5, -1, {7: 1})})
    assert list(unpacked_nodes(content)) == ["\ud800 größe"]
    for size in (0, 3, 20, 60):
        with pytest.raises(StoreDamaged):
            unpacked_nodes(content[:size])
