"""Something else lies where a file or a folder of the home belongs: what it is gets said, and nobody waits for it."""

import json
import logging
import os
import resource
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import forked
from cli.recorded_events import events
from daemon_process import DaemonProcess
from darwinflow.daemon.log_file import MAX_BYTES, LogFile
from forked import CLI, DAEMON

WITHIN_S = 20.0
HERE: dict[str, tuple[str, Callable[[Path], object]]] = {
    "folder": ("a folder", Path.mkdir),
    "link": ("a symbolic link", lambda path: path.symlink_to("/dev/null")),
    "pipe": ("a pipe", os.mkfifo),
}


def said_by(daemon: DaemonProcess, *words: str, text: str = "") -> tuple[int, list[str]]:
    done = forked.finished(*words, environ=daemon.environ, text=text, timeout_s=WITHIN_S)
    return done.returncode, done.stderr.splitlines()


@pytest.fixture
def used(stopped: DaemonProcess) -> DaemonProcess:
    """A home that a daemon has served and that none serves now."""
    stopped.start()
    stopped.client().call("daemon/stop")
    stopped.wait()
    return stopped


@pytest.mark.parametrize("kind", HERE)
@pytest.mark.parametrize("name", ["daemon.lock", "daemon.log", "system.db", "tenant-*.db"])
def test_what_lies_at_a_files_place_is_said_with_the_way_on(used: DaemonProcess, name: str, kind: str):
    path = next(Path(used.home.data).glob(name))
    for left in Path(used.home.data).glob(f"{path.name}*"):
        left.unlink()
    words, put = HERE[kind]
    put(path)
    told = f"error: {path} is {words} where a file belongs"
    code, said = said_by(used, DAEMON)
    assert code == 1
    assert said[0] == told
    assert said[1].startswith(f"try: move {path} away")
    # The command hands these words on; none of its other actions sends anybody in a circle.
    code, said = said_by(used, CLI, "daemon", "start")
    assert (code, said[0]) == (1, told)
    assert said[1].startswith(f"try: move {path} away")
    assert said_by(used, CLI, "daemon", "stop")[0] == 0


def test_a_folder_at_a_database_s_log_is_said(used: DaemonProcess):
    path = Path(used.home.system_db + "-wal")
    path.mkdir()
    code, said = said_by(used, DAEMON)
    assert code == 1
    assert said == [
        f"error: {path} is a folder where a file belongs",
        f"try: darwinflow daemon stop, then move {path} away",
    ]


def test_a_folder_at_the_socket_s_path_is_said(used: DaemonProcess):
    path = Path(used.home.socket_path)
    path.mkdir()
    assert said_by(used, DAEMON) == (
        1,
        [f"error: {path} is a folder where a socket belongs", f"try: move {path} away"],
    )


def test_a_folder_at_the_configuration_s_path_is_said(used: DaemonProcess):
    path = Path(used.home.config, "config.yaml")
    path.mkdir()
    assert said_by(used, CLI, "runs", "list") == (
        1,
        [f"error: {path} is a folder where a file belongs", f"try: move {path} away"],
    )
    path.rmdir()


@pytest.mark.parametrize("above", ["", "/deeper/home"])
def test_a_file_at_the_homes_place_is_said(tmp_path: Path, above: str):
    (tmp_path / "home").write_text("mine")
    daemon = DaemonProcess(tmp_path / f"home{above}")
    code, said = said_by(daemon, DAEMON)
    assert code == 1
    assert said == [
        f"error: {tmp_path / 'home'} is a file where a folder belongs",
        f"try: move {tmp_path / 'home'} away, or set DARWINFLOW_HOME to another folder",
    ]
    daemon.close()


@pytest.mark.parametrize("spool", ["file", "link"])
def test_a_file_at_the_spools_place_is_said_to_who_records(used: DaemonProcess, spool: str):
    path = Path(used.home.spool)
    if path.exists():
        shutil.rmtree(path)
    if spool == "file":
        path.write_text("mine")
    else:
        path.symlink_to("nowhere")
    text = "".join(f"{json.dumps(event)}\n" for event in events("r1"))
    code, said = said_by(used, CLI, "record", "--stdin", text=text)
    what = "a file" if spool == "file" else "a symbolic link to nothing"
    assert code == 1
    assert said[-2].endswith(f"not recorded: {path} is {what} where a folder belongs")
    assert said[-1] == f"try: move {path} away, or set DARWINFLOW_HOME to another folder"


def test_a_file_at_the_spools_place_keeps_no_program_from_running_and_no_reader_from_reading(
    used: DaemonProcess, tmp_path: Path
):
    path = Path(used.home.spool)
    if path.exists():
        shutil.rmtree(path)
    path.write_text("mine")
    (tmp_path / "a.yaml").write_text("id: a\nversion: 1\n")
    record = (CLI, "record", "--workflow", str(tmp_path / "a.yaml"), "--", sys.executable, "-c", "exit(7)")
    code, said = said_by(used, *record)
    assert (code, len(said)) == (7, 1)
    assert f"{path} is no folder; move it away" in said[0]
    code, said = said_by(used, CLI, "runs", "list")
    assert (code, len(said)) == (0, 1)
    assert said[0].endswith(f": {path} is a file where a folder belongs")
    assert path.read_text() == "mine"
    path.unlink()
    code, said = said_by(used, *record)
    assert (code, len(said)) == (7, 1)
    assert "is stored" in said[0] or "is spooled" in said[0]
    assert not [entry for entry in used.log() if "traceback" in entry]


def test_a_log_that_cannot_be_begun_anew_writes_into_no_other_file(tmp_path: Path):
    """The number of a descriptor that was closed may be a database's by the next record."""
    path = tmp_path / "daemon.log"
    handler = LogFile(str(path))
    os.truncate(path, MAX_BYTES + 1)
    hello, again = (
        logging.LogRecord("test", logging.INFO, __file__, 1, text, None, None) for text in ("hello", "again")
    )
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
    try:
        handler.emit(hello)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    with (tmp_path / "other").open("wb") as other:
        handler.emit(again)
        assert os.fstat(other.fileno()).st_size == 0
    assert '"again"' in path.read_text()
    assert path.with_name("daemon.log.1").stat().st_size == MAX_BYTES + 1
    handler.close()


def test_status_says_why_the_last_daemon_could_not_serve(stopped: DaemonProcess):
    def status() -> str:
        return said_by(stopped, CLI, "daemon", "status")[1][0]

    silent = f"error: no daemon serves {stopped.home.data}"
    assert status() == silent
    stopped.start()
    stopped.client().call("daemon/stop")
    assert stopped.wait() == 0
    Path(stopped.home.data, "system.db").write_bytes(b"no database" * 1000)
    with stopped.spawn() as failed:
        assert failed.wait(WITHIN_S) == 1
    assert status().startswith(f"{silent}; the last one said: cannot serve: {stopped.home.data}/system.db ")
