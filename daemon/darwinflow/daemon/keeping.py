"""Backups of a home: made by its daemon, beside it where all lies in databases, else in its place; restored in its place."""

import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import NamedTuple

from darwinflow.daemon.backups_made import begun_before, note_backup, note_begun, note_export
from darwinflow.daemon.filed_runs import refuse_unsound
from darwinflow.daemon.lock import held_by
from darwinflow.daemon.opened import opened
from darwinflow.daemon.person import this_person
from darwinflow.daemon.server_part import RUNS, write_server_part
from darwinflow.daemon.server_part import UNREAD as RUNS_UNREAD
from darwinflow.daemon.settings_part import Settled, settle, write_settings_part
from darwinflow.daemon.staying_deleted import delete_again, deleted_here
from darwinflow.daemon.stores import retention_of, stores_of
from darwinflow.daemon.workflow_part import FOLDER as WORKFLOWS
from darwinflow.daemon.workflow_part import UNREAD as WORKFLOWS_UNREAD
from darwinflow.daemon.workflow_part import Returned, read_parts, restore_workflow_part, write_workflow_part
from darwinflow.model.errors import DarwinFlowError, NotFound, StoreError, StoreUnwritable
from darwinflow.model.stores import MEMORY, POSTGRES, Stores
from darwinflow.recorder.paths import Home
from darwinflow.settings.kept import Said
from darwinflow.storage.backup import Still, make_backup, restore_backup
from darwinflow.storage.backup_manifest import Manifest, read_backup, refuse_parts
from darwinflow.storage.exporting import export, kept_of, take_in_file
from darwinflow.storage.half_restored import refuse_half_restored
from darwinflow.storage.moving import Taken
from darwinflow.storage.opening import compact_database, open_identity, snapshot_of
from darwinflow.storage.places import place_of_choice, places_of
from darwinflow.storage.project_notes import notes_in
from darwinflow.storage.run_file import Index, read_index, read_notes
from darwinflow.storage.sizes import size_of
from darwinflow.storage.unfinished_backup import remove_left
from darwinflow.tenancy.personal import PERSONAL

_COMMAND = "darwinflow storage"
"""What holds the home meanwhile, with the action behind it."""
_OF_WHOM = re.compile(r"(?:tenant-)?([a-z0-9]{8,32})(?:\.db)?", re.ASCII)
"""How what holds data of an organization is called."""


class Kept(NamedTuple):
    """Where the data of a home lies."""

    places: list[str]
    """Databases and folders."""
    archive: str | None
    """That folder, where the settings name one. It is only added to, so it may be copied while it is."""
    organization: str
    """The user's own, by id."""
    stores: Stores
    settings: Said
    """What the settings say of it."""

    @property
    def may_be_in_use(self) -> bool:
        """Whether another process than the daemon can copy it meanwhile: databases it can."""
        stores = (place for place in self.places if place != self.archive)
        return all(place.endswith(".db") or not os.path.lexists(place) for place in stores)


def kept_places(home: Home, environ: Mapping[str, str]) -> Kept:
    """Of the home's user, accounts included. Raises `NotFound` where there is nothing, and what opening it raises."""
    refuse_half_restored(home.data)
    if not os.path.exists(home.system_db):
        raise NotFound(f"there is nothing to back up in {home.data}")
    with closing(open_identity(home.system_db, now=_now)) as identity:
        own = this_person(identity).organization
    stores = stores_of(home, environ, own.slug)
    places = [home.system_db, *places_of(home.data, own.id, stores)]
    named = retention_of(home, environ, own.slug).archive
    archive = None if named is None else place_of_choice(home.data, named, own.id)
    return Kept(
        places if archive is None else [*places, archive],
        archive,
        own.id,
        stores,
        write_settings_part(home, environ),
    )


def concerns_on_server(home: Home, environ: Mapping[str, str]) -> tuple[str, ...]:
    """What a database server keeps."""
    stores = stores_of(home, environ, PERSONAL)
    return tuple(name for name, choice in stores._asdict().items() if choice.type == POSTGRES)


