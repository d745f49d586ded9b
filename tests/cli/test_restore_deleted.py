"""`darwinflow storage restore --replace` brings back nothing that was deleted for good since the backup was made."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from .conftest import Run
from .recorded_events import START, events, lines
from .test_restore_killed import KILLED

SECRET = "Kennwort4711"
LONG_AGO = START - 500 * 24 * 3600 * 1_000_000
RETENTION = "retention: {succeeded: {days: 100}, archive: {path: archive}}\n"
MIXES = {"one database": "", "files": "storage: {logs: {type: file}, metrics: {type: file}}\n"}


@pytest.fixture(params=MIXES)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "config.yaml").write_text(RETENTION + MIXES[request.param])
    return home


@pytest.fixture
def copy(darwinflow: Run, home: Path, folder: Path, tmp_path: Path) -> Path:
    """A backup of two runs that are archived and two that are not; one of each is deleted for good since."""
    step = {"node": "look", "output": SECRET, "error": SECRET}
    doomed = [events("old", {"node": "look", "output": SECRET}, at=LONG_AGO), events("new", step)]
    others = [events("old-2", {"node": "look"}, at=LONG_AGO), events("new-2", {"node": "look"})]
    (tmp_path / "doomed.jsonl").write_text(lines(*doomed))
    (folder / "others.jsonl").write_text(lines(*others))
    darwinflow("runs", "import", str(tmp_path / "doomed.jsonl"))
    darwinflow("runs", "import", "others.jsonl")
    darwinflow("storage", "retention")
    assert found(darwinflow) == ({"new", "new-2"}, {"old", "old-2"})
    darwinflow("storage", "backup", str(tmp_path / "copy"))
    darwinflow("runs", "delete", "old", "new", "--yes")
    assert found(darwinflow) == ({"new-2"}, {"old-2"})
    return tmp_path / "copy"


def found(darwinflow: Run) -> tuple[set[str], set[str]]:
    """Ids of the runs that are there, and of those that are archived."""
    said = [darwinflow("runs", "list", "--json", *more).stdout for more in ((), ("--archived",))]
    first, second = ({run["runId"] for run in json.loads(one)["runs"]} for one in said)
    return first, second


def deletions(home: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(f"file:{home}/system.db?mode=ro", uri=True)) as system:
        return sorted(
            system.execute("SELECT subject, details FROM audit_logs WHERE action = 'run.deleted'").fetchall()
        )


def test_what_was_deleted_for_good_stays_so(darwinflow: Run, home: Path, copy: Path, tmp_path: Path) -> None:
    figures = darwinflow("metrics", "greet", "--json").stdout
    said = darwinflow("storage", "restore", str(copy), "--replace").stdout.splitlines()
    assert said[-1] == "2 runs were deleted for good since, and stay so"
    assert found(darwinflow) == ({"new-2"}, {"old-2"})
    assert darwinflow("metrics", "greet", "--json").stdout == figures
    again = darwinflow("runs", "import", str(tmp_path / "doomed.jsonl"), expect=1).stderr
    assert "run old was deleted for good" in again
    assert "run new was deleted for good" in again
    assert darwinflow("storage", "verify").stdout.rstrip().endswith("all is well")
    assert [path for path in home.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()] == []
    assert [subject for subject, _ in deletions(home)] == ["new", "old"]
    assert all(json.loads(details)["at"] for _, details in deletions(home))
    more = json.loads(darwinflow("storage", "restore", str(copy), "--replace", "--json").stdout)
    assert (more["stayDeleted"], more["cameBack"]) == (2, "")
    assert found(darwinflow) == ({"new-2"}, {"old-2"})


def test_it_stays_so_wherever_a_restore_was_killed(
    darwinflow: Run, home: Path, copy: Path, tmp_path: Path
) -> None:
    darwinflow("daemon", "stop")
    whole = tmp_path / "whole"
    shutil.copytree(home, whole)
    killed = 0
    for number in range(1, 200, 2):
        shutil.rmtree(home)
        shutil.copytree(whole, home)
        command = [sys.executable, "-c", KILLED, str(number), "after", "storage", "restore", str(copy)]
        restoring = subprocess.run(
            [*command, "--replace"],
            env={**os.environ, "DARWINFLOW_HOME": str(home)},
            cwd=copy,
            capture_output=True,
            timeout=60,
        )
        if (home / "restore-begun.json").exists():
            assert restoring.returncode == -signal.SIGKILL
            killed += 1
            said = darwinflow("storage", "restore", str(copy), "--replace").stdout
            assert "2 runs were deleted for good since, and stay so" in said
        elif restoring.returncode:
            continue  # killed before anything was moved
        assert found(darwinflow) == ({"new-2"}, {"old-2"}), number
        darwinflow("daemon", "stop")
        if not restoring.returncode:
            break
    assert killed > 2


def test_where_nobody_can_say_what_was_deleted_that_is_told(darwinflow: Run, home: Path, copy: Path) -> None:
    darwinflow("daemon", "stop")
    (home / "system.db").write_bytes(b"")
    said = darwinflow("storage", "restore", str(copy), "--replace")
    assert "may be there again: which these are cannot be read" in said.stderr
    assert found(darwinflow) == ({"new", "new-2"}, {"old", "old-2"})
