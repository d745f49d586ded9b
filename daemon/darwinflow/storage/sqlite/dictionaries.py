"""The dictionaries that bodies are packed with, copied into the database. Every statement about them is in this file."""

import apsw

from darwinflow.storage.compression import NEWEST_DICTIONARY, shipped_dictionary
from darwinflow.storage.sqlite.fetch import fetch


def keep_dictionary(db: apsw.Connection) -> None:
    """Copy what is packed with from now on into *db*, where it is not there."""
    if fetch(db, "SELECT 1 FROM dictionary WHERE number = :number", {"number": NEWEST_DICTIONARY}):
        return
    fetch(
        db,
        "INSERT INTO dictionary (number, content) VALUES (:number, :content) ON CONFLICT DO NOTHING",
        {"number": NEWEST_DICTIONARY, "content": shipped_dictionary(NEWEST_DICTIONARY)},
    )


def kept_dictionary(db: apsw.Connection, number: int) -> bytes | None:
    rows = fetch(db, "SELECT content FROM dictionary WHERE number = :number", {"number": number})
    return bytes(rows[0][0]) if rows else None
