"""The frames of a month of an archive, read one after the other, or one run out of one of them."""

import glob
import logging
import os
from collections.abc import Iterator

import zstandard

from darwinflow.model.errors import StoreDamaged
from darwinflow.model.run import ExecutionLog
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


def logs_below(folder: str, project: str) -> Iterator[ExecutionLog]:
    """Of *project*, in the months of the archive in *folder*, oldest month first; what cannot be read is passed over."""
    for path in sorted(glob.glob(os.path.join(glob.escape(folder), "[0-9]*.jsonl.zst"))):
        with open(path, "rb") as file:
            rest = file.read()
        while rest:
            frame = zstandard.ZstdDecompressor().decompressobj()
            try:
                lines = frame.decompress(rest).splitlines(keepends=True)
                runs = [run_in(line, path) for line in lines] if frame.eof else []
            except (zstandard.ZstdError, StoreDamaged) as error:
                log.warning("%s is read no further than to a damaged frame: %s", path, error)
                break
            yield from (run.log for run in runs if run is not None and run.project == project)
            rest = frame.unused_data


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
