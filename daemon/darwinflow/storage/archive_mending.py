"""Taking damaged frames out of a month of an archive: what is whole stays, and the month as it was is kept beside it."""

import os
import shutil
from contextlib import suppress
from typing import NamedTuple

import zstandard

from darwinflow.model.errors import StoreDamaged
from darwinflow.model.phrases import counted
from darwinflow.storage.archive import Archive
from darwinflow.storage.archived_runs import HEAD, run_in
from darwinflow.storage.durable import sync_folder
from darwinflow.storage.files.folder import troubles

_MAGIC = b"\x28\xb5\x2f\xfd"
_ASIDE = "set-aside"


class _Frames(NamedTuple):
    whole: list[bytes]
    runs: int
    lost: int
    """Bytes."""


def mend_archive(archive: Archive, *, dry_run: bool) -> list[str]:
    """What was wrong in *archive*, and is mended, a sentence each. Raises what `folder.troubles` names."""
    told = []
    for month in archive.months():
        path = os.path.join(archive.path, f"{month}.jsonl.zst")
        with troubles(path):
            with open(path, "rb") as file:
                content = file.read()
            frames = _frames_in(content, path)
            if not frames.lost:
                continue
            told.append(
                f"{path}: {frames.lost} bytes are no frame any more and are taken out; "
                f"{counted(frames.runs, 'run')} can be read"
            )
            if not dry_run:
                _replaced(archive.path, path, month, frames.whole)
    return told


def _frames_in(content: bytes, path: str) -> _Frames:
    whole, runs, lost, at = list[bytes](), 0, 0, 0
    while at < len(content):
        frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            lines = frame.decompress(content[at:]).splitlines(keepends=True)
            count = sum(run_in(line, path) is not None for line in lines) if frame.eof else -1
        except (zstandard.ZstdError, StoreDamaged):
            count = -1
        if count < 0:
            following = content.find(_MAGIC, at + 1)
            end = following if following > 0 else len(content)
            lost += end - at
        else:
            end = len(content) - len(frame.unused_data)
            whole.append(content[at:end])
            runs += count
        at = end
    return _Frames(whole, runs, lost)


def _replaced(folder: str, path: str, month: str, frames: list[bytes]) -> None:
    aside = os.path.join(folder, _ASIDE)
    os.makedirs(aside, mode=0o700, exist_ok=True)
    kept = os.path.join(aside, f"{os.path.basename(path)}-damaged-{os.stat(path).st_mtime_ns}")
    shutil.copyfile(path, f"{kept}.tmp")
    os.chmod(f"{kept}.tmp", 0o600)
    os.rename(f"{kept}.tmp", kept)
    sync_folder(aside)
    fd = os.open(f"{path}.tmp", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        if not _begins(frames):
            file.write(zstandard.ZstdCompressor(write_checksum=True).compress(HEAD))
        file.write(b"".join(frames))
        file.flush()
        os.fsync(file.fileno())
    # The index goes first: what is there then says what there is.
    with suppress(FileNotFoundError):
        os.unlink(os.path.join(folder, f"{month}.index.jsonl"))
    os.rename(f"{path}.tmp", path)
    sync_folder(folder)


def _begins(frames: list[bytes]) -> bool:
    """Whether the first of *frames* says the format."""
    return bool(frames) and zstandard.ZstdDecompressor().decompressobj().decompress(frames[0]).startswith(
        HEAD
    )
