"""Where backups of a home were made: they hold what is deleted from it later, and whoever deletes wants to know."""

import glob
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from darwinflow.recorder.paths import Home

_NAME = "backups.jsonl"
_ASIDE = "set-aside"


class Noted(NamedTuple):
    """What is known of backups."""

    folder: str | None
    """The newest that is there still."""
    at: str | None
    """When it was made, in RFC 3339."""
    failed: str | None
    """Why none could be made since."""
    lacks: tuple[str, ...] = ()
    """What it does not hold, each in words."""


def note_begun(home: Home, folder: str) -> None:
    """So that what is left of it is found again, wherever it is, if who makes it is killed. A full disk cannot take that."""
    with suppress(OSError):
        _append(home, {"begun": os.path.abspath(folder)})


def begun_before(home: Home) -> Iterator[str]:
    """Folders that backups were to become, each once, whether they have or not."""
    yield from dict.fromkeys(folder for line in _lines(home) if (folder := _folder_in(line, "begun")))


def note_backup(home: Home, folder: str, at: datetime, lacks: Sequence[str] = ()) -> None:
    """Raises `OSError`."""
    _append(home, {"folder": os.path.abspath(folder), "at": at.isoformat(), "lacks": list(lacks)})


def note_failure(home: Home, why: str, at: datetime) -> None:
    """For who asks for the state of things. A disk that is full cannot even take that."""
    with suppress(OSError):
        _append(home, {"failed": why, "at": at.isoformat()})


def note_export(home: Home, path: str) -> None:
    """A file that holds all runs, too. That it cannot be noted is no reason to be without it."""
    with suppress(OSError):
        _append(home, {"folder": os.path.abspath(path)})


def noted_last(home: Home) -> Noted:
    folder = at = failed = None
    lacks: tuple[str, ...] = ()
    for line in _lines(home):
        try:
            said = json.loads(line)
            if "failed" in said:
                failed = str(said["failed"])
            elif os.path.isdir(said["folder"]):
                folder, at, failed = str(said["folder"]), str(said["at"]), None
                lacks = tuple(said.get("lacks", ()))
        except (ValueError, KeyError, TypeError):
            continue  # a line that was torn
    return Noted(folder, at, failed, lacks)


def _append(home: Home, said: Mapping[str, object]) -> None:
    line = json.dumps(said)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(os.path.join(home.data, _NAME), flags, 0o600)
    try:
        os.write(fd, f"{line}\n".encode("ascii"))
        os.fsync(fd)
    finally:
        os.close(fd)


def _lines(home: Home) -> list[str]:
    try:
        with open(os.path.join(home.data, _NAME), encoding="ascii", errors="replace") as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def backups_there(home: Home) -> Iterator[str]:
    """Folders with backups, files of exports, and what was put aside: those that are there still, each once."""
    noted = dict.fromkeys(folder for line in _lines(home) if (folder := _folder_in(line)))
    yield from (folder for folder in noted if os.path.lexists(folder))
    yield from set_aside_there(home)


def set_aside_there(home: Home) -> Iterator[str]:
    """What was put aside in the data directory: whole stores, and what was damaged in files of logs and of the archive."""
    data = glob.escape(home.data)
    for below in ("", "*/", "*/*/"):
        yield from sorted(glob.glob(f"{data}/{below}{_ASIDE}/*"))


def _folder_in(line: str, key: str = "folder") -> str | None:
    """None for a line that was torn, or says something else."""
    try:
        folder = json.loads(line)[key]
    except (ValueError, KeyError, TypeError):
        return None
    return folder if isinstance(folder, str) else None
