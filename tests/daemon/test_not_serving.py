"""Where a daemon cannot serve, or may not, it says one clear word and changes nothing."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from daemon.starting import STARTER, assert_one_message, failed_start
from daemon_process import DaemonProcess, a_run
from darwinflow.model.errors import DaemonAway, HomeUnsafe
from darwinflow.recorder.paths import bound_socket, poke_path
from darwinflow.rpc.client.blocking import connect


@pytest.mark.parametrize("name", ["", ".poke"])
def test_a_socket_that_cannot_be_made_leaves_nothing_behind(stopped: DaemonProcess, name: str):
    os.makedirs(stopped.home.socket_path + name)
    os.chmod(stopped.home.socket_directory, 0o700)
    assert failed_start(stopped)[0] == 1
    assert os.listdir(stopped.home.socket_directory) == [os.path.basename(stopped.home.socket_path) + name]


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
    assert advice.startswith("try: darwinflow storage repair, which ")
    assert "; or darwinflow daemon stop, then put a copy of " in advice
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
