"""Runs: keep a finished one, list them, give one whole."""

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from darwinflow.model.errors import DarwinFlowError, RunAmbiguous, RunNotFound
from darwinflow.model.filter import RunFilter
from darwinflow.model.run import ExecutionLog, RunStatus
from darwinflow.ports.logs import LogRepository
from darwinflow.ports.tenant import Transaction
from darwinflow.recorder.ask import ARCHIVED, DELETED
from darwinflow.rpc.chained import chained
from darwinflow.rpc.methods.method import Method, Place, Table
from darwinflow.rpc.session import Session
from darwinflow.rpc.settled import settled
from darwinflow.rpc.wire.base import Hash, Instant, Name, RunPart, Version, Wire, WorkflowId
from darwinflow.rpc.wire.runs import RunHeader, RunLog, RunValue
from darwinflow.rpc.wire.sent_runs import sent_run
from darwinflow.storage.archive import Archive
from darwinflow.storage.cursor import cursor_from
from darwinflow.storage.instants import to_micros
from darwinflow.storage.recording import record


class RecordRun(Wire):
    run: RunValue
    """Finished."""


class RunRecorded(Wire):
    run_id: str
    created: bool
    """False where the same run was stored before."""
    durability: str
    """What a stored run survives: `power` (a power cut), `process` (the end of any process) or `nothing`."""


class QueryRuns(Wire):
    """Runs for which everything that is given holds."""

    workflow: WorkflowId | None = None
    version: Version | None = None
    workflow_hash: Hash | None = None
    node: Name | None = None
    status: RunStatus | None = None
    since: Instant | None = None
    until: Instant | None = None
    text: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    """Part of an error, without regard to case."""
    before: RunPart | None = None
    """An id, its beginning or its end: runs that follow that one, newest first. With a cursor it changes nothing."""
    limit: Annotated[int, Field(ge=1, le=500)] = 50
    cursor: Annotated[str, Field(max_length=1000)] | None = None
    """From `next` of an earlier answer to the same question."""


class DamagedRun(Wire):
    run_id: str
    message: str
    """Why its entry cannot be read."""


class RunPage(Wire):
    runs: list[RunHeader]
    next: str | None
    """Give it as `cursor` for what follows; null at the end."""
    damaged: list[DamagedRun]
    """Runs that belong between these, and whose entries cannot be read."""


class GetRun(Wire):
    run: RunPart
    """An id, or a beginning or end that only one run has."""


class RunFound(Wire):
    run: RunHeader
    log: RunLog


def record_run(session: Session, params: RecordRun) -> "Future[RunRecorded]":
    """Keep a finished run. The reply means that it is stored, counted and announced, and what it survives."""
    log = params.run
    project = session.project

    def work(tx: Transaction) -> bool:
        return record(tx, project, log)

    return chained(
        settled(session.arriving, work),
        lambda created: RunRecorded.model_construct(
            run_id=log.run_id, created=created, durability=session.durability
        ),
    )


def query_runs(session: Session, params: QueryRuns) -> RunPage:
    """Newest first, in pages."""

    def work(tx: Transaction) -> RunPage:
        logs = tx.logs(session.project)
        cursor = params.cursor
        if cursor is None and params.before is not None:
            last = logs.header(only_run(logs, params.before))
            cursor = cursor_from((to_micros(last.start_time), last.run_id))
        wanted = RunFilter(
            workflow=params.workflow,
            version=params.version,
            workflow_hash=params.workflow_hash,
            node=params.node,
            status=params.status,
            since=params.since,
            until=params.until,
            text=params.text,
            limit=params.limit,
            cursor=cursor,
        )
        page = logs.query_logs(wanted)
        damaged = list(page.damaged)
        while not page.readable and page.next is not None:  # a page has something to go on behind
            page = logs.query_logs(replace(wanted, cursor=page.next))
            damaged += page.damaged
        return RunPage(
            runs=[RunHeader.of(header) for header in page.readable],
            next=page.next,
            damaged=[DamagedRun(run_id=str(one.facts["run"]), message=str(one)) for one in damaged],
        )

    return session.tenant.read(work)


def get_run(session: Session, params: GetRun) -> RunFound:
    """One run with its whole log."""
    is_archived = archived_in(session)

    def work(tx: Transaction) -> tuple[ExecutionLog, RunHeader]:
        logs = tx.logs(session.project)
        run_id = only_run(logs, params.run, is_archived)
        return logs.get_log(run_id), RunHeader.of(logs.header(run_id))

    try:
        log, header = session.tenant.read(work)
    except RunNotFound as error:
        if "gone" not in error.facts:
            _refuse_archived(session, params.run)
        raise
    return RunFound(run=header, log=RunLog.of(log, header.status))


def archived_in(session: Session) -> Callable[[str], bool]:
    """Whether the archive has the run of an id. The settings are read for it only where that is asked."""

    def is_archived(run_id: str) -> bool:
        archive = _archive_of(session)
        return archive is not None and archive.has(session.project, run_id)

    return is_archived


def _archive_of(session: Session) -> Archive | None:
    with suppress(DarwinFlowError):  # settings that are faulty are no answer to a question about runs
        return session.retaining.archive
    return None


def _refuse_archived(session: Session, part: str) -> None:
    """Raises `RunNotFound`, which says so, where the archive has a run whose id begins or ends with *part*."""
    archive = _archive_of(session)
    archived: tuple[str, ...] = ()
    with suppress(DarwinFlowError):
        archived = () if archive is None else archive.find(session.project, part)
    if archived:
        raise _in_archive(archived[0])


def _in_archive(run_id: str, **facts: str) -> RunNotFound:
    told = f"run {run_id} is in the archive, where retention has put it"
    return RunNotFound(told, hint=f"darwinflow runs restore {run_id}", **facts)


def _nowhere_else(_: str) -> bool:
    return False


def only_run(logs: LogRepository, part: str, is_archived: Callable[[str], bool] = _nowhere_else) -> str:
    """The id of the run that is called *part*, or that alone begins or ends so. Raises `RunNotFound`, `RunAmbiguous`.

    One that was called *part* and deleted for good, or *is_archived*, is not there: no other one is meant by that.
    """
    found = logs.find(part)
    if part in found:
        return part
    if logs.is_erased(part):
        told = f"run {part} was deleted for good"
        raise RunNotFound(told, hint="darwinflow runs list", run=part, gone=DELETED)
    if is_archived(part):
        raise _in_archive(part, gone=ARCHIVED)
    if not found:
        raise RunNotFound(f"no run has an id that begins or ends with '{part}'", hint="darwinflow runs list")
    if len(found) > 1:
        raise RunAmbiguous(
            f"{len(found)} runs have an id that begins or ends with '{part}'",
            hint=f"name more of it, as in {found[0]}",
        )
    return found[0]


def _sent(body: bytes) -> tuple[int | str, RecordRun] | None:
    sent = sent_run(body)
    return None if sent is None else (sent[0], RecordRun.model_construct(run=sent[1]))


METHODS: Table = {
    "run/record": Method(record_run, Place.COMMIT, _sent),
    "run/query": Method(query_runs, Place.UP_TO_DATE),
    "run/get": Method(get_run, Place.UP_TO_DATE),
}
