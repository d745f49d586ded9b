"""The one place that opens a database, with every setting and its reason."""

import errno
import logging
import os
import stat
import time
from contextlib import suppress
from typing import NamedTuple

import apsw

from darwinflow.model.errors import SchemaTooNew, StoreDamaged, StoreFull, StoreUnwritable
from darwinflow.model.obstacles import obstacle_to_file
from darwinflow.storage.sqlite.acknowledged import acknowledged, refuse_behind
from darwinflow.storage.sqlite.checksums import ask_for_checksums, checking_vfs, refuse_unchecked
from darwinflow.storage.sqlite.faults import store_error
from darwinflow.storage.sqlite.fetch import fetch
from darwinflow.storage.sqlite.lost import refuse_cut, refuse_cut_by_header, refuse_lost, remedy

log = logging.getLogger(__name__)

BUSY_TIMEOUT_MS = 5_000
"""Longer than any transaction of ours. Another process may hold the file: a backup, a second daemon of a team."""

LEAST_SQLITE = (3, 51, 3)
"""Below it a reset of the WAL may race with a checkpoint and lose a commit."""

_WAL_KEPT_BYTES = 64 << 20
"""A WAL that has grown beyond this is cut back at the next reset; it never shrinks by itself."""

_SCHEMAS = os.path.join(os.path.dirname(__file__), "schema")


class Kind(NamedTuple):
    """A kind of database: its mark in the file's header, and the folder of its numbered schema steps."""

    application_id: int
    schema: str

    def steps(self) -> list[str]:
        """Paths, in the order they are applied. Step n makes `user_version` n; a released step never changes."""
        folder = os.path.join(_SCHEMAS, self.schema)
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".sql")]


TENANT = Kind(0x44464C54, "tenant")
SYSTEM = Kind(0x44464C53, "system")


def connect(path: str, kind: Kind, *, is_known: bool = False) -> apsw.Connection:
    """Open *path* for writing, make it where it is missing, and bring its schema up to date.

    *is_known*: something has been stored in it before, so it is neither made nor filled where it is gone.
    Raises `SchemaTooNew` with the file untouched, `StoreDamaged`, `StoreFull`, `StoreUnwritable`.
    """
    _refuse_old_sqlite()
    path = _resolved(path)
    _refuse_obstacle(path)
    refuse_lost(path, is_known=is_known)
    _claim(path)
    _free_beside(path)
    try:
        db = _open(path)
        try:
            _prepare(db, path, kind)
        except BaseException:
            let_go(db)
            raise
    except apsw.Error as error:
        raise store_error(error, path) or error from error
    return db


def _free_beside(path: str) -> None:
    """SQLite makes its two files beside *path* with the mode of that one, and they outlive a time when it was read-only."""
    with suppress(OSError):
        if os.stat(path).st_mode & 0o600 != 0o600:
            return
    for beside in (f"{path}-wal", f"{path}-shm"):
        with suppress(OSError):
            status = os.lstat(beside)
            if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid():
                os.chmod(beside, stat.S_IMODE(status.st_mode) | 0o600)


def connect_reader(path: str) -> apsw.Connection:
    """Open *path*, which `connect` has opened before, for reading alone."""
    path = _resolved(path)
    try:
        db = _open(path)
        db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)
    except apsw.Error as error:
        raise store_error(error, path) or error from error
    return db


def let_go(db: apsw.Connection) -> None:
    """Close *db*. What fails then has failed before, or is a checkpoint that the next opening makes up for."""
    path = "a database"
    try:
        path = db.filename
        db.close()
    except apsw.Error as error:
        log.warning("closing %s failed: %s", path, error)


def _open(path: str) -> apsw.Connection:
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_NOFOLLOW
    db = apsw.Connection(path, flags=flags, vfs=checking_vfs())
    db.set_busy_timeout(BUSY_TIMEOUT_MS)
    # What lies in a file is data: it may neither run our functions from triggers and views nor be edited raw.
    db.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    db.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    # "text" in double quotes is a misspelt column, never a string.
    db.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 0)
    db.config(apsw.SQLITE_DBCONFIG_DQS_DML, 0)
    db.config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, 1)
    # Until we know that the file is ours: closing a foreign one must leave its WAL as it lies.
    db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    db.limit(apsw.SQLITE_LIMIT_ATTACHED, 0)
    return db


