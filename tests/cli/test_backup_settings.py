"""A backup says where its home kept things, so that one command brings all of it to a new machine; and no more than that."""

import json

import pytest

from cli.recorded_runs import record
from cli.test_backup import told

ELSEWHERE = "/nowhere/of/mine"
WRONG = [
    5,
    [],
    {"storage": 5},
    {"backup": {"path": ELSEWHERE}},
    {"organizations": {"personal": {}}},
    {"storage": {"logs": {"type": "tape"}}},
    {"storage": {"logs": 5}},
    {"storage": {"logs: {type: file}\nbackup": {}}},
    {"storage": {"ballast_mib": 1 << 40}},
    {"storage": {"workflows": {"type": "file", "path": "a" * (2 << 20)}}},
    {"retention": {"succeeded": {"days": "x"}}},
    {"retention": {"archive": 5}},
]
OF_SERVER = {"type": "postgres", "dsn": "postgresql://127.0.0.1:1/${TEAM_NAME}"}


@pytest.fixture
def config(tmp_path):
    (tmp_path / "home").mkdir(mode=0o700)
    return tmp_path / "home/config.yaml"


def backed_up(darwinflow, tmp_path):
    darwinflow("storage", "backup", str(tmp_path / "copy"))
    darwinflow("daemon", "stop")
    (tmp_path / "home").rename(tmp_path / "lost")
    return tmp_path / "copy"


def all_told(darwinflow):
    return told(darwinflow) + darwinflow("runs", "list", "--archived", "--json", expect=None).stdout


def change(copy, how):
    said = json.loads((copy / "manifest.json").read_text())
    how(said)
    (copy / "manifest.json").write_text(json.dumps(said))


@pytest.mark.parametrize(
    "settings",
    [
        "storage: {logs: {type: file}, metrics: {type: file}}\n",
        "storage: {metrics: {type: file, path: figures/all}}\n",
        "storage: {workflows: {type: sqlite}, logs: {type: sqlite, path: apart}}\n",
        "retention: {succeeded: {keep_last: 1}, archive: {path: archive}}\n",
        "organizations: {personal: {storage: {logs: {type: file}}, retention: {archive: {path: gone}}}}\n",
    ],
)
def test_a_home_that_is_lost_comes_back_by_one_command(darwinflow, config, tmp_path, settings):
    config.write_text(settings)
    record(darwinflow, 3)
    darwinflow("publish", "flows/greet.yaml")
    if "succeeded" in settings:
        assert "2 runs" in darwinflow("storage", "retention").stdout
    before = all_told(darwinflow)
    copy = backed_up(darwinflow, tmp_path)
    assert "would say again" in darwinflow("storage", "restore", str(copy), "--dry-run").stdout
    assert not config.exists()
    said = darwinflow("storage", "restore", str(copy)).stdout
    assert "config.yaml says again, as there was none:" in said
    assert all_told(darwinflow) == before
    darwinflow("storage", "restore", str(copy), "--replace")
    assert all_told(darwinflow) == before


@pytest.mark.parametrize(
    ("of_backup", "of_home"),
    [
        ("storage: {logs: {type: file}, metrics: {type: file}}\n", "backup: {keep: 3}\n"),
        ("storage: {logs: {type: file}}\n", "storage: {logs: {type: file, path: apart}}\n"),
        ("backup: {keep: 3}\n", "storage: {metrics: {type: file}}\n"),
        ("retention: {archive: {path: archive}}\n", "retention: {archive: {path: gone}}\n"),
        ("retention: {archive: {path: archive}}\n", "backup: {keep: 3}\n"),
    ],
)
def test_a_home_whose_config_says_another_thing_is_told_and_left(
    darwinflow, config, tmp_path, of_backup, of_home
):
    config.write_text(of_backup)
    record(darwinflow)
    copy = backed_up(darwinflow, tmp_path)
    config.parent.mkdir(mode=0o700)
    config.write_text(of_home)
    for how in ("--dry-run", "--replace", "--with-settings"):
        said = darwinflow("storage", "restore", str(copy), how, expect=1).stderr
        assert "is of a home " in said
        assert f"in {config}, or restore into a home that has no config.yaml" in said
    assert config.read_text() == of_home
    assert [path.name for path in config.parent.iterdir() if path.suffix != ".lock"] == ["config.yaml"]


def test_servers_and_folders_outside_are_taken_from_a_backup_when_that_is_said(darwinflow, config, tmp_path):
    there = tmp_path / "there"
    config.write_text(f"storage: {{logs: {{type: file, path: {there}}}}}\n")
    record(darwinflow, 2)
    darwinflow("publish", "flows/greet.yaml")
    before = told(darwinflow)
    copy = backed_up(darwinflow, tmp_path)
    there.rename(tmp_path / "lost-too")
    said = darwinflow("storage", "restore", str(copy), expect=1).stderr
    assert "--with-settings" in said
    assert str(there) in said
    assert not there.exists()
    assert not config.exists()
    darwinflow("storage", "restore", str(copy), "--with-settings")
    assert told(darwinflow) == before


def test_a_server_of_a_backup_is_not_asked_and_the_line_is_told(darwinflow, tmp_path):
    record(darwinflow, 2)
    copy = backed_up(darwinflow, tmp_path)
    change(copy, lambda said: said.update(settings={"storage": {"metrics": OF_SERVER}}))
    said = darwinflow("storage", "restore", str(copy))
    assert (
        f"it names a server or a folder outside: storage: {{metrics: {json.dumps(OF_SERVER)}}}" in said.stderr
    )
    assert not (tmp_path / "home/config.yaml").exists()
    assert darwinflow("runs", "list", "--json").stdout.count("runId") == 2


def test_a_variable_that_a_trusted_backup_names_and_nobody_set_is_told_before_anything(darwinflow, tmp_path):
    record(darwinflow)
    copy = backed_up(darwinflow, tmp_path)
    change(copy, lambda said: said.update(settings={"storage": {"logs": OF_SERVER}}))
    said = darwinflow("storage", "restore", str(copy), "--with-settings", expect=2).stderr
    assert "TEAM_NAME" in said
    assert not (tmp_path / "home/system.db").exists()


@pytest.mark.parametrize("path", ["../out", "spool", "x\ny: z"])
def test_no_backup_makes_a_home_write_elsewhere_without_being_asked(darwinflow, tmp_path, path):
    record(darwinflow)
    copy = backed_up(darwinflow, tmp_path)
    hostile = {"storage": {"metrics": {"type": "file", "path": path}}}
    change(copy, lambda said: said.update(settings=hostile))
    said = darwinflow("storage", "restore", str(copy)).stderr
    assert said.startswith("warning: not taken into config.yaml")
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "home/config.yaml").exists()


def test_settings_that_cannot_be_are_refused_with_nothing_changed(darwinflow, tmp_path):
    record(darwinflow)
    copy = backed_up(darwinflow, tmp_path)
    for wrong in WRONG:
        change(copy, lambda said, wrong=wrong: said.update(settings=wrong))
        said = darwinflow("storage", "restore", str(copy), expect=1).stderr
        assert "cannot be" in said
        assert len(said) < 2000
        assert not (tmp_path / "home/system.db").exists()
        assert not (tmp_path / "home/config.yaml").exists()
