"""Commits that are not synced, where the user has chosen that: replies say so, and no crash breaks a database."""

import subprocess
import sys
from pathlib import Path

import pytest

from daemon_process import DaemonProcess, a_run
from darwinflow.daemon.stores import durability_of
from darwinflow.model.errors import Refused
from darwinflow.recorder.paths import home_of
from darwinflow.storage.sqlite.acknowledged import SUFFIX
from reliability.test_faults import found


def test_a_power_cut_takes_the_last_runs_and_never_breaks_the_database():
    count = found("--every", "90", "--ways", "power cut", "--durability", "process")
    print(f"\n{count.images} images: {count.lost} of {count.acknowledged} lost, {count.corrupt} corrupt")
    assert count.corrupt == 0
    assert count.unclear == []
    assert count.lost > 0  # else it would be durability `power`, by another name


def configured(tmp_path: Path, text: str) -> DaemonProcess:
    daemon = DaemonProcess(tmp_path / "home")
    Path(daemon.home.config).mkdir(parents=True, exist_ok=True)
    Path(daemon.home.config, "config.yaml").write_text(text)
    return daemon.start()


@pytest.mark.parametrize(
    ("config", "durability", "told"),
    [
        ("storage: {durability: process}\n", "process", "and no power cut"),
        ("storage: {logs: {type: memory}, metrics: {type: memory}}\n", "nothing", "end with the daemon"),
        ("storage: {logs: {type: file}, durability: process}\n", "power", None),
    ],
)
def test_each_reply_says_what_a_run_survives(tmp_path, config, durability, told):
    daemon = configured(tmp_path, config)
    try:
        client = daemon.client()
        assert client.call("run/record", {"run": a_run("r1")})["durability"] == durability
        assert client.call("run/import", {"runs": [a_run("r2")]})["durability"] == durability
        assert client.call("daemon/status")["durability"] == durability
        said = subprocess.run(
            [sys.executable, "-m", "darwinflow.cli.main", "daemon", "status"],
            env=daemon.environ,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert (told in said) if told else ("stored " not in said)
        has_mark = any(Path(daemon.home.data).glob(f"tenant-*{SUFFIX}"))
        assert has_mark == (durability == "power")
        daemon.hang_up()
        daemon.kill()
        runs = daemon.start().client().call("run/query")["runs"]
        assert {run["runId"] for run in runs} == (set() if durability == "nothing" else {"r1", "r2"})
    finally:
        daemon.close()


def test_another_word_is_a_finding_that_names_the_legal_ones(tmp_path):
    home = home_of({"DARWINFLOW_HOME": str(tmp_path)})
    Path(home.config).mkdir(parents=True, exist_ok=True)
    Path(home.config, "config.yaml").write_text("storage: {durability: proces}\n")
    with pytest.raises(Refused, match=r"line 1: 'durability' cannot be 'proces'.*process"):
        durability_of(home, {})
