"""What the recorder asks a daemon, over a real socket that speaks the protocol's frames."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daemon_process import eventually
from darwinflow.recorder import RecordingWarning, record_run
from darwinflow.recorder.paths import home_of


class Listener:
    """Answers one connection after the other: `run/get` with what *answers* holds for it, one a call.

    A run in them is the one that is asked for, begun when its journal says, where the answer says nothing else.
    """

    def __init__(self, place, answers: list[dict]) -> None:
        self.asked: list[dict] = []
        self._place = place
        self._answers = answers
        path = place.folder / "socket"
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen()
        place.home.mkdir(exist_ok=True)
        Path(home_of(os.environ).lock_path).write_text(str(path))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with suppress(BrokenPipeError), connection, connection.makefile("rwb") as stream:
                while head := stream.readline():
                    length = int(head.split(b":")[1])
                    stream.readline()
                    request = json.loads(stream.read(length))
                    self.asked.append(request)
                    reply = self._answers.pop(0) if request["method"] == "run/get" else {"result": {}}
                    if "hang up" in reply:
                        break
                    if "slow" in reply:
                        time.sleep(reply["slow"])
                    if "run" in reply.get("result", {}):
                        run = self._asked_for(request["params"]["run"]) | reply["result"]["run"]
                        reply = {"result": {"run": run}}
                    notice = json.dumps(
                        {"jsonrpc": "2.0", "method": "event/published", "params": {}}
                    ).encode()
                    body = json.dumps({"jsonrpc": "2.0", "id": request["id"], **reply}).encode()
                    for one in (notice, body):
                        stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(one), one))
                    stream.flush()

    def _asked_for(self, run: str) -> dict[str, str]:
        began = next(event["at"] for event in self._place.events("run.started") if event["run"] == run)
        return {"runId": run, "startTime": rfc3339(began)}

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def rfc3339(micros: int) -> str:
    return (
        (datetime.fromtimestamp(0, UTC) + timedelta(microseconds=micros)).isoformat().replace("+00:00", "Z")
    )


UNKNOWN = {"error": {"code": 1101, "message": "no run is called so"}}
AMBIGUOUS = {"error": {"code": 1303, "message": "2 runs have an id that begins or ends so"}}
RUNNING = {"result": {"run": {"status": "RUNNING"}}}
DONE = {"result": {"run": {"status": "SUCCESS"}}}


def test_a_run_is_stored_once_the_daemon_has_its_end(place) -> None:
    listener = Listener(place, [UNKNOWN, UNKNOWN, RUNNING, DONE])
    with record_run("assistant.yaml") as run:
        pass
    assert run.state == "spooled"
    assert run.wait_stored(5)
    assert run.state == "stored"
    assert [request["method"] for request in listener.asked] == ["hello", "session/open", *["run/get"] * 4]
    assert listener.asked[0]["params"]["home"] == str(place.home)
    assert listener.asked[1]["params"] == {"workspace": str(place.folder), "settings": None}
    assert listener.asked[2]["params"]["run"] == run.id
    listener.close()


def test_inside_its_block_a_run_is_stored_as_soon_as_it_is_known(place) -> None:
    listener = Listener(place, [UNKNOWN, RUNNING])
    with record_run("assistant.yaml") as run:
        assert run.wait_stored(5)
    listener.close()


def test_a_daemon_that_hangs_up_is_asked_again(place) -> None:
    listener = Listener(place, [{"hang up": True}, {"error": {"code": -32603, "message": "a fault"}}, DONE])
    with record_run("assistant.yaml") as run:
        pass
    assert run.wait_stored(5)
    listener.close()


def test_a_run_of_which_the_id_is_only_a_part_is_another(place) -> None:
    longer = {"result": {"run": {"runId": "ticket-42", "status": "SUCCESS"}}}
    listener = Listener(place, [longer, AMBIGUOUS, RUNNING, DONE])
    with record_run("assistant.yaml", run_id="ticket-4") as run:
        pass
    assert run.wait_stored(5)
    assert len(listener.asked) == 2 + 4
    listener.close()


def test_another_run_of_the_same_id_is_no_sign_that_this_one_is_stored(place) -> None:
    other = {"result": {"run": {"status": "SUCCESS", "startTime": "2026-11-24T10:00:00.000001Z"}}}
    listener = Listener(place, [other])
    with record_run("assistant.yaml", run_id="ticket-4") as run:
        pass
    with pytest.warns(RecordingWarning, match="another run ticket-4, which began 2026-11-24T10:00"):
        assert run.wait_stored(5) is False
    assert run.state == "unrecorded"
    assert run.wait_stored(5) is False
    assert len(listener.asked) == 3
    listener.close()


@pytest.mark.parametrize("away", ["never started", "killed", "silent", "slow"])
def test_waiting_ends_in_time_whatever_the_daemon_does(place, away: str) -> None:
    with record_run("assistant.yaml") as run:
        pass
    listener = None
    if away == "killed":
        Path(home_of(os.environ).lock_path).write_text(str(place.folder / "gone"))
    if away in ("silent", "slow"):
        listener = Listener(place, [{"slow": 30}] if away == "slow" else [UNKNOWN] * 10_000)
    started = time.monotonic()
    assert run.wait_stored(0.3) is False
    assert 0.25 < time.monotonic() - started < 1.5
    assert run.state == "spooled"
    if listener:
        listener.close()


def test_record_says_stored_when_the_daemon_says_so(place) -> None:
    for answers, word in (
        ([UNKNOWN, DONE], "is stored\n"),
        ([UNKNOWN] * 1000, "is spooled; the daemon takes it in\n"),
    ):
        place.folder.joinpath("socket").unlink(missing_ok=True)
        listener = Listener(place, answers)
        done = subprocess.run(
            [sys.executable, "-m", "darwinflow.cli.main", "record", "--workflow", "assistant.yaml", "--", "true"],
            cwd=place.folder, capture_output=True, text=True,
        )  # fmt: skip
        assert done.stderr.endswith(word)
        listener.close()


TWICE = """
import sys
from darwinflow.recorder import record_run

