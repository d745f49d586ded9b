"""One connection to the index, and the batch of records that is being written beside it.

A transaction works on the index; what it changes is noted as records, which become durable in the segment before
the index is committed. So the index may be behind the segments after a crash, and is never ahead of them.
"""

import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from darwinflow.model.errors import StoreDamaged, StoreError, StoreUnwritable
from darwinflow.model.run import ExecutionLog
from darwinflow.ports.journals import JournalOffsets
from darwinflow.ports.logs import LogRepository
from darwinflow.ports.outbox import Outbox
from darwinflow.storage.files.log_noting import (
    IN_SEGMENT,
    NotingJournals,
    NotingLogs,
    NotingOutbox,
    SegmentBodies,
)
from darwinflow.storage.files.log_records import END, RUN, START, instant, line_of, record_in
from darwinflow.storage.files.log_segments import Segments
from darwinflow.storage.log_codec import log_from
from darwinflow.storage.sqlite.journals import SqliteJournalOffsets
from darwinflow.storage.sqlite.log_index import Covered, LogIndex
from darwinflow.storage.sqlite.logs import SqliteLogRepository
from darwinflow.storage.sqlite.outbox import SqliteOutbox

T = TypeVar("T")

TAIL_BYTES = 40
"""Of a segment, by which it is known again: most of its last record's checksum."""


def place_in(body: bytes) -> tuple[str, str]:
    """The place of a record, and the id of its run."""
    segment, offset, length, run_id = body.decode("ascii", "replace").split(":", 3)
    return f"{segment}:{offset}:{length}", run_id


class LogSession:
    """What work on a file store is done on; it outlives the single transactions."""

    def __init__(self, index: LogIndex, segments: Segments, now: Callable[[], datetime]) -> None:
        self.connection = index.db
        self.index = index
        self.segments = segments
        self._now = now
        self._repositories: dict[str, LogRepository] = {}
        self.begun_at: Callable[[LogSession, str], None] | None = None
        """Called when a transaction that writes has begun, with the name of its segment, before anything is noted."""
        self.is_rewritten = False
        """A segment is another one than it was, and the index that says so is not committed."""
        self._is_unfit = False
        self.replayed: str | None = None
        """The place of the record that is taken into the index; what is stored then is not noted again."""
        self._notes: list[bytes] = []
        self._noted: dict[str, bytes] = {}
        """Of the notes, those that hold a log, by their places."""
        self._kept = 0
        """How many of the notes are of work that is done."""
        self._is_appended = False
        self._is_loose = True
        """Nothing was noted that must survive a power cut."""
        self._segment = ""
        self._lead = b""
        self._start = self._batch = self._size = 0
        self._moment = ""
        self.journals: JournalOffsets = NotingJournals(SqliteJournalOffsets(self.connection), self)
        self.pending = SqliteOutbox(self.connection)
        """The index's side of the outbox, which notes nothing."""
        self.outbox: Outbox = NotingOutbox(self.pending, self)

    def logs(self, project: str) -> LogRepository:
        known = self._repositories.get(project)
        if known is None:
            if len(self._repositories) >= 64:  # projects that come and go must not add up
                self._repositories.clear()
            inner = SqliteLogRepository(self.connection, project, SegmentBodies(self, project))
            known = self._repositories[project] = NotingLogs(inner, self, project)
        return known

    def attempt(self, work: Callable[[], T]) -> T:
        mark = len(self._notes)
        self.index.begin_attempt()
        try:
            result = work()
        except BaseException:
            self.index.end_attempt(undo=True)
            self._forget_from(mark)
            raise
        self.index.end_attempt(undo=False)
        return result

    def note(self, kind: str, /, **fields: object) -> str:
        """Add a record to the batch; its place."""
        self._is_loose = False
        return self._note(kind, fields)

    def note_loosely(self, kind: str, /, **fields: object) -> None:
        """As `note`, of what may be lost in a power cut: it then costs some work, and no data."""
        self._note(kind, fields)

    def _note(self, kind: str, fields: Mapping[str, object]) -> str:
        if self.replayed is not None:
            return self.replayed
        line = line_of(self._batch, kind, **fields)
        place = f"{self._segment}:{self._start + self._size}:{len(line) - 1}"
        self._notes.append(line)
        self._size += len(line)
        if kind in (START, RUN):
            self._noted[place] = line
        return place

    def forget_pending(self, project: str, run_id: str) -> None:
        """Nothing of this run is to be told any more."""
        self.pending.forget(project, run_id)

    @property
    def moment(self) -> str:
        """When the batch was begun, for people who read it."""
        return self._moment

    def begun(self) -> None:
        if self._is_unfit or self.is_rewritten:
            self.connection.close()  # opening another one makes the index anew
            raise StoreUnwritable(f"the index of {self.segments.path} is made anew; send the same again")
        moment = self._now()
        self._segment = self.segments.name_for(moment)
        if self.begun_at is not None:
            self.begun_at(self, self._segment)
        covered = self.index.covered_of(self._segment)
        self._start = covered.size if covered else 0
        # The end of the last line may have been damaged.
        self._lead = b"\n" if covered and covered.tail[-1:] != b"\n" else b""
        self._batch = self.index.last_batch() + 1
        self._moment = instant(moment.replace(microsecond=0))
        self._clear()

    def undone(self) -> None:
        self._forget_from(self._kept)

    def done(self) -> None:
        self._kept = len(self._notes)

    def prepare(self) -> None:
        """Make the batch durable. Raises what `Segments.append` does."""
        if not self._notes:
            return
        self._notes.append(line_of(self._batch, END, records=len(self._notes), time=self._moment))
        batch = self._lead + b"".join(self._notes)
        size = self._start + len(batch)
        self.index.cover(self._segment, Covered(size, self._batch, batch[-TAIL_BYTES:]))
        self.segments.append(self._segment, batch, self._start, durable=not self._is_loose)
        self._is_appended = True

    def durable(self) -> None:
        """What a lost WAL of the index held is read from the segments again."""

    def committed(self) -> None:
        self._is_appended = self.is_rewritten = False
        self._clear()

    def lost(self) -> None:
        self._is_unfit |= self.is_rewritten
        if self._is_appended:
            # The index was not committed. Where the batch cannot be taken back, the next transaction takes it in.
            self._is_appended = False
            with contextlib.suppress(StoreError):
                self.segments.cut(self._segment, self._start)
        self._clear()

    def _clear(self) -> None:
        self._notes.clear()
        self._noted.clear()
        self._kept = 0
        self._size = len(self._lead)
        self._is_loose = True

    def read_log(self, project: str, codec: int, body: bytes) -> ExecutionLog:
        """The log whose record lies where *body* says. Raises `StoreDamaged`."""
        if codec != IN_SEGMENT:
            raise StoreDamaged(f"the index of {self.segments.path} has a body of codec {codec}")
        place, run_id = place_in(body)
        segment, offset, length = place.split(":")
        noted = self._noted.get(place)
        line = noted[:-1] if noted else self.segments.read(segment, int(offset), int(length))
        record = record_in(line)
        if record is None or (record.get("project"), record.get("runId")) != (project, run_id):
            raise StoreDamaged(
                f"{self.segments.path}/{segment} is damaged at byte {offset}: run {run_id} cannot be read",
                hint="put a copy of that file in its place while the daemon is stopped; other runs are not touched",
            )
        return log_from(record["log"])

    def _forget_from(self, mark: int) -> None:
        self._size -= sum(map(len, self._notes[mark:]))
        del self._notes[mark:]
