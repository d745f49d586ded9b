"""Replaces a file of a workspace by another text."""

import os
from contextlib import suppress

from darwinflow.cli.unwritable import advice_on
from darwinflow.model.errors import Refused


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
        folder = os.path.dirname(path) or os.curdir
        raise WriteRefused(
            f"'{path}' is left as it is: it cannot be written: {exc.strerror}",
            hint=advice_on(
                exc, f"ls -ld '{folder}'", denied=f"give yourself the right to write in '{folder}'"
            ),
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
    except BaseException:  # also Ctrl-C must leave no draft behind
        with suppress(OSError):  # of the two, what stopped the writing is to be told
            os.unlink(draft)
        raise
