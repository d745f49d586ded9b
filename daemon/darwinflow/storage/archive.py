"""Runs that retention has let go of: a file a month of JSON lines in frames of zstd, which `zstd -dc` prints.

The lines are those of `run_file.py`. Beside each file lies an index, JSON lines too, with what lists, searches and finds
need of each run. The frames are the archive: an index that is missing, torn or behind is made anew from them, and half a
frame at the end, which a crash has left, was never told to be there and is cut off. An index that is ahead of the frames
stays as it is: it says which runs were lost with them.
"""

import logging
import os
import re
import threading
from collections.abc import Collection, Sequence
from contextlib import suppress

import zstandard

from darwinflow.model.errors import NotFound, StoreDamaged
from darwinflow.model.filter import Page, RunFilter
from darwinflow.model.run import RunHeader
from darwinflow.storage.archive_frames import damaged, entries_behind, run_of
from darwinflow.storage.archive_index import (
    INDEX,
    gap,
    has_line,
    read_index,
    size_of_file,
    write_index,
)
from darwinflow.storage.archived_runs import (
    HEAD,
    Entry,
    cursor_behind,
    entry_of,
    fits,
    hash_of,
    index_line,
    line_of,
    run_in,
)
from darwinflow.storage.brief import header_from
from darwinflow.storage.durable import append_at, make_folders, sync_folder, write_durably
from darwinflow.storage.files.folder import troubles
from darwinflow.storage.run_file import FiledRun

log = logging.getLogger(__name__)

_ENDING = ".jsonl.zst"
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}", re.ASCII)


