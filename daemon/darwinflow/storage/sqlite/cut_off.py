"""A database file that was cut, as a copy of the size that it should have.

SQLite reads nothing of a file that is shorter than it says. In the copy what was cut off is pages of zeros, which are of no
kind that SQLite knows: whatever lies there is an error, and all that lies before can be read.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from darwinflow.model.errors import StoreFull, StoreUnwritable
from darwinflow.storage.sqlite.lost import size_by_header, size_of

_COPY = ".reading"
_PARTS = ("", "-wal", "-shm", "-journal")


@contextmanager
def full_sized(path: str) -> Iterator[str]:
    """*path*, or where that is shorter than it says a copy beside it, which goes at the end. Nothing may have it open.

    Raises `StoreFull`, `StoreUnwritable`.
    """
    _remove(path)
    expected = size_by_header(path)
    if expected <= (size_of(path) or 0):
        yield path
        return
    with copied(path) as copy:
        try:
            os.truncate(copy, expected)
        except OSError as error:
            raise _told(error, path) from error
        yield copy


@contextmanager
def copied(path: str) -> Iterator[str]:
    """A copy beside *path*, which goes at the end. Nothing may have it open. Raises `StoreFull`, `StoreUnwritable`."""
    _remove(path)
    try:
        try:
            for part in ("", "-wal"):
                if size_of(path + part):
                    shutil.copyfile(path + part, path + _COPY + part)
                    os.chmod(path + _COPY + part, 0o600)
        except OSError as error:
            raise _told(error, path) from error
        yield path + _COPY
    finally:
        _remove(path)


def _told(error: OSError, path: str) -> StoreFull | StoreUnwritable:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreFull(f"the disk with {path} is full", hint="nothing has been changed")
    return StoreUnwritable(f"{path}{_COPY} cannot be written: {error.strerror}")


def _remove(path: str) -> None:
    """Also what somebody has left who was killed."""
    for part in _PARTS:
        with suppress(FileNotFoundError):
            os.unlink(path + _COPY + part)
