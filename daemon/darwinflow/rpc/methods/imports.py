"""Runs that were written down elsewhere, taken in once however often they are sent."""

from concurrent.futures import Future
from contextlib import suppress
from enum import StrEnum
from typing import Annotated

from msgspec.structs import replace
from pydantic import Field

from darwinflow.model.errors import Conflict, NotFound, Refused, RunConflict, RunErased, RunNotFound
from darwinflow.model.run import ExecutionLog, RunHeader, RunStatus
from darwinflow.ports.logs import LogRepository
from darwinflow.ports.parts import KnowsArchived
from darwinflow.ports.tenant import Transaction
from darwinflow.rpc.chained import chained
from darwinflow.rpc.methods.method import Method, Place, Table
from darwinflow.rpc.session import Session
from darwinflow.rpc.settled import settled
from darwinflow.rpc.wire.base import Wire
from darwinflow.rpc.wire.runs import RunValue
from darwinflow.rpc.wire.sent_runs import sent_runs
from darwinflow.storage.log_codec import same_content
from darwinflow.storage.recording import record, record_finish, record_lost, record_start, record_steps

MAX_RUNS = 1_000
_REFUSALS = (Conflict, NotFound, Refused)


class ImportOutcome(StrEnum):
    NEW = "new"
    COMPLETED = "completed"
    """It was there without its end, or without steps that it has now."""
    KNOWN = "known"
    """It was there already."""
    DIFFERS = "differs"
    """A run of this id that began at the same moment has ended, and stays as it is, with other content."""
    REFUSED = "refused"


class ImportRuns(Wire):
    runs: Annotated[list[RunValue], Field(min_length=1, max_length=MAX_RUNS)]
    """Those without an output are over, too: what ran them is gone. They are kept as lost."""
    dry_run: bool = False
    """Only say what would come of it."""


class ImportedRun(Wire):
    run_id: str
    outcome: ImportOutcome
    reason: str | None = None
    """Of what is refused."""


class RunsImported(Wire):
    runs: list[ImportedRun]
    """In the order in which they were sent. All that were not refused are stored, counted and announced."""
    durability: str
    """What they survive: `power` (a power cut), `process` (the end of any process) or `nothing`."""


def import_runs(session: Session, params: ImportRuns) -> "Future[RunsImported]":
    """Keep runs that were recorded elsewhere, each exactly once."""
    logs = params.runs
    project, is_dry = session.project, params.dry_run

    def work(tx: Transaction) -> list[ImportedRun]:
        try:
            return tx.attempt(lambda: [_told(tx, project, log, is_dry=is_dry) for log in logs])
        except _REFUSALS:  # seldom; else one attempt for all is a tenth faster
            return [_tried(tx, project, log, is_dry=is_dry) for log in logs]

    return chained(
        settled(session.arriving, work), lambda found: RunsImported(runs=found, durability=session.durability)
    )


def _tried(tx: Transaction, project: str, log: ExecutionLog, *, is_dry: bool) -> ImportedRun:
    """A run that is refused undoes nothing but itself."""
    try:
        return tx.attempt(lambda: _told(tx, project, log, is_dry=is_dry))
    except _REFUSALS as error:
        return ImportedRun(run_id=log.run_id, outcome=ImportOutcome.REFUSED, reason=str(error))


def _told(tx: Transaction, project: str, log: ExecutionLog, *, is_dry: bool) -> ImportedRun:
    outcome = _imported(tx, project, log, is_dry=is_dry)
    return ImportedRun.model_construct(run_id=log.run_id, outcome=outcome, reason=None)


def _imported(tx: Transaction, project: str, log: ExecutionLog, *, is_dry: bool) -> ImportOutcome:
    """Raises one of `_REFUSALS`."""
    if log.output is not None and not is_dry:
        with suppress(RunConflict):  # most are new, and nothing need be asked first
            return ImportOutcome.NEW if record(tx, project, log) else ImportOutcome.KNOWN
    logs = tx.logs(project)
    outcome = _outcome(logs, log)
    if is_dry or outcome not in (ImportOutcome.NEW, ImportOutcome.COMPLETED):
        return outcome
    if outcome is ImportOutcome.NEW:
        record_start(tx, project, log)
    elif log.steps:
        record_steps(tx, project, log.run_id, enumerate(log.steps))
    if log.output is None:
        record_lost(tx, project, log.run_id)
    else:
        record_finish(tx, project, log.run_id, log.output)
    return outcome


def _outcome(logs: LogRepository, log: ExecutionLog) -> ImportOutcome:
    """Raises `RunConflict` where another run has this id: one that began at another moment, `RunErased`."""
    known = _header(logs, log.run_id)
    if known is None and isinstance(logs, KnowsArchived) and logs.is_archived(log):
        known = logs.header(log.run_id)
    if known is None:
        if logs.is_erased(log.run_id):
            raise RunErased(f"run {log.run_id} was deleted for good", run=log.run_id)
        return ImportOutcome.NEW
    if known.start_time != log.start_time:
        raise RunConflict(f"another run of this id began {known.start_time.isoformat()}", run=log.run_id)
    if known.status.finished:
        is_same = log.output is None or _says_the_same(logs.get_log(log.run_id), log)
        return ImportOutcome.KNOWN if is_same else ImportOutcome.DIFFERS
    if log.output is not None:
        return ImportOutcome.COMPLETED
    has_more = known.status is RunStatus.LOST and logs.get_log(log.run_id).steps != log.steps
    is_longer = len(log.steps) >= known.step_count
    return ImportOutcome.COMPLETED if has_more and is_longer else ImportOutcome.KNOWN


def _says_the_same(known: ExecutionLog, log: ExecutionLog) -> bool:
    """A file of events is silent on what the recorder adds of where it runs; silence is no other content."""
    shared = {name: value for name, value in known.metadata.items() if name in log.metadata}
    said = replace(known, metadata=shared)
    if log.parent_run_id is None:
        said = replace(said, parent_run_id=None, parent_step_id=None)
    return same_content(said, log)


def _header(logs: LogRepository, run_id: str) -> RunHeader | None:
    try:
        return logs.header(run_id)
    except RunNotFound:
        return None


def _sent(body: bytes) -> tuple[int | str, ImportRuns] | None:
    sent = sent_runs(body)
    if sent is None or not 0 < len(sent[1]) <= MAX_RUNS:
        return None
    return sent[0], ImportRuns.model_construct(runs=sent[1], dry_run=sent[2])


METHODS: Table = {"run/import": Method(import_runs, Place.COMMIT, _sent)}
