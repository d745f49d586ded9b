"""A home of its own for each test, programs that record into it, and what they have left there."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from darwinflow.recorder.events import Problem, decode

FLOW = "id: assistant\nversion: 3\nnodes: []\nedges: []\n"


class Place:
    """One home with its spool, and a workflow to record runs of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.spool = self.home / "spool"
        self.flow = folder / "assistant.yaml"
        self.flow.write_text(FLOW)

    def journals(self) -> list[Path]:
        return sorted(self.spool.glob("*.jsonl")) if self.spool.exists() else []

    def lines(self) -> list[bytes]:
        return [line for path in self.journals() for line in path.read_bytes().split(b"\n") if line]

    def events(self, *kinds: str) -> list[dict[str, Any]]:
        """Every event in the spool, each line being one; only of *kinds* where any are named."""
        found = []
        for line in self.lines():
            event = decode(line)
            assert not isinstance(event, Problem), f"{event}: {line[:200]!r}"
            if not kinds or event["event"] in kinds:
                found.append(event)
        return found

    def is_locked(self, journal: Path) -> bool:
        """Whether a living program holds *journal*."""
        with journal.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def program(
        self, source: str, *arguments: str, check: bool = True, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """Run Python *source* with this home to its end."""
        done = subprocess.run(
            [sys.executable, "-c", source, *arguments],
            cwd=self.folder,
            env={**os.environ, **environ},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    def started(self, source: str, *arguments: str, **environ: str) -> "subprocess.Popen[str]":
        """Start Python *source* with this home; its standard streams are pipes."""
        return subprocess.Popen(
            [sys.executable, "-c", source, *arguments],
            cwd=self.folder,
            env={**os.environ, **environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = Place(tmp_path)
    monkeypatch.setenv("DARWINFLOW_HOME", str(made.home))
    for name in ("RUN", "STEP", "JOURNAL", "WORKFLOW", "REDACT", "SPOOL_LIMIT"):
        monkeypatch.delenv(f"DARWINFLOW_{name}", raising=False)
    monkeypatch.chdir(tmp_path)
    return made


@pytest.fixture
def daemon(place: Place) -> Iterator[None]:
    """A real daemon for the test's home."""
    served = subprocess.Popen(
        [sys.executable, "-m", "darwinflow.daemon.main"], stderr=subprocess.PIPE, text=True
    )
    try:
        assert "serves" in served.stderr.readline()
        yield
    finally:
        served.terminate()
        served.communicate(timeout=20)
