"""`darwinflow storage migrate`: runs and figures to another back end and back, whatever happens on the way."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from cli.conftest import flow
from cli.recorded_runs import record
from contract.sample_runs import finished
from darwinflow.daemon.lock import HomeLock
from darwinflow.recorder.paths import home_of
from darwinflow.storage.postgres.tenant import PostgresTenantStore
from darwinflow.storage.recording import record as record_run
from postgres_server import new_organization, shared


def configure(tmp_path: Path, text: str) -> None:
    (tmp_path / "home").mkdir(mode=0o700, exist_ok=True)
    (tmp_path / "home/config.yaml").write_text(text)


def dsn() -> str:
    return f"postgresql://ada@/postgres?host={shared().folder}"


def told(darwinflow):
    """Each run whole, and the figures, as they were."""
    listed = json.loads(darwinflow("runs", "list", "--json", "--limit", "100").stdout)["runs"]
    runs = [darwinflow("runs", "show", run["runId"], "--json").stdout for run in listed]
    return runs, darwinflow("metrics", "--json").stdout, json.dumps(listed)


def types(darwinflow):
    stores = json.loads(darwinflow("storage", "status", "--json").stdout)["stores"]
    return {store["concern"]: store["type"] for store in stores}


def migrate(darwinflow, *arguments):
    return json.loads(darwinflow("storage", "migrate", *arguments, "--json").stdout)


CONFIG = "# mine\nstorage:\n  logs: {type: file}  # by day\n  metrics:\n    type: file\n# end\n"


def test_runs_and_figures_go_from_files_to_sqlite_to_postgres_and_back_the_same(darwinflow, tmp_path):
    configure(tmp_path, CONFIG)
    record(darwinflow, 2)
    record(darwinflow, 1, "false")
    before, organization, hashes = told(darwinflow), new_organization().id, set()
    for arguments, other in (
        (("--to", "sqlite"), "sqlite"),
        (("--to", dsn(), "--organization", organization), "postgres"),
        (("--to", "file"), "file"),
    ):
        said = migrate(darwinflow, *arguments)
        assert said["done"]
        assert {move["to"] for move in said["moved"].values()} == {other}
        assert (said["logs"]["runs"], said["metrics"]["counted"], said["metrics"]["left"]) == (3, 3, 0)
        hashes.add((said["logs"]["digest"], said["metrics"]["digest"]))
        assert types(darwinflow) == {"logs": other, "metrics": other}
        assert told(darwinflow) == before
        assert "all is well" in darwinflow("storage", "verify").stdout
        assert all(Path(place).exists() for place in said["setAside"])
    assert len(hashes) == 1
    assert (tmp_path / "home/config.yaml").read_text() == CONFIG
    record(darwinflow, 1)
    assert "4 runs read and added up again: all is well" in darwinflow("storage", "verify").stdout


def test_what_was_left_is_set_aside_whole_and_its_place_is_empty(darwinflow, tmp_path):
    record(darwinflow, 2)
    said = darwinflow("storage", "migrate", "--to", "file").stdout
    (kept,) = re.findall("what was left is in (.*)", said)
    database = apsw.Connection(kept, flags=apsw.SQLITE_OPEN_READONLY)
    assert database.execute("SELECT count(*) FROM run").get == 2
    database.close()
    back = darwinflow("storage", "migrate", "--to", "sqlite").stdout
    assert "logs: file to sqlite, 2 runs compared, hash " in back
    assert len(list((tmp_path / "home/set-aside").iterdir())) == 2
    assert not list((tmp_path / "home/logs").iterdir())


def test_each_concern_moves_by_itself_and_into_a_place_of_its_own(darwinflow, tmp_path):
    record(darwinflow, 2)
    before = told(darwinflow)
    migrate(darwinflow, "--metrics", "file")
    assert types(darwinflow) == {"logs": "sqlite", "metrics": "file"}
    assert told(darwinflow) == before
    migrate(darwinflow, "--logs", f"sqlite:{tmp_path}/apart")
    assert (tmp_path / "apart").is_dir()
    assert told(darwinflow) == before
    migrate(darwinflow, "--logs", "file", "--metrics", "sqlite")
    assert types(darwinflow) == {"logs": "file", "metrics": "sqlite"}
    assert told(darwinflow) == before
    assert "all is well" in darwinflow("storage", "verify").stdout


def test_a_dry_run_says_what_would_be_moved_and_changes_nothing(darwinflow, tmp_path):
    record(darwinflow, 2)
    darwinflow("daemon", "stop")
    before = sorted(str(path) for path in (tmp_path / "home").rglob("*"))
    organization = new_organization().id
    for arguments in (("--to", "file"), ("--to", dsn(), "--organization", organization)):
        said = migrate(darwinflow, *arguments, "--dry-run")
        assert (said["done"], said["runs"], said["countedRuns"]) == (False, 2, 2)
        in_words = darwinflow("storage", "migrate", *arguments, "--dry-run").stdout.splitlines()
        assert in_words[0].endswith(", 2 runs")
        assert in_words[1].endswith(", of 2 runs")
        assert in_words[2] == "nothing was changed"
    assert sorted(str(path) for path in (tmp_path / "home").rglob("*")) == before
    assert types(darwinflow) == {"logs": "sqlite", "metrics": "sqlite"}


def test_figures_of_runs_that_are_gone_come_along(darwinflow, tmp_path):
    record(darwinflow, 3)
    darwinflow("daemon", "stop")
    (path,) = (tmp_path / "home").glob("tenant-*.db")
    database = apsw.Connection(str(path))
    database.execute("PRAGMA foreign_keys = ON; DELETE FROM run WHERE number = 2")
    database.close()
    before = darwinflow("metrics", "--json").stdout
    organization = new_organization().id
    for arguments in (("--to", "file"), ("--to", dsn(), "--organization", organization), ("--to", "sqlite")):
        said = migrate(darwinflow, *arguments)
        assert (said["logs"]["runs"], said["metrics"]["counted"], said["metrics"]["left"]) == (2, 3, 0)
        assert darwinflow("metrics", "--json").stdout == before


def test_runs_come_to_an_organization_that_others_use_and_theirs_stay(darwinflow, tmp_path):
    organization = new_organization()
    store = PostgresTenantStore(organization.other_dsn, organization.id)
    store.write(lambda tx: record_run(tx, "hello", finished("of-bob", workflow="greet"))).result(20)
    record(darwinflow, 2)
    said = migrate(darwinflow, "--to", dsn(), "--organization", organization.id)
    assert (said["logs"]["runs"], said["metrics"]["counted"], said["metrics"]["left"]) == (2, 2, 0)
    assert len(json.loads(darwinflow("runs", "list", "--json").stdout)["runs"]) == 3
    assert "3 runs read and added up again: all is well" in darwinflow("storage", "verify").stdout
    assert migrate(darwinflow, "--to", "sqlite")["logs"]["runs"] == 3
    assert store.read(lambda tx: tx.logs("hello").header("of-bob")).run_id == "of-bob"
    store.close()


def archived(darwinflow):
    found = json.loads(darwinflow("runs", "list", "--archived", "--json").stdout)["runs"]
    return {run["runId"] for run in found}


@pytest.mark.parametrize("how", ["migrate", "join"])
def test_the_archive_comes_along_to_a_team(darwinflow, tmp_path, how):
    configure(tmp_path, "retention: {succeeded: {keep_last: 1}, archive: {path: archive}}\n")
    record(darwinflow, 3)
    darwinflow("storage", "retention")
    before = archived(darwinflow)
    assert len(before) == 2
    organization = new_organization().id
    if how == "migrate":
        migrate(darwinflow, "--to", dsn(), "--organization", organization)
    else:
        darwinflow("org", "join", dsn(), "--organization", organization)
    assert os.listdir(tmp_path / "home/archive") == [organization]
    assert archived(darwinflow) == before
    gone, back = sorted(before)
    assert "1 archived run" in darwinflow("runs", "delete", gone, "--yes").stdout
    darwinflow("runs", "restore", back)
    assert archived(darwinflow) == {back}
    assert back in darwinflow("runs", "list", "--json").stdout
    if how == "migrate":
        assert migrate(darwinflow, "--to", "sqlite")["logs"]["runs"] == 2
        assert archived(darwinflow) == {back}


def test_an_archive_of_the_team_that_is_there_already_is_no_others(darwinflow, tmp_path):
    configure(tmp_path, "retention: {succeeded: {keep_last: 0}, archive: {path: archive}}\n")
    record(darwinflow, 1)
    darwinflow("storage", "retention")
    organization = new_organization().id
    before = os.listdir(tmp_path / "home/archive")
    (tmp_path / "home/archive" / organization).mkdir()
    said = darwinflow("storage", "migrate", "--to", dsn(), "--organization", organization, expect=1).stderr
    assert re.match("error: both .*/archive/.* are there", said)
    assert set(os.listdir(tmp_path / "home/archive")) == {*before, organization}
    assert len(archived(darwinflow)) == 1


def test_a_dsn_may_be_pairs_as_it_may_for_who_joins(darwinflow, tmp_path):
    pairs = f"host={shared().folder} user=ada dbname=postgres"
    record(darwinflow, 1)
    before = told(darwinflow)
    said = migrate(darwinflow, "--to", pairs, "--organization", new_organization().id)
    assert {move["to"] for move in said["moved"].values()} == {"postgres"}
    assert f"{{type: postgres, dsn: '{pairs}'}}" in (tmp_path / "home/config.yaml").read_text()
    assert told(darwinflow) == before


def test_runs_that_were_deleted_for_good_there_stay_out_and_are_named(darwinflow, tmp_path):
    organization = new_organization()
    record(darwinflow, 3)
    migrate(darwinflow, "--to", dsn(), "--organization", organization.id)
    migrate(darwinflow, "--to", "file")
    first, gone, last = (
        run["runId"] for run in json.loads(darwinflow("runs", "list", "--json").stdout)["runs"]
    )
    darwinflow("runs", "pin", gone)
    store = PostgresTenantStore(organization.other_dsn, organization.id)
    store.write(lambda tx: tx.logs("hello").delete(gone, for_good=True)).result(20)
    store.close()
    there = ("--to", dsn(), "--organization", organization.id)
    assert migrate(darwinflow, *there, "--dry-run")["erased"] == [gone]
    warning = f"warning: 1 run was deleted for good there, and stays out: {gone}\n"
    would = darwinflow("storage", "migrate", *there, "--dry-run")
    assert would.stderr.endswith(warning)
    assert would.stdout.endswith("nothing was changed\n")
    done = darwinflow("storage", "migrate", *there)
    assert done.stderr.endswith(warning)
    assert "logs: file to postgres, 2 runs compared" in done.stdout
    left = json.loads(darwinflow("runs", "list", "--json").stdout)["runs"]
    assert [run["runId"] for run in left] == [first, last]
    assert "2 runs read and added up again: all is well" in darwinflow("storage", "verify").stdout


def test_a_run_whose_id_another_has_there_stops_it_before_anything_is_switched(darwinflow, tmp_path):
    record(darwinflow, 1)
    run_id = json.loads(darwinflow("runs", "list", "--json").stdout)["runs"][0]["runId"]
    organization = new_organization()
    store = PostgresTenantStore(organization.other_dsn, organization.id)
    store.write(lambda tx: record_run(tx, "hello", finished(run_id))).result(20)
    store.close()
    said = darwinflow("storage", "migrate", "--to", dsn(), "--organization", organization.id, expect=1).stderr
    assert f"run {run_id} is stored with other content" in said
    waiting = darwinflow("runs", "list", expect=1).stderr
    assert "the stores of this home are being moved" in waiting
    assert darwinflow("storage", "migrate", "--abandon").stdout == "all stays where it was\n"
    assert types(darwinflow) == {"logs": "sqlite", "metrics": "sqlite"}
    assert not (tmp_path / "home/config.yaml").exists()


REFUSED = {
    "nothing begun": ("", [], "no migration of this home was begun", 1),
    "there already": ("", ["--to", "sqlite"], "runs and figures are kept there already", 1),
    "by another name": ("storage: {logs: {type: file}}\n", ["--logs", "file:logs"], "are kept there already", 1),
    "unknown": ("", ["--to", "mysql"], "'mysql' is none of file, sqlite, or a DSN", 2),
    "memory": ("", ["--to", "memory"], "'memory' is none of", 2),
    "from memory": ("storage: {logs: {type: memory}}\n", ["--logs", "file"], "are kept in memory", 1),
    "postgres without DSN": ("", ["--to", "postgres"], "postgres needs a DSN", 2),
    "a password": ("", ["--to", "postgresql://a:secret@h/d"], "a password does not belong in a DSN", 2),
    "a password in pairs": ("", ["--to", "host=h password=secret dbname=d"], "a password does not belong in a DSN", 2),
    "server away, in pairs": ("", ["--to", "host=127.0.0.1 port=1 user=ada dbname=d"], "cannot be reached", 1),
    "an unset variable": ("", ["--to", "${NO_SUCH}"], "the environment has no 'NO_SUCH'", 2),
    "server away": ("", ["--to", "postgresql://ada@127.0.0.1:1/d"], "cannot be reached", 1),
    "faulty settings": ("storage: {logs: {type: fil}}\n", ["--to", "sqlite"], "'logs' cannot be kept on 'fil'", 2),
    "nothing to abandon": ("", ["--abandon"], "no migration of this home was begun", 1),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_with_nothing_changed(darwinflow, tmp_path, case):
    text, arguments, message, code = REFUSED[case]
    configure(tmp_path, text)
    said = darwinflow("storage", "migrate", *arguments, expect=code)
    assert message in said.stderr
    assert "secret" not in said.stderr
    assert said.stderr.count("\n") == 2  # error and try
    assert (tmp_path / "home/config.yaml").read_text() == text
    assert not (tmp_path / "home/migration.json").exists()


def test_a_target_that_holds_something_is_refused(darwinflow, tmp_path):
    configure(tmp_path, "storage: {logs: {type: file}, metrics: {type: file}}\n")
    record(darwinflow, 1)
    darwinflow("daemon", "stop")
    configure(tmp_path, "")
    record(darwinflow, 1)
    said = darwinflow("storage", "migrate", "--to", "file", expect=1).stderr
    assert "holds 1 run already" in said
    assert types(darwinflow) == {"logs": "sqlite", "metrics": "sqlite"}
    assert "holds 1 counted run already" in darwinflow(
        "storage", "migrate", "--metrics", "file", expect=1
    ).stderr  # fmt: skip


def test_a_store_of_a_newer_version_is_refused(darwinflow, tmp_path):
    record(darwinflow, 1)
    darwinflow("daemon", "stop")
    (path,) = (tmp_path / "home").glob("tenant-*.db")
    database = apsw.Connection(str(path))
    database.execute("PRAGMA user_version = 999")
    database.close()
    said = darwinflow("storage", "migrate", "--to", "file", expect=1).stderr
    assert "upgrade darwinflow" in said
    (tmp_path / "home/migration.json").write_text('{"format": 2}')
    assert "migration.json has format 2" in darwinflow("storage", "migrate", expect=1).stderr
    (tmp_path / "home/migration.json").write_text('{"format": 1')
    assert "migration.json cannot be read" in darwinflow("storage", "migrate", expect=1).stderr


def test_a_variable_that_goes_before_the_settings_is_named(darwinflow, tmp_path, monkeypatch):
    monkeypatch.setenv("DARWINFLOW_STORAGE_METRICS", "file")
    said = subprocess.run(
        [sys.executable, "-m", "darwinflow.cli.main", "storage", "migrate", "--to", "file"],
        env={**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "DARWINFLOW_STORAGE_METRICS says where figures are kept" in said.stderr


def published(darwinflow, folders):
    """Each version with its text, and who made it when."""
    said = []
    for folder in folders:
        shown = darwinflow("lineage", "greet", "--json", cwd=folder).stdout
        texts = [darwinflow("workflow", "show", f"greet@{number}", cwd=folder).stdout for number in (1, 2)]
        said.append((shown, texts))
    return said


@pytest.fixture
def two_workspaces(darwinflow, folder, tmp_path):
    """The usual one, and another of a project of its own, each with two versions."""
    other = tmp_path / "other"
    (other / "flows").mkdir(parents=True)
    (other / ".darwinflow.yaml").write_text("project: second\nworkflows: {path: kept}\n")
    for workspace, why in ((folder, "Ask first"), (other, "Ask twice  # ü")):
        for number in (1, 2):
            text = f"# of {workspace.name}\n{flow(number, why)}"
            (workspace / "flows/greet.yaml").write_text(text)
            darwinflow("publish", "flows/greet.yaml", cwd=workspace)
    return folder, other


def test_versions_go_to_databases_and_back_byte_for_byte(darwinflow, tmp_path, two_workspaces):
    folder, other = two_workspaces
    named = ("--workspace", str(folder), "--workspace", str(other / "flows"))
    before, organization, digests = published(darwinflow, two_workspaces), new_organization().id, set()
    said = migrate(darwinflow, "--workflows", "sqlite", *named)
    digests.add(said["workflows"]["digest"])
    assert said["workflows"]["versions"] == 4
    lines = {path: path.read_text() for path in (folder / "workflows/greet/versions.lock", other / "kept/greet/versions.lock")}  # fmt: skip
    (folder / "workflows").rename(tmp_path / "away-1")
    (other / "kept").rename(tmp_path / "away-2")
    assert published(darwinflow, two_workspaces) == before
    said = migrate(darwinflow, "--workflows", dsn(), "--to", dsn(), "--organization", organization)
    digests.add(said["workflows"]["digest"])
    assert set(types(darwinflow).values()) == {"postgres"}
    assert published(darwinflow, two_workspaces) == before
    refused = darwinflow("storage", "migrate", "--workflows", "file", expect=1).stderr
    assert "project 'second' has published versions, and no workspace of it is named" in refused
    digests.add(migrate(darwinflow, "--workflows", "file", *named)["workflows"]["digest"])
    assert published(darwinflow, two_workspaces) == before
    assert {path: path.read_text() for path in lines} == lines
    assert len(digests) == 1
    assert darwinflow("storage", "migrate", "--workflows", "sqlite").stdout.splitlines()[-1] == (
        "versions in the files of workspaces stay there, and are read no longer"
    )


def test_a_version_that_was_edited_is_not_carried_and_nothing_is_switched(darwinflow, tmp_path, folder):
    darwinflow("publish", "flows/greet.yaml")
    file = folder / "workflows/greet/v1.yaml"
    file.chmod(0o600)
    file.write_text(file.read_text().replace("Say hello", "Say bye"))
    for dry in (("--dry-run",), ()):
        said = darwinflow("storage", "migrate", "--workflows", "sqlite", *dry, expect=1).stderr
        assert "version 1 of 'greet' cannot be moved, and nothing was changed: " in said
        assert "is not as it was published" in said
        assert "git checkout" in said
        assert "no migration" in darwinflow("storage", "migrate", "--abandon", expect=1).stderr
        darwinflow("runs", "list")
        darwinflow("daemon", "stop")
    assert not (tmp_path / "home/config.yaml").exists()


def test_two_workspaces_of_one_project_cannot_be_told_apart(darwinflow, tmp_path, two_workspaces):
    folder, other = two_workspaces
    (other / ".darwinflow.yaml").write_text("project: hello\n")
    said = darwinflow(
        "storage", "migrate", "--workflows", "sqlite", "--workspace", str(folder), "--workspace", str(other), expect=1
    )  # fmt: skip
    assert "are of project 'hello'" in said.stderr
    assert "'nowhere' is no folder" in darwinflow(
        "storage", "migrate", "--workflows", "sqlite", "--workspace", "nowhere", expect=1
    ).stderr  # fmt: skip


def test_who_asks_meanwhile_is_told_what_has_the_home_for_itself(darwinflow, tmp_path):
    record(darwinflow, 1)
    darwinflow("daemon", "stop")
    lock = HomeLock.taken(home_of({"DARWINFLOW_HOME": str(tmp_path / "home")}))
    lock.tell("darwinflow storage migrate")
    for arguments in (("runs", "list"), ("storage", "migrate", "--to", "file"), ("daemon", "status")):
        said = darwinflow(*arguments, expect=1).stderr
        assert f"'darwinflow storage migrate', process {os.getpid()}, has " in said, arguments
        assert "kill" not in said
    run = darwinflow("record", "--workflow", "flows/greet.yaml", "--", "true").stderr
    assert "is spooled" in run
    lock.release()
    assert len(json.loads(darwinflow("runs", "list", "--json").stdout)["runs"]) == 2


def test_an_editor_that_starts_the_daemon_again_does_not_hinder_it(darwinflow, tmp_path):
    record(darwinflow, 2)
    environ = {**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home")}
    command = f"while true; do {sys.executable} -m darwinflow.cli.main daemon start; done"
    editor = subprocess.Popen(
        ["sh", "-c", command], env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        assert migrate(darwinflow, "--to", "file")["logs"]["runs"] == 2
    finally:
        editor.kill()
        editor.wait()
