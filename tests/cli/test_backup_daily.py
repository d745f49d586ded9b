"""Backups that are made each day, and what `storage status` says of them, of growth and of the disk."""

import itertools
import json
import re
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from cli.recorded_runs import record
from contract.sample_runs import finished
from daemon_process import eventually
from darwinflow.daemon.backing_up import BackingUp, back_up_by_hand, daily_backups
from darwinflow.daemon.backups_made import noted_last
from darwinflow.daemon.keeping import kept_places
from darwinflow.daemon.person import this_person
from darwinflow.daemon.stores import backup_of, stores_of
from darwinflow.model.errors import StoreFull
from darwinflow.recorder.paths import home_of
from darwinflow.rpc.session import Room
from darwinflow.storage.backup_manifest import read_backup
from darwinflow.storage.opening import open_identity, open_organization
from darwinflow.storage.recording import record as record_run

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def environ(tmp_path, darwinflow):
    (tmp_path / "home").mkdir(mode=0o700)
    return {"DARWINFLOW_HOME": str(tmp_path / "home")}


def at_once(work):
    work()


def status(darwinflow):
    return json.loads(darwinflow("storage", "status", "--json").stdout)


def test_one_is_made_a_day_and_the_newest_are_kept(darwinflow, tmp_path, environ):
    (tmp_path / "home/config.yaml").write_text("backup: {keep: 2, path: kept}\n")
    record(darwinflow)
    home, place = home_of(environ), str(tmp_path / "home/kept")
    for begun in ("daily-20261125T110000", "daily-20261127T110000", "by-hand-20261125T110000"):
        (tmp_path / "home/kept" / f"{begun}.unfinished").mkdir(parents=True)
    made = []
    for hours in (0, 1, 23, 25, 51):
        backing_up = BackingUp(home, environ, at_once, lambda hours=hours: NOW + timedelta(hours=hours))
        made.append(backing_up.run())
    assert [one is not None for one in made] == [True, False, False, True, True]
    assert daily_backups(place) == ["daily-20261128T130000", "daily-20261129T150000"]
    assert not list((tmp_path / "home/kept").glob("*.unfinished")), "left by a daemon that was killed"
    read_backup(made[-1].folder)
    assert "is whole" in darwinflow("storage", "restore", made[-1].folder, "--dry-run").stdout


def test_the_thread_makes_the_first_by_itself(darwinflow, tmp_path, environ):
    record(darwinflow)
    backing_up = BackingUp(home_of(environ), environ, at_once, lambda: NOW, first_after_s=0.0)
    backing_up.start()
    eventually(lambda: daily_backups(str(tmp_path / "home/backups")))
    backing_up.stop()
    backup = status(darwinflow)["backup"]
    assert backup["folder"].endswith("backups/daily-20261127T120000")
    assert (backup["keep"], backup["failed"]) == (7, None)


def test_none_is_made_where_it_is_switched_off(darwinflow, tmp_path, environ):
    (tmp_path / "home/config.yaml").write_text("backup: {keep: 0}\n")
    record(darwinflow)
    assert BackingUp(home_of(environ), environ, at_once, lambda: NOW).run() is None
    assert "none are made by the day" in darwinflow("storage", "status").stdout
    assert "backup: {keep: 0}" in darwinflow("storage", "backup", expect=1).stderr
    assert not (tmp_path / "home/backups").exists()


def test_that_one_cannot_be_made_is_told_once_and_by_the_status(darwinflow, tmp_path, environ):
    record(darwinflow)
    (tmp_path / "home/backups").write_text("no folder")
    home = home_of(environ)
    backing_up = BackingUp(home, environ, at_once, lambda: NOW, first_after_s=0.0, every_s=0.01)
    backing_up.start()
    eventually(lambda: noted_last(home).failed)
    time.sleep(0.1)
    backing_up.stop()
    lines = (tmp_path / "home/backups.jsonl").read_text().splitlines()
    assert len(lines) == 1, "it is told once, however often it is tried"
    assert "no backup could be made since: " in darwinflow("storage", "status").stderr
    (tmp_path / "home/backups").unlink()
    said = darwinflow("storage", "backup").stdout
    assert re.search(r"backups/by-hand-\d{8}T\d{6}", said)
    assert status(darwinflow)["backup"]["failed"] is None


def test_backups_by_hand_leave_those_of_the_days_where_they_are(darwinflow, tmp_path, environ):
    (tmp_path / "home/config.yaml").write_text("backup: {keep: 3}\n")
    record(darwinflow)
    home, place = home_of(environ), tmp_path / "home/backups"
    for days in range(3):
        BackingUp(home, environ, at_once, lambda days=days: NOW + timedelta(days=days)).run()
    of_days = daily_backups(str(place))
    assert len(of_days) == 3
    plan, kept = backup_of(home, environ), kept_places(home, environ)
    for minute in range(7):
        back_up_by_hand(home, plan, kept, NOW + timedelta(days=2, minutes=minute))
    assert daily_backups(str(place)) == of_days
    made = BackingUp(home, environ, at_once, lambda: NOW + timedelta(days=3)).run()
    assert daily_backups(str(place)) == [*of_days[1:], made.folder.rpartition("/")[2]]
    by_hand = sorted(place.glob("by-hand-*"))
    assert len(by_hand) == 7
    read_backup(str(by_hand[0]))


