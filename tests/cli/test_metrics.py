"""`metrics`, against a daemon that it starts itself."""

import json
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from .conftest import Run, flow
from .on_terminal import shown
from .recorded_events import events, lines

RECORD = f"'{sys.executable}' -m darwinflow.cli.main record --stdin"
EVIL = "e\x1b[31m\x07\x9b2J\u202ev"
DAY = 86_400_000_000


def recorded(darwinflow: Run, folder: Path, *runs: list[dict[str, Any]]) -> None:
    """Store *runs*, and wait for that."""
    (folder / "events.jsonl").write_text(lines(*runs))
    darwinflow("record", "--workflow", "flows/other.yaml", "--", "sh", "-c", f"{RECORD} < events.jsonl")
    for _ in range(100):
        found = json.loads(darwinflow("metrics", "--json").stdout)["versions"]
        if sum(one["summary"]["runs"] for one in found) > len(runs):
            return
        time.sleep(0.1)
    raise AssertionError(found)


@pytest.fixture
def history(darwinflow: Run, folder: Path) -> int:
    """Ten runs of version 1 and three of version 2, a day apart and the last just now; when that was."""
    (folder / "flows/other.yaml").write_text(flow(1).replace("id: greet", "id: other"))
    (folder / "flows/two.yaml").write_text(flow(2))
    now = int(time.time() * 1e6) - 2_000_000
    call = {"node": "look", "took_ms": 5}
    first = [
        events(
            f"a{number}",
            call,
            at=now - (12 - number) * DAY,
            took_ms=100,
            error="boom" if number == 3 else None,
        )
        for number in range(10)
    ]
    second = [
        events(f"b{number}", call, at=now - number * DAY, took_ms=200, path="flows/two.yaml")
        for number in range(3)
    ]
    recorded(darwinflow, folder, *first, *second)
    return now


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.split("  ") if cell.strip()]


def test_nothing_recorded_teaches_how_to_record(darwinflow: Run, folder: Path) -> None:
    place = f"project 'hello' of '{folder}/.darwinflow.yaml'"
    elsewhere = "or cd to another workspace to look there.\n"
    assert darwinflow("metrics").stdout == (
        f"No run has ended yet in {place}. Record one: darwinflow record --workflow FILE -- python run.py; {elsewhere}"
    )
    assert darwinflow("metrics", "greet@3").stdout == (
        f"No run of 'greet' v3 has ended yet in {place}. "
        f"Record one: darwinflow record --workflow flows/greet.yaml -- python run.py; {elsewhere}"
    )
    assert darwinflow("metrics", "greet", "--since", "7d").stdout.startswith(
        "No run of 'greet' has ended since "
    )
    assert darwinflow("metrics", "greet", "--by", "hour").stdout.startswith(
        "No run of 'greet' has ended since "
    )
    assert json.loads(darwinflow("metrics", "--json").stdout) == {"by": "version", "versions": []}
    assert json.loads(darwinflow("metrics", "greet", "--by", "day", "--json").stdout)["points"] == []


def test_versions_stand_below_one_another_with_a_line_each(history: int, darwinflow: Run) -> None:
    heading, newest, oldest = darwinflow("metrics", "greet").stdout.splitlines()
    assert cells(heading)[:7] == ["VERSION", "RUNS", "SUCCEEDED", "MEDIAN", "P95", "P99", "LAST RUN"]
    assert cells(heading)[7].startswith("P95 BY DAY (█ = ")
    assert cells(newest)[:3] == ["v2", "3", "3 of 3"]
    assert cells(oldest)[:3] == ["v1", "10", "90 %"]
    assert cells(newest)[-1].endswith("███")
    assert cells(oldest)[-1].endswith("·" * 3)
    assert len(darwinflow("metrics", "greet@1").stdout.splitlines()) == 2
    assert [row.split()[:2] for row in darwinflow("metrics").stdout.splitlines()[1:]] == [
        ["greet", "v1"],
        ["greet", "v2"],
        ["other", "v1"],
    ]


