from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon_process import DaemonProcess


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
