"""Reads the files that documents lie in. What would wait for a writer, or never end, is none: pipes, devices, sockets."""

import errno
import os
import stat
from typing import BinaryIO, Final

MAX_BYTES: Final = 8 * 1024 * 1024


def read_content(path: str) -> bytes:
    """The bytes of the regular file *path*, at most `MAX_BYTES`.

    Raises `OSError`, whose `strerror` says why in a few words; its `errno` is `EFBIG` for a file that is longer.
    """
    try:
        _refuse_what_is_no_file(os.stat(path).st_mode, path)
        # Non-blocking, in case a pipe has taken the file's place since.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        if os.path.islink(path):
            raise FileNotFoundError(errno.ENOENT, "it is a link to what is not there", path) from None
        raise
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        _refuse_what_is_no_file(status.st_mode, path)
        if status.st_size > MAX_BYTES:
            raise _too_long(path)
        # Room for what is there: for as much as there may be it takes longer than the reading.
        content = _read(file, path, status.st_size + 1)
        if len(content) <= status.st_size:
            return content
        content += read_stream(file, path)  # it has grown, or is one of the system's that tell no size
        if len(content) > MAX_BYTES:
            raise _too_long(path)
        return content


def leads_out(path: str, folder: str) -> bool:
    """Whether *path*, with all links in it followed, lies outside *folder*."""
    inside = os.path.realpath(folder).rstrip(os.sep) + os.sep
    return not os.path.realpath(path).startswith(inside)


def read_stream(file: BinaryIO, name: str) -> bytes:
    """All that *file* has to give, of at most `MAX_BYTES`. Raises `OSError` with `EFBIG` where there is more.

    A stream that does not block and has nothing to give is refused, too.
    """
    content = _read(file, name, MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise _too_long(name)
    return content


def _read(file: BinaryIO, name: str, most: int) -> bytes:
    content: bytes | None = file.read(most)
    if content is None:
        # As some files of the system do, where others wait for what is to come.
        raise BlockingIOError(errno.EAGAIN, "it has nothing to give yet", name)
    return content


def _refuse_what_is_no_file(mode: int, path: str) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", path)
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is no regular file", path)


def _too_long(path: str) -> OSError:
    return OSError(errno.EFBIG, f"it has more than {MAX_BYTES} bytes (8 MiB), which is not read", path)
