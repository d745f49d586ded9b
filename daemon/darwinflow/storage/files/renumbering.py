"""After a merge of two branches that published the same version: one side keeps the number, the other gets the next.

What git leaves is a version's file, and lines of the lock, between the marks of a conflict. Both sides are made whole
again; nothing is decided but the numbers. Killed anywhere, it is done again: the marks go last.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from darwinflow.model.errors import Refused, StoreUnwritable, WorkflowNotFound
from darwinflow.model.workflow import LOCK_NAME, PublishedVersion, Workflow
from darwinflow.storage.files.folder import Folder, open_folder, troubles
from darwinflow.storage.files.stored_versions import Understand, file_of
from darwinflow.storage.files.versions_lock import Line, line_of, lines_in
from darwinflow.storage.publishing import published_from

_OURS, _BASE, _THEIRS, _END = b"<<<<<<< ", b"|||||||", b"=======", b">>>>>>> "
_VERSION = re.compile(rb"(?m)^(version:[ \t]*)(\d+)")
_PARENT = re.compile(rb"(?m)^([ \t]+parent:[ \t]*)(\d+)")
_FILE = re.compile(r"v([1-9][0-9]{0,15})\.yaml", re.ASCII)
_READ_ONLY, _LOCK_MODE = 0o444, 0o644


class Renumbered(NamedTuple):
    """The version of the branch that was merged."""

    old: int
    new: int


class _Sides(NamedTuple):
    ours: bytes
    theirs: bytes


class _Both(NamedTuple):
    """What the lock says of a version, on either side."""

    ours: dict[int, Line]
    theirs: dict[int, Line]


def renumber(
    path: str, workflow_id: str, *, understand: Understand, now: Callable[[], datetime], dry_run: bool
) -> tuple[Renumbered, ...]:
    """Solve the conflicts of *workflow_id* in the store of files *path*, or only say what would come of it. Nothing where there are none.

    Raises `WorkflowNotFound`, `StoreUnwritable`, and `Refused`, with nothing changed, where a side is no workflow.
    """
    with troubles(path):
        root = open_folder(path)
        folder = None if root is None else root.inside(workflow_id)
        if root is None or folder is None:
            raise WorkflowNotFound(f"{workflow_id} is not published", hint="darwinflow workflow list")
        with root, folder:
            root.lock()
            return _Renumbering(folder, workflow_id, understand, now()).solved(dry_run=dry_run)


class _Renumbering:
    def __init__(self, folder: Folder, name: str, understand: Understand, at: datetime) -> None:
        self._folder = folder
        self._name = name
        self._understand = understand
        self._at = at
        lock = folder.read(LOCK_NAME) or b""
        self._lock_is_torn = _is_conflict(lock)
        sides = _sides(lock)
        self._lines = _Both(*(lines_in(side, name, f"{folder.path}/{LOCK_NAME}") for side in sides))
        self._numbers = sorted(int(found[1]) for file in folder.names() if (found := _FILE.fullmatch(file)))

    def solved(self, *, dry_run: bool) -> tuple[Renumbered, ...]:
        texts = {number: self._folder.read(file_of(number)) or b"" for number in self._numbers}
        torn = {number: _sides(text) for number, text in texts.items() if _is_conflict(text)}
        lines = {**self._lines.theirs, **self._lines.ours}
        following = max([*self._numbers, *lines, 0]) + 1
        moved: dict[int, int] = {}
        added: dict[int, bytes] = {}
        for number, text in texts.items():
            sides = torn.get(number)
            if sides is None and not self._follows(text, number, moved):
                continue
            theirs = text if sides is None else sides.theirs
            new = self._known_as(theirs, texts, moved, number) or following
            following = max(following, new + 1)
            moved[number] = new
            added[new] = self._renumbered(theirs, number, moved)
            lines[new] = self._line(added[new], new, self._lines.theirs.get(number))
            if sides is None:
                lines.pop(number, None)
            else:
                lines[number] = self._line(sides.ours, number, self._lines.ours.get(number))
        if (torn or self._lock_is_torn) and not dry_run:
            gone = [number for number in moved if number not in torn]
            self._write(added, lines, gone, {number: sides.ours for number, sides in torn.items()})
        return tuple(Renumbered(old, new) for old, new in moved.items())

    def _follows(self, text: bytes, number: int, moved: dict[int, int]) -> bool:
        """Whether this version of the merged branch alone was made from one that gets another number."""
        if not moved or number in self._lines.ours:
            return False
        workflow = self._understand(text)
        parent = workflow.parent if workflow is not None else None
        return parent is not None and parent.workflow == self._name and parent.version in moved

    def _known_as(self, text: bytes, texts: dict[int, bytes], moved: dict[int, int], old: int) -> int | None:
        """The number under which *text* is there already, where an earlier try was killed."""
        for number, known in texts.items():
            if number > old and known == _VERSION.sub(
                rb"\g<1>%d" % number, self._with_parent(text, moved), count=1
            ):
                return number
        return None

    def _renumbered(self, text: bytes, old: int, moved: dict[int, int]) -> bytes:
        self._workflow(text, old)
        changed = _VERSION.sub(rb"\g<1>%d" % moved[old], self._with_parent(text, moved), count=1)
        self._workflow(changed, moved[old])
        return changed

    def _with_parent(self, text: bytes, moved: dict[int, int]) -> bytes:
        return _PARENT.sub(
            lambda found: found[1] + str(moved.get(int(found[2]), int(found[2]))).encode("ascii"),
            text,
            count=1,
        )

    def _workflow(self, text: bytes, number: int) -> Workflow:
        """Raises `Refused` where *text* is not version *number*."""
        found = self._understand(text)
        if found is None or found.version != number:
            raise Refused(
                f"a side of the conflict in {self._folder.path}/{file_of(number)} is no whole version {number}",
                hint="git checkout --ours or --theirs takes one side as it is; nothing has been changed",
            )
        return found

    def _line(self, text: bytes, number: int, known: Line | None) -> Line:
        """Who published it, and when, as the side's own line says."""
        workflow = self._workflow(text, number)
        version: PublishedVersion = published_from(
            workflow,
            self._name,
            published_by=known.version.published_by if known else "",
            published_at=known.version.published_at if known else self._at,
        )
        return Line(replace(version, version=number), hashlib.sha256(text).hexdigest())

    def _write(
        self, added: dict[int, bytes], lines: dict[int, Line], gone: list[int], cleaned: dict[int, bytes]
    ) -> None:
        folder = self._folder
        for number, text in added.items():
            folder.reveal(folder.prepare(text, _READ_ONLY, what="renumbered"), file_of(number))
        lock = b"".join(line_of(line.version, line.file_hash) + b"\n" for _, line in sorted(lines.items()))
        folder.reveal(folder.prepare(lock, _LOCK_MODE, what="lock"), LOCK_NAME)
        for number in gone:
            folder.remove(file_of(number))
        for number, text in cleaned.items():
            folder.reveal(folder.prepare(text, _READ_ONLY, what="kept"), file_of(number))


def _is_conflict(content: bytes) -> bool:
    return any(line.startswith(_OURS) for line in content.splitlines())


def _sides(content: bytes) -> _Sides:
    """Both of them, whole; the base that some settings of git leave between is of neither. Raises `Refused`."""
    ours, theirs, where = list[bytes](), list[bytes](), b""
    for line in content.splitlines(keepends=True):
        if line.startswith(_OURS) and not where:
            where = _OURS
        elif line.startswith(_BASE) and where == _OURS:
            where = _BASE
        elif line.rstrip() == _THEIRS and where in (_OURS, _BASE):
            where = _THEIRS
        elif line.startswith(_END) and where == _THEIRS:
            where = b""
        else:
            if where in (b"", _OURS):
                ours.append(line)
            if where in (b"", _THEIRS):
                theirs.append(line)
    if where:
        raise StoreUnwritable(
            "the marks of a conflict are not whole", hint="git checkout -m FILE makes them anew"
        )
    return _Sides(b"".join(ours), b"".join(theirs))
