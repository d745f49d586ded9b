"""A migration on a disk that has no room for it, or runs full on the way."""

import json
import os
import shutil
import subprocess

import pytest
from msgspec.structs import replace

from contract.sample_runs import STEP, finished
from darwinflow.storage.run_file import FiledRun, write_runs

RUNS = 40
BIG = replace(STEP, input="the same again and again, " * 4000)


@pytest.fixture
def home(tmp_path):
    """On a disk of 12 MiB, with runs that take much more room in files than in a database."""
    disk = tmp_path / "home"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m,mode=0700", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(home, left: int):
    """Leave *left* bytes."""
    with (home / "ballast").open("wb") as file:
        file.write(b"\0" * (shutil.disk_usage(home).free - left))


def listed(darwinflow):
    return json.loads(darwinflow("runs", "list", "--json", "--limit", "100").stdout)["runs"]


def test_too_little_room_is_told_before_anything_is_done_and_a_full_disk_holds_it_up(
    home, darwinflow, tmp_path
):
    file = str(tmp_path / "runs.jsonl.zst")
    runs = (replace(finished(f"run-{n}", at=n), steps=(BIG,)) for n in range(RUNS))
    write_runs(file, (FiledRun("hello", log, is_lost=False) for log in runs))
    darwinflow("storage", "import", file)
    before = listed(darwinflow)
    darwinflow("daemon", "stop")

    fill(home, 200 << 10)
    said = darwinflow("storage", "migrate", "--to", "file", expect=1).stderr
    assert "this needs about" in said
    assert not (home / "migration.json").exists()

    fill(home, 7 << 19)
    said = darwinflow("storage", "migrate", "--to", "file", expect=1).stderr
    assert said.startswith("error: ")
    assert "full" in said
    assert json.loads((home / "migration.json").read_text())["stage"] == "copying"
    assert "are being moved" in darwinflow("runs", "list", expect=1).stderr

    (home / "ballast").unlink()
    assert f"sqlite to file, {RUNS} runs compared" in darwinflow("storage", "migrate").stdout
    assert listed(darwinflow) == before
    assert f"{RUNS} runs read and added up again: all is well" in darwinflow("storage", "verify").stdout