def _nothing() -> None:
    pass


def back_up(
    home: Home,
    kept: Kept,
    target: str,
    still: Still | None = None,
    look: Callable[[], None] = _nothing,
) -> Manifest:
    """What `kept_places` has found, and what a server keeps. *look* as for `write_server_part`.

    *still* is the daemon's own; another's must not serve the home where it may not be in use.
    """
    if still is not None or kept.may_be_in_use:
        return _noted(home, target, kept, still or _at_once, look)
    with held_by(home, f"{_COMMAND} backup"):
        return _noted(home, target, kept, _at_once, look)


def _at_once(work: Callable[[], None]) -> None:
    work()


def _noted(home: Home, target: str, kept: Kept, still: Still, look: Callable[[], None]) -> Manifest:
    def more(folder: str) -> tuple[str, ...]:
        of_whom = (folder, home, kept.organization, kept.stores)
        lacks = (*write_server_part(*of_whom, look), *write_workflow_part(*of_whom))
        return (*lacks, *(f"{name}, which are kept in memory alone" for name in _in_memory(kept.stores)))

    for folder in begun_before(home):
        remove_left(folder)
    note_begun(home, target)
    manifest = make_backup(target, home.data, kept.places, snapshot_of, still, more, kept.settings, _now())
    with suppress(OSError):  # the backup is made; who deletes runs later is then not told of it
        note_backup(home, target, _now(), manifest.lacks)
    return manifest


def checked_backup(
    home: Home, environ: Mapping[str, str], folder: str, *, trusted: bool = False
) -> tuple[Manifest, Settled]:
    """Of the backup *folder*, which may come from anybody: each part is as it was written and belongs where this home
    keeps the like, by its own config.yaml, or, where there is none, by what the backup says and may say.

    *trusted* is as for `settle`. Raises `NotFound`, `Refused`, `StoreDamaged`, `SchemaTooNew`, `SettingsWrong`.
    """
    manifest = read_backup(folder)
    names = (os.path.basename(item.place) for item in manifest.items)
    organizations = {found[1] for name in names if (found := _OF_WHOM.fullmatch(name))}
    settled = settle(home, environ, folder, manifest.settings, trusted=trusted)
    places, archive = [home.system_db], settled.archive
    for organization in organizations:
        places += places_of(home.data, organization, settled.stores)
        places += [] if archive is None else [place_of_choice(home.data, archive, organization)]
    refuse_parts(folder, manifest, home.data, places, settled.advice)
    read_parts(folder)
    return manifest, settled


class Restored(NamedTuple):
    """What came of putting a backup back."""

    manifest: Manifest
    aside: str | None
    """Where what lay there was moved to."""
    stay_deleted: int
    """Runs that were deleted for good since the backup was made."""
    came_back: str
    """Why runs that were deleted for good are there again; empty: none are."""
    unread: str = ""
    """Why nobody knows which runs had been deleted for good; empty: it is known."""


def restore(
    home: Home, environ: Mapping[str, str], folder: str, *, replace: bool, trusted: bool = False
) -> Restored:
    """Put the backup *folder* back, but for runs that were deleted for good since. No daemon may serve the home.

    *trusted* is as for `settle`.
    """
    manifest, settled = checked_backup(home, environ, folder, trusted=trusted)
    stay_deleted, came_back, unread = 0, "", ""
    with held_by(home, f"{_COMMAND} restore"):
        try:
            deleted = deleted_here(home, environ)
        except DarwinFlowError as error:
            deleted, unread = (), str(error)

        def finish() -> None:
            nonlocal stay_deleted, came_back
            try:
                stay_deleted = delete_again(home, environ, deleted)
            except DarwinFlowError as error:
                ids = " ".join(shlex.quote(one.run_id) for one in deleted)
                came_back = f"{error}; delete them: darwinflow runs delete {ids} --yes"

        aside = restore_backup(
            folder,
            manifest,
            home.data,
            _now(),
            replace=replace,
            deleted=deleted,
            begin=lambda: settled.write(home),
            finish=finish,
        )
    return Restored(manifest, aside, stay_deleted, came_back, unread)


