"""`darwinflow storage repair` of a database of whose first page, which each commit writes, a bit has flipped."""

import shutil
from pathlib import Path

import apsw
import pytest

from cli.recorded_runs import record
from cli.test_storage_repair import database
from cli.test_storage_repair_cut import listed, recorded
from darwinflow.storage.sqlite.checksums import RESERVED_BYTES, checksum
from darwinflow.storage.sqlite.salvaging import salvage

PLACES = (18, 20, 30, 40, 56, 60, 95, 100, 103, 110, 2000, 4000, 4090)


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 4
    path.write_bytes(content)


def runs_of(path: Path) -> list[tuple[object, ...]]:
    db = apsw.Connection(str(path))
    try:
        return db.execute("SELECT project, id, brief FROM run ORDER BY id").fetchall()
    finally:
        db.close()


def test_all_runs_are_saved_wherever_it_is(darwinflow, folder, tmp_path):
    recorded(darwinflow, folder)
    darwinflow("daemon", "stop")
    path = database(tmp_path)
    page = path.read_bytes()[:4096]
    assert checksum(page[:-RESERVED_BYTES]) == page[-RESERVED_BYTES:]
    for at in PLACES:
        harmed = tmp_path / f"at{at}" / path.name
        harmed.parent.mkdir()
        shutil.copyfile(path, harmed)
        flip(harmed, at)
        left = harmed.read_bytes()
        would = salvage(str(harmed), lambda *_: None, dry_run=True)
        assert (would.runs, would.cut, harmed.read_bytes()) == (200, 0, left), at
        found = salvage(str(harmed), lambda *_: None, dry_run=False)
        assert (found.runs, found.unreadable, found.partial, found.cut) == (200, (), (), 0), at
        assert runs_of(harmed) == runs_of(path), at
        assert sorted(one.name for one in harmed.parent.iterdir()) == sorted(["set-aside", path.name]), at


@pytest.mark.parametrize("at", [30, 110])
def test_the_command_saves_them(darwinflow, folder, tmp_path, at):
    ids = recorded(darwinflow, folder)
    darwinflow("daemon", "stop")
    flip(database(tmp_path), at)
    darwinflow("storage", "verify", expect=1)
    assert (
        "is written anew with 200 runs that can be read"
        in darwinflow("storage", "repair", expect=None).stdout
    )
    assert listed(darwinflow) == set(ids)
    assert "all is well" in darwinflow("storage", "verify").stdout
    record(darwinflow)


def pages_of(path: Path, name: str) -> list[int]:
    """Those of a table."""
    db = apsw.Connection(f"file:{path}?immutable=1", flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
    try:
        rows = db.execute("SELECT pageno FROM dbstat WHERE name = ? ORDER BY pageno", (name,)).fetchall()
    finally:
        db.close()
    return [number for (number,) in rows]


def test_a_page_beside_it_is_still_checked(darwinflow, folder, tmp_path):
    recorded(darwinflow, folder)
    darwinflow("daemon", "stop")
    path = database(tmp_path)
    before = {row[1]: row for row in runs_of(path)}
    bodies = pages_of(path, "run_body")
    flip(path, 60)
    flip(path, (bodies[len(bodies) // 2] - 1) * 4096 + 1000)
    found = salvage(str(path), lambda *_: None, dry_run=False)
    assert found.unreadable or found.partial
    assert 150 < found.runs <= 200
    assert all(before[row[1]] == row for row in runs_of(path))
