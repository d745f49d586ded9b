"""What lies in the folder of one workflow: its versions, and what has become of their texts.

A version is published when its file has its name; its line in the lock is written before. Who is killed in between
leaves a prepared file, which tells that version from one whose file was removed later.
"""

import hashlib
import logging
import re
import shlex
from collections.abc import Callable
from dataclasses import replace

from darwinflow.model.workflow import LOCK_NAME, Damage, DamageKind, PublishedVersion, Workflow
from darwinflow.storage.files.folder import LEFTOVER, Folder
from darwinflow.storage.files.versions_lock import Line, last_line, lines_in
from darwinflow.storage.instants import from_micros
from darwinflow.storage.publishing import MOST_VERSION, published_from

log = logging.getLogger(__name__)

_VERSION_FILE = re.compile(r"v([1-9][0-9]{0,15})\.yaml", re.ASCII)
_PREPARED_FILE = re.compile(rf"\.v([1-9][0-9]{{0,15}})\.yaml\.[0-9a-f]+{re.escape(LEFTOVER)}", re.ASCII)

_ADVICE: dict[DamageKind, str] = {
    "edited": "to keep the edit, copy it to a draft with version {following} and parent {number}; "
    "then bring the file back: git checkout -- {path}",
    "missing": "bring it back: git checkout -- {path}; or publish a file with the same content again",
    "unreadable": "move it away, then bring it back: git checkout -- {path}; or publish a file with the same "
    "content again",
    "unlisted": "bring that file back: git checkout -- {lock}",
}

Understand = Callable[[bytes], Workflow | None]
"""The workflow that a text holds; None where it cannot be read."""


def file_of(number: int) -> str:
    return f"v{number}.yaml"


class StoredVersions:
    """As they are when this is made. *name* is the workflow's id as the folder spells it."""

    def __init__(self, folder: Folder, name: str, understand: Understand) -> None:
        self._folder = folder
        self._name = name
        self._understand = understand
        self._lines = self._read_lines()
        names = folder.names()
        files = _numbers(_VERSION_FILE, [file for file in names if folder.has_plain(file)])
        if not files <= self._lines.keys():
            self._lines = self._read_lines()  # published since
        self.pending = _numbers(_PREPARED_FILE, names) & self._lines.keys() - files
        """Versions with a line whose publisher is at work, or was killed."""
        self._lost = {
            number
            for number in self._lines.keys() - files - self.pending
            if not folder.has_plain(file_of(number))  # looked at again: it may have been renamed meanwhile
        }
        found = {
            number: self._version(number) for number in sorted(files | self._lines.keys() - self.pending)
        }
        self.known = {number: version for number, version in found.items() if version is not None}
        """By number, ascending; also those whose file is gone: their numbers stay taken."""

    def damage(self, number: int) -> Damage | None:
        """What is wrong with the version *number*, one of those that are known."""
        file = file_of(number)
        path = f"{self._folder.path}/{file}"
        line = self._lines.get(number)
        if number in self._lost and not self._folder.has(file):
            return self._damage(number, "missing", f"{path} is missing")
        text = self._text(file)
        if isinstance(text, OSError):
            denied = self._damage(number, "unreadable", f"{path} cannot be read: {text.strerror}")
            return replace(denied, advice=f"give yourself the right to read {shlex.quote(path)}")
        if text is None:
            return self._damage(number, "unreadable", f"{path} is no plain file, or far too long")
        if line is None:
            return self._damage(number, "unlisted", f"{self._folder.path}/{LOCK_NAME} has no line of it")
        if hashlib.sha256(text).hexdigest() == line.file_hash:
            return None
        workflow = self._understand(text)
        if workflow is None:
            return self._damage(number, "unreadable", f"{path} holds no workflow any more")
        if workflow.content_hash != line.version.content_hash:
            return self._damage(number, "edited", f"{path} was edited since")
        return None

    def withdraw(self, number: int) -> None:
        """Take the line of *number* back, whose publisher was killed or failed: nothing was published.

        Only the last line can be of such a one, because the next publisher calls this before it writes.
        """
        content = self._folder.read(LOCK_NAME) or b""
        start, line = last_line(content, self._name, f"{self._folder.path}/{LOCK_NAME}")
        if line is not None and line.version.version == number:
            self._folder.shorten(LOCK_NAME, start)

    def _damage(self, number: int, kind: DamageKind, what: str) -> Damage:
        path = f"{self._folder.path}/{file_of(number)}"
        return Damage(
            version=number,
            kind=kind,
            path=path,
            message=f"version {number} of '{self._name}' is not as it was published: {what}",
            advice=_ADVICE[kind].format(
                number=number,
                following=max(self.known) + 1,
                path=shlex.quote(path),
                lock=shlex.quote(f"{self._folder.path}/{LOCK_NAME}"),
            ),
        )

    def _read_lines(self) -> dict[int, Line]:
        return lines_in(self._folder.read(LOCK_NAME) or b"", self._name, f"{self._folder.path}/{LOCK_NAME}")

    def _text(self, file: str) -> bytes | OSError | None:
        """None where it is no plain file, or too long; the error where the system refuses to read it."""
        try:
            return self._folder.read(file)
        except OSError as error:
            return error

    def _version(self, number: int) -> PublishedVersion | None:
        line = self._lines.get(number)
        return self._untold(number) if line is None else line.version

    def _untold(self, number: int) -> PublishedVersion | None:
        """Version *number*, of which no line tells; None where it is no file that can be understood."""
        file = file_of(number)
        text = self._text(file)
        workflow = self._understand(text) if isinstance(text, bytes) else None
        if workflow is None:
            log.warning("%s/%s is no published version: no line tells of it", self._folder.path, file)
            return None
        log.warning("%s/%s has no line in %s; it is taken from its text", self._folder.path, file, LOCK_NAME)
        return published_from(
            replace(workflow, version=number),  # the file's name counts
            self._name,
            published_by="",
            published_at=from_micros(self._folder.modified_us(file)),
        )


def _numbers(pattern: re.Pattern[str], names: list[str]) -> set[int]:
    found = {int(match[1]) for name in names if (match := pattern.fullmatch(name))}
    return {number for number in found if number <= MOST_VERSION}
