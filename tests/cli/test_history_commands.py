"""`publish`, `lineage` and `runs`, against a daemon that they start themselves."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.conftest import Run, flow
from darwinflow.cli.run_table import table
from darwinflow.cli.terminal import Terminal


def project(folder: Path) -> str:
    """How the project of the test's workspace is named to people."""
    return f"project 'hello' of '{folder}/.darwinflow.yaml'"


def record(darwinflow: Run, *command: str) -> str:
    """Record *command* as a run of the flow; its id."""
    darwinflow("record", "--workflow", "flows/greet.yaml", "--", *command, expect=None)
    newest = json.loads(darwinflow("runs", "list", "--json", "--limit", "1").stdout)["runs"][0]
    return str(newest["runId"])


def test_a_version_is_published_once_and_stays_as_it_was_written(darwinflow: Run, folder: Path) -> None:
    assert darwinflow("publish", "flows/greet.yaml").stdout.startswith("published greet v1, content ")
    assert darwinflow("publish", "flows/greet.yaml").stdout == (
        "greet v1 is published already, with the same content\n"
    )
    assert (folder / "workflows/greet/v1.yaml").read_bytes() == (folder / "flows/greet.yaml").read_bytes()


def test_other_content_under_a_published_version_is_refused_and_nothing_changes(
    darwinflow: Run, folder: Path
) -> None:
    darwinflow("publish", "flows/greet.yaml")
    kept = (folder / "workflows/greet/v1.yaml").read_bytes()
    (folder / "flows/greet.yaml").write_text(flow(1).replace("names.txt", "others.txt"))
    said = darwinflow("publish", "flows/greet.yaml", expect=1)
    assert "version 1" in said.stderr
    assert "error: " in said.stderr
    assert (folder / "workflows/greet/v1.yaml").read_bytes() == kept


def test_a_workflow_with_errors_is_not_published(darwinflow: Run, folder: Path) -> None:
    (folder / "flows/greet.yaml").write_text(flow(1).replace("to: END", "to: loook"))
    assert "loook" in darwinflow("publish", "flows/greet.yaml", expect=1).stderr
    assert not (folder / "workflows").exists()


def test_lineage_shows_each_version_below_the_one_made_from_it_with_its_figures(
    darwinflow: Run, folder: Path
) -> None:
    darwinflow("publish", "flows/greet.yaml")
    record(darwinflow, "true")
    (folder / "flows/greet.yaml").write_text(flow(2, "Read the other list"))
    darwinflow("publish", "flows/greet.yaml")
    record(darwinflow, "true")
    record(darwinflow, "false")
    newest, oldest = darwinflow("lineage", "greet").stdout.splitlines()
    assert newest.split()[:2] == ["v2", "user"]
    assert "1 of 2" in newest
    assert newest.endswith("Read the other list")
    assert oldest.split()[:3] == ["└", "v1", "user"]
    assert "1 of 1" in oldest
    assert darwinflow("lineage", "flows/greet.yaml").stdout.count("\n") == 2
    assert [
        v["version"] for v in json.loads(darwinflow("lineage", "greet", "--json").stdout)["versions"]
    ] == [1, 2]


def test_lineage_of_what_was_never_published_says_how_to_publish(darwinflow: Run, folder: Path) -> None:
    said = darwinflow("lineage", "greet", expect=1)
    assert said.stderr == (
        f"error: no version of 'greet' is published in {project(folder)}\n"
        "try: publish one: darwinflow publish FILE; or cd to another workspace to look there\n"
    )
    as_json = darwinflow("lineage", "greet", "--json", expect=1)
    assert json.loads(as_json.stdout)["versions"] == []
    assert as_json.stderr == said.stderr


def test_an_id_that_no_workflow_can_have_is_one_error_and_one_way_on(darwinflow: Run) -> None:
    said = darwinflow("lineage", "a b", expect=1)
    assert [line.split(" ")[0] for line in said.stderr.splitlines()] == ["error:", "try:"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("runs", "list", "--limit", "0"), "--limit takes a whole number from 1 to 500, not '0'"),
        (("runs", "list", "--limit", "99999"), "--limit takes a whole number from 1 to 500, not '99999'"),
        (("runs", "list", "--version", "-1"), "--version takes a whole number from 0 to "),
        (("runs", "list", "--text", ""), "--text takes 1 to 1000 characters, not 0"),
        (("runs", "list", "--node", "n" * 1001), "--node takes 1 to 1000 characters, not 1001"),
        (("runs", "list", "--text", "\udcff"), "--text takes text in UTF-8"),
        (("runs", "list", "--before", "a/b"), "--before takes 1 to 128 letters, digits, "),
        (("runs", "show", ""), "RUN takes 1 to 128 letters, digits, '.', '_', ':' or '-', not ''"),
        (("runs", "tail", ""), "WORKFLOW[@VERSION] takes 1 to 1000 characters"),
        (("lineage", ""), "WORKFLOW takes 1 to 1000 characters"),
    ],
)
def test_arguments_out_of_range_are_wrong_usage_that_names_the_range(
    darwinflow: Run, arguments: tuple[str, ...], error: str
) -> None:
    said = darwinflow(*arguments, expect=2)
    assert said.stderr.startswith(f"error: {error}")
    assert (
        said.stderr.splitlines()[1]
        == f"try: darwinflow {' '.join(arguments[: 2 - (arguments[0] == 'lineage')])} --help"
    )


