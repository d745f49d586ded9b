"""Runs that retention has let go of: a file a month of JSON lines in frames of zstd, which `zstd -dc` prints.

The lines are those of `run_file.py`. Beside each file lies an index, JSON lines too, with what lists, searches and finds
need of each run. The frames are the archive: an index that is missing, torn or behind is made anew from them, and half a
frame at the end, which a crash has left, was never told to be there and is cut off.
"""

import os
import re
import threading
from collections.abc import Collection, Sequence
from contextlib import suppress

import zstandard

from darwinflow.model.errors import NotFound, StoreDamaged
from darwinflow.model.filter import RunFilter
from darwinflow.model.run import RunHeader
from darwinflow.storage.archived_runs import (
    HEAD,
    Entry,
    entry_in,
    entry_of,
    fits,
    hash_of,
    index_line,
    line_of,
    run_in,
)
from darwinflow.storage.brief import header_from
from darwinflow.storage.durable import append_at, make_folders, sync_folder
from darwinflow.storage.files.folder import troubles
from darwinflow.storage.run_file import FiledRun

_ENDING = ".jsonl.zst"
_INDEX = ".index.jsonl"
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}", re.ASCII)
_OURS_ALONE = 0o600


class Archive:
    """One organization's, below *path*, which is made when something is archived. Thread-safe, in one process."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._known: dict[str, dict[tuple[str, str], str]] = {}
        """By month, the hash of each run: for who archives many. `forget` lets go of it."""

    def add(self, runs: Sequence[FiledRun]) -> None:
        """Keep them, durably, each once. Raises `StoreError`."""
        by_month: dict[str, list[FiledRun]] = {}
        for run in runs:
            by_month.setdefault(f"{run.log.start_time:%Y-%m}", []).append(run)
        with self._lock:
            for month, some in by_month.items():
                self._append(month, some)

    def forget(self) -> None:
        """What was remembered of what is archived."""
        with self._lock:
            self._known.clear()

    def query(self, project: str, wanted: RunFilter) -> tuple[RunHeader, ...]:
        """The newest that fit, newest first; `cursor` is not for archives."""
        found: list[RunHeader] = []
        for month in reversed(self.months()):
            with self._lock:
                entries = self._entries(month)
            fitting = {entry.run_id: entry for entry in entries if fits(entry, project, wanted)}
            headers = [header_from(entry.row) for entry in fitting.values()]
            found += sorted(headers, key=lambda header: (header.start_time, header.run_id), reverse=True)
            if len(found) >= wanted.limit:
                break
        return tuple(found[: wanted.limit])

    def find(self, project: str, part: str) -> tuple[str, ...]:
        """Ids that begin or end with *part*, newest month first."""
        found: dict[str, None] = {}
        for month in reversed(self.months()):
            with self._lock:
                entries = self._entries(month)
            for entry in entries:
                if entry.project == project and (
                    entry.run_id.startswith(part) or entry.run_id.endswith(part)
                ):
                    found[entry.run_id] = None
        return tuple(found)

    def get(self, project: str, run_id: str) -> FiledRun:
        """Raises `NotFound`, `StoreDamaged`."""
        for month in reversed(self.months()):
            with self._lock:
                for entry in reversed(self._entries(month)):
                    if (entry.project, entry.run_id) == (project, run_id):
                        return self._read(month, entry)
        raise NotFound(f"run {run_id} is not in the archive {self.path}")

    def erase(self, project: str, run_ids: Collection[str]) -> int:
        """Keep nothing of these; how many were there. Killed at any moment, it leaves the others whole."""
        count = 0
        for month in self.months():
            with self._lock:
                doomed = {
                    entry.run_id
                    for entry in self._entries(month)
                    if entry.project == project and entry.run_id in run_ids
                }
                if doomed:
                    self._rewrite(month, project, doomed)
                    count += len(doomed)
        return count

    def months(self) -> tuple[str, ...]:
        """Ascending, as `2026-11`."""
        try:
            names = os.listdir(self.path)
        except FileNotFoundError:
            return ()
        found = {name.removesuffix(_ENDING) for name in names if name.endswith(_ENDING)}
        return tuple(sorted(month for month in found if _MONTH.fullmatch(month)))

    def verify(self) -> tuple[str, ...]:
        """What is wrong, a sentence each. Reads all of it."""
        faults = []
        for month in self.months():
            try:
                with self._lock:
                    for entry in self._entries(month):
                        self._read(month, entry)
            except StoreDamaged as error:
                faults.append(str(error))
        return tuple(faults)

    def _append(self, month: str, runs: Sequence[FiledRun]) -> None:
        known = self._known.get(month)
        if known is None:
            known = self._known[month] = {
                (entry.project, entry.run_id): entry.sha256 for entry in self._entries(month)
            }
        lines = [(run, line_of(run)) for run in runs]
        new = [
            (run, line) for run, line in lines if known.get((run.project, run.log.run_id)) != hash_of(line)
        ]
        if not new:
            return
        make_folders(self.path, 0o700)
        path = self._path_of(month)
        with troubles(path):
            begun = not os.path.exists(path)
            content = (HEAD if begun else b"") + b"".join(line for _, line in new)
            frame = zstandard.ZstdCompressor(write_checksum=True).compress(content)
            offset = 0 if begun else os.path.getsize(path)
            append_at(path, frame, offset)
            entries = [entry_of(run, line, offset, len(frame)) for run, line in new]
            # The frames say it all: the index need not survive a power cut.
            index = b"".join(map(index_line, entries))
            size = os.path.getsize(self._index_of(month)) if not begun else 0
            append_at(self._index_of(month), index, size, durable=False)
            if begun:
                sync_folder(self.path)
        known.update({(entry.project, entry.run_id): entry.sha256 for entry in entries})

    def _entries(self, month: str) -> list[Entry]:
        """All of *month*, mended where a crash has left something half done."""
        path = self._path_of(month)
        if not os.path.exists(path):
            return []
        with troubles(path):
            size = os.path.getsize(path)
            entries, is_whole = self._indexed(month)
            covered = max((entry.offset + entry.length for entry in entries), default=0)
            if is_whole and covered == size:
                return entries
            if covered > size:
                entries, covered = [], 0
            entries += self._from_frames(path, covered, size)
            self._write_whole(self._index_of(month), b"".join(map(index_line, entries)))
        return entries

    def _indexed(self, month: str) -> tuple[list[Entry], bool]:
        """What the index says, and whether it ends where it should."""
        entries: list[Entry] = []
        with suppress(FileNotFoundError):
            with open(self._index_of(month), "rb") as file:
                for line in file:
                    entry = entry_in(line)
                    if entry is None:
                        return [one for one in entries if one.offset < entries[-1].offset], False
                    entries.append(entry)
            return entries, True
        return entries, False

    def _from_frames(self, path: str, start: int, size: int) -> list[Entry]:
        """Of what lies from *start* on; half a frame at the end is cut off."""
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
                raise _damaged(path, offset) from error
            if not frame.eof:
                os.truncate(path, offset)
                break
            length = len(rest) - len(frame.unused_data)
            for line in content.splitlines(keepends=True):
                run = run_in(line, path)
                if run is not None:
                    found.append(entry_of(run, line, offset, length))
            rest, offset = frame.unused_data, offset + length
        return found

    def _read(self, month: str, entry: Entry) -> FiledRun:
        path = self._path_of(month)
        with troubles(path), open(path, "rb") as file:
            file.seek(entry.offset)
            packed = file.read(entry.length)
        try:
            content = zstandard.ZstdDecompressor().decompressobj().decompress(packed)
        except zstandard.ZstdError as error:
            raise _damaged(path, entry.offset) from error
        for line in content.splitlines(keepends=True):
            if hash_of(line) == entry.sha256:
                run = run_in(line, path)
                if run is not None:
                    return run
        raise _damaged(path, entry.offset)

    def _rewrite(self, month: str, project: str, doomed: Collection[str]) -> None:
        """Without the runs *doomed*. The index goes first: what is there then says what there is."""
        path = self._path_of(month)
        compressor = zstandard.ZstdCompressor(write_checksum=True)
        frames, kept = [], 0
        with troubles(path):
            with open(path, "rb") as file:
                rest = file.read()
            while rest:
                frame = zstandard.ZstdDecompressor().decompressobj()
                lines = frame.decompress(rest).splitlines(keepends=True)
                runs = [(line, run_in(line, path)) for line in lines]
                left = [
                    line
                    for line, run in runs
                    if run is None or (run.project, run.log.run_id in doomed) != (project, True)
                ]
                kept += sum(run is not None and line in left for line, run in runs)
                if left:
                    frames.append(compressor.compress(b"".join(left)))
                rest = frame.unused_data
            with suppress(FileNotFoundError):
                os.unlink(self._index_of(month))
            if kept:
                self._write_whole(path, b"".join(frames))
            else:
                os.unlink(path)
            sync_folder(self.path)
        self._known.pop(month, None)

    def _write_whole(self, path: str, content: bytes) -> None:
        temporary = f"{path}.tmp"
        fd = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, _OURS_ALONE
        )
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)

    def _path_of(self, month: str) -> str:
        return os.path.join(self.path, f"{month}{_ENDING}")

    def _index_of(self, month: str) -> str:
        return os.path.join(self.path, f"{month}{_INDEX}")


def _damaged(path: str, offset: int) -> StoreDamaged:
    return StoreDamaged(
        f"{path}: the frame at byte {offset} is not what was written",
        hint="put a copy of that file in its place",
    )
