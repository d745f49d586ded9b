"""Journals of which something was refused are set aside and not removed: what a program said is never lost."""

import logging
import os

from darwinflow.recorder.paths import REFUSED_FOLDER

log = logging.getLogger(__name__)

MAX_BYTES = 64 << 20
"""Of all that is set aside; beyond it the oldest goes."""


def set_aside(path: str) -> None:
    """Move the journal at *path*, which is wholly read, into the folder beside it. Raises `OSError`."""
    folder = os.path.join(os.path.dirname(path), REFUSED_FOLDER)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    os.rename(path, os.path.join(folder, os.path.basename(path)))
    log.warning("%s is kept in %s: not all of it could be taken in", os.path.basename(path), folder)
    _make_room(folder)


def _make_room(folder: str) -> None:
    files = []
    for entry in os.scandir(folder):
        status = entry.stat(follow_symlinks=False)
        files.append((status.st_mtime_ns, status.st_size, entry.path))
    size = sum(each for _, each, _ in files)
    for _, each, path in sorted(files):
        if size <= MAX_BYTES:
            return
        os.unlink(path)
        log.warning("%s is removed: more than %d MiB are set aside", path, MAX_BYTES >> 20)
        size -= each
