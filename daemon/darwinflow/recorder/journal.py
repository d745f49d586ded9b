"""One spool file: events of one process, each written whole by one call, under a lock that says the process lives.

Knows lines, files and locks; not what the lines mean.
"""

import errno
import fcntl
import os
import time
from _thread import RLock  # `threading` around it takes a millisecond at import
from collections.abc import Callable

from darwinflow.recorder.ids import new_id

SUFFIX = ".jsonl"
NEW_PREFIX = ".new-"
"""A journal has this name until it is locked, so that nobody takes it for one whose program is gone."""
MAX_JOURNAL_BYTES = 1 << 30
MAX_BACKLOG_BYTES = 4 << 20
"""Of lines that wait in memory while the disk is full."""
_TURN_BYTE = 1 << 40
"""Far behind the file's end, so that taking turns does not meet `flock` where a network file system mixes them."""
_TURN_TRIES = 50


class JournalGone(Exception):
    """The file cannot be written any more; what it holds stays."""


class JournalFull(Exception):
    """The file has grown to its limit."""


class Journal:
    """A file of the spool, open for appending.

    Its own process creates it and holds `flock` on it for life. A process that joined (`Journal.joined`) writes
    into another's and holds no lock: the run lives as long as the process that began it.
    """

    __slots__ = (
        "_backlog", "_backlog_bytes", "_counts", "_fd", "_identity", "_lock", "_torn", "documents", "limit", "name", "path", "shared", "users",
    )  # fmt: skip

    def __init__(self, path: str, fd: int, *, shared: bool) -> None:
        self.path = path
        self.name = os.path.basename(path)
        self.shared = shared
        """Whether another process may write here too."""
        self.users = 0
        """Runs that are open in this process."""
        self.documents: set[str] = set()
        """Hashes of the documents that are in this file."""
        self.limit = MAX_JOURNAL_BYTES
        self._fd = fd
        status = os.fstat(fd)
        self._identity = (status.st_dev, status.st_ino)
        self._lock = RLock()  # reentrant: a signal handler may record, too
        self._backlog: list[bytes] = []
        self._backlog_bytes = 0
        self._torn = False
        self._counts: dict[bytes, tuple[int, int]] = {}

    @classmethod
    def created(cls, spool: str, first_line: bytes) -> "Journal":
        """A new file of mode 0600 in the folder *spool*. Raises `OSError`, and then leaves no file behind."""
        name = new_id() + SUFFIX
        draft = os.path.join(spool, NEW_PREFIX + name)
        fd = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.write(fd, first_line) < len(first_line):
                raise _cut_short(fd)
            os.rename(draft, os.path.join(spool, name))
        except OSError:
            os.unlink(draft)
            os.close(fd)
            raise
        return cls(os.path.join(spool, name), fd, shared=False)

    @classmethod
    def joined(cls, path: str) -> "Journal":
        """The journal of another living process. Raises `OSError`; `JournalGone` where that process is gone."""
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        if _is_free(fd):
            os.close(fd)
            raise JournalGone("the program that began the run is gone")
        return cls(path, fd, shared=True)

    def write(self, line: bytes, *, may_wait: bool = True, last: bool = False) -> None:
        """Append *line*, which ends in a newline. When this returns, the line outlives the process.

        On a full disk `OSError` is raised, and the line waits in memory for the next call if it *may_wait*.
        Raises `JournalGone` where nothing will ever be written again, `JournalFull` above `limit`; the *last*
        line of a run is written even then.
        """
        with self._lock:
            self._check_room(last=last)
            if not self.shared:
                self._append(line, may_wait=may_wait)
                return
            with _Turn(self._fd):
                self._heal()
                self._append(line, may_wait=may_wait)
            self._own()  # its program may have gone, and the file with it, while the line was written

    def write_counted(self, marker: bytes, line_of: Callable[[int], bytes]) -> None:
        """Append the line for the number of times that *marker* is in the file already, whoever wrote it."""
        with self._lock:
            self._check_room(last=False)
            with _Turn(self._fd):
                line = line_of(self._count(marker))
                self._heal()
                self._append(line, may_wait=True)

    def _count(self, marker: bytes) -> int:
        """Looks at what has come since the last time, and at each line once."""
        offset, count = self._counts.get(marker, (0, 0))
        news = os.pread(self._fd, os.fstat(self._fd).st_size - offset, offset)
        news = news[: news.rfind(b"\n") + 1]
        count += news.count(marker)
        self._counts[marker] = (offset + len(news), count)
        return count

    def content(self) -> bytes:
        """All that is in the file."""
        size = os.fstat(self._fd).st_size
        return os.pread(self._fd, size, 0)

    @property
    def has_backlog(self) -> bool:
        """Whether lines wait in memory that could not be written yet."""
        return bool(self._backlog)

    def has_room_below(self, limit: int) -> bool:
        """Whether it can be written and is shorter than *limit* bytes."""
        try:
            return self._own().st_size < limit
        except JournalGone:
            return False

    def size(self) -> int:
        return os.fstat(self._fd).st_size

    def close(self) -> None:
        """Free the lock: the daemon may take the file away once it has it all."""
        with self._lock:
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1

    def close_after_fork(self) -> None:
        """In the child: let go of the parent's lock. Takes no lock, for another thread may have held it."""
        try:
            self._own()
            os.close(self._fd)
        except (OSError, JournalGone):
            return
        finally:
            self._fd = -1

    def _check_room(self, *, last: bool) -> None:
        size = self._own().st_size
        if size > self.limit and not last:
            raise JournalFull(f"the journal {self.path} has grown to {size} bytes")

    def _own(self) -> os.stat_result:
        """A program that closes descriptors it does not know may have given ours to another file: stay out of that."""
        try:
            status = os.fstat(self._fd)
        except OSError:
            status = None
        if status is None or (status.st_dev, status.st_ino) != self._identity:
            self._fd = -1
            raise JournalGone("the journal was closed")
        if status.st_nlink == 0:
            raise JournalGone("the journal was deleted")
        return status

    def _append(self, line: bytes, *, may_wait: bool) -> None:
        waiting, self._backlog, self._backlog_bytes = [*self._backlog, line], [], 0
        for at, one in enumerate(waiting):
            try:
                rest = self._put(one)
            except OSError:
                self._keep(waiting[at:] if may_wait else waiting[at:-1])
                raise
            if rest is not None:
                self._keep([rest, *waiting[at + 1 :]] if may_wait else waiting[at:-1])
                raise _cut_short(self._fd)

    def _put(self, line: bytes) -> bytes | None:
        """Write *line* by one call. Returns what is to be written again where only a part was taken.

        That is the whole line, on a line of its own; but only its end where nothing else is missing, for it would
        be there twice.
        """
        whole = b"\n" + line if self._torn else line
        missing = len(whole) - os.write(self._fd, whole)
        self._torn = missing > 0
        if not missing:
            return None
        return b"" if missing == 1 else line

    def _keep(self, lines: list[bytes]) -> None:
        for line in lines:
            if self._backlog_bytes + len(line) > MAX_BACKLOG_BYTES:
                break
            self._backlog.append(line)
            self._backlog_bytes += len(line)

    def _heal(self) -> None:
        """See whether another process has left half a line at the end."""
        size = os.fstat(self._fd).st_size
        self._torn = size > 0 and os.pread(self._fd, 1, size - 1) != b"\n"


class _Turn:
    """Among the processes that share a journal, one writes at a time."""

    __slots__ = ("_fd", "_held")

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._held = False

    def __enter__(self) -> None:
        # POSIX locks, which know nothing of `flock`. One that does not come soon belongs to a stopped process.
        for _ in range(_TURN_TRIES):
            try:
                fcntl.lockf(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _TURN_BYTE)
            except OSError:
                time.sleep(0.001)
            else:
                self._held = True
                return

    def __exit__(self, *_: object) -> None:
        if self._held:
            fcntl.lockf(self._fd, fcntl.LOCK_UN, 1, _TURN_BYTE)


def _cut_short(fd: int) -> OSError:
    """Why a write took only a part, which the system says of the next one: no room, or a limit of file sizes."""
    import resource

    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    is_limited = limit != resource.RLIM_INFINITY and os.fstat(fd).st_size >= limit
    number = errno.EFBIG if is_limited else errno.ENOSPC
    return OSError(number, os.strerror(number))


def _is_free(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    fcntl.flock(fd, fcntl.LOCK_UN)
    return True
