"""Runs in a file: JSON lines in frames of zstd, which `zstd -dc` prints, and an index of the frames beside it.

A line is `{"project": ..., "lost": true, "log": ...}`, `lost` only where the run's program went away, `log` in the form
of `log_codec.py`. The first line says the format; lines without a log, in frames behind those of runs, are notes of a
project (`project_notes.py`). The index is written last: without it a file is none. A file may come from anybody: nothing
that it says of itself is believed, and `read_index` reads all of it before anything is taken in.
"""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import zstandard

from darwinflow.model.errors import NotFound, Refused, SchemaTooNew, StoreDamaged, StoreUnwritable
from darwinflow.model.run import ExecutionLog
from darwinflow.storage.compact_json import compact
from darwinflow.storage.durable import sync_folder
from darwinflow.storage.instants import to_micros
from darwinflow.storage.log_codec import log_from, stored_log

FORMAT = 1
ENDING = ".jsonl.zst"
_LINES_A_FRAME = 500
_BYTES_A_FRAME = 8 << 20
"""About: a frame ends behind the line that reaches it."""
_MOST_BYTES_A_LINE = 256 << 20
"""A longer one is damage: no run is as long as that."""
_MOST_BYTES_OF_INDEX = 256 << 20
_CHUNK = 1 << 20
_MOST_WINDOW = 128 << 20
"""Bytes that unpacking may remember."""
_ANOTHER = "export again, or take another copy"


class FiledRun(NamedTuple):
    """One run of a file."""

    project: str
    log: ExecutionLog
    is_lost: bool


class Frame(NamedTuple):
    offset: int
    length: int
    sha256: str
    """Of its content."""
    runs: int
    first: int | None
    """The earliest start of a run in it, in microseconds since 1970; None where it has none."""
    last: int | None


class Index(NamedTuple):
    """What a file holds."""

    runs: int
    projects: dict[str, int]
    """Runs by project."""
    frames: tuple[Frame, ...]


def write_runs(path: str, runs: Iterable[FiledRun], notes: Iterable[Mapping[str, Any]] = ()) -> Index:
    """Make the new file *path*, which ends in `.jsonl.zst`. *notes* are JSON objects without the key `log`.

    Raises `Refused`, `StoreUnwritable`.
    """
    if not path.endswith(ENDING):
        raise Refused(f"a file of runs ends in '{ENDING}', which '{path}' does not")
    if os.path.lexists(path):
        raise Refused(f"{path} is there already", hint="name a file that is not there yet")
    if os.path.lexists(_index_path(path)):
        raise Refused(
            f"{_index_path(path)}, of a file that is gone, is there still",
            hint="remove it, or name another file",
        )
    try:
        with open(path, "xb", opener=_private) as file:
            index = _written(file, runs, notes)
            file.flush()
            os.fsync(file.fileno())
        with open(_index_path(path), "x", encoding="utf-8", opener=_private) as file:
            said = {**index._asdict(), "frames": [frame._asdict() for frame in index.frames]}
            json.dump({"format": FORMAT, **said}, file)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(os.path.dirname(os.path.abspath(path)))
    except OSError as error:
        raise StoreUnwritable(f"{path} cannot be written: {error.strerror}") from error
    return index


Check = Callable[[FiledRun], None]
"""Raises `ValueError` for a run that is none."""


def read_index(path: str, check: Check) -> Index:
    """What *path* holds, when all of it is as it was written, and every run is one. Reads all. Raises as `read_runs`."""
    index = _index_of(path)
    projects = Counter[str]()
    for number, run in enumerate(_runs_in(path, index), start=1):
        try:
            check(run)
        except (ValueError, RecursionError) as error:
            raise StoreDamaged(
                f"{path}: run {number} is none that can be kept: {error}", hint=_ANOTHER
            ) from error
        projects[run.project] += 1
    if +Counter(index.projects) != projects or sum(projects.values()) != index.runs:
        raise StoreDamaged(f"{path} holds other runs than its index says", hint=_ANOTHER)
    for _ in read_notes(path):
        continue
    return index


def read_runs(path: str) -> Iterator[FiledRun]:
    """In the order in which they were written. Raises `NotFound`, `StoreDamaged`, `SchemaTooNew`, `StoreUnwritable`."""
    yield from _runs_in(path, _index_of(path))


def read_notes(path: str) -> Iterator[dict[str, Any]]:
    """As `write_runs` was given them; none in a file of an earlier version. Raises as `read_runs`."""
    for said in _objects(path, [frame for frame in _index_of(path).frames if not frame.runs]):
        if "project" in said and "log" not in said:
            yield said


def _runs_in(path: str, index: Index) -> Iterator[FiledRun]:
    for frame in index.frames:
        runs = 0
        for said in _objects(path, [frame]):
            if "log" in said:
                runs += 1
                yield _run_from(said, path)
        if runs != frame.runs:
            raise StoreDamaged(f"{path} holds other runs than its index says", hint=_ANOTHER)


