"""`patterns`, against a daemon that it starts itself."""

import json
import sys
import time
from pathlib import Path

import pytest

from daemon_process import eventually

from .conftest import Run
from .recorded_events import events, lines

RECORD = f"'{sys.executable}' -m darwinflow.cli.main record --stdin"
EVIL = "e\x1b[31m\x07v"


@pytest.fixture
def history(darwinflow: Run, folder: Path) -> None:
    """Seven runs of which one node takes nearly all the time, and whose other node has a name that is none."""
    now = int(time.time() * 1e6) - 60_000_000
    steps = [{"node": EVIL, "took_ms": 5}, {"node": "ask", "took_ms": 90}]
    runs = [events(f"run-{number}", *steps, at=now + number * 1_000_000, took_ms=100) for number in range(7)]
    (folder / "events.jsonl").write_text(lines(*runs))
    darwinflow("record", "--workflow", "flows/other.yaml", "--", "sh", "-c", f"{RECORD} < events.jsonl")
    eventually(lambda: darwinflow("runs", "show", "run-6", expect=None).returncode == 0)


def found(darwinflow: Run, *arguments: str) -> dict[str, object]:
    said = darwinflow("patterns", *arguments, "--json")
    assert (said.returncode, said.stderr) == (0, "")
    return json.loads(said.stdout)


def test_where_nothing_ran_it_says_so(darwinflow: Run):
    said = darwinflow("patterns")
    assert said.returncode == 0
    assert said.stdout.startswith("No runs in project 'hello' of ")
    assert found(darwinflow) == {"patterns": [], "isComplete": True}


@pytest.mark.usefixtures("history")
def test_each_pattern_says_what_how_often_since_when_and_where_to_look(darwinflow: Run):
    said = darwinflow("patterns", "greet")
    assert (said.returncode, said.stderr) == (0, "")
    workflow, pattern, facts = said.stdout.splitlines()
    assert workflow == "greet"
    assert pattern == "  bottleneck: 'ask' takes 90 % of a run's time, in 7 of the last 7 runs that succeeded"
    assert facts.startswith("    95 % sure of at least 65 % of all runs, ")
    assert facts.endswith("; darwinflow runs show run-6")
    assert darwinflow("patterns").stdout.splitlines()[:2] == [workflow, pattern]
    (one,) = found(darwinflow, "greet")["patterns"]
    assert (one["type"], one["occurrences"], one["nodes"]) == ("BOTTLENECK", 7, ["ask"])
    assert darwinflow("runs", "show", one["examples"][0]).returncode == 0


@pytest.mark.usefixtures("history")
def test_a_workflow_without_patterns_is_told_from_one_that_never_ran(darwinflow: Run):
    assert "; did you mean 'greet'?" in darwinflow("patterns", "gret").stdout
    assert "The last runs of 'other' in " in darwinflow("patterns", "other").stdout
