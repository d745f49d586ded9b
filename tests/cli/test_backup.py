"""`darwinflow storage backup` and `restore`, by the command, with the daemon serving."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.conftest import flow
from cli.recorded_runs import record
from darwinflow.storage.backup_manifest import read_backup

MIXES = ["", "storage: {logs: {type: file}, metrics: {type: file}}\n",
    "storage: {workflows: {type: sqlite}, logs: {type: sqlite, path: apart}}\n"]  # fmt: skip


@pytest.fixture(params=MIXES)
def home(request, tmp_path) -> Path:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    if request.param:
        (home / "config.yaml").write_text(request.param)
    return home


def settled(text: str) -> str:
    return re.sub(r"just now|\d+ s ago", "AGE", text)


def told(darwinflow) -> str:
    parts = (("runs", "list"), ("runs", "list", "--json"), ("lineage", "greet"), ("storage", "verify"))
    return settled("".join(darwinflow(*part).stdout for part in parts))


def test_what_was_backed_up_is_there_again(darwinflow, home, tmp_path):
    record(darwinflow, 2)
    record(darwinflow, 1, "false")
    darwinflow("publish", "flows/greet.yaml")
    before = told(darwinflow)
    said = darwinflow("storage", "backup", str(tmp_path / "copy")).stdout
    assert said.startswith("backed up ")
    record(darwinflow, 2)
    assert told(darwinflow) != before
    refused = darwinflow("storage", "restore", str(tmp_path / "copy"), expect=1).stderr
    assert "is there already" in refused
    assert "--replace" in refused
    assert told(darwinflow).count("runId") == 5
    said = darwinflow("storage", "restore", str(tmp_path / "copy"), "--replace").stdout
    aside = Path(re.search("what was there before is in (.*)", said)[1])
    assert aside.is_dir()
    assert told(darwinflow) == before
    record(darwinflow)
    assert darwinflow("storage", "verify").stdout.startswith("4 runs read")


def test_a_backup_comes_into_an_empty_home(darwinflow, home, tmp_path):
    record(darwinflow, 2)
    darwinflow("publish", "flows/greet.yaml")
    before = told(darwinflow)
    darwinflow("storage", "backup", str(tmp_path / "copy"))
    darwinflow("daemon", "stop")
    config = home / "config.yaml"
    kept = config.read_text() if config.exists() else None
    home.rename(tmp_path / "lost")
    home.mkdir(mode=0o700)
    if kept is not None:
        config.write_text(kept)
    darwinflow("storage", "restore", str(tmp_path / "copy"))
    assert told(darwinflow) == before


@pytest.mark.parametrize("harm", ["changed", "missing", "added"])
def test_a_backup_that_was_harmed_is_refused_with_nothing_changed(darwinflow, tmp_path, harm):
    record(darwinflow, 2)
    darwinflow("publish", "flows/greet.yaml")
    before = told(darwinflow)
    copy = tmp_path / "copy"
    darwinflow("storage", "backup", str(copy))
    assert "is whole" in darwinflow("storage", "restore", str(copy), "--dry-run").stdout
    (harmed,) = copy.glob("*tenant*.db")
    if harm == "changed":
        content = bytearray(harmed.read_bytes())
        content[5000] ^= 1
        harmed.write_bytes(content)
    elif harm == "missing":
        harmed.unlink()
    else:
        (copy / "more").write_text("x")
    for arguments in (("--dry-run",), ("--replace",)):
        assert (
            f"was {harm}"
            in (said := darwinflow("storage", "restore", str(copy), *arguments, expect=1).stderr)
            or "is missing" in said
        )
    assert told(darwinflow) == before


def test_no_backup_takes_the_place_of_another_folder_and_none_is_made_of_nothing(darwinflow, tmp_path):
    assert "there is nothing to back up" in darwinflow(
        "storage", "backup", str(tmp_path / "copy"), expect=1
    ).stderr  # fmt: skip
    record(darwinflow)
    (tmp_path / "copy").mkdir()
    assert "is there already" in darwinflow("storage", "backup", str(tmp_path / "copy"), expect=1).stderr
    assert list((tmp_path / "copy").iterdir()) == []
    assert "is no backup" in darwinflow("storage", "restore", str(tmp_path / "copy"), expect=1).stderr


def test_a_backup_made_while_programs_record_is_one_state(darwinflow, tmp_path):
    record(darwinflow)
    recording = subprocess.Popen(
        [sys.executable, "-c", RECORDING, "flows/greet.yaml"],
        cwd=tmp_path / "workspace",
        env={**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
    )
    try:
        assert recording.stdout
        recording.stdout.readline()
        darwinflow("storage", "backup", str(tmp_path / "copy"))
        assert recording.poll() is None, "it was to go on all the while"
    finally:
        recording.kill()
        recording.communicate()
    darwinflow("storage", "restore", str(tmp_path / "copy"), "--replace")
    found = json.loads(darwinflow("storage", "verify", "--json").stdout)
    assert found["faults"] == []
    assert found["runs"] > 1


RECORDING = """
import sys
from darwinflow.recorder import record_run
for number in range(1_000_000):
    with record_run(sys.argv[1]) as run:
        with run.step("look") as step:
            step.output = number
    if number == 20:
        run.wait_stored(20)
        print("on", flush=True)
