import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.program import Program
from daemon_process import DaemonProcess
from darwinflow.recorder.paths import Workspace

_projects = itertools.count()


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[DaemonProcess]:
    """A home whose daemon is not started yet."""
    daemon = DaemonProcess(tmp_path / "home")
    yield daemon
    daemon.close()


@pytest.fixture
def daemon(stopped: DaemonProcess) -> Iterator[DaemonProcess]:
    """A serving daemon. At the end its log must hold no fault of its own."""
    yield stopped.start()
    assert not [entry for entry in stopped.log() if "traceback" in entry]


@pytest.fixture
def program(stopped: DaemonProcess) -> Program:
    return Program(stopped)


@pytest.fixture(scope="session")
def _everybodys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaemonProcess]:
    daemon = DaemonProcess(tmp_path_factory.mktemp("shared") / "home").start()
    yield daemon
    daemon.close()
    assert not [entry for entry in daemon.log() if "traceback" in entry]


@pytest.fixture
def shared(_everybodys: DaemonProcess) -> Iterator[DaemonProcess]:
    """A daemon that other tests use, too, with a project of the test's own. It must not be stopped."""
    number = next(_projects)
    _everybodys.workspace = Workspace(f"/srv/test{number}", f"project: test{number}\n")
    yield _everybodys
    _everybodys.hang_up()
