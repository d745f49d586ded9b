"""Runs in a file: JSON lines in frames of zstd, which `zstd -dc` prints, and an index of the frames beside it.

A line is `{"project": ..., "lost": true, "log": ...}`, `lost` only where the run's program went away, `log` in the form
of `log_codec.py`. The first line says the format. The index is written last: without it a file is none.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
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
_MOST_BYTES = 1 << 30
"""Of a frame's content: one that claims more is damaged."""


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


def write_runs(path: str, runs: Iterable[FiledRun]) -> Index:
    """Make the new file *path*, which ends in `.jsonl.zst`. Raises `Refused`, `StoreUnwritable`."""
    if not path.endswith(ENDING):
        raise Refused(f"a file of runs ends in '{ENDING}', which '{path}' does not")
    if os.path.lexists(path) or os.path.lexists(_index_path(path)):
        raise Refused(f"{path} is there already", hint="name a file that is not there yet")
    try:
        with open(path, "xb", opener=_private) as file:
            index = _written(file, runs)
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


def read_index(path: str) -> Index:
    """What *path* holds, when all of it is as it was written. Reads all. Raises as `read_runs`."""
    index = _index_of(path)
    for _ in _contents(path, index):
        continue
    return index


def read_runs(path: str) -> Iterator[FiledRun]:
    """In the order in which they were written. Raises `NotFound`, `StoreDamaged`, `SchemaTooNew`."""
    for content in _contents(path, _index_of(path)):
        for line in content.splitlines():
            said = json.loads(line)
            if "log" in said:
                yield FiledRun(said["project"], log_from(said["log"]), bool(said.get("lost")))


def _written(file: Any, runs: Iterable[FiledRun]) -> Index:
    compressor = zstandard.ZstdCompressor(write_checksum=True)
    frames, projects = list[Frame](), dict[str, int]()
    lines, starts = [compact({"format": FORMAT})], list[int]()

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
        starts.append(to_micros(run.log.start_time))
        projects[run.project] = projects.get(run.project, 0) + 1
        if len(starts) == _LINES_A_FRAME:
            end_frame()
    if lines:
        end_frame()
    return Index(sum(projects.values()), projects, tuple(frames))


def _contents(path: str, index: Index) -> Iterator[bytes]:
    """Of each frame, checked."""
    try:
        with open(path, "rb") as file:
            for number, frame in enumerate(index.frames, start=1):
                file.seek(frame.offset)
                content = _unpacked(file.read(frame.length), frame)
                if content is None:
                    raise StoreDamaged(
                        f"{path}: frame {number} of {len(index.frames)} is not what was written",
                        hint="export again, or take another copy",
                    )
                yield content
    except OSError as error:
        raise StoreUnwritable(f"{path} cannot be read: {error.strerror}") from error


def _unpacked(packed: bytes, frame: Frame) -> bytes | None:
    """None where *packed* is damaged."""
    try:
        if zstandard.frame_content_size(packed) > _MOST_BYTES:
            return None
        content = zstandard.ZstdDecompressor().decompress(packed)
    except zstandard.ZstdError:
        return None
    return content if hashlib.sha256(content).hexdigest() == frame.sha256 else None


def _index_of(path: str) -> Index:
    try:
        with open(_index_path(path), encoding="utf-8") as file:
            said = json.load(file)
        if said["format"] > FORMAT:
            raise SchemaTooNew(f"{path} has format {said['format']}; this version knows {FORMAT}")
        frames = tuple(Frame(**frame) for frame in said["frames"])
        return Index(said["runs"], said["projects"], frames)
    except FileNotFoundError:
        raise NotFound(
            f"{_index_path(path)} is missing", hint="name a file that export made, with its index beside it"
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise StoreDamaged(f"{_index_path(path)} cannot be read: {error}") from error


def _index_path(path: str) -> str:
    return f"{path}.index.json"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
