"""A disk below SQLite that fails, or loses power, at an operation that is named by its number.

It lies below the VFS that keeps checksums, so it must be registered before that is loaded: in a process of its own.
After a power cut it says what may be left: what was synced, and of the rest any part, in sectors, some of them garbage.
"""

import os
import random
from typing import NamedTuple

import apsw

SECTOR = 512
WAYS = ("once", "for ever", "full once", "full for ever", "short", "power cut")
"""In which an operation may fail. A short write stores its first half; at a power cut nothing works any more."""

_CODES = {
    "open": apsw.SQLITE_CANTOPEN,
    "read": apsw.SQLITE_IOERR_READ,
    "write": apsw.SQLITE_IOERR_WRITE,
    "sync": apsw.SQLITE_IOERR_FSYNC,
    "truncate": apsw.SQLITE_IOERR_TRUNCATE,
    "size": apsw.SQLITE_IOERR_FSTAT,
    "delete": apsw.SQLITE_IOERR_DELETE,
}


class Change(NamedTuple):
    """What was done to a file and not synced yet: *content* written at *offset*, or None for a cut to that length."""

    offset: int
    content: bytes | None


class Kept:
    """One file: what a power cut leaves for certain, and what it may leave."""

    def __init__(self, path: str) -> None:
        with open(path, "rb") as file:
            self.durable = file.read()
        self.pending: list[Change] = []

    def sync(self) -> None:
        self.durable = applied(self.durable, self.pending)
        self.pending.clear()

    def image(self, how: str, rng: random.Random) -> bytes:
        chosen = {
            "nothing": [],
            "all": self.pending,
            "a prefix": self.pending[: rng.randint(0, len(self.pending))],
        }.get(how)
        if chosen is None:
            chosen = [change for change in self.pending if rng.random() < 0.5]
            if how == "torn":
                chosen = [piece for change in chosen for piece in _torn(change, rng)]
        return applied(self.durable, chosen)


IMAGES = ("nothing", "all", "a prefix", "a part", "torn")
"""What is left of writes that were not synced."""


def applied(content: bytes, changes: list[Change]) -> bytes:
    made = bytearray(content)
    for change in changes:
        if change.content is None:
            del made[change.offset :]
            made.extend(bytes(change.offset - len(made)))
        else:
            made.extend(bytes(max(0, change.offset - len(made))))
            made[change.offset : change.offset + len(change.content)] = change.content
    return bytes(made)


def _torn(change: Change, rng: random.Random) -> list[Change]:
    """The sectors of a write that reached the disk, one in ten of them as garbage."""
    if change.content is None:
        return [change]
    pieces = []
    for at in range(0, len(change.content), SECTOR):
        piece = change.content[at : at + SECTOR]
        fate = rng.random()
        if fate < 0.1:
            pieces.append(Change(change.offset + at, rng.randbytes(len(piece))))
        elif fate < 0.6:
            pieces.append(Change(change.offset + at, piece))
    return pieces


class FaultyDisk(apsw.VFS):
    """The default VFS from here on. Passes everything on until `fail` names an operation."""

    def __init__(self) -> None:
        self.below = apsw.vfs_names()[0]
        self.begin()
        super().__init__("faulty", self.below, makedefault=True)

    def begin(self, at: int | None = None, way: str = "once") -> None:
        """Count anew; the operation of number *at* fails in this *way*."""
        self.done = 0
        self.hit: str | None = None
        """The operation that has failed."""
        self._at, self._way = at, way
        self._is_cut = False
        self.files: dict[str, Kept] = {}
        self._deleted: dict[str, Kept] = {}

    def mend(self) -> None:
        """Nothing fails any more; not after a power cut."""
        self._at = None

    def meet(self, operation: str) -> bool:
        """Count one operation, and raise where it fails; whether a write is to be cut short."""
        self.done += 1
        if self._is_cut:
            raise apsw.exception_for(apsw.SQLITE_IOERR)
        if self._at is None or self.done < self._at:
            return False
        if self.done > self._at and not self._way.endswith("for ever"):
            return False
        self.hit = self.hit or operation
        if self._way == "power cut":
            self._is_cut = True
        if self._way.startswith("full") and operation == "write":
            raise apsw.exception_for(apsw.SQLITE_FULL)
        if self._way == "short" and operation == "write":
            return True
        raise apsw.exception_for(_CODES[operation])

    def note(self, path: str, change: Change) -> None:
        if path in self.files:
            self.files[path].pending.append(change)

    def sync(self, path: str) -> None:
        if path in self.files:
            self.files[path].sync()
        # One journal holds what happened to all files of a disk, in order: earlier removals are durable now, too.
        self._deleted.clear()

    def images(self, folder: str, rng: random.Random, how: str) -> None:
        """Make *folder* what is found there after the power cut."""
        here = {**self.files}
        for path, kept in self._deleted.items():
            if path not in here and rng.random() < 0.5:
                here[path] = kept  # nothing was synced since
        for path, kept in here.items():
            with open(os.path.join(folder, os.path.basename(path)), "wb") as file:
                file.write(kept.image(how, rng))

    def xOpen(self, name, flags):  # noqa: N802 - as apsw calls it
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self.meet("open")
        return FaultyFile(self, path, name, flags)

    def xDelete(self, name, sync_folder):  # noqa: N802 - as apsw calls it
        self.meet("delete")
        super().xDelete(name, sync_folder)
        kept = self.files.pop(name, None)
        if kept is not None and not sync_folder:
            self._deleted[name] = kept


class FaultyFile(apsw.VFSFile):
    def __init__(self, disk: FaultyDisk, path: str | None, name, flags) -> None:
        self._disk, self._path = disk, path or ""
        super().__init__(disk.below, name, flags)
        if path and path not in disk.files:
            disk.files[path] = Kept(path)

    def xRead(self, amount, offset):  # noqa: N802
        self._disk.meet("read")
        return super().xRead(amount, offset)

    def xWrite(self, data, offset):  # noqa: N802
        is_short = self._disk.meet("write")
        content = bytes(data)[: len(data) // 2] if is_short else bytes(data)
        super().xWrite(content, offset)
        self._disk.note(self._path, Change(offset, content))
        if is_short:
            raise apsw.exception_for(apsw.SQLITE_IOERR_WRITE)

    def xSync(self, flags):  # noqa: N802
        # The system's own is not called: what it would do is kept count of here, and the loop is not kept waiting.
        self._disk.meet("sync")
        self._disk.sync(self._path)

    def xTruncate(self, size):  # noqa: N802
        self._disk.meet("truncate")
        super().xTruncate(size)
        self._disk.note(self._path, Change(size, None))

    def xFileSize(self):  # noqa: N802
        self._disk.meet("size")
        return super().xFileSize()
