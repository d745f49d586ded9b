"""A copy of a folder of files, brought up to date as often as is wanted: what has not changed is not copied again."""

import os
import shutil
import time
from collections.abc import Iterator
from typing import NamedTuple

from darwinflow.storage.durable import sync_folder

_CHUNK = 1 << 20
_LOCK = "lock"
"""Held by whoever has the folder open."""
_INDEX = "index.db"
"""A folder with this is made anew from the files beside it; and a database that is open must not be opened as a file."""
_TICK_NS = 1_000_000_000
"""A file that was changed within this before it was copied may have changed since without looking so."""


class _State(NamedTuple):
    """By which a file is known to be what it was."""

    inode: int
    size: int
    modified_ns: int


class CopiedFolder:
    """Of *source*, in the new folder *target*. Links are not copied. Methods raise `OSError`."""

    def __init__(self, source: str, target: str) -> None:
        self._source = source
        self._target = target
        self._copied: dict[str, _State | None] = {}
        """By relative path; None for one that is to be copied again."""
        self._folders: set[str] = set()
        os.mkdir(target, 0o700)

    def update(self) -> None:
        """Copy what is new or has changed. It is one state of the folder where nobody writes to that meanwhile."""
        there: set[str] = set()
        for name in self._files(""):
            there.add(name)
            try:
                self._copy(name)
            except FileNotFoundError:  # gone since: it was written under another name first
                there.discard(name)
        for name in self._copied.keys() - there:
            os.unlink(os.path.join(self._target, name))
            del self._copied[name]

    def sync(self) -> None:
        """Let the copy survive a power cut."""
        for name in self._copied:
            fd = os.open(os.path.join(self._target, name), os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)
        for name in self._folders:
            sync_folder(os.path.join(self._target, name))

    def _files(self, folder: str) -> Iterator[str]:
        if folder not in self._folders:
            os.makedirs(os.path.join(self._target, folder), 0o700, exist_ok=True)
            self._folders.add(folder)
        try:
            entries = list(os.scandir(os.path.join(self._source, folder)))
        except FileNotFoundError:
            return
        if any(entry.name == _INDEX for entry in entries):
            return
        for entry in entries:
            name = os.path.join(folder, entry.name)
            if entry.is_dir(follow_symlinks=False):
                yield from self._files(name)
            elif entry.name != _LOCK and entry.is_file(follow_symlinks=False):
                yield name

    def _copy(self, name: str) -> None:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(os.path.join(self._source, name), flags), "rb") as old:
            status = os.fstat(old.fileno())
            state = _State(status.st_ino, status.st_size, status.st_mtime_ns)
            if self._copied.get(name) == state:
                return
            is_settled = state.modified_ns < time.time_ns() - _TICK_NS
            with open(os.path.join(self._target, name), "wb", opener=_private) as new:
                shutil.copyfileobj(old, new, _CHUNK)
        self._copied[name] = state if is_settled else None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
