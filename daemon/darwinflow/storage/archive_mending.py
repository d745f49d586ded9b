"""Taking damaged frames out of a month of an archive: what is whole stays, and the month as it was is kept beside it.

Runs that the index knows and no frame has any more are lost: they are named, once, and the index goes on without them.
"""

import os
import shutil
from contextlib import suppress
from typing import NamedTuple

import zstandard

from darwinflow.model.errors import StoreDamaged
from darwinflow.model.phrases import counted, some_of
from darwinflow.storage.archive import Archive
from darwinflow.storage.archive_index import INDEX, read_index
from darwinflow.storage.archived_runs import HEAD, run_in
from darwinflow.storage.durable import sync_folder, write_durably
from darwinflow.storage.files.folder import troubles

_MAGIC = b"\x28\xb5\x2f\xfd"
_ASIDE = "set-aside"


class MendedArchive(NamedTuple):
    """A sentence each."""

    mended: list[str]
    lost: list[str]
    kept: list[str]
    """Where what was damaged lies now."""


class _Frames(NamedTuple):
    whole: list[bytes]
    runs: set[tuple[str, str]]
    """Projects and ids of those in them."""
    lost: int
    """Bytes."""


def mend_archive(archive: Archive, *, dry_run: bool) -> MendedArchive:
    """What was wrong in *archive*, and is mended or lost. Raises what `folder.troubles` names."""
    found = MendedArchive([], [], [])
    for month in archive.months():
        path = os.path.join(archive.path, f"{month}.jsonl.zst")
        index = os.path.join(archive.path, f"{month}{INDEX}")
        with troubles(path):
            frames, listed = _frames_in(path), read_index(index)
            known = {(entry.project, entry.run_id): None for entry in listed.entries}
            lost = [run_id for project, run_id in known if (project, run_id) not in frames.runs]
            if frames.lost:
                found.mended.append(
                    f"{path}: {frames.lost} bytes are no frame any more and are taken out; "
                    f"{counted(len(frames.runs), 'run')} can be read"
                )
            if lost:
                found.lost.append(f"{path} has lost {counted(len(lost), 'run')} of {month}: {some_of(lost)}")
            if dry_run or not (frames.lost or lost):
                continue
            found.kept.extend(_aside(archive.path, one) for one in (path, index) if os.path.exists(one))
            _replaced(archive.path, path, index, frames)
    return found


def _frames_in(path: str) -> _Frames:
    """Nothing where there is no such file."""
    content = b""
    with suppress(FileNotFoundError), open(path, "rb") as file:
        content = file.read()
    whole, runs, lost, at = list[bytes](), set[tuple[str, str]](), 0, 0
    while at < len(content):
        frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            lines = frame.decompress(content[at:]).splitlines(keepends=True)
            found = [run for line in lines if (run := run_in(line, path)) is not None]
            is_whole = frame.eof
        except (zstandard.ZstdError, StoreDamaged):
            is_whole = False
        if is_whole:
            end = len(content) - len(frame.unused_data)
            whole.append(content[at:end])
            runs.update((run.project, run.log.run_id) for run in found)
        else:
            following = content.find(_MAGIC, at + 1)
            end = following if following > 0 else len(content)
            lost += end - at
        at = end
    return _Frames(whole, runs, lost)


def _aside(folder: str, path: str) -> str:
    """A copy of the file *path*, whole or not at all; where it is."""
    aside = os.path.join(folder, _ASIDE)
    os.makedirs(aside, mode=0o700, exist_ok=True)
    kept = os.path.join(aside, f"{os.path.basename(path)}-damaged-{os.stat(path).st_mtime_ns}")
    shutil.copyfile(path, f"{kept}.tmp")
    os.chmod(f"{kept}.tmp", 0o600)
    with open(f"{kept}.tmp", "rb") as file:
        os.fsync(file.fileno())
    os.rename(f"{kept}.tmp", kept)
    sync_folder(aside)
    return kept


def _replaced(folder: str, path: str, index: str, frames: _Frames) -> None:
    # The index goes first: what is there then says what there is.
    with suppress(FileNotFoundError):
        os.unlink(index)
    sync_folder(folder)
    if frames.lost:
        head = b"" if _begins(frames.whole) else zstandard.ZstdCompressor(write_checksum=True).compress(HEAD)
        write_durably(path, head + b"".join(frames.whole))


def _begins(frames: list[bytes]) -> bool:
    """Whether the first of *frames* says the format."""
    return bool(frames) and zstandard.ZstdDecompressor().decompressobj().decompress(frames[0]).startswith(
        HEAD
    )
