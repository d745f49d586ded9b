"""A folder held by its descriptor: nothing in it is reached through a symbolic link, and new files appear whole.

Windows has no such descriptors; there the store would need another form of this module.
"""

import contextlib
import errno
import fcntl
import os
import secrets
import stat
import time
from collections.abc import Iterator
from io import BufferedReader

from darwinflow.model.errors import StoreFull, StoreUnwritable
from darwinflow.storage.durable import make_folders
from darwinflow.storage.size_limit import beyond_limit

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
LEFTOVER = ".tmp"
"""How names end that nobody reads: of files that are being written."""
LOCKED_WITHIN_S = 10.0
_LOOK_EVERY_S = 0.005
MAX_BYTES = 64 << 20
"""Far more than a workflow may have, or the lines of all its versions need."""


class Folder:
    """Use it as a context: the descriptor is closed behind it."""

    __slots__ = ("_fd", "path")

    def __init__(self, path: str, fd: int) -> None:
        self.path = path
        self._fd = fd

    def __enter__(self) -> "Folder":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def inside(self, name: str, *, make: bool = False) -> "Folder | None":
        """The folder *name* in this one; None where there is none, or a link of that name."""
        if make:
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, dir_fd=self._fd)
                os.fsync(self._fd)
        try:
            fd = os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=self._fd)
        except OSError as error:
            if error.errno in _NOT_THERE:
                return None
            raise
        return Folder(os.path.join(self.path, name), fd)

    def names(self) -> list[str]:
        return sorted(os.listdir(self._fd))

    def has(self, name: str) -> bool:
        """Whether there is anything of that name."""
        return self._status(name) is not None

    def has_plain(self, name: str) -> bool:
        status = self._status(name)
        return status is not None and stat.S_ISREG(status.st_mode)

    def read(self, name: str) -> bytes | None:
        """None where there is no plain file of that name, or one longer than `MAX_BYTES`."""
        found = self._open_plain(name)
        if found is None:
            return None
        with found as file:
            content = file.read(MAX_BYTES + 1)
        return content if len(content) <= MAX_BYTES else None

    def modified_us(self, name: str) -> int:
        """Microseconds since 1970, UTC."""
        return os.stat(name, dir_fd=self._fd, follow_symlinks=False).st_mtime_ns // 1_000

    def prepare(self, content: bytes, mode: int, *, what: str) -> str:
        """Write *content* durably under a name that nobody reads, and that says *what* it is; `reveal` gives it its own."""
        name = f".{what}.{secrets.token_hex(8)}{LEFTOVER}"
        fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode, dir_fd=self._fd)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            self.remove(name)
            raise
        return name

    def reveal(self, prepared: str, name: str) -> None:
        os.rename(prepared, name, src_dir_fd=self._fd, dst_dir_fd=self._fd)
        os.fsync(self._fd)

    def append_line(self, name: str, line: bytes) -> None:
        """Durably, on a line of its own even where the last one was torn; all of it or nothing."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(name, flags, 0o644, dir_fd=self._fd), "r+b", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            if size and os.pread(file.fileno(), 1, size - 1) != b"\n":
                line = b"\n" + line
            try:
                rest = line + b"\n"
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
            except OSError:
                file.truncate(size)
                raise

    def shorten(self, name: str, size: int) -> None:
        """Cut the file to *size* bytes, durably."""
        flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(name, flags, dir_fd=self._fd), "r+b", buffering=0) as file:
            file.truncate(size)
            os.fsync(file.fileno())

    def remove(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._fd)

    def remove_empty(self, name: str) -> None:
        """The folder *name*, unless something is in it."""
        with contextlib.suppress(OSError):
            os.rmdir(name, dir_fd=self._fd)
        os.fsync(self._fd)

    def sweep(self) -> None:
        """Remove what a writer left that was killed between `prepare` and `reveal`."""
        for name in self.names():
            if name.startswith(".") and name.endswith(LEFTOVER):
                self.remove(name)

    def lock(self) -> None:
        """Wait until no other process or handle writes below this folder. Ends with the descriptor.

        Raises `StoreUnwritable` where one holds it for longer than anything of ours takes: it hangs, or is none of ours.
        """
        until = time.monotonic() + LOCKED_WITHIN_S
        while True:
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    raise StoreUnwritable(
                        f"another program holds the lock of {self.path}", hint="end that program"
                    ) from None
            else:
                return
            time.sleep(_LOOK_EVERY_S)

    def _status(self, name: str) -> os.stat_result | None:
        try:
            return os.stat(name, dir_fd=self._fd, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def _open_plain(self, name: str) -> BufferedReader | None:
        # Non-blocking, or a pipe of that name would hold us until somebody wrote to it.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            fd = os.open(name, flags, dir_fd=self._fd)
        except OSError as error:
            if error.errno in _NOT_THERE:
                return None
            raise
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            return None
        return os.fdopen(fd, "rb")


def open_folder(path: str, *, make: bool = False) -> Folder | None:
    """The folder at *path*, whose own name may be a link; None where there is none."""
    if make:
        make_folders(path)
    try:
        return Folder(path, os.open(path, _DIRECTORY))
    except OSError as error:
        if error.errno in _NOT_THERE:
            return None
        raise


@contextlib.contextmanager
def troubles(path: str) -> Iterator[None]:
    """Turn what the system refuses into errors that a caller can act on."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull(f"the disk with {path} is full") from error
        if error.errno == errno.EFBIG:
            raise beyond_limit(path) from error
        raise StoreUnwritable(f"{path}: {error.strerror}") from error
