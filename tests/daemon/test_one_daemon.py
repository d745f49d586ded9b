"""Exactly one daemon a home, always reachable."""

import contextlib
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import forked
from daemon.starting import STARTER, assert_one_message, failed_start
from daemon_process import COMMAND, DaemonProcess, a_run, eventually
from darwinflow.model.errors import DaemonAway
from darwinflow.recorder.paths import bound_socket, poke_path
from darwinflow.rpc.client.blocking import Client, connect
from darwinflow.rpc.protocol import EXIT_OTHER_SERVES

ROUNDS = int(os.environ.get("DARWINFLOW_STARTS", "5"))
STARTERS = 8
MOST_CPU_MS = 1500
"""For a start and an end."""


def test_a_home_that_is_named_from_here_is_served_wherever_the_daemon_starts(
    stopped: DaemonProcess, tmp_path: Path
):
    relative = {**stopped.environ, "DARWINFLOW_HOME": "home", "DARWINFLOW_HONKER": "none.so"}
    started = [sys.executable, "-c", STARTER]
    asked = {"input": "go\n", "capture_output": True, "text": True, "timeout": 60, "check": False}
    refused = subprocess.run(started, cwd=tmp_path, env=relative, **asked)
    assert f"{tmp_path / 'none.so'}, which is no file" in refused.stderr
    del relative["DARWINFLOW_HONKER"]
    done = subprocess.run(started, cwd=tmp_path, env=relative, **asked)
    with stopped.client() as client:
        assert client.call("daemon/status")["pid"] == int(done.stdout), done.stderr
        client.call("daemon/stop")


