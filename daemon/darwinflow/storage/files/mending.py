"""Mending a folder of logs, or of figures, that nobody has open: what is found, and what is done about it, one by one.

Nothing is thrown away: a segment is copied into `set-aside/` before lines that are no records any more are taken out.
"""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from darwinflow.storage.durable import sync_folder
from darwinflow.storage.files.counted_list import counted_list_in
from darwinflow.storage.files.folder import troubles
from darwinflow.storage.files.index_files import IndexFiles
from darwinflow.storage.files.kept_lessons import LESSONS
from darwinflow.storage.files.log_records import END, instant, line_of
from darwinflow.storage.files.log_segments import Group, Segments
from darwinflow.storage.files.metric_file import COUNTED, FileTorn, sums_in, unsealed
from darwinflow.storage.files.missing_runs import Changed, MissingRuns, changed_segments
from darwinflow.storage.files.recounts import RECOUNTED
from darwinflow.storage.sqlite.connection import let_go
from darwinflow.storage.sqlite.log_index import LogIndex, open_index

_RUN_ID = re.compile(rb'"runId": ?"([A-Za-z0-9._:-]{1,128})"')
_ASIDE = "set-aside"


def mend_logs(path: str, *, dry_run: bool) -> list[str]:
    """Of the logs in the folder *path*. What is torn at an end is cut off, and the index made anew, by who opens it next.

    Raises what `folder.troubles` names, and `SchemaTooNew`.
    """
    segments = Segments(path)
    told = []
    if not dry_run:
        segments.sweep()
    damaged = dict[str, Changed]()
    for name in segments.names():
        found = list(_faults_in(segments, name))
        told += [sentence for sentence, _ in found]
        if any(is_damage for _, is_damage in found):
            size = segments.size(name) or 0
            damaged[name] = Changed(size, size)
    index = IndexFiles(os.path.join(path, "index"))
    is_trusted = index.is_trusted()
    if damaged and not dry_run:
        if is_trusted:
            _note_runs(segments, index, damaged)
        for name in damaged:
            _set_aside(path, name)
            segments.replace(name, _without_damage(segments, name))
    if damaged or (segments.names() and not is_trusted):
        told.append(f"the index {index.path} is made anew from the segments beside it")
        if not dry_run:
            index.remove()
    return told


def remove_index(path: str) -> None:
    """Of the logs in the folder *path*: who opens them next makes it anew."""
    IndexFiles(os.path.join(path, "index")).remove()


def torn_figures(path: str) -> list[str]:
    """Files of the figures in the folder *path* that are not what was written. Who opens it sets them aside."""
    told = []
    with troubles(path):
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if name != _ASIDE)
            for name in sorted(names):
                if name.endswith(".json") and folder != path and _is_torn(os.path.join(folder, name)):
                    told.append(f"{os.path.join(folder, name)} is damaged; it is counted again from the logs")
                if name == COUNTED and not _is_whole_list(os.path.join(folder, name)):
                    told.append(f"{os.path.join(folder, name)} is damaged; it is counted again from the logs")
    return told


def _note_runs(segments: Segments, index: IndexFiles, damaged: Mapping[str, Changed]) -> None:
    """What the index knows of segments that are written anew: the next index does not."""
    db = open_index(index.path)
    try:
        known = LogIndex(db)
        MissingRuns(segments.path).note(known, {**damaged, **changed_segments(segments, known)})
    finally:
        let_go(db)


def _faults_in(segments: Segments, name: str) -> Iterator[tuple[str, bool]]:
    """A sentence each, and whether it is of damage."""
    for group in segments.groups(name, 0):
        if group.is_torn:
            where = f"{group.end - group.start} bytes from byte {group.start} on"
            yield f"{segments.path}/{name}: {where} were never written to their end and are cut off", False
            continue
        for piece in group.pieces:
            if piece.record is None:
                held = _RUN_ID.findall(segments.read(name, piece.offset, piece.length))
                of_run = f"; they were of run {held[0].decode('ascii')}" if held else ""
                where = f"{piece.length} bytes at byte {piece.offset}"
                yield (
                    f"{segments.path}/{name}: {where} are no record any more and are taken out{of_run}",
                    True,
                )


def _without_damage(segments: Segments, name: str) -> Iterator[bytes]:
    """The lines that are records. A batch that lacks some still says so by their number."""
    for group in segments.groups(name, 0):
        records = [piece for piece in group.pieces if piece.record is not None]
        if group.is_torn or not group.number:
            continue
        for piece in records:
            yield segments.read(name, piece.offset, piece.length) + b"\n"
        yield _end_of(segments, name, group, len(records))


def _end_of(segments: Segments, name: str, group: Group, records: int) -> bytes:
    closing = group.closing
    if closing is not None:
        return segments.read(name, closing.offset, closing.length) + b"\n"
    lacking = max(len(group.pieces) - records, 1)
    return line_of(group.number, END, records=records + lacking, time=instant(datetime.now(UTC)))


def _set_aside(path: str, name: str) -> None:
    """A copy of the segment *name*, whole or not at all."""
    aside = os.path.join(path, _ASIDE)
    with troubles(aside):
        os.makedirs(aside, mode=0o700, exist_ok=True)
        stamp = os.stat(os.path.join(path, name)).st_mtime_ns
        kept = os.path.join(aside, f"{name}-damaged-{stamp}")
        shutil.copyfile(os.path.join(path, name), f"{kept}.tmp", follow_symlinks=False)
        os.chmod(f"{kept}.tmp", 0o600)
        with open(f"{kept}.tmp", "rb") as file:
            os.fsync(file.fileno())
        os.rename(f"{kept}.tmp", kept)
        sync_folder(aside)


def _is_torn(path: str) -> bool:
    with open(path, "rb") as file:
        content = file.read()
    try:
        unsealed(content) if os.path.basename(path) in (LESSONS, RECOUNTED) else sums_in(content)
    except (FileTorn, ValueError, KeyError, TypeError, AttributeError):
        return True
    return False


def _is_whole_list(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return counted_list_in(file.read()).is_whole
    except FileTorn:
        return False
