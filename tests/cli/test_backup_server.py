"""Backups of runs that a database server keeps: in them as an export, and what is not in them is said."""

import json
import re
import time
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from itertools import chain, repeat

import psycopg
import pytest

from cli.conftest import flow
from cli.recorded_runs import record
from darwinflow.daemon.backing_up import BackingUp
from darwinflow.daemon.backups_made import note_backup, noted_last
from darwinflow.daemon.person import this_person
from darwinflow.daemon.stores import stores_of
from darwinflow.model.errors import StoreFull
from darwinflow.recorder.paths import home_of
from darwinflow.rpc.session import Room
from darwinflow.storage.backup_manifest import read_backup
from darwinflow.storage.carrying_lessons import lessons_of
from darwinflow.storage.learning import learn_from_some
from darwinflow.storage.opening import open_identity, open_organization
from darwinflow.storage.postgres.administration import admit, create_organization, prepare
from darwinflow.storage.run_file import read_runs
from postgres_server import new_organization, shared

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def environ(tmp_path):
    return {"DARWINFLOW_HOME": str(tmp_path / "home")}


@pytest.fixture
def organization():
    return new_organization().id


@pytest.fixture
def joined(darwinflow, organization):
    dsn = f"postgresql://ada@/postgres?host={shared().folder}"
    darwinflow("org", "join", dsn, "--organization", organization)


