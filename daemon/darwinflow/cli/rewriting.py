"""Replaces a file of a workspace by another text."""

import errno
import os

from darwinflow.model.errors import Refused

_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class WriteRefused(Refused):
    """A file is left as it is, because it lies elsewhere or cannot be written."""


def rewrite(path: str, text: str, workspace: str) -> None:
    """Replace the file as a whole, so that whoever reads it meanwhile sees the old text or the new. Its mode stays.

    A link stays one; what it leads to is replaced. Raises `WriteRefused` where that lies outside of the folder
    *workspace*, or cannot be written.
    """
    target = os.path.realpath(path)
    if not target.startswith(os.path.realpath(workspace).rstrip(os.sep) + os.sep):
        raise WriteRefused(f"'{path}' is left as it is: it leads to '{target}', outside of the workspace")
    try:
        _replace(target, text)
    except OSError as exc:
        raise WriteRefused(
            f"'{path}' is left as it is: it cannot be written: {exc.strerror}",
            hint=_advice(exc, os.path.dirname(path) or os.curdir),
        ) from exc


def _replace(target: str, text: str) -> None:
    draft = os.path.join(os.path.dirname(target), f".darwinflow-{os.urandom(6).hex()}.tmp")
    mode = os.stat(target).st_mode & 0o7777
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            os.fchmod(descriptor, mode)
            file.write(text)
        os.replace(draft, target)
    except BaseException:
        os.unlink(draft)
        raise


def _advice(error: OSError, folder: str) -> str:
    if error.errno in _DENIED:
        return f"give yourself the right to write in '{folder}'"
    return "free some space on that disk" if error.errno in _FULL else f"ls -ld '{folder}'"
