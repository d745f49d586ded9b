"""The file that says how far a migration of the home's stores has come; while it is there, no store is opened otherwise.

So nothing is recorded into a store that is being left, and journals wait. It holds no secrets: DSNs are as they are
written in `config.yaml`, with variables in them.
"""

import json
import os
from typing import Any, NamedTuple

from darwinflow.model.errors import Refused, SchemaTooNew, StoreDamaged, StoreUnwritable
from darwinflow.model.stores import StoreChoice
from darwinflow.recorder.paths import Home
from darwinflow.storage.durable import sync_folder

FORMAT = 1
COPYING, SWITCHED = "copying", "switched"


class Move(NamedTuple):
    """What one concern is kept on, before and after."""

    source: StoreChoice
    target: StoreChoice


class Migration(NamedTuple):
    moves: dict[str, Move]
    """By concern."""
    aside: str
    """The folder that what was left is moved into."""
    stage: str = COPYING
    """`copying` until all is copied and compared and `config.yaml` says so; then `switched`."""
    told: dict[str, Any] = {}  # noqa: RUF012 - never changed
    """What was copied, for who is told at the end."""
    workspaces: dict[str, str] = {}  # noqa: RUF012 - never changed
    """Folders of published workflows by project, where these are moved."""


def refuse(home: Home) -> None:
    """Raises `Refused` while a migration is not finished."""
    if os.path.exists(_path(home)):
        raise Refused(
            "the stores of this home are being moved, and that is not finished; what is recorded meanwhile waits",
            hint="darwinflow storage migrate goes on with it; with --abandon all stays where it was",
        )


def read(home: Home) -> Migration | None:
    """None where there is none. Raises `SchemaTooNew`, `StoreDamaged`, `StoreUnwritable`."""
    path = _path(home)
    try:
        with open(path, encoding="utf-8") as file:
            said = json.load(file)
        if said["format"] > FORMAT:
            raise SchemaTooNew(f"{path} has format {said['format']}; this version knows {FORMAT}")
        moves = {
            concern: Move(StoreChoice(*move["from"]), StoreChoice(*move["to"]))
            for concern, move in said["moves"].items()
        }
        return Migration(moves, said["aside"], said["stage"], said["told"], said["workspaces"])
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreUnwritable(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise StoreDamaged(
            f"{path} cannot be read: {error}",
            hint="look where config.yaml keeps things now; when all is there, remove that file",
        ) from error


def write(home: Home, migration: Migration) -> None:
    """Durable when it returns, whole or not at all. Raises `StoreUnwritable`."""
    path = _path(home)
    said = {
        "format": FORMAT,
        "stage": migration.stage,
        "moves": {
            concern: {"from": list(move.source), "to": list(move.target)}
            for concern, move in migration.moves.items()
        },
        "workspaces": migration.workspaces,
        "aside": migration.aside,
        "told": migration.told,
    }
    try:
        with open(f"{path}.new", "w", encoding="utf-8", opener=_private) as file:
            json.dump(said, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(f"{path}.new", path)
        sync_folder(home.data)
    except OSError as error:
        raise StoreUnwritable(f"{path} cannot be written: {error.strerror}") from error


def remove(home: Home) -> None:
    """It is finished. Raises `StoreUnwritable`."""
    try:
        os.unlink(_path(home))
        sync_folder(home.data)
    except OSError as error:
        raise StoreUnwritable(f"{_path(home)} cannot be removed: {error.strerror}") from error


def _path(home: Home) -> str:
    return os.path.join(home.data, "migration.json")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
