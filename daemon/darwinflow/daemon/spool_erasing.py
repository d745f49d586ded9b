"""Taking runs that were deleted out of journals that lie in the spool still.

A line of such a run is overwritten in its place: the program that has the journal goes on writing behind it, and how far the
journal was read stays true. That the run and its steps began is still said, with nothing else, so that who reads the
journal again knows what the rest is about; other lines become blanks, which are passed over.
"""

import json
import os
from collections.abc import Collection, Iterator

from darwinflow.daemon.journals import NoJournal, opened
from darwinflow.daemon.spool_folder import is_journal
from darwinflow.recorder.events import line_of
from darwinflow.recorder.paths import REFUSED_FOLDER

_CHUNK = 4 << 20
_KEPT = {
    "run.started": ("run", "at", "workspace", "settings"),
    "step.started": ("run", "at", "step", "index"),
}
"""What is kept of the lines that begin something; workspace and settings say the project."""


def erase_in_spool(spool: str, run_ids: Collection[str]) -> int:
    """Lines that were overwritten, in journals and in what was set aside of them. Raises `OSError`."""
    wanted = {run_id.encode("ascii") for run_id in run_ids}
    return sum(_erased(path, wanted) for path in _journals(spool))


def _journals(spool: str) -> Iterator[str]:
    for folder in (spool, os.path.join(spool, REFUSED_FOLDER)):
        try:
            names = sorted(os.listdir(folder))
        except (FileNotFoundError, NotADirectoryError):
            continue
        yield from (os.path.join(folder, name) for name in names if is_journal(name))


def _erased(path: str, wanted: Collection[bytes]) -> int:
    count = 0
    try:
        with opened(path) as fd:
            for offset, line in list(_lines_with(fd, wanted)):
                count += os.pwrite(fd, _emptied(line), offset) > 0
            if count:
                os.fsync(fd)
    except (FileNotFoundError, NoJournal):
        return 0  # taken in and removed meanwhile, or nothing that a recorder has written
    return count


def _lines_with(fd: int, wanted: Collection[bytes]) -> Iterator[tuple[int, bytes]]:
    """Places and contents of lines that are about one of these runs."""
    rest, offset = b"", 0
    while chunk := os.pread(fd, _CHUNK, offset + len(rest)):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if any(run_id in line for run_id in wanted) and _is_about(line, wanted):
                yield offset, line
            offset += len(line) + 1
    if any(run_id in rest for run_id in wanted):
        yield offset, rest  # half a line, which the program has left


def _emptied(line: bytes) -> bytes:
    """As long as *line*, without what it says."""
    try:
        event = json.loads(line)
    except ValueError:
        return b" " * len(line)
    kept = _KEPT.get(event.get("event"))
    if kept is None:
        return b" " * len(line)
    said = {name: event[name] for name in kept if name in event}
    bare = line_of(event["event"], {**said, "node": "-"} if "node" in event else said).rstrip(b"\n")
    return bare.ljust(len(line)) if len(bare) <= len(line) else b" " * len(line)


def _is_about(line: bytes, wanted: Collection[bytes]) -> bool:
    try:
        event = json.loads(line)
    except ValueError:
        return True
    run_id = event.get("run") if isinstance(event, dict) else None
    return isinstance(run_id, str) and run_id.encode("ascii", "replace") in wanted
