"""Whose history an editor shows, and the way to whoever knows it."""

from typing import NamedTuple, Protocol

from darwinflow.recorder.paths import Workspace
from darwinflow_lsp.messages import Params


class Subject(NamedTuple):
    """A workflow whose history an open document shows."""

    folder: str
    """The workspace's."""
    workflow: str
    version: int
    content_hash: str


class Link(Protocol):
    """The way to the daemon."""

    def watch(self, workspace: Workspace, subjects: set[Subject]) -> None:
        """From now on keep the histories of *subjects*, and of no others in *workspace*."""
        ...

    async def call(self, workspace: Workspace, method: str, params: Params) -> Params:
        """The daemon's answer. Raises its error, `DaemonAway` where none answers."""
        ...
