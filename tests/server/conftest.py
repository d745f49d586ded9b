import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sample_flow import WORKFLOW
from server.client import Client


class Workspace:
    """A folder with a workflow in it, and a home of its own."""

    def __init__(self, root: Path) -> None:
        self.home = root / "home"
        self.folder = root / "work"
        self.folder.mkdir(parents=True)
        self.home.mkdir(mode=0o700)
        (self.folder / ".darwinflow.yaml").write_text("project: demo\n")
        self.path = self.folder / "assistant.yaml"
        self.path.write_text(WORKFLOW)
        self.uri = self.path.as_uri()

    @property
    def environ(self) -> dict[str, str]:
        return {**os.environ, "DARWINFLOW_HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.home)}


@pytest.fixture
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    # Short names: a socket's path has room for about a hundred bytes.
    return Workspace(tmp_path_factory.mktemp("w"))


@pytest.fixture
def client(workspace: Workspace) -> Iterator[Client]:
    """A server that may not ask a daemon, not yet initialized."""
    with Client(workspace.home) as client:
        yield client
