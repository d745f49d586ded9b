"""How far what was acknowledged goes, in a small file beside a database.

Of a WAL that was damaged, cut or removed after a crash SQLite takes what it still can read, and says nothing of the
rest. The number of changes that the database holds is written here after each commit and before its callers are told,
so the database is never behind it, whoever is killed. It is not synced: after a power cut it may be behind, never ahead.
A database whose commits are not synced either may be behind after a power cut, so none is kept of that.
"""

import logging
import os
import shlex
from contextlib import suppress

import apsw

from darwinflow.model.errors import StoreDamaged
from darwinflow.storage.sqlite.fetch import fetch

log = logging.getLogger(__name__)

SUFFIX = "-acknowledged"

_DIGITS = 20
"""Always as many, so that a shorter number leaves nothing of a longer one."""


class Acknowledged:
    """That of the database *path*. A file that cannot be written costs the check, not the commit."""

    __slots__ = ("_is_kept", "_is_told", "_noted", "_path")

    def __init__(self, path: str, *, is_kept: bool = True) -> None:
        """*is_kept*: else nothing is written, and `begin` removes what is there."""
        self._is_kept = is_kept
        self._path = path + SUFFIX
        self._is_told = False
        self._noted = 0

    def begin(self) -> None:
        """The database is open, and is not behind."""
        if not self._is_kept:
            with suppress(FileNotFoundError):
                os.unlink(self._path)

    def note(self, changes: int) -> None:
        """So many `changes_in` the database are durable."""
        if changes == self._noted or not self._is_kept:
            return
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            file = os.open(self._path, flags, 0o600)
            try:
                os.pwrite(file, b"%0*d\n" % (_DIGITS, changes), 0)
            finally:
                os.close(file)
            self._noted = changes
        except OSError as error:
            if not self._is_told:
                log.warning("%s cannot be written, so a lost WAL would not be noticed: %s", self._path, error)
            self._is_told = True


def acknowledged(path: str) -> int:
    """The changes in the database *path* that somebody was told are stored; 0 where nobody knows."""
    try:
        with open(path + SUFFIX, "rb") as file:
            return int(file.read(_DIGITS + 1))
    except (OSError, ValueError):
        return 0


def changes_in(db: apsw.Connection) -> int:
    """How many events, and entries of its outbox, *db* has ever been given. It never falls: their numbers are not reused.

    Raises `apsw.SQLError` where *db* has no tables yet.
    """
    return int(fetch(db, "SELECT coalesce(sum(seq), 0) FROM sqlite_sequence")[0][0])


def refuse_behind(db: apsw.Connection, path: str, told: int) -> None:
    """Raises `StoreDamaged` where *db* lacks some of the changes *told*, which were read before its transaction began."""
    if not told:
        return
    has_tables = fetch(db, "SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'")
    lacking = told - (changes_in(db) if has_tables else 0)
    if lacking > 0:
        what = "the last change that was" if lacking == 1 else f"the last {lacking} changes that were"
        name = os.path.basename(path)
        raise StoreDamaged(
            f"{path} lacks {what} stored in it: {name}-wal was removed or damaged, or an older copy was put back",
            hint=f"bring {name}-wal back as it was; or go on without them: rm {shlex.quote(path + SUFFIX)}",
        )
