"""A checksum in each page of a database, so that a bit that has flipped on the disk is told and never served.

SQLite's own, `cksumvfs`, whose library comes with apsw. It lies between SQLite and the system, writes a checksum into the
last eight bytes of each page, and fails to read a page whose checksum is another. WALs have checksums of their own.
"""

import logging
import os
import struct
import threading

import apsw

from darwinflow.model.errors import StoreUnwritable
from darwinflow.storage.sqlite.fetch import fetch

log = logging.getLogger(__name__)

RESERVED_BYTES = 8
"""Of each page, where its checksum lies. A database whose pages reserve so many has checksums."""

_VFS = "cksmvfs"
_LIBRARY = os.path.join(os.path.dirname(apsw.__file__), "sqlite_extra_binaries", "cksumvfs")
"""Where `apsw.sqlite_extra` finds it, too, which takes 50 ms to be imported."""
_ENDINGS = (".so", ".dylib", ".dll")
_loading = threading.Lock()


def checking_vfs() -> str | None:
    """The name of the VFS that checks, loaded once a process; None, for the system's own, where apsw lacks it."""
    with _loading:
        if _VFS not in apsw.vfs_names():
            _load()
        return _VFS if _VFS in apsw.vfs_names() else None


def checksum(content: bytes) -> bytes:
    """What the last eight bytes of a page are that begins with *content*: two sums, each fed with the other."""
    first = second = 0
    numbers = struct.unpack(f"<{len(content) // 4}I", content)
    for even, odd in zip(numbers[::2], numbers[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return struct.pack("<II", first, second)


def _load() -> None:
    library = next((path for end in _ENDINGS if os.path.exists(path := _LIBRARY + end)), None)
    if library is None:
        log.warning("this apsw has no %s: new databases have no page checksums", os.path.basename(_LIBRARY))
        return
    db = apsw.Connection(":memory:")
    try:
        db.config(apsw.SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1)
        db.load_extension(library)
    except apsw.Error as error:
        log.warning("new databases have no page checksums: %s", error)
    finally:
        db.close()


def ask_for_checksums(db: apsw.Connection) -> None:
    """Let the pages that are written have checksums: those of a new database, or all where `VACUUM` follows."""
    if db.open_vfs == _VFS:
        db.reserve_bytes(reserve=RESERVED_BYTES)


def has_checksums(db: apsw.Connection) -> bool:
    """Whether the pages of *db* have checksums, and are checked as they are read."""
    return fetch(db, "PRAGMA checksum_verification") == [("1",)]


def refuse_unchecked(db: apsw.Connection, path: str) -> None:
    """Raises `StoreUnwritable` where *db* has checksums that are not kept here: what we wrote would be told as damage.

    To be called after something was read from *db*.
    """
    if db.open_vfs != _VFS and db.reserve_bytes() == RESERVED_BYTES:
        raise StoreUnwritable(
            f"{path} has page checksums, and the library that keeps them is missing",
            hint="install apsw from its wheel, which brings cksumvfs",
        )
