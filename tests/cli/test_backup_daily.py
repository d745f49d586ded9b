"""Backups that are made each day, and what `storage status` says of them, of growth and of the disk."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from cli.recorded_runs import record
from daemon_process import eventually
from darwinflow.daemon.backing_up import BackingUp, daily_backups
from darwinflow.daemon.backups_made import noted_last
from darwinflow.recorder.paths import home_of
from darwinflow.storage.backup import read_backup

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def environ(tmp_path, darwinflow):
    (tmp_path / "home").mkdir(mode=0o700)
    return {"DARWINFLOW_HOME": str(tmp_path / "home")}


def status(darwinflow):
    return json.loads(darwinflow("storage", "status", "--json").stdout)


def test_one_is_made_a_day_and_the_newest_are_kept(darwinflow, tmp_path, environ):
    (tmp_path / "home/config.yaml").write_text("backup: {keep: 2, path: kept}\n")
    record(darwinflow)
    home, place = home_of(environ), str(tmp_path / "home/kept")
    made = []
    for hours in (0, 1, 23, 25, 51):
        backing_up = BackingUp(home, environ, lambda hours=hours: NOW + timedelta(hours=hours))
        made.append(backing_up.run())
    assert [one is not None for one in made] == [True, False, False, True, True]
    assert daily_backups(place) == ["daily-20261128T130000", "daily-20261129T150000"]
    read_backup(made[-1].folder)
    assert "is whole" in darwinflow("storage", "restore", made[-1].folder, "--dry-run").stdout


def test_the_thread_makes_the_first_by_itself(darwinflow, tmp_path, environ):
    record(darwinflow)
    backing_up = BackingUp(home_of(environ), environ, lambda: NOW, first_after_s=0.0)
    backing_up.start()
    eventually(lambda: daily_backups(str(tmp_path / "home/backups")))
    backing_up.stop()
    backup = status(darwinflow)["backup"]
    assert backup["folder"].endswith("backups/daily-20261127T120000")
    assert (backup["keep"], backup["failed"]) == (7, None)


@pytest.mark.parametrize("text", ["backup: {keep: 0}\n", "storage: {logs: {type: file}}\n"])
def test_none_is_made_where_it_is_switched_off_or_cannot_be_which_is_told(
    darwinflow, tmp_path, environ, text
):
    (tmp_path / "home/config.yaml").write_text(text)
    record(darwinflow)
    home = home_of(environ)
    backing_up = BackingUp(home, environ, lambda: NOW, first_after_s=0.0, every_s=0.01)
    backing_up.start()
    if "keep" in text:
        backing_up.stop()
        assert "none are made by the day" in darwinflow("storage", "status").stdout
        assert "backup: {keep: 0}" in darwinflow("storage", "backup", expect=1).stderr
    else:
        eventually(lambda: noted_last(home).failed)
        backing_up.stop()
        lines = (tmp_path / "home/backups.jsonl").read_text().splitlines()
        assert len(lines) == 1, "it is told once, however often it is tried"
        assert "no backup could be made since: runs or figures lie in files" in darwinflow(
            "storage", "status"
        ).stderr  # fmt: skip
        said = darwinflow("storage", "backup").stdout
        assert re.search(r"backups/daily-\d{8}T\d{6}", said)
        assert status(darwinflow)["backup"]["failed"] is None
    assert len(daily_backups(str(tmp_path / "home/backups"))) == ("keep" not in text)


def test_status_tells_growth_the_oldest_run_and_the_room(darwinflow, tmp_path):
    record(darwinflow, 3)
    found = status(darwinflow)
    runs = json.loads(darwinflow("runs", "list", "--json").stdout)["runs"]
    assert found["runsOfLastDays"] == 3
    assert datetime.fromisoformat(found["oldestRun"]) == min(
        datetime.fromisoformat(run["startTime"]) for run in runs
    )
    assert found["freeBytes"] > 0
    assert found["backup"]["folder"] is None
    said = darwinflow("storage", "status").stdout
    for part in (
        "oldest     run of ",
        "growth     0.1 runs, about ",
        "backup     none yet",
        "one a day, 7 kept, in ",
    ):
        assert part in said


def test_archived_runs_are_in_a_backup_and_come_back_with_it(darwinflow, tmp_path):
    (tmp_path / "home").mkdir(mode=0o700)
    (tmp_path / "home/config.yaml").write_text(
        "retention:\n  succeeded: {days: 0}\n  archive: {path: archive}\n"
    )
    record(darwinflow, 2)
    darwinflow("storage", "retention")
    listed = darwinflow("runs", "list", "--archived", "--json").stdout
    assert len(json.loads(listed)["runs"]) == 2
    darwinflow("storage", "backup", str(tmp_path / "copy"))
    (month,) = (tmp_path / "home/archive").rglob("*.jsonl.zst")
    month.unlink()
    assert json.loads(darwinflow("runs", "list", "--archived", "--json").stdout)["runs"] == []
    darwinflow("storage", "restore", str(tmp_path / "copy"), "--replace")
    assert darwinflow("runs", "list", "--archived", "--json").stdout == listed
    assert "all is well" in darwinflow("storage", "verify").stdout
