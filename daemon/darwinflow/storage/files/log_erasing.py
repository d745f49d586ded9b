"""Erasing runs: segments are written anew without them, one at a time, each as a whole."""

import logging
from collections.abc import Collection, Generator
from contextlib import closing
from typing import NamedTuple

from darwinflow.storage.files.log_noting import IN_SEGMENT
from darwinflow.storage.files.log_records import END, ERASED, RUN, START, Piece, line_of
from darwinflow.storage.files.log_replay import Run
from darwinflow.storage.files.log_segments import Group, Segments
from darwinflow.storage.files.log_session import TAIL_BYTES, LogSession
from darwinflow.storage.sqlite.log_index import Covered, Damaged

log = logging.getLogger(__name__)


class _Moved(NamedTuple):
    """A record that holds a log, in another place than before."""

    run: Run
    before: bytes
    after: bytes


def note_erased(session: LogSession, runs: Collection[Run]) -> None:
    """Make the index forget *runs*, and every later one, too."""
    for project, run_id in runs:
        session.index.remove_run(project, run_id)
        session.pending.forget(project, run_id)
        session.note(ERASED, project=project, runId=run_id)


def rewrite(session: LogSession, runs: Collection[Run]) -> None:
    """Write the segments anew that hold something of *runs*, without it, and let the index follow.

    To be called before anything is noted. Where the transaction is undone after that, the index does not fit.
    """
    needles = _needles(runs)
    for name in session.segments.names():
        if session.segments.contains(name, needles):
            _Rewriting(session.segments, name, runs).into(session)


class _Rewriting:
    """Of one segment."""

    def __init__(self, segments: Segments, name: str, runs: Collection[Run]) -> None:
        self._segments = segments
        self._name = name
        self._runs = runs
        self._moved: list[_Moved] = []
        self._damaged: list[Damaged] = []
        self._size = self._batch = 0
        self._tail = b""

    def into(self, session: LogSession) -> None:
        with closing(self._lines()) as lines:  # which has the segment open
            self._segments.replace(self._name, lines)
        session.is_rewritten = True
        for (project, run_id), before, after in self._moved:
            session.index.put_body(project, run_id, IN_SEGMENT, before, after)
        session.index.forget_damage(self._name)
        for one in self._damaged:
            session.index.note_damage(one)
        session.index.cover(self._name, Covered(self._size, self._batch, self._tail))
        log.info("%s/%s was written anew without runs that were erased", self._segments.path, self._name)

    def _lines(self) -> Generator[bytes, None, None]:
        for group in self._segments.groups(self._name, 0):
            self._batch = max(self._batch, group.number)
            gone = 0
            for piece in group.pieces:
                line = self._raw(piece)
                if self._is_erased(piece, line):
                    gone += piece.record is not None
                    continue
                self._note(piece)
                yield self._counted(line)
            if group.closing is not None:
                yield self._counted(self._closing(group, group.closing, gone))

    def _note(self, piece: Piece) -> None:
        """Where *piece* lies from now on."""
        if piece.record is None:
            self._damaged.append(Damaged(self._name, self._size, piece.length))
        elif piece.record["record"] in (RUN, START):
            run = (piece.record["project"], piece.record["runId"])
            before, after = (
                f"{self._name}:{at}:{piece.length}:{run[1]}" for at in (piece.offset, self._size)
            )
            self._moved.append(_Moved(run, before.encode("ascii"), after.encode("ascii")))

    def _is_erased(self, piece: Piece, line: bytes) -> bool:
        if piece.record is None:
            # What cannot be read any more by us may still be read by people.
            return any(needle in line for needle in _needles(self._runs))
        run = (piece.record.get("project"), piece.record.get("runId"))
        return piece.record["record"] != ERASED and run in self._runs

    def _closing(self, group: Group, closing: Piece, gone: int) -> bytes:
        """The end of the batch, as if what is erased had never been in it; what damage took stays missing."""
        if not gone or closing.record is None:
            return self._raw(closing)
        said = closing.record
        return line_of(group.number, END, records=said["records"] - gone, time=said["time"])

    def _raw(self, piece: Piece) -> bytes:
        return self._segments.read(self._name, piece.offset, piece.length) + b"\n"

    def _counted(self, line: bytes) -> bytes:
        self._size += len(line)
        self._tail = (self._tail + line)[-TAIL_BYTES:]
        return line


def _needles(runs: Collection[Run]) -> list[bytes]:
    """What stands in a segment that holds something of *runs*. An id that is no ASCII is in none."""
    return [run_id.encode("utf-8", "replace") for _, run_id in runs]
