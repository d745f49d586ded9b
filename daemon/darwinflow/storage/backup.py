"""A backup is one folder: copies of databases and of folders of files, and `manifest.json` with the hash of each file.

It appears under its name when it is whole, and is one state of all that it holds. What is restored is staged beside its place first, so that a disk that is
full changes nothing; what lay there before is moved into `set-aside/`, never deleted.
"""

import errno
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from typing import Any

from darwinflow.model.errors import NotFound, Refused, StoreFull, StoreUnwritable
from darwinflow.storage.backup_manifest import MANIFEST, Item, Manifest, entries_of, write_manifest
from darwinflow.storage.copied_folder import CopiedFolder
from darwinflow.storage.durable import make_folders, sync_folder
from darwinflow.storage.half_restored import Deleted, note_begun, note_done
from darwinflow.storage.unfinished_backup import UNFINISHED, held

_CHUNK = 1 << 20
_BESIDE = ("-wal", "-shm", "-journal", "-acknowledged")

Copy = Callable[[str], None]
"""Writes the state of a database to a new file."""
Snapshot = Callable[[str], AbstractContextManager[Copy]]
"""Of the database at a path: the state that it has now, for as long as the context lasts."""
Still = Callable[[Callable[[], None]], None]
"""Calls what it is given while nothing is written to any store."""


More = Callable[[str], tuple[str, ...]]
"""Writes into the folder what lies in no place of this machine; gives what it could not, in words."""
Settings = dict[str, dict[str, Any]]
"""What config.yaml says of where things are kept."""


def make_backup(
    target: str,
    home: str,
    places: list[str],
    snapshot: Snapshot,
    still: Still,
    more: More,
    settings: Settings,
    at: datetime,
) -> Manifest:
    """Copy what is there of *places* into the new folder *target*. *home* is the data directory, whose *settings* are noted.

    Most is copied while others may write; *still* is asked for as long as it takes to copy what of folders has changed
    meanwhile. Raises `Refused` where *target* is there or nothing is to be copied, `StoreDamaged`, `StoreFull`,
    `StoreUnwritable`, and what *still* and *more* do.
    """
    target = os.path.abspath(target)
    if os.path.lexists(target):
        raise Refused(f"{target} is there already", hint="name a folder that is not there yet")
    there = [place for place in places if os.path.lexists(place)]
    if not there:
        raise NotFound(f"there is nothing to back up in {home}")
    unfinished = f"{target}{UNFINISHED}"
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        make_folders(os.path.dirname(target))
        os.mkdir(unfinished, 0o700)
        items = [
            Item(
                f"{number}-{os.path.basename(place)}",
                os.path.relpath(place, home) if _is_below(place, home) else place,
            )
            for number, place in enumerate(there, start=1)
        ]
        copied = [os.path.join(unfinished, item.name) for item in items]
        with held(unfinished):
            _copy_all(dict(zip(there, copied, strict=True)), snapshot, still)
            lacks = more(unfinished)
            manifest = Manifest(
                at.isoformat(), home, tuple(items), tuple(entries_of(unfinished)), lacks, settings
            )
            write_manifest(os.path.join(unfinished, MANIFEST), manifest)
            os.rename(unfinished, target)
        sync_folder(os.path.dirname(target))
    except OSError as error:
        raise _told(error, target) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return manifest


def restore_backup(
    folder: str,
    manifest: Manifest,
    home: str,
    at: datetime,
    *,
    replace: bool,
    deleted: Sequence[Deleted] = (),
    begin: Callable[[], None] = lambda: None,
    finish: Callable[[], None] = lambda: None,
) -> str | None:
    """Put what *manifest*, read from *folder*, holds into its places; where what lay there was moved to, if something.

    *begin* is called when all of it lies beside its place; where it fails, nothing was changed. *finish* is called when all of it is there, before it is told to be done: so the runs *deleted* can be deleted again.
    Nothing may have any of it open. Who is killed on the way leaves what `refuse_half_restored` tells of, until this is
    done again. Raises `Refused` where something lies there and it is not to *replace* it, `StoreFull`, `StoreUnwritable`.
    """
    places = {item.name: os.path.join(home, item.place) for item in manifest.items}
    in_the_way = [
        path
        for place in places.values()
        for path in (place, *(place + suffix for suffix in _BESIDE if place.endswith(".db")))
        if os.path.lexists(path)
    ]
    if in_the_way and not replace:
        raise Refused(f"{in_the_way[0]} is there already", hint="--replace moves it into set-aside/ first")
    aside = os.path.join(home, "set-aside", f"before-restore-{at:%Y%m%dT%H%M%S%f}")
    try:
        for name, place in places.items():
            make_folders(os.path.dirname(place), 0o700)
            _remove(_staged(place))
            source = os.path.join(folder, name)
            (_copy_folder if os.path.isdir(source) else _copy_file)(source, _staged(place))
        note_begun(home, folder, aside, deleted)
        try:
            begin()
        except BaseException:
            note_done(home)
            raise
        for number, path in enumerate(in_the_way, start=1):
            make_folders(aside, 0o700)
            shutil.move(path, os.path.join(aside, f"{number}-{os.path.basename(path)}"))
        if in_the_way:
            sync_folder(aside)
        for place in places.values():
            os.rename(_staged(place), place)
            sync_folder(os.path.dirname(place))
        finish()
        note_done(home)
    except OSError as error:
        raise _told(error, home) from error
    finally:
        for place in places.values():
            _remove(_staged(place))
    return aside if in_the_way else None


def _staged(place: str) -> str:
    return f"{place}.restoring"


def _copy_all(targets: dict[str, str], snapshot: Snapshot, still: Still) -> None:
    """Of each place to its target."""
    folders = [CopiedFolder(place, target) for place, target in targets.items() if not place.endswith(".db")]
    for folder in folders:
        folder.update()
    with ExitStack() as states:
        databases: dict[str, Copy] = {}

        def take() -> None:
            # Folders come last: a run that goes into the archive meanwhile is in the copy of the database, too.
            for place in targets:
                if place.endswith(".db"):
                    databases[place] = states.enter_context(snapshot(place))
            for folder in folders:
                folder.update()

        still(take)
        for place, copy in databases.items():
            copy(targets[place])
    for folder in folders:
        folder.sync()


def _copy_folder(source: str, target: str) -> None:
    folder = CopiedFolder(source, target)
    folder.update()
    folder.sync()


def _copy_file(source: str, target: str) -> None:
    with open(source, "rb") as old, open(target, "xb", opener=_private) as new:
        shutil.copyfileobj(old, new, _CHUNK)
        new.flush()
        os.fsync(new.fileno())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _remove(path: str) -> None:
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def _is_below(path: str, folder: str) -> bool:
    return os.path.abspath(path).startswith(os.path.abspath(folder).rstrip(os.sep) + os.sep)


def _told(error: OSError, path: str) -> StoreFull | StoreUnwritable:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreFull(f"the disk with {error.filename or path} is full")
    return StoreUnwritable(f"{error.filename or path} cannot be written: {error.strerror}")
