"""The store takes nothing for a while: whoever looks is told, nothing is lost, and the end is quiet."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import forked
from cli.recorded_events import events
from daemon_process import DaemonProcess, eventually

SMALL = 4096
"""Bytes: less than the databases have already, so that no commit fits."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "work/flows").mkdir(parents=True)
    (tmp_path / "work/.darwinflow.yaml").write_text("project: held\n")
    return tmp_path / "work"


@pytest.fixture
def darwinflow(daemon: DaemonProcess, folder: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    def call(*words: str, text: str = "") -> "subprocess.CompletedProcess[str]":
        return forked.darwinflow(*words, cwd=folder, environ=daemon.environ, text=text)

    return call


@pytest.fixture
def full(daemon: DaemonProcess, darwinflow) -> DaemonProcess:
    """A daemon that cannot write any more, with a run that waits in the spool."""
    daemon.client()
    limit_files(daemon, SMALL)
    lines = "".join(f"{json.dumps(event)}\n" for event in events("r1"))
    assert darwinflow("record", "--stdin", text=lines).returncode == 0
    eventually(lambda: daemon.client().call("daemon/status")["held"])
    return daemon


def limit_files(daemon: DaemonProcess, most: int) -> None:
    assert daemon.process is not None
    hard = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (most, hard))


def test_status_says_that_journals_wait_since_when_and_why(full: DaemonProcess, darwinflow):
    said = darwinflow("daemon", "status")
    held = json.loads(darwinflow("daemon", "status", "--json").stdout)["held"]
    assert said.returncode == 0
    serving, first, second = said.stdout.splitlines()[:3]
    assert serving.startswith("serving ")
    assert first.startswith("held      nothing has been stored for ")
    assert first.endswith(f": {held['message']}")
    assert str(full.home.data) in first
    assert second == f"try       {held['hint']}"
    assert any(line.startswith("journals  1 file, ") for line in said.stdout.splitlines()), said.stdout
    assert held == full.client().call("daemon/status")["held"], "it goes on, since the same moment"


@pytest.mark.parametrize("words", [["runs", "list"], ["runs", "show", "r1"]])
def test_who_asks_for_runs_is_warned_in_one_line(full: DaemonProcess, darwinflow, words: list[str]):
    warning, *rest = darwinflow(*words).stderr.splitlines()
    assert warning.startswith("warning: what was recorded has not been stored for ")
    assert full.home.data in warning
    assert len(rest) == (0 if words[1] == "list" else 2)


def test_who_follows_runs_is_warned(full: DaemonProcess, folder: Path):
    command = [sys.executable, "-m", "darwinflow.cli.main", "runs", "tail"]
    with subprocess.Popen(
        command, env=full.environ, cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as following:
        assert following.stderr is not None
        try:
            assert following.stderr.readline().startswith("following runs")
            assert following.stderr.readline().startswith("warning: what was recorded has not been stored")
        finally:
            following.kill()


def test_once_there_is_room_all_is_stored_and_nobody_is_warned(full: DaemonProcess, darwinflow):
    limit_files(full, resource.RLIM_INFINITY)
    eventually(lambda: full.client().call("daemon/status")["held"] is None)
    said = darwinflow("runs", "list", "--json")
    assert [run["runId"] for run in json.loads(said.stdout)["runs"]] == ["r1"]
    assert said.stderr == ""
    assert "held" not in darwinflow("daemon", "status").stdout


def test_a_stop_meanwhile_is_no_fault_and_loses_nothing(full: DaemonProcess, darwinflow):
    limit_files(full, os.path.getsize(full.home.log_path) + SMALL)  # the log is to tell
    assert darwinflow("daemon", "stop").returncode == 0
    assert full.wait() == 0
    assert not [entry for entry in full.log() if "traceback" in entry]
    assert any("wait in the spool" in complaint for complaint in full.complaints())
    full.start()
    eventually(lambda: darwinflow("runs", "show", "r1").returncode == 0)
