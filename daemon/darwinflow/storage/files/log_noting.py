"""The ports on a file store: what they change in the index is noted as a record, too."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from darwinflow.model.filter import Page, RunFilter
from darwinflow.model.run import ExecutionLog, RunHeader, RunOutput, StepLog
from darwinflow.ports.journals import Taken
from darwinflow.ports.outbox import Pending
from darwinflow.storage.files.log_records import (
    ERASED,
    GONE,
    JOURNAL,
    LOST,
    PENDING,
    PINNED,
    RUN,
    SETTLED,
    START,
    STEP,
)
from darwinflow.storage.log_codec import stored_log, stored_step
from darwinflow.storage.sqlite.journals import SqliteJournalOffsets
from darwinflow.storage.sqlite.logs import SqliteLogRepository
from darwinflow.storage.sqlite.outbox import SqliteOutbox

IN_SEGMENT = 100
"""The codec of a body that is the place of a record: `<segment>:<offset>:<length>:<run id>`."""


class Notes(Protocol):
    """The batch that is being written; `LogSession`."""

    @property
    def replayed(self) -> str | None: ...

    @property
    def moment(self) -> str: ...

    def note(self, kind: str, /, **fields: object) -> str: ...

    def note_loosely(self, kind: str, /, **fields: object) -> None: ...

    def read_log(self, project: str, codec: int, body: bytes) -> ExecutionLog: ...

    def forget_pending(self, project: str, run_id: str) -> None: ...


class SegmentBodies:
    """Bodies that lie in segments."""

    __slots__ = ("_project", "_session")

    def __init__(self, session: Notes, project: str) -> None:
        self._session = session
        self._project = project

    def keep(self, log: ExecutionLog) -> tuple[int, bytes]:
        session = self._session
        if session.replayed is not None:
            return IN_SEGMENT, f"{session.replayed}:{log.run_id}".encode("ascii")
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
        return IN_SEGMENT, f"{place}:{log.run_id}".encode("ascii")

    def load(self, codec: int, body: bytes) -> ExecutionLog:
        return self._session.read_log(self._project, codec, body)


class NotingLogs:
    """`LogRepository` that notes what it changes; a log as a whole is noted where its body is kept."""

    __slots__ = ("_inner", "_project", "_session")

    def __init__(self, inner: SqliteLogRepository, session: Notes, project: str) -> None:
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
        self.append_steps(run_id, [(index, step)])

    def append_steps(self, run_id: str, steps: Sequence[tuple[int, StepLog]]) -> None:
        self._inner.append_steps(run_id, steps)
        for index, step in steps:
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

    def workflows(self) -> tuple[str, ...]:
        return self._inner.workflows()

    def delete(self, run_id: str, *, for_good: bool) -> None:
        self._inner.delete(run_id, for_good=for_good)
        self._session.forget_pending(self._project, run_id)
        self._session.note(ERASED, project=self._project, runId=run_id, forGood=for_good)

    def is_erased(self, run_id: str) -> bool:
        return self._inner.is_erased(run_id)

    def erased(self) -> tuple[str, ...]:
        return self._inner.erased()

    def removed(self) -> int:
        return self._inner.removed()

    def note_gone(self, erased: Iterable[str], removed: int) -> None:
        new = [run_id for run_id in erased if not self.is_erased(run_id)]
        self._inner.note_gone(new, removed)
        for run_id in new:
            self._session.forget_pending(self._project, run_id)
            self._session.note(ERASED, project=self._project, runId=run_id, forGood=True)
        self._session.note(GONE, project=self._project, runs=removed)

    def pin(self, run_id: str, *, pinned: bool) -> bool:
        is_news = self._inner.pin(run_id, pinned=pinned)
        if is_news:
            self._session.note(PINNED, project=self._project, runId=run_id, pinned=pinned)
        return is_news

    def pinned(self) -> tuple[str, ...]:
        return self._inner.pinned()

    def _note_step(self, run_id: str, index: int, step: StepLog) -> None:
        self._session.note(STEP, project=self._project, runId=run_id, index=index, step=stored_step(step))


class NotingJournals:
    __slots__ = ("_inner", "_session")

    def __init__(self, inner: SqliteJournalOffsets, session: Notes) -> None:
        self._inner = inner
        self._session = session

    def taken(self, journal: str) -> Taken:
        return self._inner.taken(journal)

    def advance(self, journal: str, taken: Taken) -> None:
        self._inner.advance(journal, taken)
        more: dict[str, object] = {"needed": taken.needed} if taken.needed else {}
        if taken.has_refused:
            more["hasRefused"] = True
        self._session.note(JOURNAL, journal=journal, taken=taken.offset, **more)

    def forget(self, journal: str) -> None:
        self._inner.forget(journal)
        self._session.note_loosely(JOURNAL, journal=journal, taken=None)


class NotingOutbox:
    __slots__ = ("_inner", "_session")

    def __init__(self, inner: SqliteOutbox, session: Notes) -> None:
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
