"""What the exit code says: 1 as things stand, 2 the configuration, 3 a fault of ours; also where the daemon met it."""

import json
import os
import socket
import threading
from pathlib import Path

import pytest

import forked
from darwinflow.model.errors import DaemonAway, DaemonFault, RunNotFound, SettingsWrong
from darwinflow.model.exit_codes import ENDED_WITH, exit_code_of
from darwinflow.recorder.paths import home_of


@pytest.mark.parametrize(
    "command",
    [
        "daemon start",
        "runs list",
        "metrics",
        "storage status",
        "storage compact",
        "storage repair",
        "storage export x.jsonl.zst",
    ],
)
def test_wrong_configuration_is_2_whoever_reads_it(darwinflow, tmp_path, command):
    darwinflow("daemon", "start")
    darwinflow("daemon", "stop")
    config = tmp_path / "home/config.yaml"
    config.write_text("storage: {logs: {type: papyrus}}\n")
    said = darwinflow(*command.split(), expect=2).stderr
    assert f"{config}, line 1: " in said


def test_a_variable_of_the_configuration_that_is_not_set_is_2(darwinflow):
    said = darwinflow("org", "join", "postgresql://ada@localhost/${NOT_SET_AT_ALL}", expect=2).stderr
    assert "the environment has no 'NOT_SET_AT_ALL'" in said


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RunNotFound("no run"), 1),
        (DaemonAway("gone"), 1),
        (DaemonAway("gone", **{ENDED_WITH: -9}), 1),
        (DaemonAway("gone", **{ENDED_WITH: 1}), 1),
        (DaemonAway("wrong", **{ENDED_WITH: 2}), 2),
        (SettingsWrong("wrong"), 2),
        (DaemonAway("failed", **{ENDED_WITH: 3}), 3),
        (DaemonFault("failed"), 3),
    ],
)
def test_one_place_decides(error, code):
    assert exit_code_of(error) == code


def test_a_fault_of_the_daemon_is_3(folder, tmp_path):
    environ = {**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home")}
    home, path = home_of(environ), tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        Path(home.data).mkdir(parents=True, mode=0o700)
        Path(home.lock_path).write_text(str(path))
        threading.Thread(target=_fail, args=(listening, home.data), daemon=True).start()
        said = forked.darwinflow("daemon", "status", cwd=folder, environ=environ)
    assert said.returncode == 3, said.stderr
    assert said.stderr.startswith("error: oh\ntry: look into the daemon's log")


def _fail(listening: socket.socket, home: str) -> None:
    """Greet one client, and fail at all it asks for."""
    connection, _ = listening.accept()
    with connection, connection.makefile("rwb") as stream:
        while head := stream.readline():
            stream.readline()
            request = json.loads(stream.read(int(head.split(b":")[1])))
            reply = {"error": {"code": -32603, "message": "oh"}}
            if request["method"] == "hello":
                reply = {"result": {"version": "0", "home": home}}
            body = json.dumps({"jsonrpc": "2.0", "id": request["id"], **reply}).encode()
            stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            stream.flush()
