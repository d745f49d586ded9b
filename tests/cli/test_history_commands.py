"""`publish`, `lineage` and `runs`, against a daemon that they start themselves."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from cli.conftest import Run, flow


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


def test_lineage_of_what_was_never_published_says_how_to_publish(darwinflow: Run) -> None:
    said = darwinflow("lineage", "greet", expect=1)
    assert (
        said.stderr
        == "error: no version of 'greet' is published\ntry: publish one: darwinflow publish FILE\n"
    )


def test_runs_are_listed_newest_first_and_page_by_page(darwinflow: Run) -> None:
    ids = [record(darwinflow, "true") for _ in range(5)]
    words = ("runs", "list", "greet", "--status", "success", "--limit", "3")
    first = darwinflow(*words).stdout.splitlines()
    assert [line.split()[1] for line in first[1:4]] == [run_id[-8:] for run_id in reversed(ids[2:])]
    assert first[4] == f"more: {' '.join(('darwinflow', *words))} --before {ids[2][-8:]}"
    rest = darwinflow(*first[4].split()[2:]).stdout.splitlines()
    assert [line.split()[1] for line in rest[1:]] == [run_id[-8:] for run_id in reversed(ids[:2])]


def test_runs_can_be_narrowed_to_those_that_failed(darwinflow: Run) -> None:
    record(darwinflow, "true")
    failed = record(darwinflow, "false")
    lines = darwinflow("runs", "list", "--status", "failed").stdout.splitlines()
    assert len(lines) == 2
    assert failed[-8:] in lines[1]
    assert darwinflow("runs", "list", "--text", "no such words").stdout == "No run is like that.\n"


def test_no_runs_teaches_how_to_record_one(darwinflow: Run) -> None:
    assert darwinflow("runs", "list", "greet").stdout == (
        "No runs of 'greet' yet. Record one: darwinflow record --workflow flows/greet.yaml -- python run.py\n"
    )


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
        assert tail.stderr.readline() == "following runs of 'greet'; Ctrl-C ends\n"
        run_id = record(darwinflow, "true")
        while (event := json.loads(tail.stdout.readline()))["payload"]["kind"] != "run.stored":
            assert event["key"] == run_id
        assert event["key"] == run_id
        assert event["payload"]["run"]["status"] == "SUCCESS"
    finally:
        tail.send_signal(signal.SIGINT)
        tail.communicate(timeout=10)
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
