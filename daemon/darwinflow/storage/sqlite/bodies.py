"""Where the body of a run's log is kept. Each row says how, so that a better way may come beside what is there.

Every statement about `run_body` and `run_piece` is in this file, but those of salvaging and of the index of files.
"""

from functools import partial
from typing import Final, Protocol

import apsw

from darwinflow.model.run import ExecutionLog
from darwinflow.storage.compression import Compression
from darwinflow.storage.log_codec import dump_body, load_log
from darwinflow.storage.sqlite.dictionaries import kept_dictionary
from darwinflow.storage.sqlite.fetch import fetch

_PIECE_BYTES: Final = 492
"""Eight of them, with what SQLite writes beside each, fill a page of 4 KiB that ends in a checksum."""
_MOST_PIECES: Final = 32
"""Also in the numbers of `run_piece`. A longer body is one row: what it wastes, half a page, is little of it."""


class Bodies(Protocol):
    """Of one connection."""

    def keep(self, log: ExecutionLog) -> tuple[int, bytes]:
        """The codec of *log* and what `put_body` shall be given."""
        ...

    def load(self, codec: int, body: bytes) -> ExecutionLog:
        """Raises `StoreDamaged`."""
        ...


class CompressedBodies:
    """In the row itself."""

    __slots__ = ("_compression",)

    def __init__(self, db: apsw.Connection) -> None:
        self._compression = Compression(partial(kept_dictionary, db))

    def keep(self, log: ExecutionLog) -> tuple[int, bytes]:
        return self._compression.codec, self._compression.pack(dump_body(log))

    def load(self, codec: int, body: bytes) -> ExecutionLog:
        return load_log(self._compression.unpack(codec, body))


def put_body(db: apsw.Connection, number: int, codec: int, body: bytes) -> None:
    """Of a run that has none."""
    first, pieces = _parted(number, body)
    db.execute(
        "INSERT INTO run_body (run, codec, body) VALUES (:run, :codec, :body)",
        {"run": number, "codec": codec, "body": first},
    )
    _put_pieces(db, pieces)


def replace_body(db: apsw.Connection, number: int, codec: int, body: bytes) -> None:
    first, pieces = _parted(number, body)
    row = {"run": number, "codec": codec, "body": first, "piece": _PIECE_BYTES}
    had_none = fetch(
        db,
        """
        UPDATE run_body SET codec = :codec, body = :body
        WHERE run = :run AND length(body) <> :piece RETURNING 1
        """,
        row,
    )
    if not had_none:
        fetch(
            db,
            "DELETE FROM run_piece WHERE number >= :first AND number < :end",
            {"first": number * _MOST_PIECES, "end": (number + 1) * _MOST_PIECES},
        )
        db.execute("UPDATE run_body SET codec = :codec, body = :body WHERE run = :run", row)
    _put_pieces(db, pieces)


def body_of(db: apsw.Connection, number: int) -> tuple[int, bytes]:
    """Codec and body. Raises `IndexError` where the run has none."""
    codec, first = fetch(db, "SELECT codec, body FROM run_body WHERE run = :run", {"run": number})[0]
    if len(first) != _PIECE_BYTES:
        return codec, first
    pieces = fetch(
        db,
        "SELECT body FROM run_piece WHERE number >= :first AND number < :end ORDER BY number",
        {"first": number * _MOST_PIECES, "end": (number + 1) * _MOST_PIECES},
    )
    return codec, b"".join([first, *[piece for (piece,) in pieces]])


def _parted(number: int, body: bytes) -> tuple[bytes, list[tuple[int, bytes]]]:
    """What lies in `run_body`, and rows of `run_piece`."""
    if not _PIECE_BYTES < len(body) <= _PIECE_BYTES * _MOST_PIECES:
        return body, []
    rest = range(_PIECE_BYTES, len(body), _PIECE_BYTES)
    numbers = range(number * _MOST_PIECES, (number + 1) * _MOST_PIECES)
    return body[:_PIECE_BYTES], [
        (place, body[at : at + _PIECE_BYTES]) for place, at in zip(numbers, rest, strict=False)
    ]


def _put_pieces(db: apsw.Connection, pieces: list[tuple[int, bytes]]) -> None:
    if pieces:
        db.executemany("INSERT INTO run_piece (number, body) VALUES (?, ?)", pieces)
