"""A migration that is killed at any moment, while programs go on recording, is gone on with, and nothing is lost."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from itertools import cycle

import pytest

from contract.sample_runs import finished
from daemon_process import eventually
from darwinflow.model.run import RunStatus
from darwinflow.storage.run_file import FiledRun, read_runs, write_runs
from postgres_server import new_organization, shared

KILLS = int(os.environ.get("DARWINFLOW_MIGRATION_KILLS", "2"))
MANY = int(os.environ.get("DARWINFLOW_MIGRATION_RUNS", "800"))
SEED = int(os.environ.get("DARWINFLOW_SEED", "7"))

RECORDING = """
import sys, time
from pathlib import Path
from darwinflow.recorder import record_run

stop = Path(sys.argv[1])
while not stop.exists():
    with record_run("flows/greet.yaml") as run, run.step("look"):
        pass
    print(run.id, flush=True)
    time.sleep(0.2)
"""
LIVING = """
import sys, time
from pathlib import Path
from darwinflow.recorder import record_run

stop, number = Path(sys.argv[1]), 0
with record_run("flows/greet.yaml") as run:
    while not stop.exists():
        with run.step("look", input=number):
            number += 1
        time.sleep(0.2)
print(run.id, number, flush=True)
"""


def ways(organization):
    dsn = f"postgresql://ada@/postgres?host={shared().folder}"
    return [
        ("--to", "sqlite"),
        ("--to", dsn, "--organization", organization),
        ("--to", "file"),
    ]


@pytest.fixture
def programs(tmp_path, folder):
    """One that records run after run, and one whose only run lives on, until the file `stop` is there."""
    environ = {**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home")}
    started = []

    def start():
        for text in (RECORDING, LIVING):
            command = [sys.executable, "-c", text, str(tmp_path / "stop")]
            started.append(
                subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.PIPE, text=True)
            )
        return started

    yield start
    for program in started:
        program.kill()
        program.communicate()


def stage_of(home):
    try:
        return json.loads((home / "migration.json").read_text())["stage"]
    except FileNotFoundError:
        return "none"


def killed_at(home, command, environ, cwd, rng):
    """At which stage it was killed, by the file that says so; `over` where it came to its end before."""
    migrating = subprocess.Popen(
        command, cwd=cwd, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    wanted, longest = rng.choice([("none", 0.6), ("copying", MANY / 600), ("switched", 0.02)])
    while migrating.poll() is None and wanted not in ("none", stage_of(home)):
        time.sleep(0.001)
    time.sleep(rng.uniform(0, longest))
    migrating.send_signal(signal.SIGKILL)
    _, said = migrating.communicate()
    assert migrating.returncode in (-signal.SIGKILL, 0), said
    return "over" if migrating.returncode == 0 else stage_of(home)


@pytest.mark.timeout(7200)
def test_a_migration_that_is_killed_again_and_again_loses_nothing(darwinflow, tmp_path, folder, programs):
    rng = random.Random(SEED)
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "config.yaml").write_text("# mine\nstorage: {logs: {type: file}, metrics: {type: file}}\n")
    file = str(tmp_path / "runs.jsonl.zst")
    write_runs(file, (FiledRun("hello", finished(f"run-{n}", at=n), is_lost=False) for n in range(MANY)))
    darwinflow("storage", "import", file)
    environ = {**os.environ, "DARWINFLOW_HOME": str(home)}
    started = programs()
    stages: Counter[str] = Counter()
    for number, way in enumerate(cycle(ways(new_organization().id))):
        if number and number % 3 == 0 and sum(stages.values()) - stages["over"] >= 3 * KILLS:
            break
        command = [sys.executable, "-m", "darwinflow.cli.main", "storage", "migrate", *way, "--json"]
        for _ in range(min(KILLS, 5)):
            stage = killed_at(home, command, environ, folder, rng)
            stages[stage] += 1
            if stage == "over":
                break
            is_begun = (home / "migration.json").exists()
            listed = darwinflow("runs", "list", "--limit", "1", expect=None)
            assert listed.returncode == is_begun, listed.stderr
        if rng.random() < 0.5:
            command = [*command[:5], "--json"]
        said = subprocess.run(
            command, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=3600
        )
        is_over = "kept there already" in said.stderr or "no migration of this home" in said.stderr
        assert said.returncode == 0 or is_over, said.stderr
        if said.returncode == 0:
            assert json.loads(said.stdout)["logs"]["runs"] >= MANY
        assert not (home / "migration.json").exists()
        darwinflow("daemon", "start")
    (tmp_path / "stop").touch()
    (recorded, lived) = (program.communicate(timeout=60)[0].split() for program in started)
    assert [program.returncode for program in started] == [0, 0]
    darwinflow("daemon", "start")
    eventually(lambda: not list((home / "spool").glob("*.jsonl")))
    expected = MANY + len(recorded) + 1
    print(f"\n{sum(stages.values())} kills: {dict(stages)}; {expected} runs, 0 lost")
    verified = darwinflow("storage", "verify").stdout
    assert verified == f"{expected} runs read and added up again: all is well\n"
    again = str(tmp_path / "again.jsonl.zst")
    darwinflow("storage", "export", again)
    there = {run.log.run_id: run for run in read_runs(again)}
    for run in read_runs(file):
        assert repr(there[run.log.run_id]) == repr(run)
    assert {there[run_id].log.status for run_id in (*recorded, lived[0])} == {RunStatus.SUCCESS}
    assert [step.input for step in there[lived[0]].log.steps] == list(range(int(lived[1])))
    assert len(there) == expected
    assert stages["copying"], "moments must be chosen so that some are in the midst of it"
