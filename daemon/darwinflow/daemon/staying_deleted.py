"""Runs that were deleted for good in a home stay so when a backup that has them still is put in its place.

What the home knows of them is read before anything of it is moved, and noted with the restore, so that it is not lost
with who is killed on the way; and it is done to what was restored before anybody else may open that.
"""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from darwinflow.daemon.erasing import Erasing
from darwinflow.daemon.opened import opened
from darwinflow.daemon.retaining import Retaining, settings_of
from darwinflow.daemon.stores import stores_of
from darwinflow.model.stores import FILE, SQLITE
from darwinflow.ports.identity import IdentityStore
from darwinflow.recorder.paths import Home
from darwinflow.storage.carrying_marks import erased_in
from darwinflow.storage.composed.tenant import ComposedTenantStore
from darwinflow.storage.half_restored import Deleted, noted_deletions
from darwinflow.storage.opening import open_identity_by_restore
from darwinflow.tenancy.personal import PERSONAL

_DELETED = "run.deleted"
_ALL_ENTRIES = 1 << 40
"""More than an audit log has."""


def deleted_here(home: Home, environ: Mapping[str, str]) -> tuple[Deleted, ...]:
    """Runs that were deleted for good in *home*, or in what a restore that was killed has put aside.

    Raises what opening the home does: nobody knows them then.
    """
    noted = noted_deletions(home.data)
    if noted is not None:
        return noted
    if not os.path.exists(home.system_db):
        return ()
    if stores_of(home, environ, PERSONAL).logs.type not in (FILE, SQLITE):
        return ()  # a server is not replaced, and knows its own
    with opened(home, environ) as (identity, _, stores):
        by_whom = _audited(identity)
        return tuple(
            by_whom.get((project, run_id), Deleted(project, run_id, "", ""))
            for project in stores.projects()
            for run_id in sorted(erased_in(stores.log_store(), project))
        )


def delete_again(home: Home, environ: Mapping[str, str], deleted: Sequence[Deleted]) -> int:
    """Delete runs for good in what was restored, if they are not; how many that were. Raises `StoreError`."""
    if not deleted:
        return 0
    with opened(home, environ, open_identity_by_restore) as (identity, person, stores):
        if isinstance(stores.tenant, ComposedTenantStore):
            stores.tenant.settled()
        settings = settings_of(home, environ, person.organization.slug)
        retaining = Retaining(home, person.organization.id, stores, settings, lambda: datetime.now(UTC))
        count = 0
        for project in dict.fromkeys(one.project for one in deleted):
            known = erased_in(stores.log_store(), project)
            left = {one.run_id: one for one in deleted if one.project == project and one.run_id not in known}

            def audit(
                action: str, subject: str, details: dict[str, object], left: dict[str, Deleted] = left
            ) -> None:
                one = left[subject]
                identity.audit(one.by or person.account.id, action, subject, {**details, "at": one.at})

            if left:
                Erasing(home, stores, retaining, audit).erase(project, list(left))
            count += len(left)
        return count


def _audited(identity: IdentityStore) -> dict[tuple[str, str], Deleted]:
    """By project and id of the run: who deleted it first, and when."""
    found: dict[tuple[str, str], Deleted] = {}
    for entry in identity.audited(_ALL_ENTRIES):
        if entry.action == _DELETED:
            project = str(entry.details.get("project", ""))
            at = str(entry.details.get("at") or entry.at.isoformat())
            found[project, entry.subject] = Deleted(project, entry.subject, at, entry.actor)
    return found
