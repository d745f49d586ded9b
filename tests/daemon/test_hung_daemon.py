"""A daemon that lives and does not answer: nobody waits long, and everybody is told which process it is."""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import forked
from daemon_process import SOME_WORKSPACE, DaemonProcess, eventually
from darwinflow.model.errors import DaemonAway, DaemonBusy, DaemonHung
from darwinflow.recorder.paths import lock_text
from darwinflow.rpc.client.asynchronous import Link, LinkState
from darwinflow.rpc.client.blocking import connect
from darwinflow.rpc.client.hung import lock_holder

MOST_S = 14.0
"""What may be waited, ten seconds, and the start of a command on a machine with much to do."""


@pytest.fixture
def hung(daemon: DaemonProcess) -> Iterator[DaemonProcess]:
    """A daemon that was stopped by a signal; it goes on at the end."""
    assert daemon.process is not None
    daemon.process.send_signal(signal.SIGSTOP)
    yield daemon
    daemon.process.send_signal(signal.SIGCONT)


def command(daemon: DaemonProcess, *words: str) -> "subprocess.CompletedProcess[str]":
    began = time.monotonic()
    said = forked.darwinflow(*words, environ=daemon.environ, timeout_s=150)
    assert time.monotonic() - began < MOST_S, said.stderr
    return said


def pid_of(daemon: DaemonProcess) -> int:
    assert daemon.process is not None
    return daemon.process.pid


@pytest.mark.parametrize("words", ["daemon stop", "daemon status", "daemon start", "runs list"])
def test_a_command_names_the_process_and_the_way_on(hung: DaemonProcess, words: str):
    said = command(hung, *words.split())
    pid = pid_of(hung)
    assert said.returncode == 1
    assert said.stdout == ""
    assert said.stderr.splitlines() == [
        f"error: the daemon of {hung.home.data}, process {pid}, is stopped and has not answered for 5 s",
        f"try: kill -CONT {pid}, or kill -9 {pid}; nothing that was recorded is lost",
    ]


LISTENER = """
import socket, sys, time
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
print("listens", flush=True)
time.sleep(100)
"""


@contextlib.contextmanager
def in_its_place(daemon: DaemonProcess, program: str) -> Iterator["subprocess.Popen[bytes]"]:
    """*program* listens at the socket of the daemon, which is gone."""
    path = daemon.home.socket_path
    daemon.kill()
    Path(path).unlink(missing_ok=True)
    with subprocess.Popen([sys.executable, "-c", program, path], stdout=subprocess.PIPE) as stranger:
        assert stranger.stdout is not None
        assert stranger.stdout.readline() == b"listens\n"
        Path(daemon.home.lock_path).write_bytes(lock_text(daemon.home, path))
        try:
            yield stranger
        finally:
            stranger.kill()


def test_a_program_at_the_socket_that_is_no_daemon_is_not_called_one(daemon: DaemonProcess):
    with in_its_place(daemon, LISTENER) as stranger:
        said = command(daemon, "runs", "list")
        place = f"the socket of {daemon.home.data}"
        assert said.stderr.splitlines() == [
            f"error: process {stranger.pid} listens at {place} and is no daemon of it: it has not answered for 5 s",
            f"try: kill {stranger.pid}, if it is not wanted, then darwinflow daemon start",
        ]
    assert command(daemon, "runs", "list").returncode == 0


ANSWERER = """
import json, socket, sys
from darwinflow.rpc.framing import framed
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
print("listens", flush=True)
while True:
    caller, _ = listener.accept()
    caller.recv(65536)
    caller.sendall(framed(json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"name": "another"}}).encode()))
"""


def test_one_that_answers_otherwise_than_a_daemon_is_not_taken_for_one(daemon: DaemonProcess):
    with in_its_place(daemon, ANSWERER):
        said = command(daemon, "daemon", "status")
        assert said.returncode == 1
        place = daemon.home.socket_path
        assert said.stderr.startswith(f"error: what answers at {place} does not say which home it serves\n")


def test_status_as_json_names_the_process(hung: DaemonProcess):
    said = command(hung, "daemon", "status", "--json")
    answer = json.loads(said.stdout)
    assert said.returncode == 1
    assert (answer["serving"], answer["pid"]) == (False, pid_of(hung))


def test_what_it_advises_helps(hung: DaemonProcess):
    with pytest.raises(DaemonHung) as raised:
        connect(hung.home)
    subprocess.run(["sh", "-c", str(raised.value.advice).partition(",")[0]], check=True)
    assert hung.client().call("daemon/status")["pid"] == pid_of(hung)


def test_a_client_that_waits_for_an_answer_notices_long_before_its_patience_ends(daemon: DaemonProcess):
    client = daemon.client()
    assert daemon.process is not None
    daemon.process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    try:
        with pytest.raises(DaemonBusy, match=r"has not answered daemon/status within 0\.3 s"):
            client.call("daemon/status", timeout=0.3)
        with pytest.raises(DaemonHung):
            client.call("daemon/status", timeout=600)
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    assert time.monotonic() - began < MOST_S


