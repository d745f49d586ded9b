"""Replaces a file of a workspace by another text."""

import os
from contextlib import suppress

from darwinflow.cli.unwritable import advice_on
from darwinflow.document.content import read_content
from darwinflow.model.errors import Refused


class WriteRefused(Refused):
    """A file is left as it is, because it lies elsewhere, has changed or cannot be written."""


class ChangedMeanwhile(WriteRefused):
    """A file is no longer what was read, so somebody else has saved it."""


def rewrite(path: str, before: bytes, text: str, workspace: str) -> None:
    """Replace the file as a whole, so that whoever reads it meanwhile sees the old text or the new. Its mode stays.

    A link stays one; what it leads to is replaced. Raises `ChangedMeanwhile` where the file does not hold *before*,
    `WriteRefused` where it lies outside of the folder *workspace*, or cannot be written.
    """
    target = os.path.realpath(path)
    if not target.startswith(os.path.realpath(workspace).rstrip(os.sep) + os.sep):
        raise WriteRefused(f"'{path}' is left as it is: it leads to '{target}', outside of the workspace")
    try:
        _replace(target, before, text)
    except _Changed:
        raise ChangedMeanwhile(
            f"'{path}' is left as it is: it was saved by somebody else meanwhile", hint="run the same again"
        ) from None
    except OSError as exc:
        folder = os.path.dirname(path) or os.curdir
        raise WriteRefused(
            f"'{path}' is left as it is: it cannot be written: {exc.strerror}",
            hint=advice_on(
                exc, f"ls -ld '{folder}'", denied=f"give yourself the right to write in '{folder}'"
            ),
        ) from exc


class _Changed(Exception):
    pass


def _expect(target: str, before: bytes) -> None:
    if read_content(target) != before:
        raise _Changed


def _replace(target: str, before: bytes, text: str) -> None:
    draft = os.path.join(os.path.dirname(target), f".darwinflow-{os.urandom(6).hex()}.tmp")
    mode = os.stat(target).st_mode & 0o7777
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            os.fchmod(descriptor, mode)
            file.write(text)
        # As late as can be: nothing locks the file against an editor, and what it has saved must not be lost.
        _expect(target, before)
        os.replace(draft, target)
    except BaseException:  # also Ctrl-C must leave no draft behind
        with suppress(OSError):  # of the two, what stopped the writing is to be told
            os.unlink(draft)
        raise
