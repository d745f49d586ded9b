"""A disk that is full: reads go on, one clear error, deleting has room, and writes return when there is space again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from daemon.program import Program
from daemon_process import DaemonProcess, a_run, eventually
from darwinflow.daemon.ballast import LEAST_FREE_BYTES, Ballast
from darwinflow.daemon.stores import ballast_of
from darwinflow.model.errors import Refused, StoreFull
from darwinflow.recorder.paths import home_of
from storage.conftest import small_disk

__all__ = ["small_disk"]  # a fixture

MIB = 1 << 20


@pytest.fixture
def daemon(small_disk):
    one = DaemonProcess(small_disk / "home", DARWINFLOW_BALLAST_MIB="3")
    yield one.start()
    one.close()


def room(daemon: DaemonProcess):
    return daemon.client().call("daemon/status")["room"]


def fill(file: Path, left: int) -> None:
    """Take the room of the disk with *file*, but for *left* bytes."""
    with file.open("ab", buffering=0) as taking:
        while free(file) > left and taking.write(bytes(4096)):
            pass


def is_full(daemon: DaemonProcess, file: Path) -> bool:
    """Whether *file* has taken so much that the ballast is given up, and what giving a WAL back has freed besides."""
    is_given_up = room(daemon)["isGivenUp"]
    fill(file, 3 * MIB if is_given_up else LEAST_FREE_BYTES - MIB)
    time.sleep(1.1 if is_given_up else 0.1)
    return is_given_up and room(daemon) == {"wanted": 3 * MIB, "kept": 0, "isGivenUp": True}


def free(path: Path) -> int:
    disk = os.statvfs(path.parent)
    return disk.f_bavail * disk.f_frsize


@pytest.mark.parametrize("small_disk", ["12m"], indirect=True)
def test_on_a_full_disk_reads_and_deleting_go_on_and_writes_return_when_there_is_room(small_disk, daemon):
    eventually(lambda: room(daemon) == {"wanted": 3 * MIB, "kept": 3 * MIB, "isGivenUp": False})
    client = daemon.client()
    for number in range(30):
        client.call("run/record", {"run": a_run(f"r{number:02}", error="x" * 2_000)})
    eventually(lambda: is_full(daemon, small_disk / "taken"))
    assert not (small_disk / "home/ballast").exists()

    with pytest.raises(StoreFull, match="is full") as refused:
        client.call("run/record", {"run": a_run("refused")})
    assert "runs delete" in refused.value.advice
    program = Program(daemon)
    program.start("waits")
    program.of_run("run.finished", "waits", status="SUCCESS")
    program.end()
    eventually(lambda: client.call("daemon/status")["held"])
    assert "is full" in client.call("daemon/status")["held"]["message"]
    said = subprocess.run(
        [sys.executable, "-m", "darwinflow.cli.main", "daemon", "status"],
        env=daemon.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "the disk is full: what was kept for that is given up" in said.stdout

    assert len(client.call("run/query", {"limit": 50})["runs"]) == 30
    assert client.call("run/get", {"run": "r07"})["log"]["output"]["error"] == "x" * 2_000
    gone = [f"r{number:02}" for number in range(20)]
    assert len(client.call("run/delete", {"runs": gone})["runs"]) == 20
    assert len(client.call("run/query", {"limit": 50})["runs"]) == 10

    (small_disk / "taken").unlink()
    eventually(lambda: room(daemon) == {"wanted": 3 * MIB, "kept": 3 * MIB, "isGivenUp": False})
    assert client.call("run/record", {"run": a_run("later")})["created"] is True
    eventually(lambda: client.call("daemon/status")["held"] is None)
    kept = {run["runId"] for run in client.call("run/query", {"limit": 50})["runs"]}
    assert kept == {*(f"r{number:02}" for number in range(20, 30)), "later", "waits"}
    assert client.call("storage/verify")["faults"] == []
    assert not [entry for entry in daemon.log() if "traceback" in entry]


@pytest.mark.parametrize("small_disk", ["12m"], indirect=True)
def test_a_daemon_that_starts_on_a_full_disk_says_so_and_loses_nothing(small_disk, daemon):
    client = daemon.client()
    for number in range(10):
        client.call("run/record", {"run": a_run(f"r{number:02}")})
    daemon.hang_up()
    daemon.kill()
    (small_disk / "home/ballast").unlink(missing_ok=True)
    fill(small_disk / "taken", 0)
    started = daemon.spawn()
    try:
        first = started.stderr.readline().decode()
    finally:
        started.kill()
        started.wait()
        started.stderr.close()
    assert first.startswith("darwinflowd serves") or "full" in first, first
    (small_disk / "taken").unlink()
    daemon.start()
    assert len(daemon.client().call("run/query", {"limit": 50})["runs"]) == 10


@pytest.mark.parametrize("small_disk", ["12m"], indirect=True)
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_daemon_that_starts_on_a_full_disk_gives_up_what_was_kept_and_serves(small_disk, daemon, end):
    client = daemon.client()
    for number in range(10):
        client.call("run/record", {"run": a_run(f"r{number:02}")})
    eventually(lambda: room(daemon)["kept"] == 3 * MIB)
    daemon.hang_up()
    daemon.kill(end)
    fill(small_disk / "taken", 0)
    daemon.start()
    assert not (small_disk / "home/ballast").exists()
    client = daemon.client()
    assert len(client.call("run/query", {"limit": 50})["runs"]) == 10
    with pytest.raises(StoreFull, match="is full"):
        client.call("run/record", {"run": a_run("refused")})
    assert len(client.call("run/delete", {"runs": ["r00", "r01"]})["runs"]) == 2
    (small_disk / "taken").unlink()
    eventually(lambda: room(daemon) == {"wanted": 3 * MIB, "kept": 3 * MIB, "isGivenUp": False})
    assert client.call("run/record", {"run": a_run("later")})["created"] is True
    assert client.call("storage/verify")["faults"] == []


def test_the_file_has_its_blocks_and_another_size_is_made_anew(tmp_path):
    path = tmp_path / "ballast"
    for size in (2 * MIB, MIB):
        ballast = Ballast(str(path), size)
        assert ballast.is_due
        assert not ballast.act()
        assert path.stat().st_size == size
        assert path.stat().st_blocks * 512 >= size
        assert not ballast.is_due
        assert ballast.shortage() is None
    none = Ballast(str(path), 0)
    assert none.is_due
    assert not none.act()
    assert not path.exists()
    assert not none.is_due


@pytest.mark.parametrize("small_disk", ["6m"], indirect=True)
def test_where_there_is_no_room_for_it_none_is_made(small_disk):
    ballast = Ballast(str(small_disk / "ballast"), 5 * MIB)
    assert not ballast.is_due
    assert os.statvfs(small_disk).f_bavail * 4096 > LEAST_FREE_BYTES
    assert ballast.shortage() is None


@pytest.mark.parametrize(
    ("config", "environ", "size"),
    [
        ("", {}, 16),
        ("storage: {ballast_mib: 64}\n", {}, 64),
        ("storage: {ballast_mib: 64}\n", {"DARWINFLOW_BALLAST_MIB": "0"}, 0),
        ("storage: {ballast_mib: -1}\n", {}, "'ballast_mib' must be a whole number from 0 to 65536"),
        ("organizations: {personal: {storage: {ballast_mib: 1}}}\n", {}, "ballast_mib"),
        ("", {"DARWINFLOW_BALLAST_MIB": "lots"}, "cannot be 'lots'"),
    ],
)
def test_the_settings_say_how_much_is_kept(tmp_path, config, environ, size):
    home = home_of({"DARWINFLOW_HOME": str(tmp_path), **environ})
    Path(home.config).mkdir(parents=True, exist_ok=True)
    Path(home.config, "config.yaml").write_text(config)
    if isinstance(size, int):
        assert ballast_of(home, environ) == size * MIB
    else:
        with pytest.raises(Refused, match=size):
            ballast_of(home, environ)
