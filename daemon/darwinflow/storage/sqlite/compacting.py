"""Giving the space of what was deleted back to the disk."""

import apsw

from darwinflow.storage.sqlite.checksums import ask_for_checksums
from darwinflow.storage.sqlite.connection import SYSTEM, TENANT, connect, let_go
from darwinflow.storage.sqlite.faults import store_error


def compact_database(path: str, *, is_system: bool) -> None:
    """Write *path* anew without its free pages. Nothing else may have it open; the disk needs room for it once more.

    Killed at any moment, it leaves the database as it was. Raises `StoreFull` and what opening a database raises.
    """
    db = connect(path, SYSTEM if is_system else TENANT, is_known=True)
    try:
        db.limit(apsw.SQLITE_LIMIT_ATTACHED, 1)  # the database that is written, which SQLite attaches itself
        # Also of a file that an older version has made.
        db.pragma("auto_vacuum", "incremental")
        ask_for_checksums(db)
        db.execute("VACUUM")
    except apsw.Error as error:
        raise store_error(error, path) or error from error
    finally:
        let_go(db)
