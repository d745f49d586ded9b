"""A database is replaced by one that was written beside it, and what was there is kept in `set-aside/`.

The new one has its name, `.repaired` behind the old one's, when it is whole and durable. From then on whoever opens the
database puts it into place first, so that somebody who is killed on the way leaves the old one or the new one.
"""

import logging
import os
from contextlib import suppress

from darwinflow.model.errors import StoreUnwritable
from darwinflow.storage.durable import make_folders, sync_folder
from darwinflow.storage.sqlite.lost import BESIDE

log = logging.getLogger(__name__)

_WHOLE = ".repaired"
_UNFINISHED = ".repairing"
_ASIDE = "set-aside"


def unfinished(path: str) -> str:
    """Where the database is written that is to replace *path*; what somebody has left there who was killed is removed."""
    for suffix in BESIDE:
        with suppress(FileNotFoundError):
            os.unlink(path + _UNFINISHED + suffix)
    return path + _UNFINISHED


def replace(path: str) -> str:
    """Put what lies at `unfinished`, closed, in the place of *path*; where the old one is kept. Raises `StoreUnwritable`."""
    written = path + _UNFINISHED
    try:
        for suffix in BESIDE[1:]:  # closed in order, it is one file
            with suppress(FileNotFoundError):
                os.unlink(written + suffix)
        file = os.open(written, os.O_RDWR | os.O_CLOEXEC)
        try:
            os.fsync(file)
        finally:
            os.close(file)
        os.rename(written, path + _WHOLE)
        sync_folder(os.path.dirname(path))
    except OSError as error:
        raise StoreUnwritable(f"{written} cannot be kept: {error.strerror}") from error
    kept = finish_replacing(path)
    assert kept is not None, "it was made above"
    return kept


def finish_replacing(path: str) -> str | None:
    """Go on with what `replace` had begun; where the old database is kept, None where nothing was begun.

    To be called while nothing has the database open. Raises `StoreUnwritable`.
    """
    whole = path + _WHOLE
    if not os.path.isfile(whole):
        return None
    folder, name = os.path.split(path)
    aside = os.path.join(folder, _ASIDE, f"{name}-damaged-{os.stat(whole).st_mtime_ns}")
    try:
        make_folders(aside, 0o700)
        for suffix in BESIDE:
            kept = os.path.join(aside, name + suffix)
            if os.path.lexists(path + suffix) and not os.path.lexists(kept):
                os.rename(path + suffix, kept)
        sync_folder(aside)
        os.rename(whole, path)
        sync_folder(folder)
    except OSError as error:
        raise StoreUnwritable(f"{whole} cannot take the place of {path}: {error.strerror}") from error
    log.warning("%s was repaired; what it was is kept in %s", path, aside)
    return aside
