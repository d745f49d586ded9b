"""A copy of a database while others write into it."""

import os

import apsw

from darwinflow.model.errors import StoreDamaged
from darwinflow.storage.sqlite.checksums import checking_vfs
from darwinflow.storage.sqlite.connection import connect_reader, let_go
from darwinflow.storage.sqlite.faults import store_error
from darwinflow.storage.sqlite.fetch import fetch


def copy_database(path: str, target: str) -> None:
    """Make *target*, one file without a WAL, the state that *path* has now. Durable when it returns.

    Raises `StoreDamaged` where either is not whole, `StoreFull`, `StoreUnwritable`.
    """
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        source = connect_reader(path)
        copy = apsw.Connection(target, flags=apsw.SQLITE_OPEN_READWRITE, vfs=checking_vfs())
        try:
            # In one step: it reads one state, and others' commits do not begin it anew.
            with copy.backup("main", source, "main") as backup:
                backup.step(-1)
            copy.pragma("journal_mode", "delete")
            said = [row[0] for row in fetch(copy, "PRAGMA integrity_check(1)")]
        finally:
            let_go(copy)
            let_go(source)
    except apsw.Error as error:
        raise store_error(error, path) or error from error
    if said != ["ok"]:
        raise StoreDamaged(f"{path} is not whole: {said[0]}", hint="darwinflow storage verify says more")