class Archive:
    """One organization's, below *path*, which is made when something is archived. Thread-safe, in one process."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._known: dict[str, dict[tuple[str, str], str]] = {}
        """By month, the hash of each run: for who archives many. `forget` lets go of it."""
        self._ends: dict[str, int] = {}
        """Of the months in `_known`, how large they were."""
        self._told: set[str] = set()
        """What the log of the daemon has said already."""

    def add(self, runs: Sequence[FiledRun]) -> None:
        """Keep them, durably, each once. Raises `StoreError`: so does a month that was cut, which takes no more."""
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

    def query(self, project: str, wanted: RunFilter) -> Page[RunHeader]:
        """Those that fit, newest first. Raises `Refused` where the cursor is not one that an earlier page has given."""
        found: list[RunHeader] = []
        for month in reversed(self.months()):
            with self._lock:
                entries = self._entries(month)
            fitting = {entry.run_id: entry for entry in entries if fits(entry, project, wanted)}
            headers = [header_from(entry.row) for entry in fitting.values()]
            found += sorted(headers, key=lambda header: (header.start_time, header.run_id), reverse=True)
            if len(found) > wanted.limit:
                break
        items = tuple(found[: wanted.limit])
        return Page(items, cursor_behind(items[-1]) if len(found) > wanted.limit else None)

    def cursor(self, project: str, run_id: str) -> str:
        """For `query`: what follows that run in the list. Raises `NotFound`."""
        with self._lock:
            _, entry = self._entry(project, run_id)
        return cursor_behind(header_from(entry.row))

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

    def has(self, project: str, run_id: str) -> bool:
        return any(has_line(self._index_of(month), project, run_id) for month in self.months())

    def get(self, project: str, run_id: str) -> FiledRun:
        """Raises `NotFound`, `StoreDamaged`."""
        with self._lock:
            return self._read(*self._entry(project, run_id))

    def erase(self, project: str, run_ids: Collection[str]) -> int:
        """Keep nothing of these; how many were there. Killed at any moment, it leaves the others whole.

        Raises `StoreDamaged` where a month that has one of them was cut: what it lost is not forgotten by the way.
        """
        count = 0
        for month in self.months():
            with self._lock:
                doomed = {
                    entry.run_id
                    for entry in self._entries(month)
                    if entry.project == project and entry.run_id in run_ids
                }
                if doomed:
                    self._check_whole(month)
                    self._rewrite(month, project, doomed)
                    count += len(doomed)
        return count

    def months(self) -> tuple[str, ...]:
        """Ascending, as `2026-11`; those of which the index alone is left, too."""
        try:
            names = os.listdir(self.path)
        except FileNotFoundError:
            return ()
        found = {
            name.removesuffix(ending)
            for name in names
            for ending in (_ENDING, INDEX)
            if name.endswith(ending)
        }
        return tuple(sorted(month for month in found if _MONTH.fullmatch(month)))

    def verify(self) -> tuple[str, ...]:
        """What is wrong, a sentence each. Reads all of it."""
        faults = list(self.gaps())
        for month in self.months():
            try:
                with self._lock:
                    gone = self._gone(month)
                    for entry in self._entries(month):
                        if entry not in gone:
                            self._read(month, entry)
            except StoreDamaged as error:
                faults.append(str(error))
        return tuple(faults)

    def gaps(self) -> tuple[str, ...]:
        """Of which months runs are gone that the index knows, a sentence each. Reads the index alone."""
        return tuple(
            f"{said}; a copy of that file brings them back, and darwinflow storage repair goes on without them"
            for said in map(self._gap, self.months())
            if said is not None
        )

    def _entry(self, project: str, run_id: str) -> tuple[str, Entry]:
        """The month of a run, and what the index says of it."""
        for month in reversed(self.months()):
            for entry in reversed(self._entries(month)):
                if (entry.project, entry.run_id) == (project, run_id):
                    return month, entry
        raise NotFound(f"run {run_id} is not in the archive {self.path}")

    def _append(self, month: str, runs: Sequence[FiledRun]) -> None:
        path = self._path_of(month)
        offset, known = size_of_file(path) or 0, self._known.get(month)
        if known is None or offset < self._ends[month]:
            self._check_whole(month)
        if known is None:
            known = self._known[month] = {
                (entry.project, entry.run_id): entry.sha256 for entry in self._entries(month)
            }
            self._ends[month] = size_of_file(path) or 0
        lines = [(run, line_of(run)) for run in runs]
        new = [
            (run, line) for run, line in lines if known.get((run.project, run.log.run_id)) != hash_of(line)
        ]
        if not new:
            return
        make_folders(self.path, 0o700)
        with troubles(path):
            begun = not os.path.exists(path)
            content = (HEAD if begun else b"") + b"".join(line for _, line in new)
            frame = zstandard.ZstdCompressor(write_checksum=True).compress(content)
            offset = 0 if begun else os.path.getsize(path)  # reading may have cut half a frame off
            append_at(path, frame, offset)
            entries = [entry_of(run, line, offset, len(frame)) for run, line in new]
            # What it says of a frame outlives the frame: so a file that is cut, or removed, is noticed.
            index = b"".join(map(index_line, entries))
            append_at(self._index_of(month), index, size_of_file(self._index_of(month)) or 0)
            if begun:
                sync_folder(self.path)
        self._ends[month] = offset + len(frame)
        known.update({(entry.project, entry.run_id): entry.sha256 for entry in entries})

    def _entries(self, month: str) -> list[Entry]:
        """All of *month* that its index or its frames know; the index is mended where a crash has left it behind."""
        path = self._path_of(month)
        with troubles(path):
            size, listed = size_of_file(path), read_index(self._index_of(month))
            if listed.gone(size):
                self._warn(gap(path, month, size, listed.gone(size)))
                return listed.entries
            if size is None or (listed.is_whole and listed.end == size):
                return listed.entries
            entries, covered = (listed.entries, listed.end) if listed.is_whole else ([], 0)
            entries += entries_behind(path, covered, size)
            write_index(self._index_of(month), entries)
        return entries

    def _gone(self, month: str) -> list[Entry]:
        with troubles(self._path_of(month)):
            return read_index(self._index_of(month)).gone(size_of_file(self._path_of(month)))

    def _gap(self, month: str) -> str | None:
        with self._lock:
            gone = self._gone(month)
            path = self._path_of(month)
            return gap(path, month, size_of_file(path), gone) if gone else None

    def _check_whole(self, month: str) -> None:
        """Raises `StoreDamaged` where runs of *month* are gone."""
        gone = self._gone(month)
        if gone:
            path = self._path_of(month)
            raise StoreDamaged(
                gap(path, month, size_of_file(path), gone),
                hint="put a copy of that file in its place, or go on without them: darwinflow storage repair",
            )

    def _warn(self, said: str) -> None:
        if said not in self._told:
            self._told.add(said)
            log.warning("%s", said)

    def _read(self, month: str, entry: Entry) -> FiledRun:
        path = self._path_of(month)
        if (size_of_file(path) or 0) < entry.offset + entry.length:
            self._check_whole(month)
        with troubles(path):
            return run_of(path, entry)

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
                try:
                    lines = frame.decompress(rest).splitlines(keepends=True)
                except zstandard.ZstdError as error:
                    raise damaged(path, os.path.getsize(path) - len(rest)) from error
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
            sync_folder(self.path)
            if kept:
                write_durably(path, b"".join(frames))
                self._entries(month)
            else:
                os.unlink(path)
                sync_folder(self.path)
        self._known.pop(month, None)

    def _path_of(self, month: str) -> str:
        return os.path.join(self.path, f"{month}{_ENDING}")

    def _index_of(self, month: str) -> str:
        return os.path.join(self.path, f"{month}{INDEX}")
