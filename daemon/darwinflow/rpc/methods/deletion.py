"""Runs: delete them for good, and pin those that retention leaves alone."""

from concurrent.futures import Future
from typing import Annotated, NamedTuple

from pydantic import Field

from darwinflow.model.errors import RunNotFound
from darwinflow.ports.logs import LogRepository
from darwinflow.ports.tenant import Transaction
from darwinflow.rpc.methods.method import Method, Place, Table
from darwinflow.rpc.methods.runs import archived_in, only_run
from darwinflow.rpc.methods.storage import NoQuestion
from darwinflow.rpc.session import Session
from darwinflow.rpc.settled import settled
from darwinflow.rpc.wire.base import RunPart, Wire
from darwinflow.rpc.wire.runs import RunHeader
from darwinflow.storage.archive import Archive

MOST_RUNS = 1_000
SomeRuns = Annotated[list[RunPart], Field(min_length=1, max_length=MOST_RUNS)]
"""Ids, or beginnings or ends that only one run has."""


class DeleteRuns(Wire):
    runs: SomeRuns
    dry_run: bool = False
    """Only say which these are."""


class RunsDeleted(Wire):
    runs: list[RunHeader]
    """Those that were there."""
    archived: list[str]
    """Ids of those that were in the archive alone."""
    before: list[str]
    """Ids of those that were deleted before; what an interrupted deletion has left of them is gone now, too."""
    backups: list[str]
    """Folders that may hold the runs still: backups, and stores that were put aside. No command of ours changes them."""


class PinRuns(Wire):
    runs: SomeRuns
    pinned: bool = True
    """False: retention treats them as any other again."""


class RunsPinned(Wire):
    changed: list[str]
    """Ids of those for which that was news."""
    unchanged: list[str]


class PinnedRuns(Wire):
    runs: list[RunHeader]
    """By their ids."""


def delete_runs(session: Session, params: DeleteRuns) -> RunsDeleted:
    """Erase runs for good: from the store, its files, events and the spool. They are never taken in again.

    What they count for in the figures stays. The audit log keeps who deleted which id. Runs that have not finished are
    deleted, too: what their programs say from then on is refused.
    """
    archive = session.retaining.archive
    named = session.tenant.read(
        lambda tx: _named(tx.logs(session.project), params.runs, archive, session.project)
    )
    found = RunsDeleted(
        runs=named.there, archived=named.archived, before=named.before, backups=list(session.backups())
    )
    if params.dry_run:
        return found
    erased = session.erase([*(run.run_id for run in named.there), *named.archived, *named.before])
    return found.model_copy(update={"backups": list(erased.backups)})


def pin_runs(session: Session, params: PinRuns) -> "Future[RunsPinned]":
    """Have retention leave runs alone, or no longer."""

    is_archived = archived_in(session)

    def work(tx: Transaction) -> RunsPinned:
        logs = tx.logs(session.project)
        ids = dict.fromkeys(only_run(logs, part, is_archived) for part in params.runs)
        changed = [run_id for run_id in ids if logs.pin(run_id, pinned=params.pinned)]
        return RunsPinned(changed=changed, unchanged=[run_id for run_id in ids if run_id not in changed])

    return settled(session.tenant, work)


def pinned_runs(session: Session, _: NoQuestion) -> PinnedRuns:
    """Those of the project that retention leaves alone."""

    def work(tx: Transaction) -> PinnedRuns:
        logs = tx.logs(session.project)
        return PinnedRuns(runs=[RunHeader.of(logs.header(run_id)) for run_id in logs.pinned()])

    return session.tenant.read(work)


class _Named(NamedTuple):
    there: list[RunHeader]
    archived: list[str]
    before: list[str]


def _named(logs: LogRepository, parts: list[str], archive: Archive | None, project: str) -> _Named:
    """Each once. Raises `RunNotFound`, `RunAmbiguous`."""
    there: dict[str, None] = {}
    archived: dict[str, None] = {}
    before: dict[str, None] = {}

    def is_archived(run_id: str) -> bool:
        return archive is not None and archive.has(project, run_id)

    for part in parts:
        try:
            there[only_run(logs, part, is_archived)] = None
        except RunNotFound:
            if logs.is_erased(part):
                before[part] = None
                continue
            found = () if archive is None else archive.find(project, part)
            if len(found) != 1 and part not in found:
                raise
            archived[part if part in found else found[0]] = None
    return _Named([RunHeader.of(logs.header(run_id)) for run_id in there], list(archived), list(before))


METHODS: Table = {
    "run/delete": Method(delete_runs, Place.UP_TO_DATE),
    "run/pin": Method(pin_runs, Place.COMMIT),
    "run/pinned": Method(pinned_runs, Place.THREAD),
}
