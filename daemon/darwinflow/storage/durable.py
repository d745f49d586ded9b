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


def append_at(path: str, content: bytes, at: int, *, durable: bool = True) -> None:
    """Write *content* at the end *at* of a file of ours alone. Where that fails, it is as it was, or as a crash would leave it."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        done = 0
        while done < len(content):
            done += os.pwrite(fd, content[done:], at + done)
        if durable:
            os.fsync(fd)
    except OSError:
        with suppress(OSError):
            os.ftruncate(fd, at)
        raise
    finally:
        os.close(fd)


def write_durably(path: str, content: bytes) -> None:
    """Make *content* all that the file *path* holds, in the place of what is there."""
    temporary = f"{path}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.rename(temporary, path)
    sync_folder(os.path.dirname(path))
