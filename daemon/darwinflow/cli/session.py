"""The connection of a command: the daemon of the user's home, started where none runs, bound to a workspace."""

import os
import time

from darwinflow.cli.folder import current_folder
from darwinflow.model.errors import DaemonAway
from darwinflow.recorder.paths import home_of, nearest_settings, workspace_of
from darwinflow.rpc.client.blocking import START_WITHIN_S, Client, connect, connect_or_start

_LOOK_EVERY_S = 0.1


def open_session(path: str | os.PathLike[str] | None) -> Client:
    """For the workspace of the file *path*, or of the current folder. Raises `DaemonAway`, `HomeUnsafe`, `Refused`."""
    return _bound(connect_or_start(home_of(os.environ)), path)


def session_again(path: str | os.PathLike[str] | None) -> Client:
    """After the daemon has gone: with the next one, which somebody else may start. Raises as `open_session`."""
    deadline = time.monotonic() + START_WITHIN_S
    while True:
        try:
            return _bound(connect(home_of(os.environ)), path)
        except DaemonAway:
            if time.monotonic() > deadline:
                raise
        time.sleep(_LOOK_EVERY_S)


def _bound(client: Client, path: str | os.PathLike[str] | None) -> Client:
    try:
        client.open(workspace_of(current_folder()) if path is None else nearest_settings(os.fspath(path)))
    except BaseException:
        client.close()
        raise
    return client