def test_an_id_that_is_nearly_right_is_said_to_be(history: int, darwinflow: Run, folder: Path) -> None:
    place = f"project 'hello' of '{folder}/.darwinflow.yaml'"
    assert darwinflow("metrics", "gret").stdout == (
        f"No run of 'gret' has ended yet in {place}; did you mean 'greet'?\n"
    )
    assert darwinflow("metrics", "gret", "--by", "day").stdout.endswith(
        f" in {place}; did you mean 'greet'?\n"
    )
    assert "did you mean" not in darwinflow("metrics", "greet@9").stdout


def test_figures_are_of_the_time_that_is_asked_for(history: int, darwinflow: Run) -> None:
    found = json.loads(darwinflow("metrics", "greet", "--since", "5d", "--json").stdout)
    runs = {one["version"]: one["summary"]["runs"] for one in found["versions"]}
    assert runs[2] == 3
    assert runs[1] in (2, 3)
    assert datetime.fromisoformat(found["since"]) < datetime.now().astimezone() - timedelta(days=4)
    whole = json.loads(darwinflow("metrics", "flows/greet.yaml", "--json").stdout)
    assert [(one["workflow"], one["version"], one["summary"]["runs"]) for one in whole["versions"]] == [
        ("greet", 1, 10),
        ("greet", 2, 3),
    ]
    assert sum(point["summary"]["runs"] for point in whole["versions"][1]["trend"]) == 3
    assert whole["since"] is None


def test_days_and_hours_stand_in_their_order_with_a_bar_each(history: int, darwinflow: Run) -> None:
    heading, *rows = darwinflow("metrics", "greet", "--by", "day").stdout.splitlines()
    assert cells(heading)[0] == "DAY"
    assert len(rows) == 13
    today = datetime.fromtimestamp(history / 1e6).astimezone()
    assert cells(rows[-1])[0] == f"{today:%-d %b}"
    assert cells(rows[-1])[1:3] == ["1", "1 of 1"]
    assert cells(rows[3])[2] == "0 of 1"
    assert rows[-1].count("█") == 20
    assert rows[0].count("█") in (9, 10)
    found = json.loads(darwinflow("metrics", "greet@1", "--by", "day", "--json").stdout)
    assert sum(point["summary"]["runs"] for point in found["points"]) == 10
    spans = [
        (datetime.fromisoformat(point["start"]), datetime.fromisoformat(point["end"]))
        for point in found["points"]
    ]
    assert all(timedelta(hours=23) <= end - start <= timedelta(hours=25) for start, end in spans)
    assert len(darwinflow("metrics", "greet", "--by", "hour", "--since", "36h").stdout.splitlines()) == 1 + 2
    assert len(darwinflow("metrics", "greet", "--by", "hour", "--since", "13d").stdout.splitlines()) == 1 + 13


@pytest.mark.parametrize(
    ("arguments", "error", "advice"),
    [
        (("--by", "day"), "--by day needs a workflow", "darwinflow metrics WORKFLOW --by day"),
        (("--since", "7d"), "--since needs a workflow", "darwinflow metrics WORKFLOW --since"),
        (
            ("greet", "--by", "hours"),
            "--by takes one of 'version', 'hour', 'day', not 'hours'",
            "darwinflow metrics --by hour",
        ),
        (
            ("greet", "--since", "7x"),
            "--since takes 90m, 12h, 7d, 2w or a day as in 2026-11-20, not '7x'",
            "darwinflow metrics --help",
        ),
        (
            ("greet", "--by", "hour", "--since", "300d"),
            "--by hour reaches back at most 208 d",
            "darwinflow metrics greet --by day",
        ),
        (("",), "WORKFLOW[@VERSION] takes 1 to 1000 characters, not 0", "darwinflow metrics --help"),
    ],
)
def test_wrong_usage_names_what_is_right(
    darwinflow: Run, arguments: tuple[str, ...], error: str, advice: str
) -> None:
    said = darwinflow("metrics", *arguments, expect=2)
    assert said.stderr.splitlines()[0].startswith(f"error: {error}")
    assert said.stderr.splitlines()[1].startswith(f"try: {advice}")