for output in sys.argv[1:]:
    with record_run("assistant.yaml", run_id="ticket-4") as run:
        run.output = output
    print(run.wait_stored(10), run.state)
"""


@pytest.mark.usefixtures("daemon")
def test_a_run_whose_id_is_taken_is_never_said_to_be_stored(place) -> None:
    """In one program, in the next, and as a line on standard input."""
    done = place.program(TWICE, "first", "second", PYTHONWARNINGS="always")
    assert done.stdout == "True stored\nFalse unrecorded\n"
    assert done.stderr.count("the history has another run ticket-4") == 1
    done = place.program(TWICE, "third", PYTHONWARNINGS="always")
    assert done.stdout == "False unrecorded\n"
    start = {
        "v": 1,
        "event": "run.started",
        "run": "ticket-4",
        "at": 1_795_000_000_000_000,
        "workflow": "assistant",
    }
    end = {
        "v": 1,
        "event": "run.finished",
        "run": "ticket-4",
        "at": 1_795_000_000_000_001,
        "status": "SUCCESS",
    }
    told = darwinflow("record", "--stdin", given="\n".join(map(json.dumps, (start, end))))
    assert told.returncode == 1
    assert told.stderr.splitlines()[0] == "darwinflow: 2 of 2 lines are spooled, 1 run came to an end"
    assert "the history has another run ticket-4" in told.stderr.splitlines()[1]
    eventually(lambda: "refused   2 runs whose id another run has" in darwinflow("daemon", "status").stdout)
    shown = json.loads(darwinflow("runs", "show", "ticket-4", "--json").stdout)
    assert shown["log"]["output"]["result"] == "first"


@pytest.mark.usefixtures("daemon")
def test_standard_input_is_silent_about_runs_that_are_stored(place) -> None:
    start = {
        "v": 1,
        "event": "run.started",
        "run": "ticket-5",
        "at": 1_795_000_000_000_000,
        "workflow": "assistant",
    }
    end = {
        "v": 1,
        "event": "run.finished",
        "run": "ticket-5",
        "at": 1_795_000_000_000_001,
        "status": "SUCCESS",
    }
    lines = "\n".join(map(json.dumps, (start, end)))
    told = darwinflow("record", "--stdin", given=lines)
    assert (told.returncode, told.stderr) == (
        0,
        "darwinflow: 2 of 2 lines are spooled, 1 run came to an end\n",
    )
    assert json.loads(darwinflow("runs", "show", "ticket-5", "--json").stdout)["run"]["status"] == "SUCCESS"
    again = darwinflow("record", "--stdin", given=lines.replace("SUCCESS", "FAILED"))
    assert again.returncode == 1
    assert "the history has another run ticket-5" in again.stderr


def darwinflow(*arguments: str, given: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "darwinflow.cli.main", *arguments], input=given, capture_output=True, text=True
    )


MANY_WAYS = """
import os, subprocess, sys, threading
from darwinflow.recorder import RecordingWarning, record_run

record = [sys.executable, "-m", "darwinflow.cli.main", "record"]
nasty = {"nan": float("nan"), "half": chr(0xD800), "object": object(), "deep": eval("[" * 90 + "]" * 90), "big": "x" * 10**6}
ids = []
with record_run("assistant.yaml", request=nasty, context=nasty, tags={"a": 1}) as run:
    with run.step("a", input=nasty) as step:
        step.action("LLM_CALL", tokens=1, **nasty)
        step.output = nasty
        with record_run("assistant@3") as below:
            pass
        subprocess.run([*record, "--step", "c", "--", "true"], env=os.environ | step.environ, check=True)
    if os.fork() == 0:
        with run.step("forked"):
            pass
        os._exit(0)
    os.wait()
    threads = [threading.Thread(target=lambda: run.step("t").__enter__().__exit__(None, None, None)) for _ in range(5)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    run.output = nasty
try:
    with record_run("missing.yaml") as failed, failed.step("x"):
        raise ValueError("x" * 100_000)
except ValueError:
    pass
print(*(f"{one.id}:{one.wait_stored(10)}:{one.state}" for one in (run, below, failed)))
"""


@pytest.mark.usefixtures("daemon")
def test_a_real_daemon_stores_whatever_was_recorded(place) -> None:
    done = place.program(MANY_WAYS, PYTHONWARNINGS="ignore")
    assert [line.partition(":")[2] for line in done.stdout.split()] == ["True:stored"] * 3
    started = time.monotonic()
    recorded = subprocess.run(
        [sys.executable, "-m", "darwinflow.cli.main", "record", "--workflow", "assistant.yaml", "--step", "a", "--", "true"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert recorded.stderr.endswith(" is stored\n")
    assert time.monotonic() - started < 3
    ends = time.monotonic() + 10
    while place.journals() and time.monotonic() < ends:
        time.sleep(0.05)
    assert not place.journals()  # all is in the history, and the programs are gone
    log = [json.loads(line) for line in (place.home / "daemon.log").read_text().splitlines()]
    assert [line["message"] for line in log if line["level"] != "info"] == []
