import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sample_flow import WORKFLOW
from server.client import Client, Refusal

OTHER = "untitled:other"
"""The small document that `at_work` has open."""


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


@pytest.fixture
def at_work(client: Client) -> Iterator[Client]:
    """A server that has everything imported, with a small document open."""
    client.initialize(initializationOptions={"trusted": False})
    client.open(OTHER, WORKFLOW)
    client.diagnostics(OTHER)
    with pytest.raises(Refusal):
        client.request("no/such")
    yield client
    assert client.close() == 0
    assert client.stderr == b""
