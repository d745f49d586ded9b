"""Making folders, and what was renamed or made in them, survive a power cut: a folder is synced as a file is."""

import os
from contextlib import suppress


def sync_folder(path: str) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_folders(path: str, mode: int = 0o777) -> None:
    """Make the folder *path* and those above it that are missing, durably."""
    if os.path.isdir(path):
        return
    above = os.path.dirname(path)
    make_folders(above, mode)
    with suppress(FileExistsError):  # by another process; or a file, which opening tells of
        os.mkdir(path, mode)
    sync_folder(above)
