"""Whose database a file is, as it says itself: its name alone does not tell that it was put in the place of another."""

from contextlib import closing, suppress

import apsw

from darwinflow.model.errors import StoreDamaged
from darwinflow.storage.sqlite.fetch import fetch


def claim(db: apsw.Connection, path: str, organization: str) -> None:
    """Raises `StoreDamaged` where *db*, the database *path*, is another organization's; one that is nobody's is noted."""
    owner = _owner(db)
    if owner is None:
        with suppress(
            apsw.FullError, apsw.IOError
        ):  # the next opening does it; reading goes on where a disk is full
            _note(db, organization)
        owner = _owner(db) or organization
    if owner != organization:
        raise StoreDamaged(
            f"{path} is the database of another organization ({owner}): it was put in the place of this one's, {organization}",
            hint=f"put {path} back as it was, or a copy of it, and the other one where it belongs",
        )


def give(path: str, before: str, after: str) -> None:
    """Let the database *path* be the organization *after*'s, where it is that of *before*. Nothing may have it open."""
    from darwinflow.storage.sqlite.connection import TENANT, connect

    with closing(connect(path, TENANT, is_known=True)) as db:
        if _owner(db) in (None, before):
            _note(db, after)


def _owner(db: apsw.Connection) -> str | None:
    rows = fetch(db, "SELECT organization FROM owner")
    return str(rows[0][0]) if rows else None


def _note(db: apsw.Connection, organization: str) -> None:
    fetch(
        db,
        "INSERT OR REPLACE INTO owner (number, organization) VALUES (1, :organization)",
        {"organization": organization},
    )
