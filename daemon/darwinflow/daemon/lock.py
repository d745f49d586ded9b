"""Who is the one daemon of a home: whoever holds `flock` on the lock file in the data directory, for life.

The file's text is the path of the bound socket and the home it serves. A killed daemon leaves nothing to clean up, since the system
drops its lock; the text it leaves behind is replaced by the next one.
"""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from darwinflow.model.errors import DaemonRunning, StoreError, StoreFull, StoreUnwritable
from darwinflow.model.obstacles import obstacle_to_file
from darwinflow.recorder.paths import Home, lock_text

_TRIES = 100
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
"""Not blocking: opening a pipe could wait for ever."""
_COMMAND = b"darwinflow "
"""So begins the text where a command has the lock."""
_ELSEWHERE = "or set DARWINFLOW_HOME to another folder"


@contextmanager
def held_by(home: Home, command: str) -> Iterator[None]:
    """Have *home* alone meanwhile; whoever finds it held is told *command*. Raises what `HomeLock.taken` does."""
    lock = HomeLock.taken(home)
    try:
        lock.tell(command)
        yield
    finally:
        lock.release()


class HomeLock:
    """Held from `taken` until `release` or the end of the process."""

    def __init__(self, home: Home, fd: int) -> None:
        self._home = home
        self.path = home.lock_path
        self._fd = fd
        # A child that is forked and does not exec would keep the lock after our death.
        os.register_at_fork(after_in_child=self._close)

    @classmethod
    def taken(cls, home: Home) -> "HomeLock":
        """Raises `DaemonRunning` where another daemon holds it, `StoreUnwritable` where it cannot be made."""
        try:
            _make_private(home.data)
            for _ in range(_TRIES):
                fd = _opened(home.lock_path)
                try:
                    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(fd)
                    raise DaemonRunning(
                        f"a daemon serves {home.data} already", hint="darwinflow daemon status"
                    ) from None
                if _is_still_there(home.lock_path, fd):
                    if os.pread(fd, len(_COMMAND), 0) == _COMMAND:
                        os.ftruncate(fd, 0)  # a command that was killed is at work no longer
                    return cls(home, fd)
                os.close(fd)  # somebody has removed the file between our opening and locking it
        except OSError as error:
            raise _told(error, home.lock_path) from error
        raise StoreUnwritable(f"{home.lock_path} is replaced again and again by something else")

    @property
    def is_there(self) -> bool:
        """Whether the file that is locked still has its name; without it another daemon could start."""
        return _is_still_there(self.path, self._fd)

    def publish(self, socket_path: str) -> None:
        """Say where the daemon can be reached. Clients that wait see the file change. Raises `StoreFull`, `StoreUnwritable`."""
        self._write(lock_text(self._home, socket_path))

    def tell(self, command: str) -> None:
        """Say that no daemon has the lock, but *command*, such as `darwinflow storage migrate`. Raises as `publish`."""
        self._write(lock_text(self._home, command))

    def _write(self, text: bytes) -> None:
        try:
            # By one call that covers the old text: nobody reads an empty file, or half of each.
            os.pwrite(self._fd, text.ljust(os.fstat(self._fd).st_size), 0)
            os.ftruncate(self._fd, len(text))
        except OSError as error:
            raise _told(error, self.path) from error

    def release(self) -> None:
        self._close()

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _opened(path: str) -> int:
    fd = os.open(path, _FLAGS, 0o600)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), path)
    return fd


def _told(error: OSError, path: str) -> StoreError:
    """Why the lock file *path* could not be made."""
    obstacle = obstacle_to_file(path)
    if obstacle is not None:
        return StoreUnwritable(str(obstacle), hint=f"{obstacle.advice}, {_ELSEWHERE}")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreFull(f"the disk with {path} is full")
    return StoreUnwritable(
        f"{error.filename or path} cannot be written: {error.strerror}",
        hint=f"give yourself the right to write there, {_ELSEWHERE}",
    )


def _make_private(folder: str) -> None:
    """Make *folder* with mode 0700. One that is there is left as its owner wants it, if it is a folder of ours."""
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        status = os.stat(folder)
        if status.st_uid != os.geteuid():
            raise StoreUnwritable(
                f"{folder} belongs to another user", hint="set DARWINFLOW_HOME to a folder of your own"
            ) from None


def _is_still_there(path: str, fd: int) -> bool:
    try:
        there = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return False
    ours = os.fstat(fd)
    return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)