def test_simultaneous_starters_end_up_with_one_daemon(stopped: DaemonProcess):
    pids = set()
    for _ in range(ROUNDS):
        starters = [
            subprocess.Popen(
                [sys.executable, "-c", STARTER],
                env=stopped.environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(STARTERS)
        ]
        time.sleep(0.3)
        for starter in starters:
            assert starter.stdin is not None
            starter.stdin.write("go\n")
            starter.stdin.flush()
        answers = {starter.communicate(timeout=60)[0].strip() for starter in starters}
        assert len(answers) == 1, answers
        pid = int(answers.pop())
        pids.add(pid)
        client = stopped.client()
        if len(pids) % 2:
            client.call("daemon/stop")
        else:
            os.kill(pid, signal.SIGKILL)
        eventually(lambda pid=pid: not is_alive(pid))
    assert len(pids) == ROUNDS
    print(f"\n{ROUNDS} rounds of {STARTERS} starters: one daemon each time")


def is_served(daemon: DaemonProcess) -> bool:
    try:
        return bool(daemon.client().call("daemon/status"))
    except DaemonAway:
        return False


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.parametrize("theirs", [0, 2])
def test_a_daemon_of_another_protocol_can_be_stopped(stopped: DaemonProcess, theirs: int):
    other = f"import darwinflow.rpc.protocol as p; p.PROTOCOL = {theirs}; from darwinflow.daemon.main import main; "
    stopped.command = [sys.executable, "-c", other + "sys = __import__('sys'); sys.exit(main())"]
    stopped.start()

    def said(*words: str) -> "subprocess.CompletedProcess[str]":
        return forked.darwinflow(*words, environ=stopped.environ, timeout_s=30)

    asked = said("runs", "list")
    assert asked.returncode == 1
    assert "try: darwinflow daemon stop" in asked.stderr or "upgrade darwinflow" in asked.stderr
    ended = said("daemon", "stop")
    assert stopped.process is not None
    assert (ended.returncode, ended.stdout) == (0, f"stopped: process {stopped.process.pid}\n")
    assert stopped.wait() == 0
    assert said("runs", "list").returncode == 0
    assert said("daemon", "stop").returncode == 0


def test_a_second_daemon_says_that_one_serves_and_changes_nothing(daemon: DaemonProcess):
    client = daemon.client()
    client.call("run/record", {"run": a_run("r1")})
    code, said = failed_start(daemon)
    assert code == EXIT_OTHER_SERVES
    assert_one_message(said)
    assert client.call("run/get", {"run": "r1"})
    assert daemon.client().call("run/get", {"run": "r1"})


def test_after_a_kill_the_next_daemon_takes_over_socket_and_data(daemon: DaemonProcess):
    client = daemon.client()
    client.call("run/record", {"run": a_run("r1")})
    daemon.kill()
    assert os.path.exists(bound_socket(daemon.home) or "")
    with pytest.raises(DaemonAway):
        client.call("daemon/status")
    with pytest.raises(DaemonAway):
        connect(daemon.home)
    daemon.start()
    assert daemon.client().call("run/get", {"run": "r1"})


def test_a_foreign_file_at_the_sockets_path_is_replaced_under_the_lock(stopped: DaemonProcess):
    os.mkdir(os.path.dirname(stopped.home.socket_path), 0o700)
    Path(stopped.home.socket_path).write_text("stale")
    stopped.start()
    assert stopped.client().call("daemon/status")


@pytest.mark.parametrize("streams", [">&- 2>&- <&-", "2>/dev/full"])
def test_a_daemon_serves_whatever_its_streams_are(stopped: DaemonProcess, streams: str):
    command = ["bash", "-c", f'exec "$@" {streams}', "", *COMMAND]
    process = subprocess.Popen(command, env=stopped.environ)
    try:
        eventually(lambda: is_served(stopped))
        stopped.client().call("daemon/stop")
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


def test_only_who_started_the_daemon_says_so(stopped: DaemonProcess):
    command = [sys.executable, "-m", "darwinflow.cli.main", "daemon", "start", "--json"]
    starters = [
        subprocess.Popen(command, env=stopped.environ, stdout=subprocess.PIPE, text=True)
        for _ in range(STARTERS)
    ]
    said = [json.loads(starter.communicate(timeout=60)[0]) for starter in starters]
    assert [answer["started"] for answer in said].count(True) == 1
    assert len({answer["pid"] for answer in said}) == 1
    stopped.client().call("daemon/stop")


def test_a_socket_that_vanishes_is_bound_again(daemon: DaemonProcess):
    old = daemon.client()
    bound = bound_socket(daemon.home)
    assert bound is not None
    os.unlink(bound)
    eventually(lambda: os.path.exists(bound), 5)
    assert daemon.client().call("daemon/status")["pid"] == old.call("daemon/status")["pid"]


def test_a_runtime_folder_that_vanishes_is_replaced_by_another_place(daemon: DaemonProcess):
    old = daemon.client()
    before = bound_socket(daemon.home)
    for path in (before, poke_path(before or "")):
        os.unlink(path or "")
    os.rmdir(os.path.dirname(before or ""))
    os.rmdir(daemon.runtime)
    eventually(lambda: bound_socket(daemon.home) not in (None, before), 5)
    now = daemon.client().call("daemon/status")
    assert now["pid"] == old.call("daemon/status")["pid"]
    assert now["socket"] == bound_socket(daemon.home) != before


def test_a_daemon_whose_home_is_removed_ends(daemon: DaemonProcess):
    os.unlink(daemon.home.lock_path)
    assert daemon.wait() == 0


def test_a_stopped_daemon_leaves_no_socket_behind(daemon: DaemonProcess):
    bound = bound_socket(daemon.home)
    assert daemon.kill(signal.SIGTERM) == 0
    assert bound is not None
    assert os.listdir(os.path.dirname(bound)) == []


def test_the_lock_is_not_kept_by_children(daemon: DaemonProcess):
    assert daemon.process is not None
    descriptors = f"/proc/{daemon.process.pid}/fd"
    for name in os.listdir(descriptors):
        with contextlib.suppress(FileNotFoundError):
            if os.readlink(f"{descriptors}/{name}") == daemon.home.lock_path:
                with open(f"/proc/{daemon.process.pid}/fdinfo/{name}") as info:
                    flags = next(line for line in info if line.startswith("flags:"))
                assert int(flags.split()[1], 8) & os.O_CLOEXEC
                return
    pytest.fail("the daemon holds no descriptor of the lock file")


def test_a_copy_of_a_home_has_a_daemon_of_its_own(daemon: DaemonProcess, tmp_path: Path):
    """The lock file that was copied with it names the socket of the other home's daemon."""
    daemon.client().call("run/record", {"run": a_run("r1")})
    with contextlib.closing(DaemonProcess(tmp_path / "copy")) as copy:
        shutil.copytree(daemon.home.data, copy.home.data)
        done = subprocess.run(
            [sys.executable, "-c", STARTER], env=copy.environ, input="go\n", capture_output=True, text=True
        )
        client = copy.client()
        assert client.call("daemon/status")["home"] == copy.home.data
        assert done.stdout.strip() == str(client.call("daemon/status")["pid"])
        assert client.call("run/get", {"run": "r1"})["run"]["runId"] == "r1"
        client.call("daemon/stop")
    assert daemon.client().call("daemon/status")["home"] == daemon.home.data


def test_it_ends_when_idle_if_it_is_told_to(stopped: DaemonProcess):
    stopped.start("--idle-seconds", "0.5")
    client = stopped.client()
    time.sleep(1.5)
    assert client.call("daemon/status")
    stopped.hang_up()
    assert stopped.wait() == 0


def test_its_start_costs_little(stopped: DaemonProcess):
    """In time of the processor, from its start over the first answers to its end: a busy machine changes that least."""
    cost, took = [], []
    stopped.command = COMMAND
    for _ in range(5):
        used = cpu_of_children()
        began = time.perf_counter()
        process = stopped.spawn("--on-demand")

        def greeted() -> Client | None:
            with contextlib.suppress(DaemonAway):
                return connect(stopped.home)
            return None

        client = eventually(greeted)
        client.call("daemon/status")
        took.append((time.perf_counter() - began) * 1000)
        client.call("daemon/stop")
        client.close()
        process.communicate(timeout=20)
        cost.append((cpu_of_children() - used) * 1000)
    print(
        f"\nspawn to end: median {sorted(cost)[2]:.0f} ms of processor time; to the first answer: {sorted(took)[2]:.0f} ms"
    )
    assert sorted(cost)[2] < MOST_CPU_MS, cost


def cpu_of_children() -> float:
    """Seconds, of all processes that this one started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def test_only_one_sqlite_is_in_the_process(stopped: DaemonProcess):
    stopped.command = COMMAND
    daemon = stopped.start()
    daemon.client().call("run/record", {"run": a_run("r1")})
    assert daemon.process is not None
    with open(f"/proc/{daemon.process.pid}/maps") as maps:
        libraries = {line.split()[-1] for line in maps if "sqlite" in line.lower() or "apsw" in line}
    assert not [path for path in libraries if "libsqlite3" in path or "_sqlite3" in path]


def test_a_poke_from_anybody_is_harmless(daemon: DaemonProcess):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as poke:
        bound = bound_socket(daemon.home)
        assert bound is not None
        for name in (b"", b"../../etc/passwd", b"x" * 5000, b"\xff\x00", b"a/b.jsonl", b"unknown.jsonl"):
            with contextlib.suppress(BlockingIOError):
                poke.sendto(name, poke_path(bound))
    time.sleep(0.1)
    assert daemon.client().call("daemon/status")["journals"] == 0
