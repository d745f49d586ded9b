"""The index beside a month of an archive, and what it knows of runs that the month does not have any more.

Each of its lines is durable before the run leaves its store, and after the frame that holds the run. So an index that
tells of frames behind the end of the file is not wrong: the file was cut, or is gone.
"""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

from darwinflow.model.phrases import counted, some_of
from darwinflow.storage.archived_runs import Entry, beginning_of, entry_in, index_line
from darwinflow.storage.durable import write_durably

INDEX = ".index.jsonl"
_BLOCK_BYTES = 1 << 20


class Listed(NamedTuple):
    """What an index says."""

    entries: list[Entry]
    is_whole: bool
    """Each line could be read."""

    @property
    def end(self) -> int:
        """In bytes, of the last frame it knows."""
        return max((entry.offset + entry.length for entry in self.entries), default=0)

    def gone(self, size: int | None) -> list[Entry]:
        """Those whose frame a file of *size* bytes does not have whole; None: there is no file."""
        return [entry for entry in self.entries if size is None or entry.offset + entry.length > size]


def read_index(path: str) -> Listed:
    """Empty where there is none."""
    entries: list[Entry] = []
    is_whole = True
    with suppress(FileNotFoundError), open(path, "rb") as file:
        for line in file:
            entry = entry_in(line)
            if entry is None:
                is_whole = False
            else:
                entries.append(entry)
    return Listed(entries, is_whole)


def has_line(path: str, project: str, run_id: str) -> bool:
    """Whether the index at *path* has a line of this run. Nothing else of it is read: a month may have a million lines."""
    begin = beginning_of(project, run_id)
    before = b"\n"
    with suppress(FileNotFoundError), open(path, "rb") as file:
        while block := file.read(_BLOCK_BYTES):
            seen = before + block
            if b"\n" + begin in seen:
                return True
            before = seen[-len(begin) :]
    return False


def size_of_file(path: str) -> int | None:
    """In bytes; None where there is none."""
    try:
        return os.path.getsize(path)
    except FileNotFoundError:
        return None


def write_index(path: str, entries: Iterable[Entry]) -> None:
    write_durably(path, b"".join(map(index_line, entries)))


def gap(path: str, month: str, size: int | None, gone: Sequence[Entry]) -> str:
    """That runs of *month* are not in the file *path* any more, which has *size* bytes."""
    runs = f"{counted(len(gone), 'run')} of {month}"
    how = (
        f"{path} is gone, and with it {runs}"
        if size is None
        else f"{path} was cut at byte {size} and lacks {runs}"
    )
    return f"{how}: {some_of([entry.run_id for entry in gone])}"
