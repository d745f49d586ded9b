"""The frames of a month of an archive, read one after the other, or one run out of one of them."""

import logging
import os

import zstandard

from darwinflow.model.errors import StoreDamaged
from darwinflow.storage.archived_runs import Entry, entry_of, hash_of, run_in
from darwinflow.storage.run_file import FiledRun

log = logging.getLogger(__name__)


def entries_behind(path: str, start: int, size: int) -> list[Entry]:
    """Of what lies from *start* on; half a frame at the end is cut off. Raises `StoreDamaged`."""
    found: list[Entry] = []
    with open(path, "rb") as file:
        file.seek(start)
        rest = file.read(size - start)
    offset = start
    while rest:
        frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            content = frame.decompress(rest)
        except zstandard.ZstdError as error:
            raise damaged(path, offset) from error
        if not frame.eof:
            log.warning("%s: half a frame at byte %d, where writing has ended, is cut off", path, offset)
            os.truncate(path, offset)
            break
        length = len(rest) - len(frame.unused_data)
        for line in content.splitlines(keepends=True):
            run = run_in(line, path)
            if run is not None:
                found.append(entry_of(run, line, offset, length))
        rest, offset = frame.unused_data, offset + length
    return found


def run_of(path: str, entry: Entry) -> FiledRun:
    """Raises `StoreDamaged`."""
    with open(path, "rb") as file:
        file.seek(entry.offset)
        packed = file.read(entry.length)
    try:
        content = zstandard.ZstdDecompressor().decompressobj().decompress(packed)
    except zstandard.ZstdError as error:
        raise damaged(path, entry.offset) from error
    for line in content.splitlines(keepends=True):
        if hash_of(line) == entry.sha256:
            run = run_in(line, path)
            if run is not None:
                return run
    raise damaged(path, entry.offset)


def damaged(path: str, offset: int) -> StoreDamaged:
    return StoreDamaged(
        f"{path}: the frame at byte {offset} is not what was written",
        hint="put a copy of that file in its place",
    )
