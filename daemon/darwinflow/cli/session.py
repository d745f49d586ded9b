"""The connection of a command: the daemon of the user's home, started where none runs, bound to a workspace."""

import os

from darwinflow.recorder.paths import home_of, nearest_settings, workspace_of
from darwinflow.rpc.client.blocking import Client, connect_or_start


def open_session(path: str | os.PathLike[str] | None) -> Client:
    """For the workspace of the file *path*, or of the current folder. Raises `DaemonAway`, `HomeUnsafe`, `Refused`."""
    client = connect_or_start(home_of(os.environ))
    try:
        client.open(workspace_of(os.getcwd()) if path is None else nearest_settings(os.fspath(path)))
    except BaseException:
        client.close()
        raise
    return client
