"""One connection to the index, and the batch of records that is being written beside it.

A transaction works on the index; what it changes is noted as records, which become durable in the segment before
the index is committed. So the index may be behind the segments after a crash, and is never ahead of them.
"""

import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from darwinflow.model.errors import StoreDamaged, StoreError
from darwinflow.model.filter import Page, RunFilter
from darwinflow.model.run import ExecutionLog, RunHeader, RunOutput, StepLog
from darwinflow.ports.journals import JournalOffsets
from darwinflow.ports.logs import LogRepository
from darwinflow.ports.outbox import Outbox, Pending
from darwinflow.storage.files.log_records import (
    END,
    JOURNAL,
    LOST,
    PENDING,
    RUN,
    SETTLED,
    START,
    STEP,
    instant,
    line_of,
    record_in,
)
from darwinflow.storage.files.log_segments import Segments
from darwinflow.storage.log_codec import log_from, stored_log, stored_step
from darwinflow.storage.sqlite.journals import SqliteJournalOffsets
from darwinflow.storage.sqlite.log_index import Covered, LogIndex
from darwinflow.storage.sqlite.logs import SqliteLogRepository
from darwinflow.storage.sqlite.outbox import SqliteOutbox

T = TypeVar("T")

IN_SEGMENT = 100
"""The codec of a body that is the place of a record: `<segment>:<offset>:<length>`."""

TAIL_BYTES = 40
"""Of a segment, by which it is known again: most of its last record's checksum."""


class LogSession:
    """What work on a file store is done on; it outlives the single transactions."""

    def __init__(self, index: LogIndex, segments: Segments, now: Callable[[], datetime]) -> None:
        self.connection = index.db
        self.index = index
        self.segments = segments
        self._now = now
        self._repositories: dict[str, LogRepository] = {}
        self.begun_at: Callable[[LogSession, str], None] | None = None
        """Called when a transaction that writes has begun, with the name of its segment."""
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
        self.journals: JournalOffsets = _Journals(SqliteJournalOffsets(self.connection), self)
        self.outbox: Outbox = _Outbox(SqliteOutbox(self.connection), self)

    def logs(self, project: str) -> LogRepository:
        known = self._repositories.get(project)
        if known is None:
            if len(self._repositories) >= 64:  # projects that come and go must not add up
                self._repositories.clear()
            inner = SqliteLogRepository(self.connection, project, _Bodies(self, project))
            known = self._repositories[project] = _Logs(inner, self, project)
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

    @property
    def moment(self) -> str:
        """When the batch was begun, for people who read it."""
        return self._moment

    def begun(self) -> None:
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
        self.lost()

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

    def committed(self) -> None:
        self._is_appended = False
        self.lost()

    def lost(self) -> None:
        if self._is_appended:
            # The index was not committed. Where the batch cannot be taken back, the next transaction takes it in.
            self._is_appended = False
            with contextlib.suppress(StoreError):
                self.segments.cut(self._segment, self._start)
        self._notes.clear()
        self._noted.clear()
        self._kept = 0
        self._size = len(self._lead)
        self._is_loose = True

    def read_log(self, codec: int, body: bytes) -> ExecutionLog:
        """The log whose record lies where *body* says. Raises `StoreDamaged`."""
        place = body.decode("ascii", "replace")
        if codec != IN_SEGMENT:
            raise StoreDamaged(f"the index of {self.segments.path} has a body of codec {codec}")
        segment, offset, length = place.split(":")
        noted = self._noted.get(place)
        line = noted[:-1] if noted else self.segments.read(segment, int(offset), int(length))
        record = record_in(line)
        if record is None or "log" not in record:
            raise StoreDamaged(
                f"{self.segments.path}/{segment} is damaged at byte {offset}: a run there cannot be read",
                hint="put a copy of that file in its place while the daemon is stopped; other runs are not touched",
            )
        return log_from(record["log"])

    def _forget_from(self, mark: int) -> None:
        self._size -= sum(map(len, self._notes[mark:]))
        del self._notes[mark:]


