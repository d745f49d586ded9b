"""Deletes runs for good, wherever something of them lies: stores, events, patterns, archive, spool; and says what it
cannot reach.

The order makes it safe to be killed anywhere and to be asked again: first the audit log says who wants it, then patterns
are learned without the runs, then the store forgets them and never takes them in again, then what is left in files is
overwritten.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress

from darwinflow.daemon.backups_made import backups_there
from darwinflow.daemon.spool_erasing import erase_in_spool
from darwinflow.events.run_events import RUN_TOPIC
from darwinflow.model.errors import RunNotFound, StoreDamaged, StoreUnwritable
from darwinflow.ports.tenant import Transaction
from darwinflow.recorder.paths import Home
from darwinflow.rpc.session import Erased, Retaining
from darwinflow.storage.archive import Archive
from darwinflow.storage.learning import learn_without
from darwinflow.storage.organization import OrganizationStores

_A_BATCH = 50
"""Runs a transaction: what is recorded meanwhile waits for no more than that."""

Audit = Callable[[str, str, dict[str, object]], None]
"""Of an action, a subject and details."""


class Erasing:
    """One an organization. Thread-safe."""

    def __init__(self, home: Home, stores: OrganizationStores, retaining: Retaining, audit: Audit) -> None:
        self._home = home
        self._stores = stores
        self._retaining = retaining
        self.audit = audit
        """Says in the audit log what is done; never contents."""

    def erase(self, project: str, run_ids: Sequence[str]) -> Erased:
        """Those that are there, or were erased before and perhaps not everywhere, or are archived. Raises `StoreError`."""
        archive = self._retaining.archive
        workflows = self._stores.tenant.read(lambda tx: _workflows_of(tx, project, run_ids))
        for run_id in run_ids:
            self.audit("run.deleted", run_id, {"project": project})
        logs, metrics = self._stores.log_store(), self._stores.metrics_store()
        for workflow in sorted(workflows):
            learn_without(logs, metrics, project, workflow, run_ids)
        for start in range(0, len(run_ids), _A_BATCH):
            batch = run_ids[start : start + _A_BATCH]
            self._stores.tenant.write(lambda tx, batch=batch: _delete(tx, project, batch)).result()  # type: ignore[misc]
        self._stores.tenant.write(lambda tx: tx.events.erase(RUN_TOPIC, run_ids)).result()
        self._stores.scrub(project, run_ids)
        lines = self._in_spool(run_ids)
        if archive is not None:
            _erase_archived(archive, project, run_ids)
        return Erased(lines, self.backups())

    def backups(self) -> tuple[str, ...]:
        """Folders that may hold what is deleted still."""
        return tuple(backups_there(self._home))

    def _in_spool(self, run_ids: Collection[str]) -> int:
        try:
            return erase_in_spool(self._home.spool, run_ids)
        except OSError as error:
            raise StoreUnwritable(
                f"journals in {self._home.spool} cannot be written: {error.strerror}",
                hint="give yourself the right to write there and delete again: it goes on where it was",
            ) from error


def _erase_archived(archive: Archive, project: str, run_ids: Collection[str]) -> None:
    try:
        archive.erase(project, run_ids)
    except StoreDamaged as error:
        raise StoreDamaged(
            f"deleted for good, but for what the archive may have of it: {error}",
            hint="darwinflow storage repair, and delete again: it goes on where it was",
        ) from error


def _workflows_of(tx: Transaction, project: str, run_ids: Collection[str]) -> set[str]:
    logs = tx.logs(project)
    found: set[str] = set()
    for run_id in run_ids:
        with suppress(RunNotFound):
            found.add(logs.header(run_id).workflow_id)
    return found


def _delete(tx: Transaction, project: str, run_ids: Collection[str]) -> None:
    logs = tx.logs(project)
    for run_id in run_ids:
        try:
            logs.delete(run_id, for_good=True)
        except RunNotFound:
            logs.note_gone([run_id], 0)  # what is archived, or was deleted before, must not come back either
