"""Writes what was read from journals into the store: changes of runs, and how far each journal was read.

Both in one transaction, so that each event arrives exactly once whoever dies in between.
"""

import logging
from collections.abc import Callable

from msgspec.structs import replace

from darwinflow.daemon.changes import Change
from darwinflow.daemon.journals import Journal
from darwinflow.model.errors import Conflict, NotFound, Refused, RunConflict, RunFinished, StoreError
from darwinflow.model.run import ExecutionLog, RunOutput, StepLog
from darwinflow.ports.journals import Taken
from darwinflow.ports.tenant import TenantStore, Transaction
from darwinflow.storage.recording import record, record_finish, record_lost, record_start, record_steps

log = logging.getLogger(__name__)

_PATIENCE_S = (0.1, 0.5, 2.0, 5.0)

Refusal = tuple[Journal, str, str | None]
"""A run that the store does not take, and why; None: it was deleted for good, which is no news to anybody."""
Work = Callable[[Transaction], list[Refusal]]


class JournalFault(Exception):
    """A fault of ours with what *journal* says. It must not hold up the others."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(f"{journal.path} cannot be taken in for a fault of darwinflow's own")
        self.journal = journal


class Ledger:
    """Used by the intake's thread alone."""

    def __init__(self, tenant: TenantStore, pause: Callable[[float], bool]) -> None:
        """*pause* waits so many seconds; whether to go on then, rather than end."""
        self._tenant = tenant
        self._pause = pause
        self._gone: list[str] = []
        """Files that were removed and whose offsets are still to be forgotten."""
        self.runs_refused = 0

    def store(self, read: list[Journal]) -> None:
        """Commit what is new in *read*; tries again until it succeeds.

        Raises `StoreError` where it is to end, `JournalFault` with nothing stored.
        """
        gone, self._gone = self._gone, []
        changes = [(journal, change) for journal in read for change in journal.fold.changes()]

        def work(tx: Transaction) -> list[Refusal]:
            if all(tx.journals.taken(journal.name).offset >= journal.position for journal in read):
                return []  # an earlier try took effect, though its commit was reported as failed
            refusals = _stored(tx, changes)
            refused = {journal.name for journal, _, message in refusals if message is not None}
            for journal in read:
                has_refused = journal.has_refused or journal.name in refused
                tx.journals.advance(journal.name, Taken(journal.position, journal.needed, has_refused))
            for name in gone:
                tx.journals.forget(name)
            return refusals

        self._commit(work)
        for journal in read:
            journal.taken = journal.position

    def store_lost(self, journal: Journal) -> int:
        """The journal's program is gone: its open runs are lost. How many were."""
        journal.fold.lose()
        lost = [(journal, change) for change in journal.fold.changes()]
        if not lost:
            return 0
        return len(lost) - self._commit(lambda tx: _stored(tx, lost))

    def forget(self, name: str) -> None:
        """The journal *name* is removed; its offset goes with the next commit."""
        self._gone.append(name)

    def _commit(self, work: Work) -> int:
        """How many runs were not taken."""
        refusals = self._committed(work)
        for journal, run_id, message in refusals:
            journal.fold.refuse(run_id, is_erased=message is None)
            if message is None:
                continue
            log.warning("%s: run %s is not kept as it was recorded: %s", journal.path, run_id, message)
            journal.has_refused = True
            self.runs_refused += 1
        return len(refusals)

    def _committed(self, work: Work) -> list[Refusal]:
        tries = 0
        while True:
            try:
                return self._tenant.write(work).result()
            except StoreError as error:
                if tries == 0:
                    told = "journals cannot be taken in and wait in the spool: %s"
                    log.error(told, error.with_advice)  # noqa: TRY400
                if not self._pause(_PATIENCE_S[min(tries, len(_PATIENCE_S) - 1)]):
                    raise
                tries += 1


def _stored(tx: Transaction, changes: list[tuple[Journal, Change]]) -> list[Refusal]:
    """Each change whole or not at all: the other runs must not wait for one that is refused."""
    refusals: list[Refusal] = []
    for journal, change in changes:
        try:
            refused = _refused(tx, change)
        except StoreError:
            raise
        except Exception as error:
            raise JournalFault(journal) from error
        if refused is not None:
            is_erased = tx.logs(change.project).is_erased(change.run_id)
            refusals.append((journal, change.run_id, None if is_erased else refused))
    return refusals


def _refused(tx: Transaction, change: Change) -> str | None:
    """Why the store does not take *change*, if it does not."""
    try:
        tx.attempt(lambda: _store_one(tx, change))
    except (Conflict, NotFound, Refused) as error:
        return str(error)
    return None


def _store_one(tx: Transaction, change: Change) -> None:
    project, run_id = change.project, change.run_id
    if change.began is not None and is_other(tx.logs(project).get_log(run_id), change.began):
        raise RunConflict(f"run {run_id} is stored with other content", run=run_id)
    if change.start is not None and change.start.output is not None:
        _store_whole(tx, project, change.start, change.start.output)
        return
    if change.start is not None:
        record_start(tx, project, change.start)
    if change.steps:
        _store_steps(tx, project, run_id, change.steps)
    if change.output is not None:
        record_finish(tx, project, run_id, change.output)
    elif change.is_lost:
        record_lost(tx, project, run_id)


def _store_whole(tx: Transaction, project: str, log: ExecutionLog, output: RunOutput) -> None:
    """A run whose beginning has come before, and then no more, is completed."""
    try:
        record(tx, project, log)
    except RunConflict:
        if tx.logs(project).header(log.run_id).status.finished:
            raise
        record_start(tx, project, replace(log, steps=(), output=None))  # raises where that began otherwise
        if log.steps:
            record_steps(tx, project, log.run_id, enumerate(log.steps))
        record_finish(tx, project, log.run_id, output)


def _store_steps(tx: Transaction, project: str, run_id: str, steps: tuple[tuple[int, StepLog], ...]) -> None:
    """What a finished run has already may be told once more, step by step."""
    try:
        record_steps(tx, project, run_id, steps)
    except RunFinished:
        known = tx.logs(project).get_log(run_id).steps
        if not all(index < len(known) and _has_told(known[index], step) for index, step in steps):
            raise


def _has_told(known: StepLog, step: StepLog) -> bool:
    """Whether *step* is *known*, or an earlier state of it."""
    began = (known.step_id, known.node_id, known.start_time) == (step.step_id, step.node_id, step.start_time)
    return known == step or (began and step.end_time is None)


def is_other(known: ExecutionLog, began: ExecutionLog) -> bool:
    """Whether the run that is stored is another program's than the one that *began*."""
    return known.start_time != began.start_time or any(
        known.metadata.get(name) != began.metadata.get(name) for name in ("pid", "host")
    )
