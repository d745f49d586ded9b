"""What a backup holds of a database server, and what it does not: runs and what is kept beside them, as an export."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from darwinflow.model.errors import StoreError
from darwinflow.model.stores import POSTGRES, StoreChoice, Stores
from darwinflow.recorder.paths import Home
from darwinflow.storage.exporting import Kept, export, kept_of
from darwinflow.storage.opening import open_identity, open_organization
from darwinflow.storage.run_file import FiledRun

if TYPE_CHECKING:
    from darwinflow.storage.organization import OrganizationStores

RUNS = "runs.jsonl.zst"
"""In the folder of a backup, with its index beside it."""
UNREAD = "the runs: "
"""So begins why they are missing; with the server there, another backup has them."""
_LOOK_EVERY = 500
"""Runs."""


def write_server_part(
    folder: str, home: Home, organization: str, stores: Stores, look: Callable[[], None]
) -> tuple[str, ...]:
    """Write into *folder* what a server keeps of the *organization*; what of its data is missing then, in words.

    A server that cannot be asked keeps no backup from being made of the rest. *look* is called every few hundred
    runs, and raises where it is not to go on. Raises `StoreUnwritable`.
    """
    lacks = []
    if stores.logs.type == POSTGRES:
        path = os.path.join(folder, RUNS)
        try:
            with closing(_on_server(home, organization, stores.logs)) as there:
                kept = _kept(there, stores)
                export(kept._replace(runs=_looking(_read(kept.runs), look)), path)
        except _UnreadError as error:
            for name in (path, f"{path}.index.json"):
                with suppress(FileNotFoundError):
                    os.unlink(name)
            lacks.append(f"{UNREAD}{error}")
    elif stores.metrics.type == POSTGRES:
        lacks.append(
            "figures and patterns, which a server keeps; storage repair adds them up again from the runs that are there"
        )
    return tuple(lacks)


class _UnreadError(Exception):
    """The server cannot be asked."""


def _on_server(home: Home, organization: str, choice: StoreChoice) -> "OrganizationStores":
    try:
        with closing(open_identity(home.system_db, now=_now)) as identity:
            return open_organization(
                identity,
                organization,
                home.tenant_db(organization),
                announce=lambda _: None,
                now=_now,
                stores=Stores(logs=choice, metrics=choice),
            )
    except StoreError as error:
        raise _UnreadError(str(error)) from error


def _kept(there: "OrganizationStores", stores: Stores) -> Kept:
    try:
        return kept_of(there, stores.metrics if stores.metrics.type == POSTGRES else None)
    except StoreError as error:
        raise _UnreadError(str(error)) from error


def _read(runs: Iterator[FiledRun]) -> Iterator[FiledRun]:
    try:
        yield from runs
    except StoreError as error:
        raise _UnreadError(str(error)) from error


def _looking(runs: Iterable[FiledRun], look: Callable[[], None]) -> Iterator[FiledRun]:
    for number, run in enumerate(runs):
        if number % _LOOK_EVERY == 0:
            look()
        yield run


def _now() -> datetime:
    return datetime.now(UTC)