def test_a_daemon_sweeps_what_was_begun_and_leaves_what_another_is_making(darwinflow, tmp_path, environ):
    record(darwinflow)
    home, place = home_of(environ), tmp_path / "home/backups"
    BackingUp(home, environ, at_once, lambda: NOW).run()
    for name in ("daily-20261127T115959", "by-hand-20261127T115959", "by-hand-20261120T115959", "mine"):
        (place / f"{name}.unfinished").mkdir()
    assert BackingUp(home, environ, at_once, lambda: NOW + timedelta(hours=1)).run() is None
    assert {path.name for path in place.glob("*.unfinished")} == {
        "by-hand-20261127T115959.unfinished",
        "mine.unfinished",
    }


FULL = Room(wanted=1 << 20, kept=0, is_given_up=True)
LARGE = Room(wanted=1 << 60, kept=1 << 60, is_given_up=False)


@pytest.mark.parametrize(
    ("room", "said"),
    [
        (FULL, "is full; what room is left is kept for deleting"),
        (LARGE, "has too little room for a backup"),
    ],
)
def test_no_backup_is_made_by_itself_where_it_would_take_the_room_for_deleting(
    darwinflow, tmp_path, environ, room, said
):
    record(darwinflow)
    home, place = home_of(environ), tmp_path / "home/backups"
    backing_up = BackingUp(home, environ, at_once, lambda: NOW, room=lambda: room, first_after_s=0.0)
    backing_up.start()
    eventually(lambda: noted_last(home).failed)
    backing_up.stop()
    plan, kept = backup_of(home, environ), kept_places(home, environ)
    with pytest.raises(StoreFull, match=said):
        back_up_by_hand(home, plan, kept, NOW, room)
    assert not place.exists()
    assert re.search(f"no backup could be made since: .*{said}", darwinflow("storage", "status").stderr)


FILES = "{type: file}"
ASIDE = "{type: sqlite, path: apart}"


@pytest.mark.parametrize(
    ("logs", "metrics"),
    [(FILES, FILES), (FILES, "{type: sqlite}"), ("{type: sqlite}", FILES), (ASIDE, FILES)],
)
def test_runs_on_files_are_backed_up_by_the_day_beside_who_records_as_one_state(
    darwinflow, tmp_path, environ, logs, metrics
):
    (tmp_path / "home/config.yaml").write_text(f"storage: {{logs: {logs}, metrics: {metrics}}}\n")
    record(darwinflow)
    darwinflow("daemon", "stop")
    home = home_of(environ)
    made = backed_up_while_recorded(home, environ)
    for folder in made:
        assert "is restored" in darwinflow("storage", "restore", folder, "--replace").stdout
        found = json.loads(darwinflow("storage", "verify", "--json").stdout)
        assert found["faults"] == []
        assert found["runs"] > 1
    record(darwinflow)
    assert json.loads(darwinflow("storage", "verify", "--json").stdout)["runs"] == found["runs"] + 1


def backed_up_while_recorded(home, environ):
    """Folders of three backups, made while four threads record."""
    now = [NOW]
    with closing(open_identity(home.system_db, now=lambda: NOW)) as identity:
        own = this_person(identity).organization
        stores = open_organization(
            identity,
            own.id,
            home.tenant_db(own.id),
            announce=lambda _: None,
            now=lambda: datetime.now(UTC),
            stores=stores_of(home, environ, own.slug),
        )
    is_enough = threading.Event()

    def record_on(worker):
        for number in itertools.count():
            if is_enough.is_set():
                return
            log = finished(f"r{worker}-{number}")
            stores.tenant.write(lambda tx, log=log: record_run(tx, "hello", log)).result()

    backing_up = BackingUp(home, environ, stores.still, lambda: now[0])
    with closing(stores), ThreadPoolExecutor(4) as pool:
        recording = [pool.submit(record_on, worker) for worker in range(4)]
        made = []
        for days in range(3):
            time.sleep(0.3)
            now[0] = NOW + timedelta(days=days)
            made.append(backing_up.run().folder)
        is_enough.set()
        for one in recording:
            one.result()
    return made


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
        "growth     3.0 runs, about ",
        " in the first day\n",
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
    assert list((tmp_path / "home/archive").rglob("*.jsonl.zst"))
    shutil.rmtree(tmp_path / "home/archive")
    assert json.loads(darwinflow("runs", "list", "--archived", "--json").stdout)["runs"] == []
    darwinflow("storage", "restore", str(tmp_path / "copy"), "--replace")
    assert darwinflow("runs", "list", "--archived", "--json").stdout == listed
    assert "all is well" in darwinflow("storage", "verify").stdout