def test_charts_are_whole_at_80_columns_and_in_ascii(
    history: int, darwinflow: Run, folder: Path, tmp_path: Path
) -> None:
    environ = {"DARWINFLOW_HOME": str(tmp_path / "home")}
    narrow = shown(folder, {**environ, "NO_COLOR": "1"}, "metrics", "greet", columns=60).splitlines()
    assert all(len(row) <= 60 for row in narrow)
    assert narrow[1].endswith("███")
    plain = {**environ, "NO_COLOR": "1", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
    for words in (("metrics", "greet"), ("metrics", "greet", "--by", "day")):
        assert shown(folder, plain, *words).isascii()


def test_names_cannot_command_the_terminal(darwinflow: Run, folder: Path, tmp_path: Path) -> None:
    (folder / "flows/other.yaml").write_text(flow(1).replace("id: greet", "id: other"))
    (folder / "flows/evil.yaml").write_text(flow(1).replace("id: greet", f"id: {json.dumps(EVIL)}"))
    now = int(time.time() * 1e6)
    recorded(darwinflow, folder, events("e1", at=now, path="flows/evil.yaml"))
    environ = {"DARWINFLOW_HOME": str(tmp_path / "home"), "NO_COLOR": "1"}
    for words in (("metrics",), ("metrics", EVIL), ("metrics", EVIL, "--by", "day"), ("metrics", EVIL + "x")):
        for text in (darwinflow(*words).stdout, shown(folder, environ, *words, columns=40)):
            assert all(row.replace("\ufffd", "").isprintable() for row in text.splitlines()), text


def test_nodes_stand_by_the_time_they_took_in_all(darwinflow: Run, folder: Path) -> None:
    (folder / "flows/other.yaml").write_text(flow(1).replace("id: greet", "id: other"))
    now = int(time.time() * 1e6) - 2_000_000
    look, write = {"node": "look", "took_ms": 5}, {"node": "write", "took_ms": 40, "error": "boom"}
    runs = [events(f"r{number}", look, look, at=now - number) for number in range(3)]
    old = events("old", look, {"node": "gone"}, at=now - 9 * DAY)
    recorded(darwinflow, folder, *runs, events("r9", look, write, at=now, error="boom"), old)
    heading, *rows = darwinflow("metrics", "greet", "--nodes", "--since", "2d").stdout.splitlines()
    assert cells(heading) == ["NODE", "STEPS", "SUCCEEDED", "MEDIAN", "P95", "P99", "TIME"]
    assert [cells(row)[:3] for row in rows] == [["write", "1", "0 of 1"], ["look", "7", "100 %"]]
    assert [cells(row)[-1] for row in rows] == ["53 %", "47 %"]
    found = json.loads(darwinflow("metrics", "greet@1", "--nodes", "--json").stdout)
    assert (found["by"], found["workflow"], found["version"], found["since"]) == ("node", "greet", 1, None)
    assert [(one["node"], one["summary"]["runs"]) for one in found["nodes"]] == [
        ("gone", 1),
        ("look", 8),
        ("write", 1),
    ]
    assert found["nodes"][1]["summary"]["p50Ms"] == pytest.approx(5, rel=0.021)
    assert darwinflow("metrics", "greet@7", "--nodes").stdout.startswith("No run of 'greet' v7 has ended yet")


def test_since_says_from_when_it_counts_and_a_day_to_come_is_refused(darwinflow, folder, tmp_path):
    said = darwinflow("metrics", "greet", "--since", "2999-01-01", expect=2).stderr
    assert said.splitlines()[0] == "error: 2999-01-01 is still to come"
    hour = json.loads(darwinflow("metrics", "greet", "--since", "90m", "--json").stdout)["since"]
    assert datetime.fromisoformat(hour).minute == 0
    day = json.loads(darwinflow("metrics", "greet", "--nodes", "--since", "90m", "--json").stdout)["since"]
    assert (datetime.fromisoformat(day).utcoffset(), datetime.fromisoformat(day).hour) == (timedelta(0), 0)
