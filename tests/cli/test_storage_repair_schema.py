"""`darwinflow storage repair` of a database whose runs are whole, and a page of whose schema is damaged."""

import json
import os
import shutil
import signal
from pathlib import Path

import apsw
import pytest

from cli.recorded_runs import record
from cli.test_storage_repair import database
from cli.test_storage_repair_cut import listed, recorded
from cli.test_storage_repair_first_page import flip, pages_of, runs_of
from darwinflow.model.errors import StoreDamaged
from darwinflow.storage.sqlite.salvaging import salvage

SIZE = 4096


def schema_pages(path: Path) -> list[int]:
    """Behind the first."""
    return pages_of(path, "sqlite_schema")[1:]


@pytest.mark.parametrize("order", ["as it grew", "written anew"])
def test_all_runs_are_saved_whichever_page_it_is(darwinflow, folder, tmp_path, order):
    recorded(darwinflow, folder)
    darwinflow("daemon", "stop")
    if order == "written anew":
        darwinflow("storage", "compact")
        darwinflow("daemon", "stop", expect=None)
    path = database(tmp_path)
    pages = schema_pages(path)
    assert len(pages) > 1
    for page in pages:
        harmed = tmp_path / f"page{page}" / path.name
        harmed.parent.mkdir()
        shutil.copyfile(path, harmed)
        flip(harmed, (page - 1) * SIZE + 2000)
        left = harmed.read_bytes()
        would = salvage(str(harmed), lambda *_: None, dry_run=True)
        assert (would.runs, harmed.read_bytes()) == (200, left), page
        found = salvage(str(harmed), lambda *_: None, dry_run=False)
        assert (found.runs, found.unreadable, found.partial, found.cut) == (200, (), (), 0), page
        assert runs_of(harmed) == runs_of(path), page
        assert sorted(one.name for one in harmed.parent.iterdir()) == sorted(["set-aside", path.name]), page


@pytest.mark.parametrize("end", ["stopped", "killed"])
def test_the_command_saves_them(darwinflow, folder, tmp_path, end):
    ids = set(recorded(darwinflow, folder))
    darwinflow("daemon", "stop")
    if end == "killed":  # what was stored since lies in the WAL
        record(darwinflow)
        ids = listed(darwinflow)
        assert len(ids) == 201
        os.kill(json.loads(darwinflow("daemon", "status", "--json").stdout)["pid"], signal.SIGKILL)
    path = database(tmp_path)
    for page in schema_pages(path):
        flip(path, (page - 1) * SIZE + 2000)
    darwinflow("storage", "verify", expect=1)
    mended = darwinflow("storage", "repair", expect=None).stdout
    assert f"is written anew with {len(ids)} runs that can be read" in mended
    assert listed(darwinflow) == ids
    assert "all is well" in darwinflow("storage", "verify").stdout
    record(darwinflow)


def test_a_page_of_runs_beside_it_costs_what_lies_there_alone(darwinflow, folder, tmp_path):
    recorded(darwinflow, folder)
    darwinflow("daemon", "stop")
    path = database(tmp_path)
    before = {row[1]: row for row in runs_of(path)}
    bodies = pages_of(path, "run_body")
    flip(path, (schema_pages(path)[0] - 1) * SIZE + 2000)
    flip(path, (bodies[len(bodies) // 2] - 1) * SIZE + 1000)
    found = salvage(str(path), lambda *_: None, dry_run=False)
    assert found.unreadable or found.partial
    assert 150 < found.runs < 200
    assert all(before[row[1]] == row for row in runs_of(path))


@pytest.mark.parametrize("content", [b"\xff" * 9000, b"\x00" * 9000, b"SQLite format 3\0" * 600, b"short"])
def test_what_is_no_database_is_refused(tmp_path, content):
    path = tmp_path / "tenant-0123456789abcdef.db"
    path.write_bytes(content)
    with pytest.raises(StoreDamaged):
        salvage(str(path), lambda *_: None, dry_run=False)
    assert path.read_bytes() == content
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_another_schema_is_not_taken_for_ours(darwinflow, folder, tmp_path):
    recorded(darwinflow, folder)
    darwinflow("daemon", "stop")
    path = database(tmp_path)
    db = apsw.Connection(str(path), vfs="cksmvfs")
    # As many tables and indexes, in another order.
    db.execute("DROP INDEX run_by_start; CREATE INDEX run_by_start ON run (project, id)")
    db.close()
    flip(path, (schema_pages(path)[0] - 1) * SIZE + 2000)
    left = path.read_bytes()
    with pytest.raises(StoreDamaged):
        salvage(str(path), lambda *_: None, dry_run=False)
    assert path.read_bytes() == left
    assert [one.name for one in path.parent.iterdir() if "reading" in one.name] == []
