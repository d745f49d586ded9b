"""Exactly one daemon a home, always reachable, and a clear word where that cannot be."""

import contextlib
import json
import os
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import apsw
import pytest

from daemon_process import COMMAND, DaemonProcess, a_run, eventually
from darwinflow.model.errors import DaemonAway, HomeUnsafe
from darwinflow.recorder.paths import bound_socket, poke_path
from darwinflow.rpc.client.blocking import Client, connect
from darwinflow.rpc.protocol import EXIT_OTHER_SERVES

ROUNDS = int(os.environ.get("DARWINFLOW_STARTS", "5"))
STARTERS = 8
MOST_CPU_MS = 1500
"""For a start and an end."""

STARTER = """
import os, sys
from darwinflow.recorder.paths import home_of
from darwinflow.rpc.client.blocking import connect_or_start
sys.stdin.readline()
with connect_or_start(home_of(os.environ)) as client:
    print(client.call("daemon/status")["pid"])
"""


def failed_start(daemon: DaemonProcess) -> tuple[int, str]:
    done = subprocess.run(
        COMMAND, env=daemon.environ, capture_output=True, text=True, timeout=20, check=False
    )
    return done.returncode, done.stderr


def assert_one_message(said: str) -> None:
    """`error:` and perhaps `try:`, and no traceback."""
    lines = said.splitlines()
    assert lines[0].startswith("error: ")
    assert [line.split(" ")[0] for line in lines[1:]] in ([], ["try:"])


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
        command = [sys.executable, "-m", "darwinflow.cli.main", *words]
        return subprocess.run(
            command, env=stopped.environ, capture_output=True, text=True, timeout=30, check=False
        )

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


@pytest.mark.parametrize("name", ["", ".poke"])
def test_a_socket_that_cannot_be_made_leaves_nothing_behind(stopped: DaemonProcess, name: str):
    os.makedirs(stopped.home.socket_path + name)
    os.chmod(stopped.home.socket_directory, 0o700)
    assert failed_start(stopped)[0] == 1
    assert os.listdir(stopped.home.socket_directory) == [os.path.basename(stopped.home.socket_path) + name]


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


@pytest.mark.parametrize("name", ["system.db", "tenant"])
def test_a_damaged_database_is_told_with_what_helps(stopped: DaemonProcess, name: str):
    stopped.start()
    path = max(Path(stopped.home.data).glob(f"{name}*.db" if name == "tenant" else name))
    stopped.kill(signal.SIGTERM)
    path.write_bytes(b"no database" * 1000)
    code, said = failed_start(stopped)
    assert code == 1
    error, advice = said.splitlines()
    assert error.startswith(f"error: {path} ")
    assert advice.startswith("try: darwinflow daemon stop, then put a copy of ")
    assert str(path) in advice


def test_socket_folder_lock_and_files_are_the_owners_alone(daemon: DaemonProcess):
    def mode(path: str) -> int:
        return stat.S_IMODE(os.stat(path).st_mode)

    bound = bound_socket(daemon.home)
    assert bound == daemon.home.socket_path
    assert (mode(bound), mode(poke_path(bound)), mode(os.path.dirname(bound))) == (0o600, 0o600, 0o700)
    assert mode(daemon.home.data) == 0o700
    for name in os.listdir(daemon.home.data):
        path = os.path.join(daemon.home.data, name)
        assert mode(path) == (0o700 if os.path.isdir(path) else 0o600), name


@pytest.mark.parametrize("how", ["open to all", "link", "file"])
def test_an_unsafe_folder_for_the_socket_is_refused(stopped: DaemonProcess, tmp_path: Path, how):
    folder = Path(stopped.home.socket_directory)
    if how == "open to all":
        folder.mkdir(mode=0o777)
        folder.chmod(0o777)
    elif how == "link":
        (tmp_path / "real").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "real")
    else:
        folder.write_text("")
    code, said = failed_start(stopped)
    assert code == 1
    assert_one_message(said)
    assert str(folder) in said


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as another user")
def test_another_user_is_refused_even_where_the_modes_would_let_him_in(daemon: DaemonProcess):
    bound = bound_socket(daemon.home)
    assert bound is not None
    for path, mode in ((bound, 0o777), (os.path.dirname(bound), 0o755), (daemon.runtime, 0o755)):
        os.chmod(path, mode)
    program = (
        "import os, socket, sys; os.setuid(65534); s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
        "s.settimeout(5); print(repr(s.recv(100)))"
    )
    done = subprocess.run([sys.executable, "-c", program, bound], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "b''"
    assert daemon.client().call("daemon/status")
    assert any("65534" in complaint for complaint in daemon.complaints())


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as another user")
def test_a_socket_of_another_user_is_not_spoken_to(stopped: DaemonProcess):
    path = os.path.join(stopped.runtime, "s")
    program = (
        "import os, socket, sys; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o777);"
        "os.setuid(65534); s.listen(); print('up', flush=True); c, _ = s.accept(); print(repr(c.recv(100)))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, path], stdout=subprocess.PIPE, text=True
    ) as squatter:
        assert squatter.stdout is not None
        squatter.stdout.readline()
        os.mkdir(stopped.home.data)
        Path(stopped.home.lock_path).write_text(path)
        with pytest.raises(HomeUnsafe):
            connect(stopped.home)
        assert squatter.stdout.readline().strip() == "b''"


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    daemon = DaemonProcess(tmp_path / "file" / "home")
    code, said = failed_start(daemon)
    assert code == 1
    assert_one_message(said)
    assert "file" in said
    daemon.close()


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_home_without_the_right_to_write_is_named(tmp_path: Path):
    (tmp_path / "home").mkdir(mode=0o500)
    daemon = DaemonProcess(tmp_path / "home")
    code, said = failed_start(daemon)
    assert code == 1
    assert_one_message(said)
    daemon.close()


@pytest.mark.parametrize("which", ["system.db", "tenant"])
def test_a_database_of_a_newer_version_is_refused_and_stays_as_it_is(daemon: DaemonProcess, which):
    daemon.client().call("run/record", {"run": a_run("r1")})
    daemon.kill(signal.SIGTERM)
    path = next(path for path in Path(daemon.home.data).glob(f"{which}*") if path.suffix == ".db")
    database = apsw.Connection(str(path))
    version = database.pragma("user_version")
    database.pragma("user_version", 999)
    database.close()
    content = path.read_bytes()
    code, said = failed_start(daemon)
    assert code == 1
    assert_one_message(said)
    assert "upgrade darwinflow" in said
    assert path.read_bytes() == content
    with pytest.raises(DaemonAway):
        connect(daemon.home)
    database = apsw.Connection(str(path))
    database.pragma("user_version", version)
    database.close()
    daemon.start()
    assert daemon.client().call("run/get", {"run": "r1"})


def test_starting_on_demand_hands_on_the_daemons_own_words(tmp_path: Path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "system.db").write_text("not a database" * 100)
    daemon = DaemonProcess(tmp_path / "home")
    done = subprocess.run(
        [sys.executable, "-c", STARTER],
        env=daemon.environ,
        input="go\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "DaemonAway" in done.stderr
    assert "system.db" in done.stderr.splitlines()[-1]
    daemon.close()


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


def test_only_one_sqlite_is_in_the_process(daemon: DaemonProcess):
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
