"""Files that change together: each whole, and all of them or none.

What is to be written stands in `commit.json` first, which appears at once; the files follow from it. Whoever dies in
between, the next opening makes them from it again, which changes nothing where they are there.
"""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypedDict

from darwinflow.storage.files.folder import troubles

_COMMIT = "commit.json"
_TEMPORARY = ".tmp"
_OURS_ALONE = 0o600
ASIDE = "set-aside"


class Change(NamedTuple):
    """What a commit changes; paths are relative, with slashes."""

    whole: Mapping[str, str]
    """New contents by path."""
    appended: Mapping[str, tuple[int, str]]
    """By path, the size from which on a file goes on, and with what."""


class _Said(TypedDict):
    whole: dict[str, str]
    appended: dict[str, tuple[int, str]]


class WholeFiles:
    """Below *path*, which is there. Owned by one process."""

    def __init__(self, path: str) -> None:
        """Finishes what was committed. Raises what `folder.troubles` names."""
        self.path = path
        self._is_unfinished = True
        self._finish()
        with troubles(path):
            for name in self.names():
                if name.endswith(_TEMPORARY):
                    os.unlink(self._path_of(name))

    def commit(self, change: Change) -> None:
        """Raises what `folder.troubles` names, with nothing changed."""
        if self._is_unfinished:
            self._finish()
        # ASCII: what is not UTF-8 in a name of a user's stays what it is.
        said = json.dumps({"whole": change.whole, "appended": change.appended}).encode("ascii")
        with troubles(self.path):
            try:
                self._write(_COMMIT, said)
                _sync(self.path)
            except OSError:
                with contextlib.suppress(OSError):
                    os.unlink(self._path_of(_COMMIT))
                raise
        self._is_unfinished = True
        # It is committed, whatever becomes of what follows: the next commit, or opening, goes on with it.
        with contextlib.suppress(Exception):
            self._finish()

    def names(self) -> Iterator[str]:
        """Of all files, relative."""
        for folder, folders, files in os.walk(self.path):
            folders[:] = sorted(name for name in folders if name != ASIDE)
            for name in sorted(files):
                yield os.path.relpath(os.path.join(folder, name), self.path)

    def read(self, name: str) -> bytes:
        with troubles(self._path_of(name)), open(self._path_of(name), "rb", opener=_no_link) as file:
            return file.read()

    def set_aside(self, name: str) -> str:
        """Move it out of the way, where nothing is lost; where it is then."""
        with troubles(self._path_of(name)):
            stamp = os.stat(self._path_of(name)).st_mtime_ns
            kept = os.path.join(self.path, ASIDE, f"{name.replace('/', '_')}-{stamp}")
            os.makedirs(os.path.dirname(kept), mode=0o700, exist_ok=True)
            os.rename(self._path_of(name), kept)
            return kept

    def _finish(self) -> None:
        path = self._path_of(_COMMIT)
        with troubles(path):
            if os.path.exists(path):
                with open(path, encoding="ascii", opener=_no_link) as file:
                    said: _Said = json.load(file)
                self._apply(said)
                os.unlink(path)
        self._is_unfinished = False

    def _apply(self, said: _Said) -> None:
        changed = {self.path}
        for name in (*said["whole"], *said["appended"]):
            folder = os.path.dirname(self._path_of(name))
            changed.update((folder, os.path.dirname(folder)))
            os.makedirs(folder, mode=0o700, exist_ok=True)
        for name, (size, text) in said["appended"].items():
            fd = os.open(
                self._path_of(name), os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, _OURS_ALONE
            )
            with os.fdopen(fd, "wb") as file:
                file.truncate(size)
                file.seek(size)
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
        for name, text in said["whole"].items():
            self._write(name, text.encode())
        for folder in changed:
            _sync(folder)

    def _write(self, name: str, content: bytes) -> None:
        path = self._path_of(name)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(path + _TEMPORARY, flags, _OURS_ALONE), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(path + _TEMPORARY, path)

    def _path_of(self, name: str) -> str:
        return os.path.join(self.path, name)


def _no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC)


def _sync(folder: str) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
