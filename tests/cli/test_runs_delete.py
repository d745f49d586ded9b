"""`runs delete` and `runs pin`, against a daemon that they start themselves."""

import json
import sys
from pathlib import Path

from daemon_process import eventually

from .conftest import Run
from .recorded_events import events, lines

RECORD = f"'{sys.executable}' -m darwinflow.cli.main record --stdin"
SECRET = "Kennwort4711"


def recorded(darwinflow: Run, folder: Path, *ids: str) -> None:
    runs = [
        events(run_id, {"node": "look", "took_ms": 20, "output": SECRET, "error": SECRET}) for run_id in ids
    ]
    (folder / "events.jsonl").write_text(lines(*runs))
    darwinflow("record", "--workflow", "flows/greet.yaml", "--", "sh", "-c", f"{RECORD} < events.jsonl")
    eventually(lambda: all(darwinflow("runs", "show", run_id, expect=None).returncode == 0 for run_id in ids))


def listed(darwinflow: Run) -> set[str]:
    return {run["runId"] for run in json.loads(darwinflow("runs", "list", "--json").stdout)["runs"]}


def test_a_deleted_run_is_gone_from_every_file_and_does_not_come_back(
    darwinflow: Run, folder: Path, tmp_path: Path
) -> None:
    recorded(darwinflow, folder, "ci-1", "ci-2")
    others = listed(darwinflow) - {"ci-1", "ci-2"}
    said = darwinflow("runs", "delete", "ci-1", "ci-2", "--yes")
    assert said.stdout == "deleted for good: 2 runs; their figures stay\n"
    assert listed(darwinflow) == others
    home = tmp_path / "home"
    (folder / "events.jsonl").rename(tmp_path / "events.jsonl")
    assert [
        path.name for path in home.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()
    ] == []
    again = darwinflow("runs", "import", str(tmp_path / "events.jsonl"), expect=1)
    assert "run ci-1 was deleted for good" in again.stderr
    assert listed(darwinflow) == others
    shown = darwinflow("runs", "show", "ci-1", expect=1).stderr
    assert shown.startswith("error: run ci-1 was deleted for good")
    summary = json.loads(darwinflow("metrics", "greet", "--json").stdout)
    assert "2" in json.dumps(summary)


def test_deleting_again_finishes_what_was_interrupted_and_unknown_runs_are_said(
    darwinflow: Run, folder: Path
) -> None:
    recorded(darwinflow, folder, "ci-1")
    darwinflow("runs", "delete", "ci-1", "--yes")
    found = json.loads(darwinflow("runs", "delete", "ci-1", "--yes", "--json").stdout)
    assert (found["runs"], found["before"], found["deleted"]) == ([], ["ci-1"], True)
    unknown = darwinflow("runs", "delete", "nobody", "--yes", expect=1)
    assert unknown.stderr.splitlines() == [
        "error: no run has an id that begins or ends with 'nobody'",
        "try: darwinflow runs list",
    ]


def test_nothing_is_deleted_where_nobody_says_yes(darwinflow: Run, folder: Path) -> None:
    recorded(darwinflow, folder, "ci-1")
    before = listed(darwinflow)
    said = darwinflow("runs", "delete", "ci-1", expect=2)
    assert said.stderr.splitlines() == [
        "error: deleting for good is not done unless somebody says yes",
        "try: add --yes",
    ]
    dry = darwinflow("runs", "delete", "ci-1", "--dry-run")
    assert dry.stdout.splitlines()[-1] == "1 run would be deleted for good"
    assert json.loads(darwinflow("runs", "delete", "ci-1", "--dry-run", "--json").stdout)["deleted"] is False
    assert listed(darwinflow) == before


def test_backups_that_may_hold_the_run_are_named(darwinflow: Run, folder: Path, tmp_path: Path) -> None:
    recorded(darwinflow, folder, "ci-1")
    darwinflow("storage", "backup", str(tmp_path / "copy"))
    darwinflow("storage", "export", str(tmp_path / "all.jsonl.zst"))
    planned = darwinflow("runs", "delete", "ci-1", "--dry-run")
    assert "would be deleted for good" in planned.stdout
    assert f"warning: {tmp_path / 'copy'} may hold them still" in planned.stderr
    said = darwinflow("runs", "delete", "ci-1", "--yes")
    assert said.stderr == "".join(
        f"warning: {tmp_path / name} may hold them still; remove it, or restore nothing from it\n"
        for name in ("copy", "all.jsonl.zst")
    )
    status = json.loads(darwinflow("storage", "status", "--json").stdout)
    assert str(tmp_path / "copy") in json.dumps(status), "the file is no backup"


def test_pins_are_set_listed_and_removed(darwinflow: Run, folder: Path) -> None:
    recorded(darwinflow, folder, "ci-1")
    assert darwinflow("runs", "pin").stdout.startswith("No runs are pinned here.")
    assert darwinflow("runs", "pin", "ci-1").stdout == "ci-1 is pinned\n"
    assert darwinflow("runs", "pin", "ci-1").stdout == "ci-1 was pinned already\n"
    assert "ci-1" in darwinflow("runs", "pin").stdout
    assert json.loads(darwinflow("runs", "pin", "--remove", "ci-1", "--json").stdout) == {
        "changed": ["ci-1"],
        "unchanged": [],
    }
    assert darwinflow("runs", "pin", "--remove", "ci-1").stdout == "ci-1 was not pinned\n"
    assert darwinflow("runs", "pin", "nobody", expect=1).stderr.startswith("error: no run has an id")


def test_who_deletes_a_run_again_means_no_other_one_whose_id_ends_so(darwinflow: Run, folder: Path) -> None:
    recorded(darwinflow, folder, "7", "ci-7")
    darwinflow("runs", "delete", "7", "--yes")
    found = json.loads(darwinflow("runs", "delete", "7", "--yes", "--json").stdout)
    assert (found["runs"], found["before"]) == ([], ["7"])
    assert "ci-7" in listed(darwinflow)
