"""Where backups of a home were made: they hold what is deleted from it later, and whoever deletes wants to know."""

import json
import os
from collections.abc import Iterator
from datetime import datetime

from darwinflow.recorder.paths import Home

_NAME = "backups.jsonl"
_ASIDE = "set-aside"


def note_backup(home: Home, folder: str, at: datetime) -> None:
    """Raises `OSError`."""
    line = json.dumps({"folder": os.path.abspath(folder), "at": at.isoformat()})
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(os.path.join(home.data, _NAME), flags, 0o600)
    try:
        os.write(fd, f"{line}\n".encode("ascii"))
        os.fsync(fd)
    finally:
        os.close(fd)


def backups_there(home: Home) -> Iterator[str]:
    """Folders with backups, and with stores that were put aside, that are there still, each once."""
    try:
        with open(os.path.join(home.data, _NAME), encoding="ascii") as file:
            lines = file.read().splitlines()
    except FileNotFoundError:
        lines = []
    noted = dict.fromkeys(folder for line in lines if (folder := _folder_in(line)))
    yield from (folder for folder in noted if os.path.lexists(folder))
    aside = os.path.join(home.data, _ASIDE)
    if os.path.isdir(aside):
        yield from (os.path.join(aside, name) for name in sorted(os.listdir(aside)))


def _folder_in(line: str) -> str | None:
    """None for a line that was torn."""
    try:
        folder = json.loads(line)["folder"]
    except (ValueError, KeyError, TypeError):
        return None
    return folder if isinstance(folder, str) else None
