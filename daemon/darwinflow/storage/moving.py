"""All runs of an organization, out of whatever it is kept on and into it."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from typing import NamedTuple

from darwinflow.model.errors import RunConflict
from darwinflow.model.run import ExecutionLog, RunHeader, RunStatus
from darwinflow.ports.tenant import TenantStore, Transaction
from darwinflow.storage.adding_up import headers_of
from darwinflow.storage.log_codec import same_content
from darwinflow.storage.recording import record, record_lost, record_start
from darwinflow.storage.run_file import FiledRun

_A_BATCH = 100
"""Runs a transaction."""


class Taken(NamedTuple):
    """What came of runs that were taken in."""

    new: int
    known: int
    conflicts: tuple[str, ...]
    """Ids that other runs have here."""


def runs_of(tenant: TenantStore, projects: Iterable[str]) -> Iterator[FiledRun]:
    """All that have ended or are lost, newest first in each project. Nothing may be recorded meanwhile."""
    for project in projects:
        headers = tenant.read(partial(_headers, project=project))
        for header in headers:
            if header.status is not RunStatus.RUNNING:
                log = tenant.read(partial(_log, project=project, run_id=header.run_id))
                yield FiledRun(project, log, header.status is RunStatus.LOST)


def take_in(tenant: TenantStore, runs: Iterable[FiledRun]) -> Taken:
    """Keep, count and announce each, once however often it is given, and read it back: it must say the same."""
    new, known, conflicts = 0, 0, list[str]()
    rest = iter(runs)
    while batch := list(islice(rest, _A_BATCH)):
        for run, outcome in zip(batch, tenant.write(partial(_taken, batch=batch)).result(), strict=True):
            new += outcome is True
            known += outcome is False
            if outcome is None:
                conflicts.append(run.log.run_id)
    return Taken(new, known, tuple(conflicts))


def _headers(tx: Transaction, project: str) -> list[RunHeader]:
    return list(headers_of(tx.logs(project)))


def _log(tx: Transaction, project: str, run_id: str) -> ExecutionLog:
    return tx.logs(project).get_log(run_id)


def _taken(tx: Transaction, batch: list[FiledRun]) -> list[bool | None]:
    return [_one_taken(tx, run) for run in batch]


def _one_taken(tx: Transaction, run: FiledRun) -> bool | None:
    """Whether it is new; None where another run has its id."""
    try:
        is_new = tx.attempt(partial(_kept, tx, run))
    except RunConflict:
        return None
    return is_new if same_content(tx.logs(run.project).get_log(run.log.run_id), run.log) else None


def _kept(tx: Transaction, run: FiledRun) -> bool:
    if run.log.output is not None:
        return record(tx, run.project, run.log)
    is_new = record_start(tx, run.project, run.log)
    if run.is_lost:
        record_lost(tx, run.project, run.log.run_id)
    return is_new
