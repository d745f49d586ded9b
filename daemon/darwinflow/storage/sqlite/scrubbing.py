"""Taking what was deleted out of a database's files: its pages, its WAL, and the space that is free then."""

import logging
import time

import apsw

from darwinflow.storage.sqlite.connection import connect_reader, let_go
from darwinflow.storage.sqlite.faults import store_error
from darwinflow.storage.sqlite.fetch import fetch

log = logging.getLogger(__name__)

_TRIES = 20
_AT_MOST_MS = 25
"""So long a try may keep the writer waiting for those who read."""
_BETWEEN_S = 0.05


def cut_wal(path: str) -> bool:
    """Let the WAL of *path* hold nothing any more, which deleted pages are in as they were; whether that was possible.

    Where somebody reads all the time it is not, and the WAL is written over later. Raises `StoreError`.
    """
    db = connect_reader(path)
    try:
        db.set_busy_timeout(_AT_MOST_MS)
        for _ in range(_TRIES):
            try:
                is_busy = fetch(db, "PRAGMA wal_checkpoint(TRUNCATE)")[0][0]
            except apsw.BusyError:
                is_busy = True
            if not is_busy:
                return True
            time.sleep(_BETWEEN_S)
    except apsw.Error as error:
        raise store_error(error, path) or error from error
    finally:
        let_go(db)
    log.info("the WAL of %s is in use; what was deleted leaves it when it is next begun anew", path)
    return False


def give_back(db: apsw.Connection, pages: int) -> int:
    """Give up to *pages* free pages back to the disk, in the transaction that is under way; how many are left then.

    0 where the database was made by an older version and keeps them until it is compacted.
    """
    if fetch(db, "PRAGMA auto_vacuum") != [(2,)]:
        return 0
    fetch(db, f"PRAGMA incremental_vacuum({pages:d})")
    return int(fetch(db, "PRAGMA freelist_count")[0][0])