def _prepare(db: apsw.Connection, path: str, kind: Kind) -> None:
    steps = kind.steps()
    told = acknowledged(path)
    refuse_cut_by_header(db, path)
    refuse_cut(db, path)
    version = _version(db, path, kind, len(steps))
    refuse_unchecked(db, path)
    refuse_behind(db, path, told)
    db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)
    if not version:
        ask_for_checksums(db)
        # Of a new file: what is free can be given back in small steps. Others are compacted first.
        db.pragma("auto_vacuum", "incremental")
    _write_ahead(db)
    # An acknowledged commit survives a power cut; group commit pays for it.
    db.pragma("synchronous", "full")
    db.pragma("journal_size_limit", _WAL_KEPT_BYTES)
    # What is deleted is overwritten: erasing a run must not leave it in free pages.
    db.pragma("secure_delete", 1)
    if version < len(steps):
        _migrate(db, path, kind, steps)


def _write_ahead(db: apsw.Connection) -> None:
    """SQLite does not wait by itself while another connection to a new file does the same."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            db.pragma("journal_mode", "wal")
        except apsw.BusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return


def _version(db: apsw.Connection, path: str, kind: Kind, newest: int) -> int:
    version, application, tables = fetch(
        db,
        """
        SELECT user_version, application_id, (SELECT count(*) FROM sqlite_schema)
        FROM pragma_user_version, pragma_application_id
        """,
    )[0]
    if application != kind.application_id and (tables or application or version):
        raise StoreDamaged(f"{path} is not a {kind.schema} database of darwinflow", hint=remedy(path))
    if version > newest:
        raise SchemaTooNew(f"{path} has schema {version}; this version knows {newest}")
    return int(version)


def _migrate(db: apsw.Connection, path: str, kind: Kind, steps: list[str]) -> None:
    """All missing steps or none. The version is read again under the lock: another process may have been faster."""
    db.execute("BEGIN IMMEDIATE")
    try:
        for number in range(_version(db, path, kind, len(steps)) + 1, len(steps) + 1):
            with open(steps[number - 1], encoding="utf-8") as step:
                db.execute(step.read())
            db.pragma("user_version", number)
        db.pragma("application_id", kind.application_id)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _resolved(path: str) -> str:
    """With links among its folders followed: SQLite refuses any, and /home or /tmp may be one."""
    folder, name = os.path.split(os.path.abspath(path))
    return os.path.join(os.path.realpath(folder), name)


def _refuse_obstacle(path: str) -> None:
    obstacle = obstacle_to_file(path)
    if obstacle is not None:
        raise StoreUnwritable(str(obstacle), hint=obstacle.advice)


def _claim(path: str) -> None:
    """Make sure that the file *path* is ours alone; a new one is made with mode 0600.

    A file that is there is not opened: closing any descriptor of it would drop SQLite's locks on it.
    """
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        os.close(os.open(path, flags, 0o600))
    except FileExistsError:
        found = os.lstat(path)
        if found.st_uid != os.geteuid():
            raise StoreUnwritable(
                f"{path} belongs to another user", hint="make it yours: chown, as that user or root"
            ) from None
        if found.st_nlink != 1:
            raise StoreUnwritable(
                f"{path} has a second name (a hard link)",
                hint=f"remove that name: find -samefile {path}, below the folder where it may be",
            ) from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull(f"the disk with {path} is full") from error
        raise StoreUnwritable(
            f"{path} cannot be made: {error.strerror}", hint="give yourself the right to write there"
        ) from error


def _refuse_old_sqlite() -> None:
    if tuple(int(part) for part in apsw.sqlite_lib_version().split(".")) < LEAST_SQLITE:
        raise StoreUnwritable(
            f"SQLite {apsw.sqlite_lib_version()} may lose commits",
            hint="install apsw 3.51.3 or newer from its wheel",
        )
