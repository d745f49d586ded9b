"""`storage retention`, `runs list --archived` and `runs restore`, against a daemon that they start themselves."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

import forked

from .conftest import Run
from .recorded_events import START, events, lines

DAY = 24 * 3600 * 1_000_000
BEGIN = START - 500 * DAY
SECRET = "Kennwort4711"
CONFIG = "retention: {succeeded: {keep_last: 2}, failed: {days: 10}, archive: {path: archive}}\n"


@pytest.fixture
def history(darwinflow: Run, folder: Path, tmp_path: Path) -> set[str]:
    """Five runs that succeeded and one that failed, of some time ago."""
    (tmp_path / "home").mkdir(mode=0o700)
    ids = [f"ci-{number}" for number in range(5)]
    runs = [events(run_id, {"node": "look"}, at=BEGIN + number * DAY) for number, run_id in enumerate(ids)]
    runs.append(events("bad", {"node": "look", "error": SECRET}, at=BEGIN, error=SECRET))
    (folder / "events.jsonl").write_text(lines(*runs))
    darwinflow("runs", "import", "events.jsonl")
    return listed(darwinflow)


def listed(darwinflow: Run, *more: str) -> set[str]:
    return {run["runId"] for run in json.loads(darwinflow("runs", "list", "--json", *more).stdout)["runs"]}


def test_nothing_goes_where_nothing_is_said(darwinflow: Run, history: set[str]) -> None:
    said = darwinflow("storage", "retention").stdout
    assert said.startswith("Nothing is ever deleted: config.yaml has no 'retention'.")
    assert json.loads(darwinflow("storage", "retention", "--dry-run", "--json").stdout)["off"] is True
    assert listed(darwinflow) == history
    said = darwinflow("runs", "list", "--archived", expect=1).stderr
    assert said.startswith("error: the settings name no archive\n")


def test_what_is_due_is_shown_archived_listed_and_restored(
    darwinflow: Run, history: set[str], tmp_path: Path
) -> None:
    (tmp_path / "home/config.yaml").write_text(CONFIG)
    before = darwinflow("metrics", "--json").stdout
    darwinflow("runs", "pin", "ci-1")
    *_, last = darwinflow("storage", "retention", "--dry-run").stdout.splitlines()
    assert last.startswith("3 runs would go into ")
    assert listed(darwinflow) == history
    assert darwinflow("storage", "retention").stdout.startswith("3 runs went into ")
    assert darwinflow("storage", "retention").stdout == "nothing was to go\n"
    assert listed(darwinflow) == {"ci-1", "ci-3", "ci-4"}
    assert darwinflow("metrics", "--json").stdout == before
    assert listed(darwinflow, "--archived") == {"ci-0", "ci-2", "bad"}
    assert listed(darwinflow, "--archived", "--status", "failed", "--text", SECRET[:8].upper()) == {"bad"}
    shown = darwinflow("runs", "show", "ci-0", expect=1).stderr
    assert shown.startswith("error: run ci-0 is in the archive, where retention has put it")
    assert "darwinflow runs restore ci-0" in shown
    assert darwinflow("runs", "restore", "ci-0").stdout == "ci-0 is back, and pinned, so that it stays\n"
    assert darwinflow("runs", "restore", "ci-0").stdout == "ci-0 was there already, and is pinned\n"
    darwinflow("storage", "retention")
    assert listed(darwinflow) == {"ci-0", "ci-1", "ci-3", "ci-4"}
    assert darwinflow("metrics", "--json").stdout == before
    assert darwinflow("storage", "verify").stdout.rstrip().endswith("all is well")


def test_runs_that_are_archived_do_not_come_back_by_the_same_events(
    darwinflow: Run, history: set[str], folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "home/config.yaml").write_text(CONFIG)
    darwinflow("storage", "retention")
    before, left = darwinflow("metrics", "--json").stdout, listed(darwinflow)
    archived = listed(darwinflow, "--archived")
    assert len(archived) == 4
    for _ in range(2):
        again = darwinflow("runs", "import", "events.jsonl").stdout
        assert again.startswith("0 runs imported into ")
        assert "6 there already" in again
        assert listed(darwinflow) == left
        darwinflow("daemon", "stop")
    (folder / "other.jsonl").write_text(lines(events("ci-0", {"node": "other"}, at=BEGIN)))
    other = darwinflow("runs", "import", "other.jsonl", expect=1)
    assert "run ci-0: it has ended before with other content, and stays as it is" in other.stderr
    darwinflow("storage", "retention")
    assert listed(darwinflow, "--archived") == archived
    assert darwinflow("metrics", "--json").stdout == before
    assert darwinflow("storage", "verify").stdout.rstrip().endswith("all is well")


def test_archived_runs_handed_over_again_on_standard_input_are_no_news(
    darwinflow: Run, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir(mode=0o700)
    (tmp_path / "home/config.yaml").write_text(
        "retention: {succeeded: {days: 1}, archive: {path: archive}}\n"
    )
    environ = {**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home")}

    def hand_over(*runs: list[dict[str, object]]) -> "subprocess.CompletedProcess[str]":
        return forked.darwinflow("record", "--stdin", cwd=folder, environ=environ, text=lines(*runs))

    run = events("ci-1", {"node": "look"}, at=BEGIN)
    darwinflow("daemon", "start")
    assert hand_over(run).returncode == 0
    darwinflow("storage", "retention")
    assert listed(darwinflow, "--archived") == {"ci-1"}
    for _ in range(2):
        began = time.monotonic()
        said = hand_over(run)
        assert time.monotonic() - began < 0.9, "nobody waits for it to be stored"
        assert said.stderr == "darwinflow: 4 of 4 lines are spooled, 1 run came to an end\n"
        assert said.returncode == 0
        assert listed(darwinflow) == set()
    said = hand_over(events("ci-1", {"node": "other"}, at=BEGIN))
    assert said.returncode == 1
    assert "with other content" in said.stderr
    assert listed(darwinflow) == set()
    (kept,) = (tmp_path / "home/spool/refused").iterdir()
    kept.unlink()
    (tmp_path / "home/spool/refused").rmdir()
    assert hand_over(run).returncode == 0
    assert not (tmp_path / "home/spool/refused").exists()


def test_archived_runs_are_listed_in_pages(darwinflow: Run, history: set[str], tmp_path: Path) -> None:
    (tmp_path / "home/config.yaml").write_text(
        "retention: {succeeded: {days: 0}, archive: {path: archive}}\n"
    )
    darwinflow("storage", "retention")
    whole = json.loads(darwinflow("runs", "list", "--archived", "--json").stdout)
    ids = [run["runId"] for run in whole["runs"]]
    assert whole["next"] is None
    assert ids == ["ci-4", "ci-3", "ci-2", "ci-1", "ci-0"]
    shown = darwinflow("runs", "list", "--archived", "--status", "success", "--limit", "2").stdout
    *_, more = shown.splitlines()
    assert more == "more: darwinflow runs list --status success --archived --limit 2 --before ci-3"
    pages, before = list[list[str]](), list[str]()
    for _ in range(3):
        page = json.loads(darwinflow("runs", "list", "--archived", "--limit", "2", "--json", *before).stdout)
        pages.append([run["runId"] for run in page["runs"]])
        before = ["--before", page["next"] or ""]
    assert pages == [ids[:2], ids[2:4], ids[4:]]
    assert before == ["--before", ""]
    assert "more:" not in darwinflow("runs", "list", "--archived", "--before", "ci-2").stdout
    said = darwinflow("runs", "list", "--archived", "--before", "bad", expect=1).stderr
    assert said.startswith("error: no archived run has an id that begins or ends with 'bad'")


def test_deleting_reaches_the_archive(darwinflow: Run, history: set[str], tmp_path: Path) -> None:
    (tmp_path / "home/config.yaml").write_text(CONFIG)
    darwinflow("storage", "retention")
    found = json.loads(darwinflow("runs", "delete", "bad", "--yes", "--json").stdout)
    assert (found["runs"], found["archived"]) == ([], ["bad"])
    assert "bad" not in listed(darwinflow, "--archived")
    assert darwinflow("runs", "restore", "bad", expect=1).stderr.startswith(
        "error: no archived run has an id"
    )
    again = darwinflow("runs", "import", "events.jsonl", expect=1)
    assert "run bad was deleted for good" in again.stderr


def test_a_damaged_archive_keeps_no_run_from_being_deleted_and_what_is_left_to_do_is_said(
    darwinflow: Run, history: set[str], tmp_path: Path
) -> None:
    (tmp_path / "home/config.yaml").write_text(CONFIG)
    darwinflow("storage", "retention")
    planned = darwinflow("runs", "delete", "bad", "ci-4", "--dry-run").stdout
    assert "    bad  in the archive\n1 run and 1 archived run would be deleted for good\n" in planned
    darwinflow("runs", "restore", "bad")
    (month,) = (path for path in (tmp_path / "home/archive").glob("*/*.zst") if has_run(path, "bad"))
    content = bytearray(month.read_bytes())
    content[len(content) // 2] ^= 1
    month.write_bytes(content)
    said = darwinflow("runs", "delete", "bad", "--yes", expect=1).stderr
    assert said.startswith("error: deleted for good, but for what the archive may have of it: ")
    assert "try: darwinflow storage repair, and delete again" in said
    assert "bad" not in listed(darwinflow)
    darwinflow("storage", "repair", expect=None)
    darwinflow("runs", "delete", "bad", "--yes")
    assert "bad" not in listed(darwinflow, "--archived")


def has_run(month: Path, run_id: str) -> bool:
    index = month.with_name(month.name.replace(".jsonl.zst", ".index.jsonl"))
    return run_id in index.read_text()


def test_the_id_of_an_archived_run_means_no_other_one(darwinflow: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(mode=0o700)
    ids = ["job-7", "job-70", "job-71"]
    runs = [events(run_id, {"node": "look"}, at=BEGIN + at * DAY) for at, run_id in enumerate(ids)]
    (folder / "events.jsonl").write_text(lines(*runs))
    darwinflow("runs", "import", "events.jsonl")
    (tmp_path / "home/config.yaml").write_text(CONFIG)
    darwinflow("daemon", "stop")
    darwinflow("storage", "retention")
    assert listed(darwinflow) >= {"job-70", "job-71"}
    assert listed(darwinflow, "--archived") == {"job-7"}
    for command in (("runs", "show", "job-7"), ("runs", "pin", "job-7")):
        said = darwinflow(*command, expect=1).stderr
        assert said.startswith("error: run job-7 is in the archive")
        assert "darwinflow runs restore job-7" in said
    darwinflow("runs", "delete", "job-7", "--yes")
    assert listed(darwinflow, "--archived") == set()
    darwinflow("runs", "delete", "job-7", "--yes")
    assert listed(darwinflow) >= {"job-70", "job-71"}


def test_a_mistake_in_the_block_is_told_at_its_line_and_nothing_is_deleted(
    darwinflow: Run, history: set[str], tmp_path: Path
) -> None:
    (tmp_path / "home/config.yaml").write_text("retention:\n  succeeded: {dayz: 3, keep_last: 1}\n")
    said = darwinflow("storage", "retention", expect=2).stderr
    assert "config.yaml, line 2: 'succeeded' has no 'dayz'" in said
    (tmp_path / "home/config.yaml").unlink()
    assert listed(darwinflow) == history


def test_a_dry_import_says_of_archived_runs_what_the_import_does(
    darwinflow: Run, history: set[str], folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "home/config.yaml").write_text(CONFIG)
    darwinflow("storage", "retention")
    (folder / "more.jsonl").write_text(
        lines(
            events("ci-0", {"node": "look"}, at=BEGIN),  # as it is in the archive
            events("ci-1", {"node": "look"}, {"node": "look"}, at=BEGIN + DAY),
            events("ci-2", {"node": "look"}, at=BEGIN),
            events("ci-3", {"node": "look"}, at=BEGIN + 3 * DAY),
            events("new", {"node": "look"}, at=BEGIN),
        )
    )
    dry, done = (
        json.loads(darwinflow("runs", "import", "more.jsonl", "--json", *how, expect=None).stdout)
        for how in (("--dry-run",), ())
    )
    outcomes = [run["outcome"] for run in dry["runs"]]
    assert [run["outcome"] for run in done["runs"]] == outcomes
    assert outcomes[0] == outcomes[3] == "known"
    assert outcomes[1] == "differs"
    assert outcomes[4] == "new"