def _run_from(said: dict[str, Any], path: str) -> FiledRun:
    project, log = said.get("project"), said["log"]
    if not isinstance(project, str) or not isinstance(log, dict):
        raise StoreDamaged(f"{path} has a line that is no run of a project", hint=_ANOTHER)
    try:
        return FiledRun(project, log_from(log), bool(said.get("lost")))
    except (StoreDamaged, RecursionError) as error:
        raise StoreDamaged(f"{path}: {error}", hint=_ANOTHER) from error


def _written(file: Any, runs: Iterable[FiledRun], notes: Iterable[Mapping[str, Any]]) -> Index:
    compressor = zstandard.ZstdCompressor(write_checksum=True)
    frames, projects = list[Frame](), dict[str, int]()
    lines, starts = [compact({"format": FORMAT})], list[int]()
    size = 0

    def end_frame() -> None:
        content = "".join(f"{line}\n" for line in lines).encode("ascii")
        packed = compressor.compress(content)
        digest = hashlib.sha256(content).hexdigest()
        first, last = (min(starts), max(starts)) if starts else (None, None)
        frames.append(Frame(file.tell(), len(packed), digest, len(starts), first, last))
        file.write(packed)
        lines.clear()
        starts.clear()

    for run in runs:
        lost = {"lost": True} if run.is_lost else {}
        lines.append(compact({"project": run.project, **lost, "log": stored_log(run.log)}))
        size += len(lines[-1])
        starts.append(to_micros(run.log.start_time))
        projects[run.project] = projects.get(run.project, 0) + 1
        if len(starts) == _LINES_A_FRAME or size >= _BYTES_A_FRAME:
            end_frame()
            size = 0
    if lines:
        end_frame()
    for note in notes:
        lines.append(compact(note))
        end_frame()
    return Index(sum(projects.values()), projects, tuple(frames))


def _objects(path: str, frames: Sequence[Frame]) -> Iterator[dict[str, Any]]:
    """Of the lines of *frames*; of each frame before its hash is compared."""
    for line in _lines(path, frames):
        try:
            said = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise StoreDamaged(f"{path} has a line that is no JSON", hint=_ANOTHER) from error
        if not isinstance(said, dict):
            raise StoreDamaged(f"{path} has a line that is no object", hint=_ANOTHER)
        _refuse_newer(path, said)
        yield said


def _lines(path: str, frames: Sequence[Frame]) -> Iterator[bytes]:
    """As they come out of the packed ones: a small file may unpack to much more than there is memory."""
    try:
        with open(path, "rb") as file:
            for frame in frames:
                yield from _lines_of(file, frame, path)
    except OSError as error:
        raise StoreUnwritable(f"{path} cannot be read: {error.strerror}") from error


def _lines_of(file: Any, frame: Frame, path: str) -> Iterator[bytes]:
    damage = StoreDamaged(
        f"{path}: {frame.length} bytes from {frame.offset} on are not what was written", hint=_ANOTHER
    )
    if frame.offset + frame.length > os.fstat(file.fileno()).st_size:
        raise damage
    file.seek(frame.offset)
    packed, digest, begun, size = file.read(frame.length), hashlib.sha256(), list[bytes](), 0
    try:
        with zstandard.ZstdDecompressor(max_window_size=_MOST_WINDOW).stream_reader(packed) as unpacked:
            while chunk := unpacked.read(_CHUNK):
                digest.update(chunk)
                *lines, rest = chunk.split(b"\n")
                if lines:
                    yield b"".join([*begun, lines[0]])
                    yield from lines[1:]
                    begun, size = [], 0
                begun.append(rest)
                size += len(rest)
                if size > _MOST_BYTES_A_LINE:
                    raise damage
    except zstandard.ZstdError:
        raise damage from None
    if size or digest.hexdigest() != frame.sha256:
        raise damage


def _index_of(path: str) -> Index:
    there = _index_path(path)
    try:
        with open(there, "rb") as file:
            content = file.read(_MOST_BYTES_OF_INDEX)
    except FileNotFoundError:
        raise NotFound(
            f"{there} is missing", hint="name a file that export made, with its index beside it"
        ) from None
    except OSError as error:
        raise StoreUnwritable(f"{there} cannot be read: {error.strerror}") from error
    try:
        said = json.loads(content)
        _refuse_newer(path, said)
        frames = tuple(Frame(**frame) for frame in said["frames"])
        index = Index(said["runs"], dict(said["projects"]), frames)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StoreDamaged(f"{there} cannot be read: {error}", hint=_ANOTHER) from error
    if not _is_sound(index):
        raise StoreDamaged(f"{there} is no index of runs", hint=_ANOTHER)
    return index


def _is_sound(index: Index) -> bool:
    numbers = [
        index.runs,
        *(number for frame in index.frames for number in (frame.offset, frame.length, frame.runs)),
    ]
    return all(
        type(number) is int and number >= 0 for number in (*numbers, *index.projects.values())
    ) and all(isinstance(frame.sha256, str) for frame in index.frames)


def _refuse_newer(path: str, said: dict[str, Any]) -> None:
    version = said.get("format", FORMAT)
    if type(version) is not int:
        raise StoreDamaged(f"{path} has no format", hint=_ANOTHER)
    if version > FORMAT:
        raise SchemaTooNew(f"{path} has format {version}; this version knows {FORMAT}")


def _index_path(path: str) -> str:
    return f"{path}.index.json"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
