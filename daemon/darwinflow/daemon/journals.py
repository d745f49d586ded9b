"""One journal as the daemon reads it: whole lines from where it was, the lock that says its program lives, its end."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from darwinflow.daemon.fold import Fold
from darwinflow.daemon.refused import set_aside
from darwinflow.ports.journals import Taken
from darwinflow.recorder.events import MAX_LINE_BYTES

READ_BYTES = 1 << 20
"""At a time, unless one line is longer."""
LEAST_READ_BYTES = 64 << 10
_TURN_BYTE = 1 << 40
"""The byte on which programs that share a journal take turns; see `recorder.journal`."""


class Line(NamedTuple):
    text: bytes
    end: int
    """Offset behind its newline."""


class NewerJournal(Exception):
    """A newer recorder wrote the file, so a newer version will take it in."""


class NoJournal(Exception):
    """The file is not one that a recorder of this user has made."""


class Journal:
    """What the daemon knows of one file of the spool. The file is opened for each look at it and not kept open."""

    __slots__ = (
        "fold",
        "has_refused",
        "is_met",
        "is_read_whole",
        "name",
        "path",
        "position",
        "settled",
        "size",
        "taken",
    )

    def __init__(self, path: str, taken: Taken, fold: Fold) -> None:
        self.path = path
        self.name = os.path.basename(path)
        self.fold = fold
        self.has_refused = taken.has_refused
        """Something in it was not taken in."""
        self.is_read_whole = taken.needed == 0
        """The fold begins with its first line, and not where a daemon of before had a run that was not over."""
        self.is_met = False
        """Somebody has asked whether it `rests`."""
        self.position = taken.needed
        """All lines before it are in the fold, as far as it needs them."""
        self.taken = taken.offset
        """All lines before it are stored. Above `position` only while the fold is being rebuilt."""
        self.size = -1
        """Of the file when it was last read to its end; -1: never."""
        self.settled = -1
        """Of the file when all its whole lines were stored; -1: never. Above all, what other threads may ask."""

    @property
    def needed(self) -> int:
        """Where to begin again, so that all that is not over at `position` is known."""
        needed = self.fold.needed
        return self.position if needed is None else needed

    def rests(self) -> bool:
        """At the first time: whether all of the file is stored. Then nothing is read again before more comes, or its end."""
        was_met, self.is_met = self.is_met, True
        if was_met or self.taken == 0:
            return False
        try:
            size = os.stat(self.path, follow_symlinks=False).st_size
        except OSError:
            return False  # who opens it says so
        if size == self.taken:
            self.settled = size
        return size == self.taken

    def lines(self, most: int) -> Iterator[Line]:
        """Whole lines from `position` on, at least one where there is one, until about *most* bytes are given.

        Sets `size` where it comes to the end. Who takes a line moves `position` behind it.

        Raises `OSError`, `NoJournal`.
        """
        with opened(self.path) as fd:
            start = at = self.position
            while at - start < most:
                chunk, size = whole_lines(fd, at, max(LEAST_READ_BYTES, min(READ_BYTES, start + most - at)))
                if not chunk:
                    self.size = size
                    return
                begin = 0
                while (newline := chunk.find(b"\n", begin)) >= 0:
                    yield Line(chunk[begin:newline], at + newline + 1)
                    begin = newline + 1
                at += begin
                if at == size:
                    self.size = size
                    return

    def take(self, line: Line, problem: str | None) -> bool:
        """Move `position` behind *line*, with which something may be wrong; whether it is news.

        What a daemon of before has refused is known where the fold lacks what the line is about.
        """
        self.position = line.end
        is_new = line.end > self.taken
        if is_new or self.is_read_whole:
            self.has_refused |= problem is not None
        return is_new

    def remove(self, fd: int, size: int) -> bool:
        """Take the file away, or set it aside where something was refused, if it still has *size* bytes, while no other program can write a line in between."""
        try:
            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _TURN_BYTE)
        except OSError:
            return False
        if os.fstat(fd).st_size != size:
            return False
        if self.has_refused:
            set_aside(self.path)
        else:
            os.unlink(self.path)
        return True


def take_lock(fd: int) -> bool:
    """Whether no program has the journal any more; then its lock is ours for as long as *fd* is open."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def opened(path: str) -> Iterator[int]:
    """A descriptor of the journal at *path*. Raises `OSError`, `NoJournal`."""
    fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
            raise NoJournal(f"{path} is no plain file of this user")
        yield fd
    finally:
        os.close(fd)


def whole_lines(fd: int, start: int, length: int) -> tuple[bytes, int]:
    """About *length* bytes from *start* with at least one whole line, or none; and the file's size.

    A line beyond the limit is given whole all the same, as far as it goes: who decodes it refuses it.
    """
    size = os.fstat(fd).st_size
    while True:
        chunk = os.pread(fd, length, start)
        end = chunk.rfind(b"\n") + 1
        if end:
            return chunk[:end], size
        if len(chunk) < length or length > 4 * MAX_LINE_BYTES:
            return b"", size
        length *= 4
