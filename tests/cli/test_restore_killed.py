"""`darwinflow storage restore --replace`, killed before and after each of its moves: never taken for a new home."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.recorded_runs import record

KILLED = """
import os, signal, sys
left, where = int(sys.argv.pop(1)), sys.argv.pop(1)

def killing(call):
    def counted(*arguments, **named):
        global left
        left -= 1
        if left == 0 and where == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = call(*arguments, **named)
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return counted

for name in ("rename", "replace", "unlink"):
    setattr(os, name, killing(getattr(os, name)))
from darwinflow.cli.main import main
sys.exit(main(sys.argv[1:]))
"""

MIXES = {"one database": "", "files": "storage: {logs: {type: file}, metrics: {type: file}}\n"}
ASKED = (("runs", "list", "--json"), ("storage", "backup"), ("storage", "repair"), ("storage", "compact"))


def run_ids(darwinflow) -> list[str]:
    return [run["runId"] for run in json.loads(darwinflow("runs", "list", "--json").stdout)["runs"]]


def ended_after(number: int, where: str, home: Path, copy: Path) -> bool:
    """Whether a restore was killed at the change of this *number*; else it was done before."""
    restoring = subprocess.run(
        [sys.executable, "-c", KILLED, str(number), where, "storage", "restore", str(copy), "--replace"],
        env={**os.environ, "DARWINFLOW_HOME": str(home)},
        cwd=copy,
        capture_output=True,
        timeout=60,
    )
    assert restoring.returncode in (0, -signal.SIGKILL), restoring.stderr
    return restoring.returncode != 0


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mix", MIXES)
def test_whoever_opens_a_home_that_is_half_restored_is_told_to_restore_it_again(darwinflow, tmp_path, mix):
    home, copy = tmp_path / "home", tmp_path / "a copy"
    home.mkdir(mode=0o700)
    if MIXES[mix]:
        (home / "config.yaml").write_text(MIXES[mix])
    record(darwinflow, 2)
    restored = run_ids(darwinflow)
    darwinflow("storage", "backup", str(copy))
    record(darwinflow)
    before = run_ids(darwinflow)
    darwinflow("daemon", "stop")
    for journal in (home / "spool").glob("*.jsonl"):
        journal.unlink()  # one that is not swept yet would bring its run again
    whole, refusals = tmp_path / "whole", 0
    shutil.copytree(home, whole)
    for number in range(1, 200):
        where = "before" if number % 2 else "after"
        shutil.rmtree(home)
        shutil.copytree(whole, home)
        is_killed = ended_after(number, where, home, copy)
        said = darwinflow("runs", "list", "--json", expect=None)
        if said.returncode == 0:
            found = [run["runId"] for run in json.loads(said.stdout)["runs"]]
            assert found == (before if is_killed and not refusals else restored), (number, where)
            darwinflow("daemon", "stop")
            if not is_killed:
                break
            continue
        refusals += 1
        for asked in ASKED if refusals == 1 else ():
            told = darwinflow(*asked, expect=1).stderr
            assert f"{home} is half restored" in told, (number, where)
            assert "Traceback" not in told
        assert f"{home} is half restored" in said.stderr, (number, where)
        advice = said.stderr.split("\ntry: ")[1].split(", or ")[0]
        again = shlex.split(advice)
        assert again == ["darwinflow", "storage", "restore", str(copy), "--replace"]
        darwinflow(*again[1:])
        assert run_ids(darwinflow) == restored
        darwinflow("daemon", "stop")
        assert list((home / "set-aside").glob("before-restore-*/*-system.db"))
        assert not list(home.rglob("*.restoring"))
    assert number > 6
    assert refusals > 4