"""


def test_a_restore_that_is_killed_anywhere_is_done_again_and_loses_nothing(darwinflow, home, tmp_path):
    record(darwinflow, 3)
    darwinflow("publish", "flows/greet.yaml")
    before = told(darwinflow)
    copy = str(tmp_path / "copy")
    darwinflow("storage", "backup", copy)
    darwinflow("daemon", "stop")
    command = [sys.executable, "-m", "darwinflow.cli.main", "storage", "restore", copy, "--replace"]
    environ = {**os.environ, "DARWINFLOW_HOME": str(home)}
    killed = 0
    for number in range(8):
        restoring = subprocess.Popen(
            command, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        time.sleep(0.06 + number * 0.03)  # the moments differ: there is no event to wait for
        restoring.send_signal(signal.SIGKILL)
        restoring.communicate()
        killed += restoring.returncode == -signal.SIGKILL
    assert killed
    darwinflow("storage", "restore", copy, "--replace")
    assert told(darwinflow) == before
    read_backup(copy)


def versions_in(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_workflow_files_are_in_a_backup_with_their_lock_and_come_back_where_a_workspace_is_lost(
    darwinflow, folder, tmp_path
):
    darwinflow("publish", "flows/greet.yaml")
    (folder / "flows/greet.yaml").write_text(flow(2, "Ask first"))
    darwinflow("publish", "flows/greet.yaml")
    published = versions_in(folder / "workflows")
    assert len(published) == 3
    (folder / "workflows/greet/v9.yaml").symlink_to("/etc/passwd")
    copy = tmp_path / "copy"
    darwinflow("storage", "backup", str(copy))
    assert versions_in(copy / "workflows/1") == published
    (folder / "workflows/greet/v9.yaml").unlink()
    assert "published" not in darwinflow("storage", "restore", str(copy), "--replace").stdout
    shutil.rmtree(folder / "workflows/greet")
    said = darwinflow("storage", "restore", str(copy), "--replace").stdout
    assert "published 2 versions of workflows again, where there were none" in said
    assert versions_in(folder / "workflows") == published


def test_a_version_that_was_edited_is_not_published_by_a_restore(darwinflow, folder, tmp_path):
    darwinflow("publish", "flows/greet.yaml")
    stored = folder / "workflows/greet/v1.yaml"
    stored.chmod(0o644)
    stored.write_text(flow(1, "Edited later"))
    darwinflow("storage", "backup", str(tmp_path / "copy"))
    shutil.rmtree(folder / "workflows/greet")
    said = darwinflow("storage", "restore", str(tmp_path / "copy"), "--replace")
    assert "warning: not restored: greet v1: " in said.stderr
    assert not stored.exists()


def test_what_is_kept_in_memory_alone_is_said_to_be_missing(darwinflow, tmp_path):
    (tmp_path / "home").mkdir(mode=0o700)
    (tmp_path / "home/config.yaml").write_text("storage: {logs: {type: memory}}\n")
    record(darwinflow, 2)
    said = darwinflow("storage", "backup", str(tmp_path / "copy")).stderr
    assert "not in this backup: the runs, which are kept in memory alone" in said