def test_one_that_holds_the_home_and_cannot_be_reached_is_not_taken_for_none(stopped: DaemonProcess):
    os.mkdir(stopped.home.data)
    with open(stopped.home.lock_path, "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(lock_text(stopped.home, os.path.join(stopped.runtime, "gone")))
        lock.flush()
        assert lock_holder(stopped.home) == os.getpid()
        for words in (["daemon", "stop"], ["daemon", "start"]):
            said = command(stopped, *words)
            assert said.returncode == 1
            assert said.stderr.startswith(
                f"error: the daemon of {stopped.home.data}, process {os.getpid()}, has not answered for 10 s\n"
                f"try: kill -9 {os.getpid()}"
            )
    assert lock_holder(stopped.home) is None
    assert command(stopped, "daemon", "stop").stdout == f"no daemon serves {stopped.home.data}\n"


def test_one_whose_queue_of_clients_is_full_hangs(stopped: DaemonProcess):
    path = os.path.join(stopped.runtime, "s")
    os.mkdir(stopped.home.data)
    Path(stopped.home.lock_path).write_bytes(lock_text(stopped.home, path))
    with contextlib.ExitStack() as kept:
        listening = kept.enter_context(socket.socket(socket.AF_UNIX))
        listening.bind(path)
        listening.listen(0)
        kept.enter_context(socket.socket(socket.AF_UNIX)).connect(path)
        with pytest.raises(DaemonHung, match="has not answered for 5 s"):
            connect(stopped.home)
    with pytest.raises(DaemonAway):
        connect(stopped.home)


def test_stop_waits_for_one_that_is_just_starting(stopped: DaemonProcess):
    stopped.process = stopped.spawn()
    eventually(lambda: lock_holder(stopped.home))
    assert command(stopped, "daemon", "stop").stdout == f"stopped: process {stopped.process.pid}\n"
    assert stopped.wait() == 0


def test_a_link_says_the_same_and_comes_back(hung: DaemonProcess):
    async def follow() -> tuple[str | None, DaemonHung]:
        states: asyncio.Queue[LinkState] = asyncio.Queue()
        link = Link(
            hung.home,
            SOME_WORKSPACE,
            name="test",
            on_state=states.put_nowait,
            on_event=lambda _: None,
            starts_daemon=True,
        )
        link.start()
        with pytest.raises(DaemonHung) as raised:
            await link.connected(MOST_S)
        assert await states.get() is LinkState.AWAY
        problem = link.problem
        assert hung.process is not None
        hung.process.send_signal(signal.SIGCONT)
        await link.connected(MOST_S)
        await link.close()
        return problem, raised.value

    problem, error = asyncio.run(follow())
    said = f"process {pid_of(hung)}, is stopped and has not answered for 5 s"
    assert said in str(error)
    assert said in str(problem)
    assert f"kill -CONT {pid_of(hung)}" in str(problem)


def test_a_link_tells_of_a_daemon_that_hangs_after_it_was_connected(daemon: DaemonProcess):
    async def follow() -> list[str | None]:
        problems: list[str | None] = []
        link = Link(
            daemon.home,
            SOME_WORKSPACE,
            name="test",
            on_state=lambda _: problems.append(link.problem),
            on_event=lambda _: None,
        )
        link.start()
        await link.connected(MOST_S)
        assert daemon.process is not None
        daemon.process.send_signal(signal.SIGSTOP)
        try:
            with pytest.raises(DaemonAway, match="has not answered"):
                await link.call("daemon/status", timeout=0.3)
            async with asyncio.timeout(MOST_S):
                while len(problems) < 3:
                    await asyncio.sleep(0.05)
        finally:
            daemon.process.send_signal(signal.SIGCONT)
            await link.close()
        return problems

    problems = asyncio.run(follow())
    assert problems[:2] == [None, "the daemon has hung up"]
    assert f"process {pid_of(daemon)}, is stopped" in str(problems[2])


def test_a_link_that_asks_nothing_notices_a_daemon_that_hangs(
    daemon: DaemonProcess, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("darwinflow.rpc.client.asynchronous.ASK_EVERY_S", 0.2)

    async def follow() -> None:
        states: asyncio.Queue[LinkState] = asyncio.Queue()
        link = Link(
            daemon.home,
            SOME_WORKSPACE,
            name="test",
            on_state=states.put_nowait,
            on_event=lambda _: None,
        )
        link.start()
        assert await states.get() is LinkState.CONNECTED
        await asyncio.sleep(1)
        assert states.empty()
        assert daemon.process is not None
        daemon.process.send_signal(signal.SIGSTOP)
        try:
            async with asyncio.timeout(MOST_S):
                assert await states.get() is LinkState.AWAY
        finally:
            daemon.process.send_signal(signal.SIGCONT)
        async with asyncio.timeout(MOST_S):
            while await states.get() is not LinkState.CONNECTED:
                continue
        await link.close()

    asyncio.run(follow())