def test_what_programs_recorded_cannot_command_the_terminal(darwinflow: Run, folder: Path) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\x9b31m\x7f\u202eback\u2066\nnext"
    (folder / "flows/greet.yaml").write_text(flow(1, json.dumps(evil)))
    darwinflow("publish", "flows/greet.yaml")
    (folder / "fail.py").write_text(
        f"from darwinflow.recorder import record_run\nwith record_run('evil\x1b[1m@1') as run:\n    run.fail({evil!r})\n"
        "assert run.wait_stored()\n"
    )
    darwinflow("record", "--", sys.executable, "fail.py")
    for words in (("runs", "list"), ("lineage", "greet")):
        shown = darwinflow(*words).stdout
        assert "owned" in shown
        assert all(line.replace("\ufffd", "").isprintable() for line in shown.splitlines())
        assert len(shown.splitlines()) == 2 - (words[0] == "lineage")


def test_columns_keep_their_places_whatever_the_ids(folder: Path) -> None:
    now = datetime(2026, 11, 14, 15, 30, tzinfo=UTC)
    headers = [
        {
            "runId": run_id, "workflowId": workflow, "workflowVersion": 1, "startTime": now.isoformat(),
            "durationMs": 5, "stepCount": 1, "status": "SUCCESS", "steps": [], "error": None, "failedNode": None,
        }
        for run_id, workflow in (("ci-4711", "w" * 300), ("0" * 36, "greet"))
    ]  # fmt: skip
    heading, *rows = table(headers, Terminal(False, True, 120), now, workflows=True)
    assert {heading.index("VERSION"), *(row.index("v1") for row in rows)} == {heading.index("VERSION")}
    assert all(len(row) <= 120 for row in rows)
    piped = list(table(headers, Terminal(False, True, 0), now, workflows=True))
    assert "w" * 300 in piped[1]
    assert piped[2].index("v1") == piped[0].index("VERSION")


def test_runs_are_listed_newest_first_and_page_by_page(darwinflow: Run) -> None:
    ids = [record(darwinflow, "true") for _ in range(5)]
    words = ("runs", "list", "greet", "--status", "success", "--limit", "3")
    first = darwinflow(*words).stdout.splitlines()
    assert [line.split()[1] for line in first[1:4]] == [run_id[-8:] for run_id in reversed(ids[2:])]
    assert first[4] == f"more: {' '.join(('darwinflow', *words))} --before {ids[2]}"
    rest = darwinflow(*first[4].split()[2:]).stdout.splitlines()
    assert [line.split()[1] for line in rest[1:]] == [run_id[-8:] for run_id in reversed(ids[:2])]


def test_runs_can_be_narrowed_to_those_that_failed(darwinflow: Run, folder: Path) -> None:
    record(darwinflow, "true")
    failed = record(darwinflow, "false")
    lines = darwinflow("runs", "list", "--status", "FAILED").stdout.splitlines()
    assert len(lines) == 2
    assert failed[-8:] in lines[1]
    assert darwinflow("runs", "list", "--text", "no such words").stdout == (
        f"No run is like that in {project(folder)}; cd to another workspace to look there.\n"
    )


def test_runs_are_narrowed_by_time_and_by_the_text_that_ran(darwinflow: Run) -> None:
    ids = [record(darwinflow, "true") for _ in range(3)]
    (text_hash,) = {run["workflowHash"] for run in listed(darwinflow)}
    assert len(listed(darwinflow, "--since", "1h", "--hash", text_hash)) == 3
    assert listed(darwinflow, "--since", "1h", "--hash", "0" * 64) == []
    assert listed(darwinflow, "--until", "1h") == listed(darwinflow, "--since", "2999-01-01") == []
    assert len(listed(darwinflow, "--until", "2999-01-01")) == 3
    assert darwinflow("runs", "list", "--until", "1h").stdout.startswith("No run is like that in ")
    words = ("runs", "list", "--hash", text_hash, "--since", "14d", "--until", "2999-01-01", "--limit", "2")
    more = darwinflow(*words).stdout.splitlines()[-1]
    assert more == f"more: darwinflow {' '.join((*words[:-2], '--limit', '2'))} --before {ids[1]}".replace(
        "14d", "2w"
    )
    assert ids[0][-8:] in darwinflow(*more.split()[2:]).stdout.splitlines()[1]
    for wrong in (("--since", "yesterday"), ("--hash", "abc")):
        assert f"not '{wrong[1]}'" in darwinflow("runs", "list", *wrong, expect=2).stderr