@pytest.fixture
def another_database(organization):
    """With the same organization, and nothing in it: what an owner makes when a server is lost."""
    name = f"another{time.monotonic_ns()}"
    dsn = shared().dsn(database=name)
    with psycopg.connect(shared().dsn(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        prepare(dsn)
        create_organization(dsn, organization, "team")
        admit(dsn, organization, "ada")
        yield shared().dsn(user="ada", database=name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def listed(darwinflow):
    runs = json.loads(darwinflow("runs", "list", "--json").stdout)["runs"]
    whole = [json.loads(darwinflow("runs", "show", run["runId"], "--json").stdout) for run in runs]
    return runs, whole, json.loads(darwinflow("metrics", "greet", "--json").stdout)


@pytest.mark.parametrize("into", ["postgres", "sqlite"])
def test_runs_of_a_server_are_in_a_backup_and_come_back_with_it(
    darwinflow, joined, another_database, tmp_path, into
):
    record(darwinflow, 2)
    record(darwinflow, 1, "false", step="look")
    before = listed(darwinflow)
    copy = str(tmp_path / "copy")
    darwinflow("storage", "backup", copy)
    darwinflow("daemon", "stop")
    (tmp_path / "home").rename(tmp_path / "lost")
    (tmp_path / "home").mkdir(mode=0o700)
    if into == "postgres":
        kept = f"{{type: postgres, dsn: '{another_database}'}}"
        (tmp_path / "home/config.yaml").write_text(f"storage: {{logs: {kept}, metrics: {kept}}}\n")
    said = darwinflow("storage", "restore", copy).stdout
    assert "imported 3 runs; 0 were there already" in said
    assert listed(darwinflow) == before
    assert "all is well" in darwinflow("storage", "verify").stdout
    again = json.loads(darwinflow("storage", "restore", copy, "--replace", "--json").stdout)
    assert again["runs"] == {"new": 0, "known": 3, "conflicts": [], "erased": 0}


def test_what_was_deleted_for_good_does_not_come_back(darwinflow, joined, tmp_path):
    record(darwinflow, 3)
    (one, *others) = listed(darwinflow)[0]
    copy = str(tmp_path / "copy")
    darwinflow("storage", "backup", copy)
    darwinflow("runs", "delete", one["runId"], "--yes")
    said = darwinflow("storage", "restore", copy, "--replace").stdout
    assert "imported 0 runs; 2 were there already, 1 were deleted for good and stay so" in said
    assert listed(darwinflow)[0] == others


def test_pins_figures_of_runs_that_are_gone_and_patterns_come_back(
    darwinflow, joined, another_database, tmp_path, environ
):
    """Which nobody can find out again from the runs."""
    record(darwinflow, 3)
    (last, _, first) = listed(darwinflow)[0]
    darwinflow("runs", "pin", last["runId"])
    darwinflow("runs", "delete", first["runId"], "--yes")
    figures = darwinflow("metrics", "greet", "--json").stdout
    with closing(opened(environ)) as stores:
        metrics = stores.metrics_store()
        assert learn_from_some(stores.log_store(), metrics, "hello", 10) in (0, 3)
        learned = metrics.read(partial(lessons_of, project="hello"))
    copy = str(tmp_path / "copy")
    darwinflow("storage", "backup", copy)
    darwinflow("daemon", "stop")
    (tmp_path / "home").rename(tmp_path / "lost")
    (tmp_path / "home").mkdir(mode=0o700)
    kept = f"{{type: postgres, dsn: '{another_database}'}}"
    (tmp_path / "home/config.yaml").write_text(f"storage: {{logs: {kept}, metrics: {kept}}}\n")
    darwinflow("storage", "restore", copy)
    assert "all is well" in darwinflow("storage", "verify").stdout
    assert json.loads(darwinflow("runs", "pin", "--json").stdout)["runs"][0]["runId"] == last["runId"]
    assert darwinflow("metrics", "greet", "--json").stdout == figures
    with closing(opened(environ)) as stores:
        assert stores.metrics_store().read(partial(lessons_of, project="hello")) == learned
        assert stores.log_store().read(lambda tx: tx.logs("hello").is_erased(first["runId"]))
    darwinflow("storage", "restore", copy, "--replace")
    assert darwinflow("metrics", "greet", "--json").stdout == figures
    assert "all is well" in darwinflow("storage", "verify").stdout


def opened(environ):
    home = home_of(environ)
    with closing(open_identity(home.system_db, now=lambda: NOW)) as identity:
        own = this_person(identity).organization
        return open_organization(
            identity,
            own.id,
            home.tenant_db(own.id),
            announce=lambda _: None,
            now=lambda: NOW,
            stores=stores_of(home, environ, own.slug),
        )


def test_the_daily_one_holds_them(darwinflow, joined, environ):
    record(darwinflow, 3)
    made = BackingUp(home_of(environ), environ, lambda work: work(), lambda: NOW).run()
    assert len(list(read_runs(f"{made.folder}/runs.jsonl.zst"))) == 3
    assert made.lacks == read_backup(made.folder).lacks == ()


def test_status_says_what_the_last_one_does_not_hold(darwinflow, tmp_path, environ):
    record(darwinflow)
    note_backup(home_of(environ), str(tmp_path), NOW, ["the runs: a server is away"])
    assert "without the runs: a server is away" in darwinflow("storage", "status").stdout
    found = json.loads(darwinflow("storage", "status", "--json").stdout)
    assert found["backup"]["lacks"] == ["the runs: a server is away"]


def test_workflows_of_a_server_come_back_with_their_runs(
    darwinflow, joined, another_database, folder, tmp_path
):
    config = tmp_path / "home/config.yaml"
    darwinflow("daemon", "stop")
    on_all = "storage: {{workflows: {0}, logs: {0}, metrics: {0}}}\n".format
    dsn = f"postgresql://ada@/postgres?host={shared().folder}"
    config.write_text(on_all(f"{{type: postgres, dsn: '{dsn}'}}"))
    darwinflow("publish", "flows/greet.yaml")
    (folder / "flows/greet.yaml").write_text(flow(2, "Ask first"))
    darwinflow("publish", "flows/greet.yaml")
    before = [darwinflow("workflow", "show", f"greet@{version}").stdout for version in (1, 2)]
    lineage = darwinflow("lineage", "greet").stdout
    copy = tmp_path / "copy"
    darwinflow("storage", "backup", str(copy))
    assert (copy / "workflows/1/greet/v2.yaml").read_text() == before[1]
    assert (copy / "workflows/1/greet/versions.lock").exists()
    darwinflow("daemon", "stop")
    config.write_text(on_all(f"{{type: postgres, dsn: '{another_database}'}}"))
    said = darwinflow("storage", "restore", str(copy), "--replace").stdout
    assert "published 2 versions of workflows again" in said
    assert [darwinflow("workflow", "show", f"greet@{version}").stdout for version in (1, 2)] == before
    assert darwinflow("lineage", "greet").stdout == lineage
    assert "published" not in darwinflow("storage", "restore", str(copy), "--replace").stdout


def test_a_server_that_is_away_keeps_no_backup_from_being_made_and_it_says_what_is_missing(
    darwinflow, tmp_path, environ
):
    record(darwinflow)
    darwinflow("daemon", "stop")
    kept = "{type: postgres, dsn: 'postgresql://ada@127.0.0.1:1/team'}"
    (tmp_path / "home/config.yaml").write_text(f"storage: {{logs: {kept}, metrics: {kept}}}\n")
    done = darwinflow("storage", "backup", expect=1)
    assert done.stdout.startswith("backed up ")
    said = done.stderr
    assert "\ntry: another backup, when that can be read" in said
    missing = r"the runs: postgresql://127.0.0.1:1/team cannot be reached"
    assert re.search(f"error: not in this backup: {missing}", said)
    noted = noted_last(home_of(environ))
    assert re.match(missing, noted.lacks[0])
    assert read_backup(noted.folder).lacks == noted.lacks
    assert not any("runs.jsonl" in entry.path for entry in read_backup(noted.folder).entries)


def test_runs_of_a_server_do_not_fill_the_disk(darwinflow, joined, tmp_path, environ):
    record(darwinflow)
    enough, full = Room(0, 0, is_given_up=False), Room(1 << 20, 0, is_given_up=True)
    room = chain([enough], repeat(full))
    backing_up = BackingUp(
        home_of(environ), environ, lambda work: work(), lambda: NOW, room=lambda: next(room)
    )
    with pytest.raises(StoreFull, match="what room is left is kept for deleting"):
        backing_up.run()
    assert list((tmp_path / "home/backups").iterdir()) == []
