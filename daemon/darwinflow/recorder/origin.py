"""Who and what records: host, user, process, recorder, and the commit that is checked out."""

import os

from darwinflow.recorder.ids import RECORDER_VERSION
from darwinflow.recorder.paths import Workspace


def origin() -> dict[str, object]:
    """What every journal begins with and every run's metadata hold."""
    return {
        "recorder": "python",
        "recorderVersion": RECORDER_VERSION,
        "pid": os.getpid(),
        "host": os.uname().nodename or None,
        "user": _user(),
    }


def commit_of(workspace: Workspace) -> str | None:
    """The commit that is checked out around *workspace*, read from git's files; None outside a repository."""
    folder = workspace.folder
    while True:
        found = os.path.join(folder, ".git")
        if os.path.exists(found):
            try:
                return _head(_git_directory(found))
            except (OSError, UnicodeDecodeError):
                return None
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def _user() -> str | None:
    for name in ("USER", "LOGNAME"):
        if os.environ.get(name):
            return os.environ[name].encode("utf-8", "replace").decode()
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _git_directory(found: str) -> str:
    """Where *found*, a folder or a worktree's or submodule's file, says that the repository lies."""
    if os.path.isdir(found):
        return found
    target = _read(found).removeprefix("gitdir:").strip()
    return os.path.join(os.path.dirname(found), target)


def _head(directory: str) -> str | None:
    head = _read(os.path.join(directory, "HEAD"))
    if not head.startswith("ref:"):
        return _as_commit(head)
    ref = head[4:].strip()
    common = directory
    shared = os.path.join(directory, "commondir")
    if os.path.exists(shared):
        common = os.path.join(directory, _read(shared))
    for place in (directory, common):
        path = os.path.join(place, ref)
        if os.path.isfile(path):
            return _as_commit(_read(path))
    packed = os.path.join(common, "packed-refs")
    if os.path.isfile(packed):
        with open(packed, encoding="ascii", errors="replace") as file:
            for line in file:
                if line.rstrip("\n").endswith(f" {ref}"):
                    return _as_commit(line.split(" ", 1)[0])
    return None


def _as_commit(text: str) -> str | None:
    return text if len(text) in (40, 64) and text.isalnum() else None


def _read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read(4096).strip()
