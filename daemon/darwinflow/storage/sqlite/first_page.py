"""The first page of a damaged database, made anew in a copy that is read from.

It is written at nearly every commit, and without it SQLite reads nothing. What it holds is known: the header, and where the
pages of the schema lie. It is taken as it lies there, or from a new database, and is believed only where the schema that it
leads to, on pages whose checksums are right, is the one of today. All other pages are checked as ever.
"""

import os
import struct
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

import apsw

from darwinflow.model.errors import StoreError
from darwinflow.storage.sqlite.checksums import RESERVED_BYTES, checksum
from darwinflow.storage.sqlite.connection import connect_reader, let_go
from darwinflow.storage.sqlite.cut_off import copied
from darwinflow.storage.sqlite.fetch import fetch
from darwinflow.storage.sqlite.lost import size_of
from darwinflow.storage.sqlite.tenant import SqliteTenantStore

_HEADER_BYTES = 100
_PAGES = slice(28, 32)
_FREE_PAGES = slice(32, 40)


class _Fresh(NamedTuple):
    """Of a new database."""

    page: bytes
    schema: frozenset[tuple[str, ...]]


@contextmanager
def first_page_mended(path: str) -> Iterator[str | None]:
    """A copy beside *path* that has a sound first page, and goes at the end; None where *path* has one, or none is known.

    Nothing may have it open. Raises `StoreFull`, `StoreUnwritable`.
    """
    fresh = _fresh()
    size = len(fresh.page)
    page = _beginning(path, size)
    if len(page) < size or page[-RESERVED_BYTES:] == checksum(page[:-RESERVED_BYTES]):
        yield None
        return
    with copied(path) as copy:
        yield copy if any(_fits(copy, body, fresh) for body in (page, fresh.page)) else None


def _beginning(path: str, size: int) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(size)
    except OSError:
        return b""  # who opens it as a database says why


def _fresh() -> _Fresh:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "fresh.db")
        with closing(SqliteTenantStore(path)):
            pass
        with open(path, "rb") as file:
            header = file.read(_HEADER_BYTES)
            page = header + file.read(int.from_bytes(header[16:18]) - _HEADER_BYTES)
        return _Fresh(page, _schema(path))


def _fits(copy: str, body: bytes, fresh: _Fresh) -> bool:
    """Whether *copy* can be read with a new header and what follows it in the page *body*."""
    header = bytearray(fresh.page[:_HEADER_BYTES])
    header[_PAGES] = struct.pack(">I", (size_of(copy) or 0) // len(fresh.page))
    header[_FREE_PAGES] = bytes(8)  # which are free matters to who writes
    header[92:96] = header[24:28]
    content = bytes(header) + body[_HEADER_BYTES:-RESERVED_BYTES]
    with open(copy, "r+b") as file:
        file.write(content + checksum(content))
    try:
        return fresh.schema <= _schema(copy)
    except (apsw.Error, StoreError, UnicodeDecodeError):
        return False


def _schema(path: str) -> frozenset[tuple[str, ...]]:
    db = connect_reader(path)
    try:
        return frozenset(fetch(db, "SELECT type, name, tbl_name, ifnull(sql, '') FROM sqlite_schema"))
    finally:
        let_go(db)
