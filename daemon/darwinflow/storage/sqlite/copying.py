"""A copy of a database while others write into it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import apsw

from darwinflow.model.errors import StoreDamaged
from darwinflow.storage.sqlite.checksums import ask_for_checksums, checking_vfs, has_checksums
from darwinflow.storage.sqlite.connection import connect_reader, let_go
from darwinflow.storage.sqlite.faults import store_error
from darwinflow.storage.sqlite.fetch import fetch


def copy_database(path: str, target: str) -> None:
    """Make *target* the state that *path* has now: see `snapshot_of`."""
    with snapshot_of(path) as copy:
        copy(target)


@contextmanager
def snapshot_of(path: str) -> Iterator[Callable[[str], None]]:
    """The state that *path* has now, as what writes it to a new file while others write on; from any thread, in turn.

    Raises what `connect_reader` does.
    """
    source = connect_reader(path)
    try:
        try:
            source.execute("BEGIN")
            fetch(source, "SELECT count(*) FROM sqlite_schema")
        except apsw.Error as error:
            raise store_error(error, path) or error from error
        yield partial(_copy, source, path)
    finally:
        let_go(source)


def _copy(source: apsw.Connection, path: str, target: str) -> None:
    """Make *target*, one file without a WAL. Durable when it returns.

    Raises `StoreDamaged` where either is not whole, `StoreFull`, `StoreUnwritable`.
    """
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        copy = apsw.Connection(target, flags=apsw.SQLITE_OPEN_READWRITE, vfs=checking_vfs())
        try:
            if has_checksums(source):
                _begin_with_checksums(copy, source)
            with copy.backup("main", source, "main") as backup:
                backup.step(-1)
            copy.pragma("journal_mode", "delete")
            said = [row[0] for row in fetch(copy, "PRAGMA integrity_check(1)")]
        finally:
            let_go(copy)
    except apsw.Error as error:
        raise store_error(error, path) or error from error
    if said != ["ok"]:
        raise StoreDamaged(f"{path} is not whole: {said[0]}", hint="darwinflow storage verify says more")


def _begin_with_checksums(copy: apsw.Connection, source: apsw.Connection) -> None:
    """Write a first page of *copy*.

    A page has its checksum written only once the file says that its pages have some. Of a source with a WAL the pages
    come without, and those of a large copy are written before the first one is.
    """
    copy.pragma("page_size", source.pragma("page_size"))
    ask_for_checksums(copy)
    copy.pragma("user_version", 1)
