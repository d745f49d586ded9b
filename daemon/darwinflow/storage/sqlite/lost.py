"""Whether a database file still is what was left: not gone, not emptied, not cut.

SQLite takes a missing or an empty file for a new database, and throws away the WAL that lies beside it. Who has
lost a file should be told before that, and say what to do.
"""

import logging
import os
import re
import shlex

import apsw

from darwinflow.model.errors import StoreDamaged, StoreUnwritable
from darwinflow.storage.durable import make_folders, sync_folder
from darwinflow.storage.sqlite.acknowledged import SUFFIX, acknowledged

log = logging.getLogger(__name__)

BESIDE = ("", "-wal", "-shm", "-journal", SUFFIX)
"""What belongs to one database, behind its name."""

FileIdentity = tuple[int, int]
"""Device and inode."""

_OF_ORGANIZATION = re.compile(r"(tenant-)?[a-z0-9]{8,32}\.db")
"""The names of databases that hold runs: in the data directory, and in a folder that the settings name."""
_SYSTEM = "system.db"
_ANEW = ".anew"
_ASIDE = "set-aside"
_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_WAL_HEADER_BYTES = 32
_FRAME_HEADER_BYTES = 24
_PAGE_OF_LOCKS = 0x40000000
"""The byte that SQLite locks in the main file; the page that holds it is never written."""


def mending(path: str) -> str:
    """What can be done about a damaged database, of which something is there; a daemon may have it open."""
    name, by_hand = os.path.basename(path), f"darwinflow daemon stop, then {remedy(path)}"
    if name == _SYSTEM:
        return f"darwinflow storage repair, which makes it anew for the history beside it; or {by_hand}"
    if _OF_ORGANIZATION.fullmatch(name) is None:
        return by_hand
    return f"darwinflow storage repair, which keeps what can be read; or {by_hand}"


def remedy(path: str) -> str:
    """What can be done about a database that is lost, or damaged so that nothing can be read of it."""
    name = os.path.basename(path)
    beside = [name + suffix for suffix in ("-wal", SUFFIX) if size_of(path + suffix)]
    without = f", without {' and '.join(beside)}" if beside else ""
    return f"put a copy of it in its place{without}; or begin anew, with what is left set aside: touch {anew(path)}"


def anew(path: str) -> str:
    """The empty file by which the user says that the database *path* shall begin anew, quoted for a shell."""
    return shlex.quote(path + _ANEW)


def ask_anew(path: str) -> None:
    """Say what `anew` lets the user say. Raises `StoreUnwritable`."""
    try:
        with open(path + _ANEW, "ab", opener=lambda name, flags: os.open(name, flags, 0o600)):
            pass
        sync_folder(os.path.dirname(path))
    except OSError as error:
        raise StoreUnwritable(f"{path}{_ANEW} cannot be written: {error.strerror}") from error


def set_aside_where_told(path: str) -> bool:
    """Move what is left of *path* into `set-aside/` beside it where the user has asked for that; whether they have.

    To be called while nothing has the database open. A kill half way leaves the rest to the next call.
    """
    told = path + _ANEW
    if not os.path.isfile(told):
        return False
    try:
        _set_aside(path, told)
    except OSError as error:
        raise StoreUnwritable(f"{path} cannot be set aside: {error.strerror}") from error
    return True


def _set_aside(path: str, told: str) -> None:
    folder, name = os.path.split(path)
    aside = os.path.join(folder, _ASIDE, f"{name}-{os.stat(told).st_mtime_ns}")
    make_folders(aside, 0o700)
    for suffix in BESIDE:
        kept = os.path.join(aside, name + suffix)
        if os.path.lexists(path + suffix) and not os.path.lexists(kept):
            os.rename(path + suffix, kept)
    sync_folder(aside)
    sync_folder(folder)
    os.unlink(told)
    sync_folder(folder)
    log.warning("%s was set aside in %s, as the user asked: it begins anew", path, aside)


