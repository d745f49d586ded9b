"""Events on standard input that were there before: the same run is stored once, another one is told."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from daemon_process import eventually

AT = 1_795_000_000_000_000
RECORD = [sys.executable, "-m", "darwinflow.cli.main", "record", "--stdin"]
SAID = "darwinflow: {0} of {0} lines are spooled, 1 run came to an end"


def run(name: str, *, output: object = 1, status: str = "SUCCESS") -> list[str]:
    head = {"v": 1, "run": name}
    events = [
        {**head, "event": "run.started", "at": AT, "workflow": "assistant", "version": 1},
        {**head, "event": "step.started", "at": AT + 1, "step": "s1", "node": "one"},
        {**head, "event": "step.finished", "at": AT + 2, "step": "s1", "status": "SUCCESS", "output": output},
        {**head, "event": "step.started", "at": AT + 3, "step": "s2", "node": "two"},
        {**head, "event": "step.finished", "at": AT + 4, "step": "s2", "status": "SUCCESS", "output": 2},
        {**head, "event": "run.finished", "at": AT + 5, "status": status},
    ]
    return [json.dumps(event) + "\n" for event in events]


def record(lines: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(RECORD, input="".join(lines), capture_output=True, text=True)


def answer(name: str) -> dict[str, Any]:
    command = [*RECORD[:3], "runs", "show", name, "--json"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(said.stdout) if said.returncode == 0 else {"run": {"status": None}}


def shown(name: str) -> dict[str, Any]:
    return answer(name)["log"]


def status_of(name: str) -> str | None:
    return answer(name)["run"]["status"]


@pytest.mark.usefixtures("daemon")
def test_the_same_run_is_stored_once_and_all_is_well(place) -> None:
    for _ in range(3):
        told = record(run("r1"))
        assert (told.returncode, told.stderr.strip()) == (0, SAID.format(6))
    assert [step["nodeId"] for step in shown("r1")["steps"]] == ["one", "two"]
    assert not (place.home / "spool" / "refused").exists()


@pytest.mark.usefixtures("daemon")
@pytest.mark.parametrize("other", [{"output": 3}, {"status": "FAILED"}])
def test_another_run_of_this_id_is_told_and_kept_aside(place, other) -> None:
    record(run("r1"))
    told = record(run("r1", **other))
    assert told.returncode == 1
    first, second = told.stderr.splitlines()
    assert first == SAID.format(6)
    words, _, kept = second.rpartition("; this one is kept in ")
    assert words == "darwinflow: the history has another run r1 with other content, which stays"
    assert (place.home / "spool" / "refused") == Path(kept).parent
    assert "r1" in Path(kept).read_text()
    log = shown("r1")
    assert (log["steps"][0]["output"], log["output"]["status"]) == (1, "SUCCESS")


@pytest.mark.usefixtures("daemon")
def test_a_run_that_comes_again_in_pieces_is_the_same(place) -> None:
    record(run("r1"))
    with subprocess.Popen(RECORD, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdin is not None
        assert program.stderr is not None
        for line in run("r1"):
            program.stdin.write(line)
            program.stdin.flush()
            time.sleep(0.15)  # each line is taken in before the next comes
        program.stdin.close()
        assert program.wait(10) == 0
        assert program.stderr.read().strip() == SAID.format(6)
    assert shown("r1")["output"]["status"] == "SUCCESS"
    assert not (place.home / "spool" / "refused").exists()


@pytest.mark.usefixtures("daemon")
@pytest.mark.parametrize("sent", [1, 2, 3, 5])
def test_a_run_of_which_only_the_beginning_came_is_completed(place, sent: int) -> None:
    assert "r1" in record(run("r1")[:sent]).stderr
    eventually(lambda: status_of("r1") == "LOST")
    told = record(run("r1"))
    assert (told.returncode, told.stderr.strip()) == (0, SAID.format(6))
    log = shown("r1")
    assert [step["output"] for step in log["steps"]] == [1, 2]
    assert log["output"]["status"] == "SUCCESS"
    assert status_of("r1") == "SUCCESS"


@pytest.mark.usefixtures("daemon")
def test_a_beginning_that_was_another_is_not_completed(place) -> None:
    record(run("r1")[:3])
    eventually(lambda: status_of("r1") == "LOST")
    other = [line.replace('"version": 1', '"version": 2') for line in run("r1")]
    told = record(other)
    assert told.returncode == 1
    assert "the history has another run r1" in told.stderr
    assert status_of("r1") == "LOST"


def delete(*names: str) -> None:
    subprocess.run([*RECORD[:3], "runs", "delete", *names, "--yes"], check=True, capture_output=True)


@pytest.mark.usefixtures("daemon")
def test_runs_that_were_deleted_for_good_are_counted_and_named() -> None:
    record([*run("r1"), *run("r2"), *run("r3")])
    eventually(lambda: status_of("r3") == "SUCCESS")
    delete("r1", "r2")
    began = time.monotonic()
    told = record([*run("r1"), *run("r2")[:3], *run("r3"), *run("r4")])
    assert time.monotonic() - began < 5
    said, deleted = told.stderr.splitlines()
    assert said == "darwinflow: 21 of 21 lines are spooled, 3 runs came to an end"
    assert deleted == "darwinflow: 2 runs were deleted for good before, and stay so: r1, r2"
    assert told.returncode == 1
    assert (status_of("r1"), status_of("r3"), status_of("r4")) == (None, "SUCCESS", "SUCCESS")


@pytest.mark.usefixtures("daemon")
def test_a_run_that_was_deleted_for_good_is_told_from_one_whose_id_ends_so() -> None:
    record([*run("1"), *run("21")])
    eventually(lambda: status_of("21") == "SUCCESS")
    delete("1")
    assert "1 run was deleted for good before, and stays so: 1" in record(run("1")).stderr
    said = subprocess.run([*RECORD[:3], "runs", "show", "1"], capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert said.stderr.startswith("error: run 1 was deleted for good")
    assert "try: darwinflow runs list; or " in said.stderr
