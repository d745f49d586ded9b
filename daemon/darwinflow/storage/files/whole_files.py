"""Files that change together: each whole, and all of them or none.

A commit is a line in `commits.jsonl`, which is durable at once; the files are written from it, and are given time to
reach the disk. Before the lines go, the files are there. So whoever dies when, the lines that are left say what the
files must be, and saying it again changes nothing.
"""

import contextlib
import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from zlib import crc32

from darwinflow.model.errors import OutcomeUnknown
from darwinflow.storage.files.folder import troubles

log = logging.getLogger(__name__)

_COMMITS = "commits.jsonl"
_TEMPORARY = ".tmp"
_OURS_ALONE = 0o600
_MOST_BYTES = 1 << 20
"""Of commits, before the files are waited for and the lines go."""
ASIDE = "set-aside"


class Change(NamedTuple):
    """What a commit changes; paths are relative, with slashes."""

    whole: Mapping[str, str]
    """New contents by path."""
    appended: Mapping[str, tuple[int, str]]
    """By path, the size from which on a file goes on, and with what."""


class WholeFiles:
    """Below *path*, which is there. Owned by one process."""

    def __init__(self, path: str) -> None:
        """Finishes what was committed. Raises what `folder.troubles` names."""
        self.path = path
        self._unfinished: list[Change] = []
        """Committed, and not written into the files: something was in the way."""
        self._unsynced: set[str] = set()
        with troubles(path):
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            self._fd = os.open(self._path_of(_COMMITS), flags, _OURS_ALONE)
        self._size = 0
        try:
            self._recover()
        except BaseException:
            os.close(self._fd)
            raise

    def commit(self, change: Change) -> None:
        """Raises what `folder.troubles` names with nothing changed, and `OutcomeUnknown`."""
        with troubles(self.path):
            self._finish()
            if self._size > _MOST_BYTES:
                self._forget_commits()
            self._append(_line_of(change))
        self._unfinished.append(change)
        # It is committed, whatever becomes of what follows: the next commit, or opening, goes on with it.
        with contextlib.suppress(OSError):
            self._finish()

    def close(self) -> None:
        try:
            with contextlib.suppress(OSError):
                self._finish()
                self._forget_commits()
        finally:
            os.close(self._fd)

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
            kept = self._place_aside(name)
            os.rename(self._path_of(name), kept)
            return kept

    def copy_aside(self, name: str) -> str:
        """As `set_aside`, of what stays where it is until it is written anew."""
        with troubles(self._path_of(name)):
            kept = self._place_aside(name)
            shutil.copyfile(self._path_of(name), kept, follow_symlinks=False)
            os.chmod(kept, _OURS_ALONE)
            return kept

    def _recover(self) -> None:
        with troubles(self.path):
            for name in list(self.names()):
                if name.endswith(_TEMPORARY):
                    os.unlink(self._path_of(name))
            for line in self.read(_COMMITS).split(b"\n")[:-1]:
                change = _change_in(line)
                if change is None:
                    # What only this one said shows when the figures are compared with each other.
                    log.warning("%s has a line that is damaged and passed over", self._path_of(_COMMITS))
                    continue
                self._unfinished.append(change)
            self._finish()
            self._forget_commits()

    def _append(self, line: bytes) -> None:
        try:
            at = self._size
            while at - self._size < len(line):
                at += os.pwrite(self._fd, line[at - self._size :], at)
            os.fdatasync(self._fd)
        except OSError as error:
            try:
                os.ftruncate(self._fd, self._size)
                os.fsync(self._fd)
            except OSError:
                raise OutcomeUnknown(
                    f"{self.path}: writing failed ({error.strerror}) and may have taken effect; send the same again"
                ) from error
            raise
        if self._size == 0:
            _sync(self.path)
        self._size += len(line)

    def _finish(self) -> None:
        while self._unfinished:
            self._apply(self._unfinished[0])
            del self._unfinished[0]

    def _apply(self, change: Change) -> None:
        for name in (*change.whole, *change.appended):
            os.makedirs(os.path.dirname(self._path_of(name)), mode=0o700, exist_ok=True)
            self._unsynced.add(name)
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        for name, (size, text) in change.appended.items():
            with os.fdopen(os.open(self._path_of(name), flags, _OURS_ALONE), "wb") as file:
                file.truncate(size)
                file.seek(size)
                file.write(text.encode())
        for name, text in change.whole.items():
            path = self._path_of(name)
            with os.fdopen(os.open(path + _TEMPORARY, flags | os.O_TRUNC, _OURS_ALONE), "wb") as file:
                file.write(text.encode())
            os.rename(path + _TEMPORARY, path)

    def _forget_commits(self) -> None:
        folders = {self.path}
        for name in self._unsynced:
            path = self._path_of(name)
            with contextlib.suppress(FileNotFoundError):  # taken away by somebody: the next opening sees it
                _sync(path)
            folders.update((os.path.dirname(path), os.path.dirname(os.path.dirname(path))))
        for folder in folders:
            _sync(folder)
        self._unsynced.clear()
        os.ftruncate(self._fd, 0)
        os.fsync(self._fd)
        self._size = 0

    def _place_aside(self, name: str) -> str:
        stamp = os.stat(self._path_of(name)).st_mtime_ns
        kept = os.path.join(self.path, ASIDE, f"{name.replace('/', '_')}-{stamp}")
        os.makedirs(os.path.dirname(kept), mode=0o700, exist_ok=True)
        return kept

    def _path_of(self, name: str) -> str:
        return os.path.join(self.path, name)


def _line_of(change: Change) -> bytes:
    # ASCII: what is not UTF-8 in a name of a user's stays what it is.
    said = json.dumps({"whole": change.whole, "appended": change.appended}).encode("ascii")
    return b"%08x %b\n" % (crc32(said), said)


def _change_in(line: bytes) -> Change | None:
    """None where *line* is not what was written."""
    checksum, _, said = line.partition(b" ")
    if checksum != b"%08x" % crc32(said):
        return None
    fields = json.loads(said)
    appended = {name: (int(size), str(text)) for name, (size, text) in fields["appended"].items()}
    return Change(fields["whole"], appended)


def _no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC)


def _sync(path: str) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
