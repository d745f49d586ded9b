"""The folder that a command is given in: paths count from it, and it may have been removed meanwhile."""

import os

from darwinflow.model.errors import Refused


class FolderGone(Refused):
    """The current folder was removed, and what was asked for needs one."""

    def __init__(self) -> None:
        own = os.environ.get("DARWINFLOW_HOME") or os.sep
        way_on = (
            "files can also be named by their absolute paths"
            if os.path.isabs(own)
            else "DARWINFLOW_HOME, too, is found from anywhere once it is an absolute path"
        )
        super().__init__(
            "the current folder was removed, so nothing can be found from it",
            hint=f"cd to a folder that is there; {way_on}",
        )


def current_folder() -> str:
    """Its absolute path. Raises `FolderGone`."""
    try:
        return os.getcwd()
    except FileNotFoundError as exc:
        raise FolderGone from exc


def need_for(path: str) -> None:
    """Raises `FolderGone` where *path* counts from the current folder and there is none."""
    if not os.path.isabs(path):
        current_folder()


def from_here(path: str) -> str:
    """The absolute *path* as it counts from the current folder; as it is where that is gone."""
    try:
        return os.path.relpath(path)
    except FileNotFoundError:
        return path


def is_missed_by(exc: OSError) -> bool:
    """Whether *exc* is what the system says to a program that asks for its folder and has none."""
    if not isinstance(exc, FileNotFoundError) or exc.filename is not None:
        return False
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False
