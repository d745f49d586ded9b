"""The journals of this process: one that new runs go to, and older ones that still have an open run.

A forked child starts with none of them: it opens one of its own, and the parent alone keeps its locks.
"""

import os
import time
from _thread import RLock, allocate_lock

from darwinflow.recorder.events import line_of
from darwinflow.recorder.journal import SUFFIX, Journal, JournalGone
from darwinflow.recorder.origin import origin
from darwinflow.recorder.paths import Home
from darwinflow.recorder.poke import Poker

MAX_SPOOL_BYTES = 1 << 30
"""Of all journals of a home; `DARWINFLOW_SPOOL_LIMIT`, in bytes, says otherwise."""
_ROTATE_BYTES = 8 << 20
"""A run that begins in a journal of this size gets a new one, so that the daemon can take the old one away."""
_MEASURE_AGAIN_S = 1.0


class SpoolFull(Exception):
    """There is no room for another run."""


class Spool:
    """Where this process records for one home."""

    __slots__ = ("_current", "_limit", "_lock", "_measured_at", "_open", "_others_bytes", "home", "poker")

    def __init__(self, home: Home, limit: int) -> None:
        self.home = home
        self.poker = Poker(home)
        self._limit = limit
        self._lock = RLock()
        self._open: list[Journal] = []
        self._current: Journal | None = None
        self._measured_at: float | None = None
        self._others_bytes = 0

    def begin(self) -> Journal:
        """The journal for a run that begins now; give it back with `end`. Raises `OSError` and `SpoolFull`."""
        with self._lock:
            current = self._current
            if current is not None and not current.has_room_below(_ROTATE_BYTES):
                current, self._current = None, None
                self._close_unused()
            self._check_room(current)
            if current is None:
                _make_private(self.home)
                current = Journal.created(self.home.spool, line_of("journal", dict(origin())))
                current.limit = 2 * self._limit  # the spool was below its own when the run began
                self._current = current
                self._open.append(current)
            current.users += 1
            return current

    def join(self, name: str) -> Journal:
        """The journal *name* of another living process; give it back with `end`. Raises `OSError`, `JournalGone`."""
        if os.path.basename(name) != name or not name.endswith(SUFFIX):
            raise JournalGone(f"'{name}' is no journal's name")
        journal = Journal.joined(os.path.join(self.home.spool, name))
        with self._lock:
            self._open.append(journal)
        journal.users += 1
        return journal

    def end(self, journal: Journal) -> None:
        """A run that was given *journal* writes no more."""
        with self._lock:
            journal.users -= 1
            self._close_unused()

    def close(self) -> None:
        """Nothing more is written: the daemon may take each journal away whose runs are all given back."""
        with self._lock:
            self._current = None
            for journal in self._close_unused():
                self.poker.poke(journal.name, at_once=True)

    def close_after_fork(self) -> None:
        """In the child: the parent alone keeps its locks."""
        for journal in self._open:
            journal.close_after_fork()

    def _close_unused(self) -> list[Journal]:
        unused = [one for one in self._open if one.users <= 0 and one is not self._current]
        for journal in unused:
            self._open.remove(journal)
            journal.close()
        return unused

    def _check_room(self, current: Journal | None) -> None:
        own = 0 if current is None else current.size()
        now = time.monotonic()
        if self._measured_at is None or now - self._measured_at >= _MEASURE_AGAIN_S:
            self._others_bytes = _bytes_in(self.home.spool) - own
            self._measured_at = now
        if self._others_bytes + own >= self._limit:
            raise SpoolFull(
                f"the spool {self.home.spool} is full ({self._others_bytes + own} of {self._limit} bytes), so this "
                "run is not recorded; the daemon empties it: darwinflow daemon start"
            )


class _Process:
    """The spools of this process, one a home."""

    __slots__ = ("lock", "spools", "watches_forks")

    def __init__(self) -> None:
        self.lock = allocate_lock()
        self.spools: dict[tuple[str, int], Spool] = {}
        self.watches_forks = False

    def start_anew(self) -> None:
        """In a forked child. Other threads of the parent may have held any lock, so none is taken."""
        spools, self.spools, self.lock = self.spools, {}, allocate_lock()
        for spool in spools.values():
            spool.close_after_fork()


_process = _Process()


def spool_of(home: Home, limit: int) -> Spool:
    """The spool of *home* in this process, at most *limit* bytes together with those of others."""
    key = (home.spool, limit)
    found = _process.spools.get(key)
    if found is not None:
        return found
    with _process.lock:
        if not _process.watches_forks:
            os.register_at_fork(after_in_child=_process.start_anew)
            _process.watches_forks = True
        return _process.spools.setdefault(key, Spool(home, limit))


def _make_private(home: Home) -> None:
    os.makedirs(os.path.dirname(home.data), exist_ok=True)
    for folder in (home.data, home.spool):
        try:
            os.mkdir(folder, 0o700)
        except FileExistsError:
            if not os.path.isdir(folder):
                raise NotADirectoryError(f"{folder} is no folder; move it away") from None
    status = os.stat(home.spool)
    if status.st_uid != os.getuid():
        raise PermissionError(f"{home.spool} belongs to another user")
    if status.st_mode & 0o077:
        os.chmod(home.spool, 0o700)


def _bytes_in(folder: str) -> int:
    """Of the files in *folder*; 0 where there is no such folder."""
    total = 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    total += entry.stat(follow_symlinks=False).st_size
                except FileNotFoundError:
                    continue  # the daemon has just taken it away
    except (FileNotFoundError, NotADirectoryError):
        return 0
    return total