def listed(darwinflow: Run, *narrowed: str) -> list[dict[str, str]]:
    return json.loads(darwinflow("runs", "list", *narrowed, "--json").stdout)["runs"]


def test_no_runs_teaches_how_to_record_one(darwinflow: Run, folder: Path) -> None:
    assert darwinflow("runs", "list", "greet").stdout == (
        f"No runs of 'greet' yet in {project(folder)}. Record one: "
        "darwinflow record --workflow flows/greet.yaml -- python run.py; or cd to another workspace to look there.\n"
    )


def test_runs_are_listed_by_a_version_behind_the_id_and_who_misspells_it_is_told(
    darwinflow: Run, folder: Path
) -> None:
    assert darwinflow("runs", "list", "other").stdout.startswith(
        f"No runs of 'other' yet in {project(folder)}. Record one: darwinflow record --workflow FILE --"
    )
    run_id = record(darwinflow, "true")
    (one,) = listed(darwinflow, "greet@1")
    assert one["runId"] == run_id
    assert darwinflow("runs", "list", "greet@2").stdout.startswith("No run of 'greet' is like that in ")
    assert darwinflow("runs", "list", "gret").stdout == (
        f"No run of 'gret' is in {project(folder)}; did you mean 'greet'?\n"
    )
    assert "'greet@first' names no version" in darwinflow("runs", "list", "greet@first", expect=1).stderr
    twice = darwinflow("runs", "list", "greet@1", "--version", "2", expect=2).stderr
    assert "which version twice" in twice


def test_a_run_is_shown_whole_by_any_unique_part_of_its_id(darwinflow: Run) -> None:
    run_id = record(darwinflow, "sh", "-c", "echo out; exit 3")
    for part in (run_id, run_id[-8:], run_id[:-2]):
        shown = darwinflow("runs", "show", part).stdout
        assert shown.startswith("# ✗ greet v1 failed")
        assert f"# run {run_id}" in shown
    assert json.loads(darwinflow("runs", "show", run_id, "--json").stdout)["run"]["status"] == "FAILED"
    assert "no run has an id" in darwinflow("runs", "show", "ffffffff", expect=1).stderr


def test_tail_prints_runs_as_they_come_and_ends_with_ctrl_c(
    darwinflow: Run, folder: Path, tmp_path: Path
) -> None:
    darwinflow("daemon", "start")
    environ = {**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home"), "PYTHONUNBUFFERED": "1"}
    tail = subprocess.Popen(
        [sys.executable, "-m", "darwinflow.cli.main", "runs", "tail", "greet", "--json"],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert tail.stderr is not None
        assert tail.stdout is not None
        assert tail.stderr.readline() == f"following runs of 'greet' in {project(folder)}; Ctrl-C ends\n"
        run_id = record(darwinflow, "true")
        while (event := json.loads(tail.stdout.readline()))["payload"]["kind"] != "run.stored":
            assert event["key"] == run_id
        assert event["key"] == run_id
        assert event["payload"]["run"]["status"] == "SUCCESS"
    finally:
        tail.send_signal(signal.SIGINT)
        tail.communicate(timeout=10)
    assert tail.returncode == 130


def test_tail_goes_on_where_it_was_when_the_daemon_restarts(
    darwinflow: Run, folder: Path, tmp_path: Path
) -> None:
    darwinflow("daemon", "start")
    environ = {**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home")}
    tail = subprocess.Popen(
        [sys.executable, "-m", "darwinflow.cli.main", "runs", "tail", "--json"],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert tail.stderr is not None
        assert tail.stdout is not None
        assert tail.stderr.readline() == f"following runs in {project(folder)}; Ctrl-C ends\n"
        recorded = []
        for _ in range(2):
            darwinflow("daemon", "stop")
            assert "waiting" in tail.stderr.readline()
            darwinflow("daemon", "start")
            recorded.append(record(darwinflow, "true"))
        stored, offsets = [], []
        while len(stored) < 2:
            event = json.loads(tail.stdout.readline())
            offsets.append(event["offset"])
            stored += [event["key"]] if event["payload"]["kind"] == "run.stored" else []
    finally:
        tail.send_signal(signal.SIGINT)
        tail.communicate(timeout=10)
    assert stored == recorded
    assert offsets == sorted(set(offsets))
    assert tail.returncode == 130


def test_publishing_takes_the_severities_of_the_workspace(darwinflow: Run, folder: Path) -> None:
    (folder / "flows/greet.yaml").write_text(
        flow(1).replace("- id: look", "- id: alone\n    type: HUMAN_INPUT\n  - id: look")
    )
    settings = folder / ".darwinflow.yaml"
    settings.write_text("project: hello\nseverity: {unreachable-node: {'flows/*.yaml': error}}\n")
    assert "[unreachable-node]" in darwinflow("publish", "flows/greet.yaml", expect=1).stderr
    settings.write_text("project: hello\n")
    assert darwinflow("publish", "flows/greet.yaml").stdout.startswith("published greet v1")
