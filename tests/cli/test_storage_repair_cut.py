"""`darwinflow storage repair` of a database that was cut, and of a home that has lost its `system.db`."""

import json
import os
import random
import re
import signal
from pathlib import Path

import pytest

from cli.recorded_events import START, events, lines
from cli.recorded_runs import record
from cli.test_storage_repair import database, run_ids

RUNS = 200


def recorded(darwinflow, folder: Path) -> list[str]:
    """Runs that fill some hundred pages; their ids, oldest first."""
    some = random.Random(1)  # what cannot be compressed
    runs = [
        events(f"ci-{number}", {"node": "look", "output": some.randbytes(2000).hex()}, at=START + number)
        for number in range(RUNS)
    ]
    (folder / "events.jsonl").write_text(lines(*runs))
    darwinflow("runs", "import", "events.jsonl")
    return [f"ci-{number}" for number in range(RUNS)]


def listed(darwinflow) -> set[str]:
    said = darwinflow("runs", "list", "--limit", "500", "--json").stdout
    return {run["runId"] for run in json.loads(said)["runs"]}


def cut(path: Path, part: float) -> int:
    """How many bytes are left."""
    left = int(path.stat().st_size * (1 - part))
    os.truncate(path, left)
    return left


@pytest.mark.parametrize("end", ["stopped", "killed"])
@pytest.mark.parametrize(("part", "least"), [(0.02, 0.9), (0.16, 0.7), (0.5, 0.3)])
def test_what_lies_before_the_cut_is_kept(darwinflow, folder, tmp_path, part, least, end):
    ids = recorded(darwinflow, folder)
    if end == "killed":  # what was stored since lies in the WAL
        darwinflow("daemon", "stop")
        record(darwinflow)
        later = listed(darwinflow) - set(ids)
        os.kill(json.loads(darwinflow("daemon", "status", "--json").stdout)["pid"], signal.SIGKILL)
    else:
        darwinflow("daemon", "stop")
        later = set()
    path = database(tmp_path)
    whole = path.stat().st_size
    left = cut(path, part)
    said = darwinflow("storage", "verify", expect=1).stderr
    assert f"{path} is cut off: {left} of " in said
    assert "\ntry: darwinflow storage repair, which keeps what can be read; or " in said
    assert path.stat().st_size == left
    would = json.loads(darwinflow("storage", "repair", "--dry-run", "--json", expect=1).stdout)
    assert would["kept"] == []
    assert path.stat().st_size == left
    assert not list(path.parent.glob("*.reading*"))
    mended = darwinflow("storage", "repair", expect=1)
    assert f"the last {whole - left} bytes of {path} are gone" in mended.stderr
    found = re.search(r"is written anew with (\d+) runs that can be read", mended.stdout)
    assert found
    assert f"with {found[1]} runs" in would["mended"][0]
    there = listed(darwinflow)
    assert len(there) == int(found[1])
    assert there <= {*ids, *later}
    assert len(there) >= least * RUNS
    assert "storage export" in mended.stderr.split("\ntry: ")[1]
    kept = Path(re.search("what was damaged is kept in (.*)", mended.stdout)[1])
    assert (kept / path.name).stat().st_size == left
    assert not list(path.parent.glob("*.reading*"))
    assert "all is well" in darwinflow("storage", "verify").stdout
    record(darwinflow)
    assert darwinflow("storage", "repair").stdout == "all is well\n"


def test_of_a_database_of_which_the_first_page_is_gone_the_ways_on_are_named(darwinflow, tmp_path):
    record(darwinflow)
    darwinflow("daemon", "stop")
    path = database(tmp_path)
    os.truncate(path, 90)
    said = darwinflow("storage", "repair", expect=1).stderr
    assert "error: nothing can be read of it: " in said
    assert f"to begin anew, with it set aside: touch {path}.anew\n" in said
    assert "try: darwinflow storage restore DIR --replace, with a backup" in said
    assert path.stat().st_size == 90


def test_an_emptied_database_is_not_said_to_be_mended(darwinflow, tmp_path):
    record(darwinflow, 2)
    before = run_ids(darwinflow)
    darwinflow("daemon", "stop")
    backup = tmp_path / "kept"
    darwinflow("storage", "backup", str(backup))
    path = database(tmp_path)
    os.truncate(path, 0)
    for how in (("--dry-run",), ()):
        said = darwinflow("storage", "repair", *how, expect=1)
        assert "mended" not in said.stdout
        assert f"error: nothing can be read of it: {path} is empty (0 bytes), though" in said.stderr
        assert f"a backup that may hold it: {backup}" in said.stderr
        assert "try: darwinflow storage restore DIR --replace, with a backup" in said.stderr
        assert path.stat().st_size == 0
    darwinflow("storage", "restore", str(backup), "--replace")
    assert run_ids(darwinflow) == before


@pytest.mark.parametrize("harm", ["missing", "empty", "garbage", "cut"])
def test_a_lost_system_database_is_made_anew_for_the_history_that_is_there(darwinflow, tmp_path, harm):
    record(darwinflow, 2)
    before = run_ids(darwinflow)
    darwinflow("daemon", "stop")
    path = tmp_path / "home/system.db"
    size = path.stat().st_size
    if harm == "missing":
        path.unlink()
    elif harm == "garbage":
        path.write_bytes(b"\xff" * size)
    else:
        os.truncate(path, 0 if harm == "empty" else size - 5000)
    said = darwinflow("runs", "list", expect=1).stderr
    assert "\ntry: darwinflow storage repair, which makes it anew for the history beside it; or " in said
    left = path.read_bytes() if path.exists() else None
    would = json.loads(darwinflow("storage", "repair", "--dry-run", "--json", expect=1).stdout)
    assert "it is begun anew, with the organization whose database" in would["mended"][0]
    assert (path.read_bytes() if path.exists() else None) == left
    mended = darwinflow("storage", "repair", expect=1)
    assert f"begun anew, with the organization whose database {database(tmp_path)} is" in mended.stdout
    assert "the audit log, is lost with it" in mended.stderr
    assert run_ids(darwinflow) == before
    assert "all is well" in darwinflow("storage", "verify").stdout
    assert darwinflow("storage", "repair").stdout == "all is well\n"
    if left:
        (aside,) = (tmp_path / "home/set-aside").glob("system.db-*/system.db")
        assert aside.read_bytes() == left


def test_an_empty_home_has_nothing_to_repair(darwinflow):
    assert "there is nothing to repair" in darwinflow("storage", "repair", expect=1).stderr
