"""The folder of a backup that is being made: held by who makes it, so that what a killed one has left is told from it."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress

UNFINISHED = ".unfinished"
"""How the name of a folder ends that is no backup yet."""


@contextmanager
def held(folder: str) -> Iterator[None]:
    """For as long as files are written into *folder*, which the kernel lets go of with the process."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(fd)


def remove_left(backup: str) -> None:
    """What somebody has left who was killed while making *backup*; nothing where it is still being made."""
    with suppress(OSError):
        folder = backup + UNFINISHED
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(fd)
