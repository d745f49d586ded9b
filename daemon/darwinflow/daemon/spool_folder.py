"""The folder of journals as the daemon sees it: which files are journals, which have grown, which are none of ours."""

import logging
import os
import time
from collections.abc import Callable, Iterator

from darwinflow.daemon.journals import Journal, NoJournal, opened, take_lock
from darwinflow.model.errors import StoreUnwritable
from darwinflow.model.obstacles import obstacle_to_folder
from darwinflow.recorder.journal import NEW_PREFIX, SUFFIX

log = logging.getLogger(__name__)

_DRAFT_IS_OLD_S = 60.0


class SpoolFolder:
    """Changed by the intake's thread alone; any other may ask what has `grown`."""

    def __init__(self, path: str, begin: Callable[[str], Journal]) -> None:
        """*begin* makes the journal of a path that is met for the first time."""
        self._path = path
        self._begin = begin
        self._known: dict[str, Journal] = {}
        self._not_ours: set[str] = set()

    def __len__(self) -> int:
        """How many journals are known and have not gone."""
        return len(self._known)

    @property
    def left_alone(self) -> int:
        """How many files lie there that nothing is taken in of: a newer version's, or none of ours."""
        return len(self._not_ours)

    @property
    def there(self) -> int:
        """How many journals lie there, known or not, but for those that are left alone."""
        return sum(name not in self._not_ours for name, _ in self._sizes())

    def names(self) -> set[str]:
        return set(self._known)

    def known(self, name: str) -> Journal | None:
        return self._known.get(name)

    def journal(self, name: str) -> Journal | None:
        """The journal *name*, known from now on; None where it is none of ours."""
        found = self._known.get(name)
        if found is None and name not in self._not_ours:
            found = self._known[name] = self._begin(os.path.join(self._path, name))
        return found

    def position(self, name: str) -> int:
        """How far the journal *name* was read."""
        known = self._known.get(name)
        return 0 if known is None else known.position

    def forget(self, name: str) -> None:
        del self._known[name]

    def forget_all(self) -> None:
        """All are met for the first time again."""
        self._known.clear()

    def leave_alone(self, journal: Journal, error: Exception) -> None:
        log.warning("a journal is left alone: %s", error)
        self._known.pop(journal.name, None)
        self._not_ours.add(journal.name)

    def grown(self) -> dict[str, int]:
        """Sizes of the journals that have another than when all of them was stored, by name."""
        return {name: size for name, size in self._sizes() if self._has_grown(name, size)}

    def is_stored(self, name: str, size: int) -> bool:
        """Whether the first *size* bytes of the journal *name* are stored, as far as its lines are whole."""
        known = self._known.get(name)
        return known is None or max(known.taken, known.settled) >= size

    def sweep(self) -> None:
        """Take away what programs left that were killed before their journal had a name; say what is none of ours.

        Raises `StoreUnwritable` where something else than a folder lies at the spool's place.
        """
        obstacle = obstacle_to_folder(self._path)
        if obstacle is not None:
            raise StoreUnwritable(str(obstacle), hint=obstacle.advice)
        entries = self._entries()
        self._not_ours &= {entry.name for entry in entries}
        for entry in entries:
            if entry.name.startswith(NEW_PREFIX):
                _sweep(entry)
            elif not is_text(entry.name) and entry.name not in self._not_ours:
                self._not_ours.add(entry.name)
                log.warning("a file whose name is no UTF-8 is left alone: %r in %s", entry.name, self._path)

    def _has_grown(self, name: str, size: int) -> bool:
        known = self._known.get(name)
        return name not in self._not_ours if known is None else known.settled != size

    def _sizes(self) -> Iterator[tuple[str, int]]:
        for entry in self._entries():
            if is_journal(entry.name):
                try:
                    yield entry.name, entry.stat(follow_symlinks=False).st_size
                except FileNotFoundError:
                    continue

    def _entries(self) -> list["os.DirEntry[str]"]:
        try:
            return list(os.scandir(self._path))
        except (FileNotFoundError, NotADirectoryError):
            return []


def is_journal(name: str) -> bool:
    is_file = name.endswith(SUFFIX) and not name.startswith(".") and os.path.basename(name) == name
    return is_file and is_text(name)


def is_text(name: str) -> bool:
    """Whether *name* is UTF-8 on the disk, as the names are that recorders give; no store takes others."""
    return name.isascii() or os.fsencode(name).decode("utf-8", "replace") == name


def _sweep(entry: "os.DirEntry[str]") -> None:
    try:
        if time.time() - entry.stat(follow_symlinks=False).st_mtime < _DRAFT_IS_OLD_S:
            return
        with opened(entry.path) as fd:
            if take_lock(fd):
                os.unlink(entry.path)
    except (OSError, NoJournal) as error:
        log.warning("%s stays: %s", entry.path, error)
