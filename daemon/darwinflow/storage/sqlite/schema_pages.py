"""The schema of a damaged database, made anew in a copy that is read from.

Without it SQLite reads nothing, though every page of runs may be whole. What it says is known: it is made by numbered steps,
and the pages where its tables and indexes begin follow from their order, which is that of a new database, or of one that was
written anew in one go. Such a schema is believed only where no table or index that it leads to contradicts it.
"""

import os
import struct
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

import apsw

from darwinflow.model.errors import StoreError
from darwinflow.storage.sqlite.checksums import RESERVED_BYTES, checking_vfs, checksum
from darwinflow.storage.sqlite.compacting import compact_database
from darwinflow.storage.sqlite.connection import connect_reader, let_go
from darwinflow.storage.sqlite.cut_off import copied
from darwinflow.storage.sqlite.damaged_rows import UNREADABLE
from darwinflow.storage.sqlite.fetch import fetch
from darwinflow.storage.sqlite.lost import size_of
from darwinflow.storage.sqlite.tenant import SqliteTenantStore

_HEADER_BYTES = 100
_LEAST_SIZE = 512
"""Of a page; all are powers of two."""
_PAGES = slice(28, 32)
_CHANGES, _CHANGES_AT_PAGES = slice(24, 28), slice(92, 96)
_LARGEST_ROOT, _VERSION, _KIND = slice(52, 56), slice(60, 64), slice(68, 72)
_INNER_PAGE = 5
_LAST_CHILD = _HEADER_BYTES + 8
_CELLS = _HEADER_BYTES + 12
_PAGE_OF_LOCKS = 0x40000000
_PAGE_IS_DAMAGED = "error code"
"""In what SQLite says of a page that it cannot read: of where that page belongs it says nothing."""


class _Schema(NamedTuple):
    """Of a database that holds nothing."""

    first: bytes
    """Its first page, of the kind that leads to others."""
    leaves: list[bytes]
    places: list[int]
    """Where in the first page the number of each leaf stands."""


@contextmanager
def schema_mended(path: str) -> Iterator[str | None]:
    """A copy beside *path* whose schema is sound, and which goes at the end; None where *path* has one, or none is known.

    Nothing may have it open. Raises `StoreFull`, `StoreUnwritable`.
    """
    with copied(path) as copy:
        first = _checked_first_page(copy)
        if first is None or _is_schema_readable(copy):
            yield None
        else:
            yield copy if any(_fits(copy, first, schema) for schema in _known()) else None


def _checked_first_page(copy: str) -> bytes | None:
    """With the WAL in it; None where it is damaged itself."""
    try:
        db = apsw.Connection(copy, flags=apsw.SQLITE_OPEN_READWRITE, vfs=checking_vfs())
        try:
            db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        finally:
            let_go(db)
    except apsw.Error:
        return None
    with open(copy, "rb") as file:
        size = _number(file.read(_HEADER_BYTES), 16, 2)
        file.seek(0)
        page = file.read(size)
    is_a_page = len(page) == size >= _LEAST_SIZE and size & (size - 1) == 0
    return page if is_a_page and page[-RESERVED_BYTES:] == checksum(page[:-RESERVED_BYTES]) else None


def _is_schema_readable(copy: str) -> bool:
    db = connect_reader(copy)
    try:
        fetch(db, "SELECT count(sql) FROM sqlite_schema")
    except (apsw.Error, StoreError):
        return False
    finally:
        let_go(db)
    return True


def _known() -> Iterator[_Schema]:
    """That of a new database, and of one that was written anew."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "fresh.db")
        with closing(SqliteTenantStore(path)):
            pass
        for is_compact in (False, True):
            if is_compact:
                compact_database(path, is_system=False)
            with open(path, "rb") as file:
                content = file.read()
            size = int.from_bytes(content[16:18])
            first = content[:size]
            if first[_HEADER_BYTES] != _INNER_PAGE:
                continue
            places = [
                *struct.unpack_from(f">{_number(first, _HEADER_BYTES + 3, 2)}H", first, _CELLS),
                _LAST_CHILD,
            ]
            leaves = [_number(first, place, 4) for place in places]
            yield _Schema(first, [content[(leaf - 1) * size : leaf * size] for leaf in leaves], places)


def _fits(copy: str, first: bytes, schema: _Schema) -> bool:
    """Whether *copy*, of which *first* was the first page, can be read with *schema*, whose leaves come behind its end."""
    if any(first[part] != schema.first[part] for part in (slice(16, 24), _LARGEST_ROOT, _VERSION, _KIND)):
        return False
    size = len(first)
    end = max(_number(first, _PAGES.start, 4), (size_of(copy) or 0) // size)
    numbers = [n for n in range(end + 1, end + 2 + len(schema.leaves)) if n != _PAGE_OF_LOCKS // size + 1]
    page = bytearray(first[:_HEADER_BYTES] + schema.first[_HEADER_BYTES:-RESERVED_BYTES])
    with open(copy, "r+b") as file:
        for number, leaf, place in zip(numbers, schema.leaves, schema.places, strict=False):
            file.seek((number - 1) * size)
            file.write(leaf)
            page[place : place + 4] = struct.pack(">I", number)
            page[_PAGES] = struct.pack(">I", number)
        page[_CHANGES_AT_PAGES] = page[_CHANGES]
        file.seek(0)
        file.write(page + checksum(bytes(page)))
    return not _is_contradicted(copy)


def _is_contradicted(copy: str) -> bool:
    """Whether any table, or an index of it, is not what the schema says that it is."""
    db = connect_reader(copy)
    try:
        tables = fetch(db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0")
        return any(_fault_in(db, name) for (name,) in tables)
    except (*UNREADABLE, StoreError):
        return True
    finally:
        let_go(db)


def _fault_in(db: apsw.Connection, table: str) -> bool:
    try:
        said = fetch(db, f"PRAGMA integrity_check('{table}')")  # a name of the schema
    except UNREADABLE:
        return False
    return said != [("ok",)] and not any(_PAGE_IS_DAMAGED in one for (one,) in said)


def _number(content: bytes, at: int, size: int) -> int:
    return int.from_bytes(content[at : at + size])
