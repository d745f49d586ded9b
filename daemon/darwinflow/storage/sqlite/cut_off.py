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
    try:
        try:
            for part in ("", "-wal"):
                if size_of(path + part):
                    shutil.copyfile(path + part, path + _COPY + part)
                    os.chmod(path + _COPY + part, 0o600)
            os.truncate(path + _COPY, expected)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StoreFull(f"the disk with {path} is full", hint="nothing has been changed") from error
            raise StoreUnwritable(f"{path}{_COPY} cannot be written: {error.strerror}") from error
        yield path + _COPY
    finally:
        _remove(path)


def _remove(path: str) -> None:
    """Also what somebody has left who was killed."""
    for part in _PARTS:
        with suppress(FileNotFoundError):
            os.unlink(path + _COPY + part)