def refuse_lost(path: str, *, is_known: bool) -> None:
    """Raises `StoreDamaged` where *path* is missing or empty though something has been stored in it.

    *is_known* says so; a WAL that holds something does, too: it is made after the file's first page is written; and so
    does what was acknowledged.
    """
    size = size_of(path)
    if size or not (is_known or size_of(f"{path}-wal") or acknowledged(path)):
        return
    what = "is missing" if size is None else "is empty (0 bytes)"
    hint = mending(path) if os.path.basename(path) == _SYSTEM else remedy(path)
    raise StoreDamaged(f"{path} {what}, though history was stored in it", hint=hint)


def refuse_cut_by_header(db: apsw.Connection, path: str) -> None:
    """Raises `StoreDamaged` where *path* is shorter than its own header says. To be called before any statement."""
    if size_of(f"{path}-wal"):
        return  # what the file lacks may lie there: `refuse_cut` looks
    _, header = db.read("main", 0, 0, _HEADER_BYTES)
    _refuse_shorter(path, _size_in(header))


def size_by_header(path: str) -> int:
    """How many bytes *path* should have by what it says itself; 0 where it does not. Nothing may have it open."""
    try:
        with open(path, "rb") as file:
            return _size_in(file.read(_HEADER_BYTES))
    except OSError:
        return 0


def _size_in(header: bytes) -> int:
    if not header.startswith(_MAGIC) or header[24:28] != header[92:96]:
        return 0  # the number of pages was written by a program that does not keep it
    pages, page_size = int.from_bytes(header[28:32]), int.from_bytes(header[16:18])
    return pages * (65_536 if page_size == 1 else page_size)


def refuse_cut(db: apsw.Connection, path: str) -> None:
    """Raises `StoreDamaged` where pages are neither in *path* nor in its WAL. To be called before the schema is read.

    A daemon that was killed leaves a file that is shorter than the database: the rest lies in the WAL.
    """
    wal_size = size_of(f"{path}-wal")
    if not wal_size:
        return
    db.pragma("user_version")  # opens the WAL
    page_size, pages, in_wal = _committed(db, wal_size)
    there = (size_of(path) or 0) // (page_size or 1)
    lacking = set(range(there + 1, pages + 1)) - {_PAGE_OF_LOCKS // (page_size or 1) + 1}
    if not lacking <= in_wal:
        _refuse_shorter(path, pages * page_size)


def identity_of(path: str) -> FileIdentity | None:
    """Which file *path* is; None where there is none, or an empty one, which no database is."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return None
    return (status.st_dev, status.st_ino) if status.st_size else None


def refuse_moved(path: str, opened: FileIdentity | None) -> None:
    """Raises `StoreDamaged` where *path* is not the file any more that was *opened*: SQLite would go on writing there,
    and what it says is stored would be gone with it."""
    if identity_of(path) != opened:
        what = "removed, emptied or replaced"
        raise StoreDamaged(
            f"{path} was {what} while it was open; nothing more is written",
            hint=f"put it back as it was, or darwinflow daemon stop, then {remedy(path)}",
        )


def size_of(path: str) -> int | None:
    """In bytes; None where there is no such file. It is not opened: closing it would drop SQLite's locks."""
    try:
        return os.lstat(path).st_size
    except FileNotFoundError:
        return None


def _refuse_shorter(path: str, expected: int) -> None:
    size = size_of(path) or 0
    if size < expected:
        raise StoreDamaged(f"{path} is cut off: {size} of {expected} bytes are there", hint=mending(path))


def _committed(db: apsw.Connection, size: int) -> tuple[int, int, set[int]]:
    """Of the WAL of *size* bytes: its page size, the database's number of pages, and the numbers of those it holds."""
    _, header = db.read("main", 1, 0, _WAL_HEADER_BYTES)
    page_size, salts = int.from_bytes(header[8:12]), header[16:24]
    pages = 0
    committed: set[int] = set()
    begun: set[int] = set()
    for at in range(_WAL_HEADER_BYTES, size, _FRAME_HEADER_BYTES + page_size):
        _, frame = db.read("main", 1, at, _FRAME_HEADER_BYTES)
        if frame[8:16] != salts:
            break  # left over from before the WAL was last begun again
        begun.add(int.from_bytes(frame[0:4]))
        if any(frame[4:8]):
            pages = int.from_bytes(frame[4:8])
            committed |= begun
    return page_size, pages, committed
