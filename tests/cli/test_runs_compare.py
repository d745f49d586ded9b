"""`runs compare`, against a daemon that it starts itself."""

import json
import sys
from pathlib import Path

from daemon_process import eventually

from .conftest import Run
from .on_terminal import shown
from .recorded_events import START, events, lines

RECORD = f"'{sys.executable}' -m darwinflow.cli.main record --stdin"
EVIL = "e\x1b[31m\x07\x9b2J\u202ev"


def recorded(darwinflow: Run, folder: Path, *runs: list[dict[str, object]]) -> None:
    """Store *runs*, and wait for that."""
    (folder / "events.jsonl").write_text(lines(*runs))
    darwinflow("record", "--workflow", "flows/greet.yaml", "--", "sh", "-c", f"{RECORD} < events.jsonl")
    for run, *_ in runs:
        shows = ("runs", "show", str(run["run"]))
        eventually(lambda shows=shows: darwinflow(*shows, expect=None).returncode == 0)


def test_two_runs_stand_side_by_side(darwinflow: Run, folder: Path) -> None:
    recorded(
        darwinflow,
        folder,
        events(
            "ci-1",
            {"node": "look", "took_ms": 20, "output": ["ann", "bob"]},
            {"node": "sort", "iteration": 2, "attempt": 3, "took_ms": 30, "error": "boom"},
            took_ms=120,
            request={"n": 1},
            error="boom",
        ),
        events(
            "ci-2",
            {"node": "look", "took_ms": 25, "output": ["ann", "eve"]},
            {"node": "sort", "iteration": 2, "attempt": 3, "took_ms": 10},
            {"node": "send"},
            at=START + 1000,
            took_ms=100,
            request={"n": 1},
        ),
    )
    first, second, _, *table = darwinflow("runs", "compare", "ci-1", "ci-2").stdout.splitlines()
    assert first.startswith(" ci-1  greet v1, started ")
    assert second.startswith(" ci-2  greet v1, started ")
    rows = [[cell for cell in row.split("  ") if cell] for row in table]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["NODE", "ci-1", "ci-2", "CHANGE", "FIRST DIFFERENCE"],
        ["(the run)", "✗ 120 ms", "✓ 100 ms", "-20 ms", 'error: "boom" -> nothing'],
        ["look", "✓ 20 ms", "✓ 25 ms", "+5.0 ms", 'output[1]: "bob" -> "eve"'],
        ["sort, iteration 2, attempt 3", "✗ 30 ms", "✓ 10 ms", "-20 ms", 'error: "boom" -> nothing'],
        ["send", "✓ 10 ms"],
    ]
    found = json.loads(darwinflow("runs", "compare", "ci-1", "ci-2", "--json").stdout)
    assert (found["before"]["runId"], found["after"]["runId"], found["changeMs"]) == ("ci-1", "ci-2", -20)
    assert found["steps"][0]["difference"] == {"path": ["output", 1], "before": "bob", "after": "eve"}
    assert found["steps"][1]["difference"] == {"path": ["error"], "before": "boom"}
    assert found["steps"][2]["before"] is None
    assert darwinflow("runs", "compare", "ci-1", "ci-1").returncode == 0


def test_a_run_that_is_not_there_is_said_where_it_was_looked_for(darwinflow: Run, folder: Path) -> None:
    recorded(darwinflow, folder, events("ci-1"))
    said = darwinflow("runs", "compare", "ci-1", "ci-9", expect=1)
    assert said.stderr.startswith(
        f"error: no run has an id that begins or ends with 'ci-9' in project 'hello' of '{folder}/.darwinflow.yaml'\n"
        "try: darwinflow runs list"
    )
    assert darwinflow("runs", "compare", "ci-1", expect=2).stderr.startswith("error: RUN is missing\n")
    assert darwinflow("runs", "compare", "ci-1", "a/b", expect=2).stderr.startswith(
        "error: RUN takes 1 to 128 "
    )


def test_many_steps_of_any_name_cannot_command_the_terminal(
    darwinflow: Run, folder: Path, tmp_path: Path
) -> None:
    steps = [{"node": f"{EVIL}{number}" * 20, "took_ms": 1, "output": EVIL} for number in range(400)]
    recorded(darwinflow, folder, events("ci-1", *steps), events("ci-2", *steps[:-1], at=START + 1))
    plain = darwinflow("runs", "compare", "ci-1", "ci-2").stdout.splitlines()
    assert len(plain) == 3 + 2 + 400
    environ = {"DARWINFLOW_HOME": str(tmp_path / "home"), "NO_COLOR": "1"}
    seen = shown(folder, environ, "runs", "compare", "ci-1", "ci-2", columns=60).splitlines()
    for line in plain + seen:
        assert line.replace("\ufffd", "").isprintable(), line
    assert all(len(line) <= 60 for line in seen)