def unread(lacks: Sequence[str]) -> list[str]:
    """Of what a backup lacks, that which could not be read when it was made; the rest is in no backup by its nature."""
    return [what for what in lacks if what.startswith((RUNS_UNREAD, WORKFLOWS_UNREAD))]


def _in_memory(stores: Stores) -> Iterator[str]:
    """What is gone when the daemon ends."""
    names = {"workflows": "the published workflows", "logs": "the runs", "metrics": "the figures"}
    for concern, choice in stores._asdict().items():
        if choice.type == MEMORY:
            yield names[concern]


def restore_runs(home: Home, environ: Mapping[str, str], folder: str) -> Taken | None:
    """Take in those of a server that the backup *folder* holds, each once, on what config.yaml says; None for none.

    No daemon may serve the home. Raises `StoreError` where that cannot be written now; they can be imported later.
    """
    path = os.path.join(folder, RUNS)
    if not os.path.exists(path):
        return None
    try:
        return import_runs(home, environ, path, f"{_COMMAND} restore")
    except StoreError as error:
        raise type(error)(
            f"all but the runs of a server is restored: {error}",
            hint=f"later: darwinflow storage import {path}",
        ) from error


def restore_workflows(home: Home, environ: Mapping[str, str], folder: str) -> Returned:
    """As `restore_workflow_part`, on what config.yaml says. No daemon may serve the home."""
    if not os.path.isdir(os.path.join(folder, WORKFLOWS)):
        return Returned(0, ())
    try:
        with held_by(home, f"{_COMMAND} restore"), opened(home, environ) as (_, _, stores):
            return restore_workflow_part(folder, home.data, stores, stores_of(home, environ, PERSONAL))
    except StoreError as error:
        raise type(error)(
            f"published workflows are not restored, nor are runs of a server: {error}",
            hint=f"later: darwinflow storage restore {folder} --replace",
        ) from error


def compact(home: Home, places: list[str]) -> tuple[int, int]:
    """Give free space in the databases among *places* back; their bytes before and after. No daemon may serve the home."""
    databases = [place for place in places if place.endswith(".db") and os.path.lexists(place)]
    with held_by(home, f"{_COMMAND} compact"):
        before = size_of(*databases)
        for place in databases:
            compact_database(place, is_system=place == home.system_db)
        return before, size_of(*databases)


def refuse_in_memory(home: Home, environ: Mapping[str, str]) -> None:
    """Raises `StoreUnwritable` where runs are kept in memory: to be called before the daemon, which has them, is stopped."""
    if stores_of(home, environ, PERSONAL).logs.type == MEMORY:
        raise StoreUnwritable(
            "runs are kept in memory, which the daemon alone has",
            hint="darwinflow runs show RUN --json writes one out; config.yaml says what runs are kept on",
        )


def export_runs(home: Home, environ: Mapping[str, str], path: str) -> Index:
    """All runs of the home's user into the new file *path*. No daemon may serve the home."""
    with held_by(home, f"{_COMMAND} export"), opened(home, environ) as (_, _, stores):
        index = export(kept_of(stores), path)
        note_export(home, path)
        return index


def checked_runs(path: str) -> Index:
    """What the file *path* holds, which may come from anybody: each run is one that can be listed and shown.

    Raises `NotFound`, `StoreDamaged`, `SchemaTooNew`.
    """
    index = read_index(path, refuse_unsound)
    for _ in notes_in(read_notes(path)):
        continue
    return index


def import_runs(
    home: Home, environ: Mapping[str, str], path: str, command: str = f"{_COMMAND} import"
) -> Taken:
    """Those of the file *path*, which is read and checked whole first. No daemon may serve the home."""
    checked_runs(path)
    refuse_in_memory(home, environ)
    with held_by(home, command), opened(home, environ) as (_, _, stores):
        return take_in_file(stores, path)


def _now() -> datetime:
    return datetime.now(UTC)
