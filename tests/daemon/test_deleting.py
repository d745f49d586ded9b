"""A run that was deleted for good stays deleted, and unsaid, whatever its journal says of it before and after."""

import os
from pathlib import Path

import pytest

from daemon.program import Program
from daemon_process import DaemonProcess, a_run, eventually
from darwinflow.model.errors import RunErased, RunNotFound
from darwinflow.recorder.paths import REFUSED_FOLDER, Workspace

SECRET = "Kennwort4711"
SHOP = Workspace("/srv/shop", "project: shop\n")


@pytest.fixture
def program(stopped: DaemonProcess):
    stopped.workspace = SHOP
    program = Program(stopped)
    program.start("r1", settings="project: shop\n", request=SECRET, tags={"a": SECRET})
    program.of_run("step.started", "r1", step="s1", index=0, node="read", input=SECRET)
    program.of_run("step.action", "r1", step="s1", type="LLM_CALL", details={"text": SECRET})
    program.start("r2", settings="project: shop\n", request="kept")
    return program


def status_of(daemon: DaemonProcess, run: str):
    client = daemon.client(SHOP)
    try:
        return client.call("run/get", {"run": run})["run"]["status"]
    except RunNotFound:
        return None
    finally:
        client.close()


def said(daemon: DaemonProcess) -> list[str]:
    """Files of the home in which the secret stands."""
    files = (path for path in Path(daemon.home.data).rglob("*") if path.is_file())
    return [path.name for path in files if SECRET.encode() in path.read_bytes()]


def go_on(program: Program) -> None:
    program.of_run("step.finished", "r1", step="s1", status="FAILED", error=SECRET)
    program.of_run("step.started", "r1", step="s2", index=1, node="write", input=SECRET)
    program.of_run("run.finished", "r1", status="FAILED", error=SECRET)
    program.of_run("run.finished", "r2", status="SUCCESS")


@pytest.mark.parametrize("restarted", [False, True])
def test_a_live_run_that_was_deleted_leaves_nothing_though_its_program_goes_on(stopped, program, restarted):
    stopped.start()
    eventually(lambda: status_of(stopped, "r1") == "RUNNING")
    found = stopped.client(SHOP).call("run/delete", {"runs": ["r1"]})
    assert [run["runId"] for run in found["runs"]] == ["r1"]
    assert said(stopped) == []
    assert SECRET.encode() not in program.path.read_bytes()
    if restarted:
        stopped.kill()
        go_on(program)
        stopped.start()
    else:
        go_on(program)
    eventually(lambda: status_of(stopped, "r2") == "SUCCESS")
    assert status_of(stopped, "r1") is None
    program.end()
    eventually(lambda: not program.path.exists())
    assert not os.path.exists(os.path.join(stopped.home.spool, REFUSED_FOLDER))
    assert said(stopped) == []
    assert stopped.client(SHOP).call("daemon/status")["runsRefused"] == 0


def test_a_run_that_was_deleted_while_no_daemon_had_its_journal_is_not_taken_in(stopped, program):
    stopped.start()
    eventually(lambda: status_of(stopped, "r1") == "RUNNING")
    stopped.client(SHOP).call("run/delete", {"runs": ["r1"]})
    stopped.hang_up()
    again = Program(stopped)
    again.start("r1", settings="project: shop\n", request=SECRET)
    again.of_run("run.finished", "r1", status="SUCCESS")
    again.of_run(
        "run.started",
        "r3",
        workflow="assistant",
        version=3,
        workspace="/srv/shop",
        settings="project: shop\n",
    )
    again.of_run("run.finished", "r3", status="SUCCESS")
    again.end()
    eventually(lambda: status_of(stopped, "r3") == "SUCCESS")
    eventually(lambda: not again.path.exists())
    assert status_of(stopped, "r1") is None
    assert said(stopped) == []


def test_a_run_that_was_deleted_is_not_recorded_by_who_asks_the_daemon_either(daemon):
    client = daemon.client()
    run = a_run("r1")
    client.call("run/record", {"run": run})
    client.call("run/delete", {"runs": [run["runId"]]})
    with pytest.raises(RunErased, match="was deleted for good"):
        client.call("run/record", {"run": run})
    assert client.call("run/query", {})["runs"] == []
