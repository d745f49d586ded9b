"""`daemon status` beside a database that a newer version has written, and after a start that failed."""

import json

import apsw
import pytest

from cli.recorded_runs import record


@pytest.mark.parametrize("name", ["system.db", "tenant-*.db"])
def test_a_newer_database_is_said_without_a_start(darwinflow, tmp_path, name):
    record(darwinflow)
    darwinflow("daemon", "stop")
    (path,) = (tmp_path / "home").glob(name)
    db = apsw.Connection(str(path))
    db.pragma("user_version", 999)
    db.close()
    content = path.read_bytes()
    error, advice = darwinflow("daemon", "status", expect=1).stderr.splitlines()
    home = tmp_path / "home"
    assert error.startswith(
        f"error: no daemon serves {home}, and this version cannot: {path} has schema 999;"
    )
    assert advice == "try: upgrade darwinflow: a newer version has written this file"
    said = json.loads(darwinflow("daemon", "status", "--json", expect=1).stdout)
    assert said["serving"] is False
    assert "has schema 999" in said["message"]
    assert path.read_bytes() == content


def test_what_helps_the_last_daemon_is_the_advice(darwinflow, tmp_path):
    record(darwinflow)
    darwinflow("daemon", "stop")
    (tmp_path / "home/config.yaml").write_text("storage: {logs: {type: papyrus}}\n")
    darwinflow("daemon", "start", expect=2)
    error, advice = darwinflow("daemon", "status", expect=1).stderr.splitlines()
    assert error.startswith(f"error: no daemon serves {tmp_path / 'home'}; the last one said: cannot serve: ")
    assert "; try: " not in error
    assert advice == "try: mend that line; until then nothing is taken from or written to any store"


def test_a_file_that_is_no_database_is_none_that_is_newer(darwinflow, tmp_path):
    record(darwinflow)
    darwinflow("daemon", "stop")
    (path,) = (tmp_path / "home").glob("tenant-*.db")
    path.write_bytes(b"\xff" * 4096)
    said = darwinflow("daemon", "status", expect=1).stderr
    assert said == f"error: no daemon serves {tmp_path / 'home'}\ntry: start it: darwinflow daemon start\n"