class _Bodies:
    """Bodies that lie in segments."""

    __slots__ = ("_project", "_session")

    def __init__(self, session: LogSession, project: str) -> None:
        self._session = session
        self._project = project

    def keep(self, log: ExecutionLog) -> tuple[int, bytes]:
        session = self._session
        if session.replayed is not None:
            return IN_SEGMENT, session.replayed.encode("ascii")
        fields: dict[str, object] = {
            "time": session.moment,
            "project": self._project,
            "runId": log.run_id,
        }
        kind = START
        if log.output is not None:
            kind = RUN
            fields["status"] = str(log.output.status)
        place = session.note(kind, **fields, log=stored_log(log))
        return IN_SEGMENT, place.encode("ascii")

    def load(self, codec: int, body: bytes) -> ExecutionLog:
        return self._session.read_log(codec, body)


class _Logs:
    """`LogRepository` that notes what it changes; a log as a whole is noted where its body is kept."""

    __slots__ = ("_inner", "_project", "_session")

    def __init__(self, inner: SqliteLogRepository, session: LogSession, project: str) -> None:
        self._inner = inner
        self._session = session
        self._project = project

    def store_log(self, log: ExecutionLog) -> bool:
        return self._inner.store_log(log)

    def start(self, log: ExecutionLog) -> bool:
        is_new = self._inner.start(log)
        if is_new:
            for index, step in enumerate(log.steps):
                self._note_step(log.run_id, index, step)
        return is_new

    def append_step(self, run_id: str, index: int, step: StepLog) -> None:
        self._inner.append_step(run_id, index, step)
        self._note_step(run_id, index, step)

    def finish(self, run_id: str, output: RunOutput) -> ExecutionLog:
        return self._inner.finish(run_id, output)

    def mark_lost(self, run_id: str) -> bool:
        is_news = self._inner.mark_lost(run_id)
        if is_news:
            self._session.note(LOST, project=self._project, runId=run_id)
        return is_news

    def get_log(self, run_id: str) -> ExecutionLog:
        return self._inner.get_log(run_id)

    def header(self, run_id: str) -> RunHeader:
        return self._inner.header(run_id)

    def find(self, part: str) -> tuple[str, ...]:
        return self._inner.find(part)

    def query_logs(self, wanted: RunFilter) -> Page[RunHeader]:
        return self._inner.query_logs(wanted)

    def get_recent(self, workflow_id: str, version: int | None, limit: int) -> tuple[RunHeader, ...]:
        return self._inner.get_recent(workflow_id, version, limit)

    def _note_step(self, run_id: str, index: int, step: StepLog) -> None:
        self._session.note(STEP, project=self._project, runId=run_id, index=index, step=stored_step(step))


class _Journals:
    __slots__ = ("_inner", "_session")

    def __init__(self, inner: SqliteJournalOffsets, session: LogSession) -> None:
        self._inner = inner
        self._session = session

    def offset(self, journal: str) -> int:
        return self._inner.offset(journal)

    def advance(self, journal: str, offset: int) -> None:
        self._inner.advance(journal, offset)
        self._session.note(JOURNAL, journal=journal, taken=offset)

    def forget(self, journal: str) -> None:
        self._inner.forget(journal)
        self._session.note_loosely(JOURNAL, journal=journal, taken=None)


class _Outbox:
    __slots__ = ("_inner", "_session")

    def __init__(self, inner: SqliteOutbox, session: LogSession) -> None:
        self._inner = inner
        self._session = session

    def put(self, project: str, run_id: str, kind: str) -> None:
        number = self._inner.add(project, run_id, kind)
        self._session.note(PENDING, number=number, project=project, runId=run_id, kind=kind)

    def pending(self, limit: int) -> tuple[Pending, ...]:
        return self._inner.pending(limit)

    def settle(self, number: int) -> None:
        self._inner.settle(number)
        self._session.note_loosely(SETTLED, number=number)
