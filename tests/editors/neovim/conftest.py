import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from editors.neovim.nvim import CLEAN, Neovim
from sample_flow import WORKFLOW

BIN = Path(sys.executable).parent
RECORDER = Path(__file__).with_name("record_runs.py")


class Desk:
    """A folder with a workflow in it, and a user of its own: home, socket, Neovim's data."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "work"
        self.flow = self.folder / "assistant.yaml"
        self.folder.mkdir()
        (self.folder / ".darwinflow.yaml").write_text("project: demo\n")
        self.flow.write_text(WORKFLOW)
        self.home = root / "home"
        self.home.mkdir(mode=0o700)
        self.environ = {
            "PATH": f"{BIN}{os.pathsep}{os.defpath}",
            "LANG": "C.UTF-8",
            "HOME": str(root),
            "DARWINFLOW_HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(self.home),
            "DARWINFLOW_IDLE_SECONDS": "2",  # a daemon that the server has started ends by itself
            "NVIM_APPNAME": "nvim-test",
        }

    def darwinflow(self, *arguments: str) -> str:
        done = subprocess.run(
            [BIN / "darwinflow", *arguments],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        return done.stdout


class Recorder:
    """Another process, which records runs when it is told to."""

    def __init__(self, desk: Desk) -> None:
        self.process = subprocess.Popen(
            [sys.executable, RECORDER],
            cwd=desk.folder,
            env=desk.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._flow = desk.flow

    def record(self, error: str = "", flow: Path | None = None) -> tuple[str, float]:
        """The run's id, and when the recorder was called last, in seconds since 1970."""
        self.process.stdin.write(f"{flow or self._flow}\t{error}\n")
        self.process.stdin.flush()
        run, called_at = self.process.stdout.readline().split()
        return run, float(called_at)


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    # Short names: a socket's path has room for about a hundred bytes.
    return Desk(tmp_path_factory.mktemp("n"))


@pytest.fixture
def daemon(desk: Desk) -> Iterator[None]:
    pid = json.loads(desk.darwinflow("daemon", "start", "--json"))["pid"]
    yield
    # One that a test has stopped and started again ends by itself when nobody needs it.
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)


@pytest.fixture
def recorder(desk: Desk) -> Iterator[Recorder]:
    recorder = Recorder(desk)
    yield recorder
    recorder.process.communicate(timeout=10)


@pytest.fixture
def open_neovim(desk: Desk) -> Iterator[Callable[..., Neovim]]:
    """Starts a Neovim in the desk's folder; it is ended with the test."""
    opened: list[Neovim] = []

    def start(arguments: Sequence[str] = CLEAN) -> Neovim:
        opened.append(Neovim(desk.folder, desk.environ, arguments))
        return opened[-1]

    yield start
    for neovim in opened:
        neovim.__exit__()


@pytest.fixture
def neovim(open_neovim: Callable[..., Neovim]) -> Neovim:
    neovim = open_neovim()
    neovim.setup()
    return neovim
