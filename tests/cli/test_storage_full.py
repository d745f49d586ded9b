"""Storage commands on a disk with no room left at all leave the daemon that still reads."""

import json
import os
import shutil

import pytest
from msgspec.structs import replace

from cli.recorded_runs import record
from cli.test_migrate_full import home
from contract.sample_runs import STEP, finished
from darwinflow.storage.run_file import FiledRun, write_runs

__all__ = ["home"]


@pytest.mark.parametrize(
    "command",
    ["compact", "export out.jsonl.zst", "migrate --to file", "repair", "restore {copy} --replace"],
)
def test_the_daemon_that_reads_goes_on(home, darwinflow, tmp_path, command):
    record(darwinflow)
    darwinflow("storage", "backup", str(tmp_path / "copy"))
    before = darwinflow("runs", "list", "--json").stdout
    pid = json.loads(darwinflow("daemon", "status", "--json").stdout)["pid"]
    with (home / "other").open("wb", buffering=0) as file:
        file.write(b"\0" * shutil.disk_usage(home).free)
    said = darwinflow("storage", *command.format(copy=tmp_path / "copy").split(), expect=1).stderr
    assert "is full; nothing was begun, and the daemon goes on reading" in said
    assert darwinflow("runs", "list", "--json").stdout == before
    assert json.loads(darwinflow("daemon", "status", "--json").stdout)["pid"] == pid


def test_a_backup_that_does_not_fit_is_not_begun_to_be_restored(home, darwinflow, tmp_path):
    log = replace(finished("big"), steps=(replace(STEP, input=os.urandom(1 << 20).hex()),))
    write_runs(str(tmp_path / "runs.jsonl.zst"), iter([FiledRun("hello", log, is_lost=False)]))
    darwinflow("storage", "import", str(tmp_path / "runs.jsonl.zst"))
    darwinflow("daemon", "start")
    darwinflow("storage", "backup", str(tmp_path / "copy"))
    pid = json.loads(darwinflow("daemon", "status", "--json").stdout)["pid"]
    with (home / "other").open("wb", buffering=0) as file:
        file.write(b"\0" * (shutil.disk_usage(home).free - (600 << 10)))
    said = darwinflow("storage", "restore", str(tmp_path / "copy"), "--replace", expect=1).stderr
    assert "this needs 1." in said
    assert "nothing was begun, and the daemon goes on reading" in said
    assert json.loads(darwinflow("daemon", "status", "--json").stdout)["pid"] == pid
