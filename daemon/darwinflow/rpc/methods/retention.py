"""Retention: what is to go, letting it go now, and looking into the archive of what went."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from darwinflow.model.errors import NotFound, RunAmbiguous, RunNotFound
from darwinflow.model.filter import RunFilter
from darwinflow.model.run import RunStatus
from darwinflow.ports.tenant import Transaction
from darwinflow.rpc.methods.deletion import SomeRuns
from darwinflow.rpc.methods.method import Method, Place, Table
from darwinflow.rpc.methods.runs import RunPage
from darwinflow.rpc.session import Session
from darwinflow.rpc.wire.base import Hash, Instant, Name, RunPart, Version, Wire, WorkflowId
from darwinflow.rpc.wire.runs import RunHeader
from darwinflow.storage.archive import Archive
from darwinflow.storage.recording import record, record_lost, record_start
from darwinflow.storage.run_file import FiledRun


class Retain(Wire):
    dry_run: bool = False
    """Only say what would go."""


class DueRuns(Wire):
    """Those of one workflow."""

    project: str
    workflow: str
    kind: str
    """`succeeded` or `failed`."""
    runs: int
    oldest: datetime
    newest: datetime


class RunsRetained(Wire):
    due: list[DueRuns]
    """What would go; empty where it was let go."""
    off: bool
    """The settings say nothing of retention, so nothing ever goes."""
    removed: int
    archive: str | None
    """The folder of the archive; null where runs are deleted without one."""
    unreadable: int
    """Runs that stay, as they cannot be read to be archived."""


class QueryArchive(Wire):
    """Archived runs for which everything that is given holds."""

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


class RestoreRuns(Wire):
    runs: SomeRuns


class RunsRestored(Wire):
    restored: list[str]
    known: list[str]
    """Ids of those that were there already."""


def retain(session: Session, params: Retain) -> RunsRetained:
    """Let go of what is due by the settings of this machine, in all projects. The daemon does so by itself each hour."""
    retaining = session.retaining
    if not params.dry_run:
        done = retaining.run()
        return RunsRetained(
            due=[], off=done.is_off, removed=done.removed, archive=done.archive, unreadable=done.unreadable
        )
    due = [DueRuns(**one._asdict()) for one in retaining.due()]
    archive = retaining.archive
    return RunsRetained(
        due=due,
        off=retaining.is_off,
        removed=0,
        archive=None if archive is None else archive.path,
        unreadable=0,
    )


def query_archive(session: Session, params: QueryArchive) -> RunPage:
    """Runs that retention has let go of, newest first, in pages."""
    archive, project, cursor = _archive(session), session.project, params.cursor
    if cursor is None and params.before is not None:
        cursor = archive.cursor(project, _one(archive, project, params.before))
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
    page = archive.query(project, wanted)
    return RunPage(runs=[RunHeader.of(header) for header in page.items], next=page.next, damaged=[])


def restore_runs(session: Session, params: RestoreRuns) -> RunsRestored:
    """Take runs out of the archive again. They stay in it, too, and are pinned: else they would go again soon."""
    archive, project = _archive(session), session.project
    runs = [
        archive.get(project, run_id)
        for run_id in dict.fromkeys(_one(archive, project, part) for part in params.runs)
    ]

    def work(tx: Transaction) -> RunsRestored:
        restored = [run.log.run_id for run in runs if _restored(tx, project, run)]
        return RunsRestored(
            restored=restored, known=[run.log.run_id for run in runs if run.log.run_id not in restored]
        )

    return session.tenant.write(work).result()


def _restored(tx: Transaction, project: str, run: FiledRun) -> bool:
    run_id = run.log.run_id
    if run.log.output is not None:
        is_new = record(tx, project, run.log)
    else:
        is_new = record_start(tx, project, run.log)
        if is_new and run.is_lost:
            record_lost(tx, project, run_id)
    tx.logs(project).pin(run_id, pinned=True)
    return is_new


def _archive(session: Session) -> Archive:
    archive = session.retaining.archive
    if archive is None:
        raise NotFound(
            "the settings name no archive",
            hint="name its folder in config.yaml: retention: {archive: {path: archive}}",
        )
    return archive


def _one(archive: Archive, project: str, part: str) -> str:
    found = archive.find(project, part)
    if part in found:
        return part
    if not found:
        raise RunNotFound(
            f"no archived run has an id that begins or ends with '{part}'",
            hint="darwinflow runs list --archived",
        )
    if len(found) > 1:
        raise RunAmbiguous(
            f"{len(found)} archived runs have an id that begins or ends with '{part}'",
            hint=f"name more of it, as in {found[0]}",
        )
    return found[0]


METHODS: Table = {
    "storage/retain": Method(retain, Place.UP_TO_DATE),
    "archive/query": Method(query_archive, Place.THREAD),
    "run/restore": Method(restore_runs, Place.THREAD),
}
