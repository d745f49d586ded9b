"""The folder of segments: one file a day, to whose end whole batches are written.

What is read of a segment comes in groups: the records of one batch, and whether they are all there.
"""

import contextlib
import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from darwinflow.model.errors import OutcomeUnknown, SchemaTooNew, StoreDamaged, StoreUnwritable
from darwinflow.storage.durable import sync_folder
from darwinflow.storage.files.folder import troubles
from darwinflow.storage.files.log_records import BEGINNING, END, Piece, pieces_of

_SEGMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\.jsonl", re.ASCII)
_TEMPORARY = ".tmp"
_OURS_ALONE = 0o600
_BLOCK_BYTES = 1 << 20
_MOST_LINE_BYTES = 256 << 20
"""Nothing of this size is ever taken in; a longer line is garbage."""


class Group(NamedTuple):
    """The pieces of one batch, or of what is left of it."""

    number: int
    """Of the batch; 0 where no line says it."""
    start: int
    end: int
    """Behind the last line's end."""
    pieces: list[Piece]
    """Without the one that ends the batch."""
    closing: Piece | None
    """The piece that ends the batch."""
    is_whole: bool
    """Every record of the batch is there."""
    is_torn: bool
    """It ends the segment and was not written to its end, or that was cut off."""


class Segments:
    """Names are those of files, like `2026-02-03.jsonl`. All methods raise what `folder.troubles` names."""

    def __init__(self, path: str) -> None:
        self.path = path

    @staticmethod
    def name_for(moment: datetime) -> str:
        """The segment of the UTC day of *moment*."""
        return f"{moment:%Y-%m-%d}.jsonl"

    def names(self) -> list[str]:
        with troubles(self.path):
            return sorted(name for name in os.listdir(self.path) if _SEGMENT.fullmatch(name))

    def size(self, name: str) -> int | None:
        """In bytes; None where there is no such segment."""
        try:
            with troubles(self._path_of(name)):
                found = os.lstat(self._path_of(name))
        except StoreUnwritable as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise
        if not stat.S_ISREG(found.st_mode):
            raise StoreUnwritable(f"{self._path_of(name)} is not a plain file")
        return found.st_size

    def append(self, name: str, batch: bytes, at: int, *, durable: bool) -> None:
        """Write *batch* at *at*, the end of the segment, all of it or nothing; *durable*: it survives a power cut.

        Raises `StoreFull`, `StoreUnwritable` with nothing stored, `OutcomeUnknown`.
        """
        path = self._path_of(name)
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        with troubles(path):
            fd = os.open(path, flags, _OURS_ALONE)
            try:
                _write(fd, batch, at)
                if durable:
                    os.fdatasync(fd)
                if at == 0:
                    sync_folder(self.path)
            except OSError as error:
                _take_back(fd, at, path, error)
                raise
            finally:
                os.close(fd)

    def cut(self, name: str, size: int) -> None:
        with troubles(self._path_of(name)):
            fd = os.open(self._path_of(name), os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                os.ftruncate(fd, size)
                os.fsync(fd)
            finally:
                os.close(fd)

    def contains(self, name: str, needles: Collection[bytes]) -> bool:
        """Whether one of *needles*, which are short, stands anywhere in the segment."""
        longest = max(map(len, needles), default=1)
        with troubles(self._path_of(name)), open(self._path_of(name), "rb") as file:
            before = b""
            while block := file.read(_BLOCK_BYTES):
                seen = before + block
                if any(needle in seen for needle in needles):
                    return True
                before = seen[-longest:]
        return False

    def replace(self, name: str, lines: Iterable[bytes]) -> None:
        """Make *lines* the whole segment, at once. They may be read from what it is until then."""
        path = self._path_of(name)
        temporary = f"{path}{_TEMPORARY}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with troubles(path):
            try:
                with os.fdopen(os.open(temporary, flags, _OURS_ALONE), "wb") as file:
                    file.writelines(lines)
                    file.flush()
                    os.fsync(file.fileno())
                os.rename(temporary, path)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
                raise
            sync_folder(self.path)

    def sweep(self) -> None:
        """Remove what a process has left that was killed in `replace`."""
        with troubles(self.path):
            for name in os.listdir(self.path):
                if name.endswith(_TEMPORARY) and _SEGMENT.fullmatch(name.removesuffix(_TEMPORARY)):
                    os.unlink(self._path_of(name))

    def set_aside_foreign(self, name: str, start: int, end: int) -> None:
        """Copy what lies there into `set-aside/` where it is no beginning of a record: it is none of our torn ones."""
        found = self.read(name, start, end - start)
        if found.startswith(BEGINNING[: len(found)]):
            return
        aside = os.path.join(self.path, "set-aside")
        with troubles(aside):
            os.makedirs(aside, mode=0o700, exist_ok=True)
            fd = os.open(
                os.path.join(aside, f"{name}-{start}"),
                os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC,
                _OURS_ALONE,
            )
            with os.fdopen(fd, "wb") as file:
                file.write(found)
                file.flush()
                os.fsync(fd)

    def read(self, name: str, offset: int, length: int) -> bytes:
        """What lies there; shorter where the segment ends before. Raises `StoreDamaged` where it is gone."""
        path = self._path_of(name)
        with troubles(path):
            try:
                fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            except FileNotFoundError as error:
                raise StoreDamaged(f"{path} is missing, though runs are stored in it") from error
            try:
                return os.pread(fd, length, offset)
            finally:
                os.close(fd)

    def groups(self, name: str, offset: int) -> Iterator[Group]:
        """What lies from *offset* on, which is the beginning of a batch. Raises `SchemaTooNew`."""
        open_: list[Piece] = []
        number = 0
        for piece in self._pieces(name, offset):
            if piece.record is None:
                open_.append(piece)
                continue
            batch: int = piece.record["batch"]
            if number and batch != number:
                yield _closed(number, open_, None)
                open_ = []
            number = batch
            if piece.record["record"] == END:
                yield _closed(number, open_, piece)
                open_, number = [], 0
            else:
                open_.append(piece)
        if open_:
            size = self.size(name) or 0
            is_ended = open_[-1].offset + open_[-1].length < size
            # A line that is complete and cannot be read was damaged afterwards: no half of a batch ends so.
            is_torn = open_[-1].record is not None or not is_ended
            yield _closed(number, open_, None)._replace(is_torn=is_torn, end=size)

    def _pieces(self, name: str, offset: int) -> Iterator[Piece]:
        with open(self._path_of(name), "rb") as file:
            file.seek(offset)
            while line := file.readline(_MOST_LINE_BYTES):
                bare = line.removesuffix(b"\n")
                if bare:
                    yield from self._told_of(name, bare, offset)
                offset += len(line)

    def _told_of(self, name: str, line: bytes, offset: int) -> Iterator[Piece]:
        try:
            yield from pieces_of(line, offset)
        except SchemaTooNew as error:
            raise SchemaTooNew(f"{self._path_of(name)} has {error}") from error

    def _path_of(self, name: str) -> str:
        return os.path.join(self.path, name)


def _closed(number: int, pieces: list[Piece], end: Piece | None) -> Group:
    last = end or pieces[-1]
    first = pieces[0] if pieces else last
    records = sum(piece.record is not None for piece in pieces)
    return Group(
        number=number,
        start=first.offset,
        end=last.offset + last.length + 1,
        pieces=pieces,
        closing=end,
        is_whole=end is not None and end.record is not None and end.record["records"] == records,
        is_torn=False,
    )


def _write(fd: int, batch: bytes, at: int) -> None:
    rest = memoryview(batch)
    while rest:
        written = os.pwrite(fd, rest, at)
        rest, at = rest[written:], at + written


def _take_back(fd: int, size: int, path: str, error: OSError) -> None:
    """After *error*: as if nothing had been written. Raises `OutcomeUnknown` where that fails, too."""
    with contextlib.suppress(OSError):
        os.ftruncate(fd, size)
        os.fsync(fd)
        return
    raise OutcomeUnknown(
        f"{path}: writing failed ({error.strerror}) and may have taken effect; send the same again"
    ) from error
