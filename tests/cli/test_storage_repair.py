"""`darwinflow storage repair`: what `verify` finds is mended, told, and nothing is lost silently."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import apsw
import pytest

from cli.recorded_runs import record

FILES = "storage: {logs: {type: file}, metrics: {type: file}}\n"


def configure(tmp_path: Path, text: str) -> None:
    (tmp_path / "home").mkdir(mode=0o700, exist_ok=True)
    (tmp_path / "home/config.yaml").write_text(text)


def database(tmp_path: Path) -> Path:
    (path,) = (tmp_path / "home").glob("tenant-*.db")
    return path


def run_ids(darwinflow) -> list[str]:
    return [run["runId"] for run in json.loads(darwinflow("runs", "list", "--json").stdout)["runs"]]


def figures(darwinflow) -> object:
    """But for the order in which fractions were added."""
    said = darwinflow("metrics", "greet", "--json").stdout
    return json.loads(said, parse_float=lambda number: round(float(number), 3))


def overwrite_page(path: Path, statement: str) -> None:
    """Garbage over the page whose number *statement* gives."""
    db = apsw.Connection(str(path))
    page, size = db.execute(statement).get, db.pragma("page_size")
    db.pragma("wal_checkpoint(truncate)")
    db.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


@pytest.mark.parametrize("text", ["", FILES])
def test_a_sound_home_stays_as_it_is(darwinflow, tmp_path, text):
    configure(tmp_path, text)
    record(darwinflow, 2)
    before = run_ids(darwinflow)
    assert darwinflow("storage", "repair").stdout == "all is well\n"
    assert json.loads(darwinflow("storage", "repair", "--dry-run", "--json").stdout) == {
        "done": False,
        "mended": [],
        "left": [],
        "kept": [],
        "hints": [],
    }
    assert run_ids(darwinflow) == before
    assert not (tmp_path / "home/set-aside").exists()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE run SET status = 'FAILED' WHERE number = 2", "is listed otherwise than it is"),
        ("UPDATE summary SET runs = 4", "which were of 4 runs, are added up again from 3 runs"),
        ("DELETE FROM summary_duration", "are added up again from 3 runs"),
        ("DELETE FROM summary_duration; DELETE FROM summary", "which were of 0 runs, are added up again"),
        ("DELETE FROM summary_duration; DELETE FROM summary; DELETE FROM hour_sums; DELETE FROM counted_run",
         "3 runs of project 'hello' had not been counted and announced"),
        ("UPDATE hour_sums SET runs = 9", "by hour or by text are added up again"),
        ("UPDATE hour_sums SET durations = x'00'", "could not be read and are added up again from its runs"),
    ],
)  # fmt: skip
def test_what_somebody_changed_in_the_database_is_mended(darwinflow, tmp_path, statement, said):
    record(darwinflow, 3)
    before = run_ids(darwinflow)
    metrics = figures(darwinflow)
    darwinflow("daemon", "stop")
    db = apsw.Connection(str(database(tmp_path)))
    db.execute(statement)
    db.close()
    would = darwinflow("storage", "repair", "--dry-run", expect=None).stdout
    assert "would be mended: " in would
    assert said in would
    mended = darwinflow("storage", "repair")
    assert said in mended.stdout
    assert "all is well" in darwinflow("storage", "verify").stdout
    assert run_ids(darwinflow) == before
    assert figures(darwinflow) == metrics
    assert darwinflow("storage", "repair").stdout == "all is well\n"


def test_a_run_that_cannot_be_read_is_named_and_the_others_go_on_in_a_new_database(darwinflow, tmp_path):
    record(darwinflow, 3)
    before = run_ids(darwinflow)
    darwinflow("runs", "pin", before[0])
    darwinflow("daemon", "stop")
    db = apsw.Connection(str(database(tmp_path)))
    db.execute("UPDATE run_body SET body = zeroblob(length(body)) WHERE run = 2")
    (lost,) = db.execute("SELECT id FROM run WHERE number = 2").fetchone()
    db.close()
    would = json.loads(darwinflow("storage", "repair", "--dry-run", "--json", expect=1).stdout)
    assert [lost in fault for fault in would["left"]] == [True]
    assert would["kept"] == []
    said = darwinflow("storage", "repair", expect=1)
    assert f"run {lost} of project 'hello' cannot be read" in said.stderr
    assert "with 2 runs that can be read" in said.stdout
    assert [run for run in before if run != lost] == run_ids(darwinflow)
    kept = Path(said.stdout.split("is kept in ")[1].strip())
    assert (kept / database(tmp_path).name).stat().st_size > 4096
    assert "all is well" in darwinflow("storage", "verify").stdout
    record(darwinflow)
    assert len(run_ids(darwinflow)) == 3


@pytest.mark.parametrize("table", ["run_by_tail", "summary", "counted_run", "run", "sqlite_autoindex_run_1"])
def test_a_page_that_was_overwritten_costs_what_was_in_it_and_no_more(darwinflow, tmp_path, table):
    record(darwinflow, 4)
    before = run_ids(darwinflow)
    darwinflow("daemon", "stop")
    overwrite_page(database(tmp_path), f"SELECT rootpage FROM sqlite_schema WHERE name = '{table}'")
    said = darwinflow("storage", "repair", expect=None)
    assert said.returncode in (0, 1), said.stderr
    assert "is written anew with 4 runs" in said.stdout
    assert "all is well" in darwinflow("storage", "verify").stdout
    assert run_ids(darwinflow) == before


def test_a_database_of_which_nothing_can_be_read_is_left_and_its_backup_named(darwinflow, tmp_path):
    record(darwinflow, 2)
    darwinflow("storage", "backup", str(tmp_path / "copy"))
    darwinflow("daemon", "stop")
    path = database(tmp_path)
    content = b"\xff" * path.stat().st_size
    path.write_bytes(content)
    said = darwinflow("storage", "repair", expect=1)
    assert "nothing can be read of it" in said.stderr
    assert f"\na backup that may hold it: {tmp_path / 'copy'}\n" in said.stderr
    assert "1 fault cannot be mended" in said.stderr
    assert path.read_bytes() == content
    darwinflow("storage", "restore", str(tmp_path / "copy"), "--replace")
    assert len(run_ids(darwinflow)) == 2


def test_damaged_lines_leave_the_segments_and_are_kept(darwinflow, tmp_path):
    configure(tmp_path, FILES)
    record(darwinflow, 3)
    before = run_ids(darwinflow)
    darwinflow("daemon", "stop")
    for journal in (tmp_path / "home/spool").glob("*.jsonl"):
        journal.unlink()  # one that is not swept yet would bring its run again
    (segment,) = [path for path in (tmp_path / "home/logs").rglob("20*.jsonl") if path.stat().st_size]
    whole = segment.read_bytes()
    first = whole.index(b'"record":"run"')
    harmed = whole[:first] + whole[first:].replace(b"greet", b"grxxt", 1)
    segment.write_bytes(harmed)
    would = darwinflow("storage", "repair", "--dry-run", expect=None).stdout
    assert "are no record any more" in would
    assert segment.read_bytes() == harmed
    said = darwinflow("storage", "repair", expect=1)
    assert f"they were of run {before[-1]}" in said.stdout
    assert "went without a word and count in figures still" in said.stdout
    assert "all is well" in darwinflow("storage", "verify").stdout
    assert run_ids(darwinflow) == before[:-1]
    (kept,) = (segment.parent / "set-aside").iterdir()
    assert kept.read_bytes() == harmed
    record(darwinflow)
    assert len(run_ids(darwinflow)) == 3
    assert darwinflow("storage", "repair").stdout == "all is well\n"


def test_a_folder_of_logs_that_is_gone_is_told_by_all_who_look(darwinflow, tmp_path):
    configure(tmp_path, FILES)
    record(darwinflow, 3)
    before, metrics = run_ids(darwinflow), figures(darwinflow)
    darwinflow("daemon", "stop")
    for journal in (tmp_path / "home/spool").glob("*.jsonl"):
        journal.unlink()  # one that is not swept yet would bring its run again
    shutil.rmtree(tmp_path / "home/logs")
    said = darwinflow("storage", "verify", expect=1)
    assert "are of 3 runs; its 0 runs add up to something else" in said.stderr
    said = darwinflow("storage", "repair", expect=1)
    assert "3 runs of project 'hello' went without a word and count in figures still: " in said.stderr
    assert all(run in said.stderr for run in before)
    assert "storage restore" in said.stderr
    assert figures(darwinflow) == metrics


def test_a_torn_tail_and_a_lost_index_and_torn_figures_are_told(darwinflow, tmp_path):
    configure(tmp_path, FILES)
    record(darwinflow, 3)
    before, metrics = run_ids(darwinflow), figures(darwinflow)
    darwinflow("daemon", "stop")
    (segment,) = [path for path in (tmp_path / "home/logs").rglob("20*.jsonl") if path.stat().st_size]
    whole = segment.read_bytes()
    segment.write_bytes(whole + b'{"format":1,"batch":999,"record":"run","ti')
    for index in (tmp_path / "home/logs").rglob("index.db"):
        index.unlink()
    (sums,) = (tmp_path / "home/metrics").rglob("v1.json")
    sums.write_bytes(sums.read_bytes()[:-20])
    said = darwinflow("storage", "repair").stdout
    assert "were never written to their end" in said
    assert "is made anew from the segments beside it" in said
    assert f"{sums} is damaged; it is counted again from the logs" in said
    assert segment.read_bytes().startswith(whole)
    assert b'"batch":999' not in segment.read_bytes()
    assert run_ids(darwinflow) == before
    assert figures(darwinflow) == metrics
    assert "all is well" in darwinflow("storage", "verify").stdout


def test_a_damaged_frame_leaves_the_archive_and_the_month_is_kept(darwinflow, tmp_path):
    configure(tmp_path, "retention:\n  succeeded: {days: 0}\n  archive: {path: archive}\n")
    for _ in range(2):  # a frame each
        record(darwinflow)
        darwinflow("storage", "retention")
    (month,) = (tmp_path / "home/archive").rglob("*.jsonl.zst")
    whole = month.read_bytes()
    second = whole.index(b"\x28\xb5\x2f\xfd", 1)
    harmed = bytearray(whole)
    harmed[second + 20] ^= 0xFF
    month.write_bytes(harmed)
    assert "is not what was written" in darwinflow("storage", "verify", expect=1).stderr
    found = darwinflow("storage", "repair", expect=1)
    assert "are no frame any more and are taken out; 1 run can be read" in found.stdout
    assert f"{month} has lost 1 run of " in found.stderr
    assert str(month.parent / "set-aside") in found.stdout
    assert harmed in [kept.read_bytes() for kept in (month.parent / "set-aside").iterdir()]
    assert "all is well" in darwinflow("storage", "verify").stdout
    (left,) = json.loads(darwinflow("runs", "list", "--archived", "--json").stdout)["runs"]
    deleted = darwinflow("runs", "delete", left["runId"], "--yes")
    assert str(month.parent / "set-aside") in deleted.stdout + deleted.stderr, "it may hold what is deleted"


@pytest.mark.parametrize("text", ["", FILES])
@pytest.mark.parametrize("is_removed", [False, True])
def test_runs_that_a_cut_archive_held_are_told_until_they_are_back_or_given_up(
    darwinflow, tmp_path, text, is_removed
):
    configure(tmp_path, f"{text}retention:\n  succeeded: {{days: 0}}\n  archive: {{path: archive}}\n")
    for _ in range(2):  # a frame each
        record(darwinflow)
        darwinflow("storage", "retention")
    archived = json.loads(darwinflow("runs", "list", "--archived", "--json").stdout)["runs"]
    newest, oldest = (run["runId"] for run in archived)
    (month,) = (tmp_path / "home/archive").rglob("*.jsonl.zst")
    (index,) = (tmp_path / "home/archive").rglob("*.index.jsonl")
    whole, listed = month.read_bytes(), index.read_bytes()
    month.unlink() if is_removed else os.truncate(month, len(whole) - 20)
    for command in ("verify", "status"):
        said = json.loads(darwinflow("storage", command, "--json", expect=1).stdout)
        faults = said["faults"] if command == "verify" else said["stores"][0]["faults"]
        (fault,) = faults
        assert newest in fault
        assert str(month) in fault
        assert (oldest in fault) is is_removed
    assert newest in (tmp_path / "home/daemon.log").read_text()
    assert newest in darwinflow("runs", "restore", newest, expect=1).stderr
    if not is_removed:
        darwinflow("runs", "restore", oldest)
    assert index.read_bytes() == listed
    month.write_bytes(whole)
    assert "all is well" in darwinflow("storage", "verify").stdout
    month.unlink() if is_removed else os.truncate(month, len(whole) - 20)
    assert newest in darwinflow("storage", "repair", expect=1).stderr
    assert "all is well" in darwinflow("storage", "verify").stdout
    assert darwinflow("storage", "repair").stdout == "all is well\n"


def test_a_repair_that_is_killed_anywhere_leaves_the_old_or_the_new(darwinflow, tmp_path):
    record(darwinflow, 4)
    before = run_ids(darwinflow)
    darwinflow("daemon", "stop")
    path = database(tmp_path)
    overwrite_page(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'run_by_tail'")
    command = [sys.executable, "-m", "darwinflow.cli.main", "storage", "repair"]
    environ = {**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home")}
    killed = 0
    for number in range(10):
        repairing = subprocess.Popen(
            command, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        time.sleep(0.15 + number * 0.04)  # the moments differ: there is no event to wait for
        repairing.send_signal(signal.SIGKILL)
        repairing.communicate()
        killed += repairing.returncode == -signal.SIGKILL
    assert killed
    darwinflow("storage", "repair")
    assert run_ids(darwinflow) == before
    assert "all is well" in darwinflow("storage", "verify").stdout


@pytest.mark.parametrize("table", ["audit_logs", "organizations", "projects"])
def test_what_verify_finds_in_the_database_of_accounts_is_mended(darwinflow, tmp_path, table):
    record(darwinflow, 2)
    before = run_ids(darwinflow)
    darwinflow("daemon", "stop")
    overwrite_page(tmp_path / "home/system.db", f"SELECT rootpage FROM sqlite_schema WHERE name = '{table}'")
    if table == "audit_logs":
        assert "darwinflow storage repair" in darwinflow("storage", "verify", expect=1).stderr
    (tmp_path / "home/set-aside/of-before").mkdir(parents=True)
    would = json.loads(darwinflow("storage", "repair", "--dry-run", "--json", expect=1).stdout)
    assert "it is begun anew" in would["mended"][0]
    aside = f"set aside earlier, which may hold it: {tmp_path / 'home/set-aside/of-before'}"
    assert would["hints"] == [aside]
    said = darwinflow("storage", "repair", expect=1).stderr
    assert aside in said
    assert "backup that may hold" not in said
    assert "1 fault cannot be mended" in said
    assert "storage repair" not in said
    assert "all is well" in darwinflow("storage", "verify").stdout
    assert run_ids(darwinflow) == before
