"""What SQLite reports, as errors that a caller can act on."""

import os
import re

import apsw

from darwinflow.model.errors import StoreDamaged, StoreError, StoreFull, StoreUnwritable
from darwinflow.model.obstacles import obstacle_to_file
from darwinflow.storage.size_limit import beyond_limit, size_limit
from darwinflow.storage.sqlite.lost import BESIDE, mending, size_of

_UNREADABLE = frozenset(
    {
        apsw.SQLITE_IOERR_READ,
        apsw.SQLITE_IOERR_SHORT_READ,
        apsw.SQLITE_IOERR_DATA,
        apsw.SQLITE_IOERR_CORRUPTFS,
    }
)
_ROOM_NEEDED = 1 << 20
"""SQLite reports a full disk as an I/O error where it cannot size its shared memory; below this we call it full."""

_GROWTH_BYTES = 64 << 10
"""The most by which SQLite lets a file grow at once: a page, or a part of the shared memory."""

_IN_WORDS = {
    "attempt to write a readonly database": apsw.ReadOnlyError,
    "database disk image is malformed": apsw.CorruptError,
    "database is locked": apsw.BusyError,
    "database or disk is full": apsw.FullError,
    "disk I/O error": apsw.IOError,
    "file is not a database": apsw.NotADBError,
}
"""What fails inside a function of an extension arrives as `SQLError`, with the real error's words alone."""


_MISFIT = re.compile(r"no such (table|column)|has no column named|already exists|duplicate column name")
"""Of statements that are written down here and tried: the database has other tables than its number says."""


def cause_of(error: BaseException) -> BaseException:
    """The first error behind *error*.

    Where SQLite has undone a transaction by itself, what is raised is that there is nothing to roll back, and
    the reason hides in the context.
    """
    while isinstance(error.__context__, apsw.Error):
        error = error.__context__
    return error


def store_error(error: BaseException, path: str) -> StoreError | None:
    """What *error*, met in the database *path*, means to a caller; None where it is no trouble of the store."""
    if isinstance(error, StoreDamaged) and error.advice is None:
        return StoreDamaged(f"{path} is damaged: {error}", hint=mending(path))
    cause = cause_of(error)
    kind = _kind(cause)
    if issubclass(kind, (apsw.FullError, apsw.IOError)):
        if _is_full(path):
            return StoreFull(f"the disk with {path} is full")
        if _is_at_limit(path):
            return beyond_limit(path)
    if issubclass(kind, apsw.FullError):
        return StoreFull(f"the disk with {path} is full")
    if issubclass(kind, (apsw.CorruptError, apsw.NotADBError)) or (
        isinstance(cause, apsw.IOError) and getattr(cause, "extendedresult", None) in _UNREADABLE
    ):
        return StoreDamaged(f"{path} is damaged: {_damage(cause)}", hint=mending(path))
    if issubclass(kind, (apsw.BusyError, apsw.LockedError)):
        return StoreUnwritable(f"{path} is in use by another program", hint="end that program")
    if issubclass(
        kind, (apsw.ReadOnlyError, apsw.CantOpenError, apsw.PermissionsError, apsw.AuthError, apsw.IOError)
    ):
        for name in (path + suffix for suffix in BESIDE):
            obstacle = obstacle_to_file(name)
            if obstacle is not None:
                return StoreUnwritable(str(obstacle), hint=f"darwinflow daemon stop, then {obstacle.advice}")
        return StoreUnwritable(
            f"{path} cannot be written: {cause}", hint="give yourself the right to write there"
        )
    if isinstance(cause, apsw.SQLError) and _MISFIT.search(str(cause)):
        return StoreDamaged(f"{path} has not the tables that it says it has: {cause}", hint=mending(path))
    return None


def has_no_room(cause: BaseException, path: str) -> bool:
    """Whether *cause*, met at a commit, says that its last frame was not written: then nothing has happened."""
    return isinstance(cause, apsw.FullError) or (
        isinstance(cause, apsw.IOError)
        and getattr(cause, "extendedresult", None) == apsw.SQLITE_IOERR_WRITE
        and _is_at_limit(path)
    )


def _damage(cause: BaseException) -> str:
    if getattr(cause, "extendedresult", None) == apsw.SQLITE_IOERR_DATA:
        return "what a page of it holds does not fit its checksum"
    return str(cause)


def _kind(cause: BaseException) -> type[BaseException]:
    return _IN_WORDS.get(str(cause), apsw.SQLError) if isinstance(cause, apsw.SQLError) else type(cause)


def _is_at_limit(path: str) -> bool:
    """Whether some file of the database is as large as the session lets one be: SQLite says "I/O error" of it."""
    limit = size_limit()
    return limit is not None and any(
        (size_of(path + suffix) or 0) > limit - _GROWTH_BYTES for suffix in BESIDE
    )


def _is_full(path: str) -> bool:
    try:
        disk = os.statvfs(os.path.dirname(path))
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < _ROOM_NEEDED
