"""The connection of a command: the daemon of the user's home, started where none runs, bound to a workspace."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from darwinflow.cli.folder import current_folder
from darwinflow.cli.held import warn_if_held
from darwinflow.model.errors import DaemonAway, NotFound, RunNotFound
from darwinflow.recorder.paths import SETTINGS_NAME, Workspace, home_of, nearest_settings, workspace_of
from darwinflow.rpc.client.blocking import START_WITHIN_S, Client, connect, connect_or_start

_LOOK_EVERY_S = 0.1


def open_session(path: str | os.PathLike[str] | None) -> Client:
    """For the workspace of the file *path*, or of the current folder.

    Raises `DaemonAway`, `HomeUnsafe`, `Refused`, `FolderGone`.
    """
    return _bound(connect_or_start(home_of(os.environ)), path)


@contextmanager
def asking(path: str | os.PathLike[str] | None) -> Iterator[Client]:
    """As `open_session`, for questions about runs: who asks is told where what was recorded is not stored for now."""
    with open_session(path) as client:
        try:
            yield client
        except NotFound:
            warn_if_held(client)
            raise
        warn_if_held(client)


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


class Place(NamedTuple):
    """The one project that a command looks in, for who finds nothing there."""

    name: str
    """What it is called and what makes it so, as words that may follow *in*."""
    elsewhere: str
    """What to do to look in another one."""


def place_of(client: Client, path: str | os.PathLike[str] | None) -> Place:
    """The project that *client* is bound to, which `open_session` has opened for *path*."""
    workspace = _workspace(path)
    project = client.open(workspace)["project"]
    settings, repository = (os.path.join(workspace.folder, name) for name in (SETTINGS_NAME, ".git"))
    for mark, is_there in ((settings, os.path.isfile(settings)), (repository, os.path.exists(repository))):
        if is_there:
            return Place(f"project '{project}' of '{mark}'", "cd to another workspace to look there")
    return Place(
        f"project '{project}' of the folder '{workspace.folder}' alone",
        f"cd to the folder of the workflow's file, or create a {SETTINGS_NAME} that its folders belong to",
    )


def _bound(client: Client, path: str | os.PathLike[str] | None) -> Client:
    try:
        client.open(_workspace(path))
    except BaseException:
        client.close()
        raise
    return client


def _workspace(path: str | os.PathLike[str] | None) -> Workspace:
    return workspace_of(current_folder()) if path is None else nearest_settings(os.fspath(path))


def asked_of_run(client: Client, path: str | None, method: str, params: dict[str, Any]) -> dict[str, Any]:
    """The answer to a question about a run that was named. Raises `RunNotFound`, which says where it was looked for."""
    try:
        return client.call(method, params)
    except RunNotFound as exc:
        place = place_of(client, path)
        advice = f"{exc.advice}; or {place.elsewhere}"
        raise RunNotFound(f"{exc} in {place.name}", hint=advice, **exc.facts) from exc
