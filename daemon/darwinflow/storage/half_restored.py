"""A note that a restore is moving things, so that nobody takes what it has left half done for a home that is new.

It is written when all that is to come into place lies beside its place, and removed when everything is there. Who opens
the home meanwhile, after a kill or a power cut, is told to run the restore again: nothing of before was deleted.
"""

import json
import os
import shlex
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from darwinflow.model.errors import StoreDamaged
from darwinflow.storage.durable import sync_folder

NOTE = "restore-begun.json"
"""In the data directory."""


class Deleted(NamedTuple):
    """A run that was deleted for good."""

    project: str
    run_id: str
    at: str
    """In RFC 3339; empty where that is not known."""
    by: str
    """An account's id; empty where that is not known."""


def note_begun(home: str, backup: str, aside: str, deleted: Sequence[Deleted]) -> None:
    """Durably: what lies in *home*, the data directory, is moved into *aside* and replaced by what *backup* holds, but
    for the runs *deleted*.

    Raises `OSError`, with nothing noted.
    """
    path = os.path.join(home, NOTE)
    try:
        with open(f"{path}.tmp", "w", encoding="utf-8", opener=_private) as file:
            json.dump({"backup": os.path.abspath(backup), "aside": aside, "deleted": deleted}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(f"{path}.tmp", path)
    except OSError:
        with suppress(OSError):
            os.unlink(f"{path}.tmp")
        raise
    sync_folder(home)


def note_done(home: str) -> None:
    """Everything is in its place. Raises `OSError`."""
    with suppress(FileNotFoundError):
        os.unlink(os.path.join(home, NOTE))
        sync_folder(home)


def noted_deletions(home: str) -> tuple[Deleted, ...] | None:
    """What a restore that has not ended was not to bring back; None where there is none, or nobody can say."""
    try:
        with open(os.path.join(home, NOTE), encoding="utf-8") as file:
            return tuple([Deleted(*map(str, one)) for one in json.load(file)["deleted"]])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def refuse_half_restored(home: str) -> None:
    """Raises `StoreDamaged`, which says how to go on, where a restore into the data directory *home* has not ended."""
    try:
        with open(os.path.join(home, NOTE), encoding="utf-8") as file:
            said = json.load(file)
        backup, aside = str(said["backup"]), str(said["aside"])
    except OSError:
        return  # most often there is none; of a folder that cannot be read, opening its databases tells
    except (ValueError, KeyError, TypeError):
        backup, aside = "", os.path.join(home, "set-aside")
    raise StoreDamaged(
        f"{home} is half restored: what puts {backup or 'a backup'} back was ended before it was done, "
        f"and what was there before is in {aside}",
        hint=f"darwinflow storage restore {shlex.quote(backup) if backup else 'DIR'} --replace, "
        "or the same with another backup",
    )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
