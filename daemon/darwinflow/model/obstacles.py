"""What lies where a file or a folder of ours belongs, in words that a user can act on."""

import os
import stat

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFREG: "a file",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class Obstacle:
    """Something of another kind than what belongs there."""

    def __init__(self, path: str, kind: str, wanted: str) -> None:
        self.advice = f"move {path} away"
        self._text = f"{path} is {kind} where {wanted} belongs"

    def __str__(self) -> str:
        return self._text


def obstacle_to_file(path: str) -> Obstacle | None:
    """What keeps *path* from being a file of ours: something else, also a link, or something on the way to it."""
    return _other_than(path, stat.S_IFREG, "a file") or obstacle_to_folder(os.path.dirname(path))


def obstacle_to_folder(path: str) -> Obstacle | None:
    """What keeps *path* from being a folder: something else than a folder or a link to one, there or on the way."""
    folder = os.path.abspath(path)
    while True:
        try:
            mode = os.stat(folder).st_mode
        except OSError:
            mode = None
        if mode is not None and not stat.S_ISDIR(mode):
            return Obstacle(folder, _kind(mode), "a folder")
        if mode is None and os.path.islink(folder):
            return Obstacle(folder, "a symbolic link to nothing", "a folder")
        above = os.path.dirname(folder)
        if mode is not None or above == folder:
            return None
        folder = above


def _other_than(path: str, kind: int, wanted: str) -> Obstacle | None:
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return None
    return None if stat.S_IFMT(mode) == kind else Obstacle(path, _kind(mode), wanted)


def _kind(mode: int) -> str:
    return _KINDS.get(stat.S_IFMT(mode), "something else")
