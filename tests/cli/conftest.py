"""Commands run as processes, in a home of the test's own whose daemon is stopped at the end."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import forked

Said = subprocess.CompletedProcess[str]
Run = Callable[..., Said]

FLOW = """\
id: greet
version: {version}
description: Say hello
metadata:
{parent}  createdBy: user
  reasoning: {reasoning}
nodes:
  - id: look
    type: FILE_READ
    config: {{path: names.txt}}
edges:
  - {{from: START, to: look}}
  - {{from: look, to: END}}
"""


def flow(version: int, reasoning: str = "Somebody should") -> str:
    parent = f"  parent: {version - 1}\n" if version > 1 else ""
    return FLOW.format(version=version, parent=parent, reasoning=reasoning)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with one good flow."""
    workspace = tmp_path / "workspace"
    (workspace / "flows").mkdir(parents=True)
    (workspace / ".darwinflow.yaml").write_text("project: hello\n")
    (workspace / "flows/greet.yaml").write_text(flow(1))
    return workspace


@pytest.fixture
def darwinflow(tmp_path: Path, folder: Path) -> Iterator[Run]:
    environ = {**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home")}

    def call(*arguments: str, expect: int | None = 0, cwd: Path = folder, within_s: float = 60) -> Said:
        said = forked.darwinflow(*arguments, cwd=cwd, environ=environ, timeout_s=within_s)
        assert expect in (None, said.returncode), said.stdout + said.stderr
        return said

    yield call
    call("daemon", "stop", expect=None)
