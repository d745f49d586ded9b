"""All runs of an organization, out of whatever it is kept on and into it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Literal, NamedTuple

from darwinflow.model.errors import RunConflict, RunErased
from darwinflow.model.run import ExecutionLog, RunHeader, RunStatus
from darwinflow.ports.tenant import TenantStore, Transaction
from darwinflow.storage.adding_up import headers_of
from darwinflow.storage.log_codec import same_content
from darwinflow.storage.recording import record, record_lost, record_start
from darwinflow.storage.run_file import FiledRun
from darwinflow.storage.whole_runs import whole_runs

_A_BATCH = 100
"""Runs a transaction."""
_AT_ONCE = 20
"""Runs that are read in one exchange with a store; one of them may have megabytes."""


_Outcome = Literal["new", "known", "conflict", "erased"]


class Taken(NamedTuple):
    """What came of runs that were taken in."""

    new: int
    known: int
    conflicts: tuple[str, ...]
    """Ids that other runs have here."""
    erased: int = 0
    """Those that were deleted for good here, and stay so."""


def runs_of(tenant: TenantStore, projects: Iterable[str]) -> Iterator[FiledRun]:
    """All that have ended or are lost, newest first in each project. What is recorded or deleted meanwhile may be left out."""
    for project in projects:
        headers = tenant.read(partial(_headers, project=project))
        ids = [header.run_id for header in headers if header.status is not RunStatus.RUNNING]
        for start in range(0, len(ids), _AT_ONCE):
            for log, is_lost in tenant.read(
                partial(_ended, project=project, ids=ids[start : start + _AT_ONCE])
            ):
                yield FiledRun(project, log, is_lost)


def take_in(tenant: TenantStore, runs: Iterable[FiledRun]) -> Taken:
    """Keep, count and announce each, once however often it is given, and read it back: it must say the same."""
    found, conflicts = Counter[_Outcome](), list[str]()
    rest = iter(runs)
    while batch := list(islice(rest, _A_BATCH)):
        outcomes = tenant.write(partial(_taken, batch=batch)).result()
        found.update(outcomes)
        conflicts += [
            run.log.run_id for run, outcome in zip(batch, outcomes, strict=True) if outcome == "conflict"
        ]
    return Taken(found["new"], found["known"], tuple(conflicts), found["erased"])


def _headers(tx: Transaction, project: str) -> list[RunHeader]:
    return list(headers_of(tx.logs(project)))


def _ended(tx: Transaction, project: str, ids: list[str]) -> list[tuple[ExecutionLog, bool]]:
    logs = tx.logs(project)
    found = whole_runs(logs, ids)
    return [
        (logs.get_log(run_id), False) if run is None else (run.log, run.header.status is RunStatus.LOST)
        for run_id, run in found.items()
    ]


def _taken(tx: Transaction, batch: list[FiledRun]) -> list[_Outcome]:
    return [_one_taken(tx, run) for run in batch]


def _one_taken(tx: Transaction, run: FiledRun) -> _Outcome:
    try:
        is_new = tx.attempt(partial(_kept, tx, run))
    except RunConflict:
        return "conflict"
    except RunErased:
        return "erased"
    if not same_content(tx.logs(run.project).get_log(run.log.run_id), run.log):
        return "conflict"
    return "new" if is_new else "known"


def _kept(tx: Transaction, run: FiledRun) -> bool:
    if run.log.output is not None:
        return record(tx, run.project, run.log)
    is_new = record_start(tx, run.project, run.log)
    if run.is_lost:
        record_lost(tx, run.project, run.log.run_id)
    return is_new
