"""Which runs a month of an archive has, for who asks before each run that is recorded: without reading it again.

A run lies in the month in which it began, so no other one is looked at. Of each only the place of its line in the index
is remembered; an index that has grown is read on, one that is another file is read anew.
"""

import os
import re
from datetime import UTC, datetime
from typing import NamedTuple

from darwinflow.storage.archive import Archive
from darwinflow.storage.archive_frames import run_of
from darwinflow.storage.archive_index import INDEX
from darwinflow.storage.archived_runs import Entry, entry_in
from darwinflow.storage.compact_json import compact
from darwinflow.storage.run_file import ENDING, FiledRun

_MOST_MONTHS = 3
"""That are remembered at once."""
_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_KEY = re.compile(rb'\{"project":(%b),"row":\[(%b)' % (_TEXT, _TEXT))
"""How a line of an index begins. Nothing else of it is read: a month has hundreds of thousands, and who records waits."""

Key = tuple[str, str]
"""Project and id."""


class _Month(NamedTuple):
    inode: int
    lines: dict[int, int]
    """By the hash of a key as it stands in JSON, where its newest line begins."""


class ArchivedIds:
    """Of one archive. For one thread at a time."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self._months: dict[str, _Month] = {}
        self._read: dict[str, int] = {}
        """How far the index of each month was read."""

    def entry(self, key: Key, began: datetime) -> Entry | None:
        """What the archive's index says of the run. Raises `OSError`."""
        month = month_of(began)
        at = self._lines(month, key).get(hash(tuple(compact(part).encode("ascii") for part in key)))
        if at is None:
            return None
        with open(self._index_of(month), "rb") as file:
            file.seek(at)
            found = entry_in(file.readline())
        return found if found is not None and (found.project, found.run_id) == key else None

    def run(self, entry: Entry, began: datetime) -> FiledRun:
        """Raises `StoreDamaged`, `OSError`."""
        return run_of(os.path.join(self.archive.path, f"{month_of(began)}{ENDING}"), entry)

    def _lines(self, month: str, key: Key) -> dict[int, int]:
        path = self._index_of(month)
        try:
            status = os.stat(path)
        except FileNotFoundError:
            self._forget(month)
            if not os.path.exists(os.path.join(self.archive.path, f"{month}{ENDING}")):
                return {}
            self.archive.find(*key)  # which makes an index that is missing anew
            status = os.stat(path)
        known = self._months.get(month)
        if known is None or known.inode != status.st_ino or self._read[month] > status.st_size:
            self._forget(month)
            while len(self._months) >= _MOST_MONTHS:
                self._forget(next(iter(self._months)))
            known = self._months[month] = _Month(status.st_ino, {})
            self._read[month] = 0
        if self._read[month] < status.st_size:
            self._read_on(path, month, known.lines)
        return known.lines

    def _read_on(self, path: str, month: str, lines: dict[int, int]) -> None:
        with open(path, "rb") as file:
            at = self._read[month]
            file.seek(at)
            for line in file:
                if not line.endswith(b"\n"):
                    break  # it is being written
                found = _KEY.match(line)
                if found is not None:
                    lines[hash(found.groups())] = at
                at += len(line)
            self._read[month] = at

    def _forget(self, month: str) -> None:
        self._months.pop(month, None)
        self._read.pop(month, None)

    def _index_of(self, month: str) -> str:
        return os.path.join(self.archive.path, f"{month}{INDEX}")


def month_of(began: datetime) -> str:
    """As `Archive` names it."""
    return f"{began.astimezone(UTC):%Y-%m}"
