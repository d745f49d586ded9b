"""Mends what is wrong with the stores of a home that nobody serves, and says what was done, one by one.

Each store is first made readable by itself: lines that are no records leave the segments, a damaged database is written
anew from what can be read. Then all are opened, and figures and events are made to follow from the logs.
"""

import os
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

from darwinflow.daemon.backups_made import backups_there, set_aside_there
from darwinflow.daemon.lock import held_by
from darwinflow.daemon.person import this_person
from darwinflow.daemon.stores import retention_of, stores_of
from darwinflow.daemon.texts import workflow_in
from darwinflow.model.errors import NotFound, StoreDamaged
from darwinflow.model.phrases import counted
from darwinflow.model.stores import FILE, Stores
from darwinflow.ports.identity import IdentityStore
from darwinflow.ports.inspection import Lacking
from darwinflow.recorder.paths import Home
from darwinflow.storage import mending
from darwinflow.storage.adding_up import added_up
from darwinflow.storage.archive import Archive
from darwinflow.storage.archive_mending import mend_archive
from darwinflow.storage.composed.tenant import ComposedTenantStore
from darwinflow.storage.figures import Figures
from darwinflow.storage.files import mending as files
from darwinflow.storage.files.metrics import FileMetricsStore
from darwinflow.storage.half_restored import refuse_half_restored
from darwinflow.storage.opening import (
    begin_identity_anew,
    faults_of_system,
    open_identity,
    open_organization,
    open_tenant,
    organizations_beside,
    salvage_database,
)
from darwinflow.storage.organization import OrganizationStores
from darwinflow.storage.places import place_of_choice, place_of_concern, places_of

Tell = Callable[[str, int, int], None]

NOTHING_READ = "nothing can be read of it"
"""So begins what is left of a database that stays as it is."""
_COMMAND = "darwinflow storage repair"
"""What holds the home meanwhile."""


class Repaired(NamedTuple):
    """A sentence each."""

    mended: list[str]
    left: list[str]
    """What stays wrong, or is lost."""
    kept: list[str]
    """Where what was damaged lies now."""
    hints: list[str]
    """Where what is lost may still be found."""


def repair(home: Home, environ: Mapping[str, str], tell: Tell, *, dry_run: bool) -> Repaired:
    """Mend what can be; or only say what would be, where nothing is changed. Killed at any moment, it is done again.

    Raises `NotFound` where there is nothing, `DaemonRunning`, `StoreFull`, `StoreUnwritable`, `SchemaTooNew`.
    """
    refuse_half_restored(home.data)
    if not os.path.exists(home.system_db) and not organizations_beside(home.system_db):
        raise NotFound(f"there is nothing to repair in {home.data}")
    with (
        held_by(home, _COMMAND),
        _identity(home, repaired := Repaired([], [], [], []), dry_run=dry_run) as identity,
    ):
        if identity is None:
            return repaired
        own = this_person(identity).organization
        stores = stores_of(home, environ, own.slug)
        repairing = _Repairing(home, own.id, stores, tell, repaired, dry_run=dry_run)
        repairing.files()
        for place in places_of(home.data, own.id, stores):
            if place.endswith(".db") and os.path.lexists(place):
                repairing.database(place)
        archive = retention_of(home, environ, own.slug).archive
        if archive is not None:
            repairing.archive(place_of_choice(home.data, archive, own.id))
        if repairing.can_be_opened:
            with _opened(home, identity, own.id, stores, archive) as opened:
                repairing.whole(opened)
        return repairing.repaired


@contextmanager
def _identity(home: Home, repaired: Repaired, *, dry_run: bool) -> Iterator[IdentityStore | None]:
    """`system.db`, begun anew where it is lost and one organization's database lies beside it; None where it would be."""
    try:
        identity = open_identity(home.system_db, now=_now)
        try:
            _refuse_damaged(home)
            this_person(identity)
        except BaseException:
            identity.close()
            raise
    except StoreDamaged as error:
        beside = organizations_beside(home.system_db)
        if len(beside) != 1:
            hint = f"darwinflow storage restore DIR --replace, with a backup; or put a copy of {home.system_db} in its place"
            raise StoreDamaged(str(error), hint=hint) from error
        repaired.mended.append(
            f"{error}; it is begun anew, with the organization whose database {home.tenant_db(beside[0])} is"
        )
        repaired.left.append(
            f"who did what before, the audit log, is lost with it: a backup may have {home.system_db}"
        )
        repaired.hints.extend(_where_it_may_be(home))
        if dry_run:
            yield None
            return
        begin_identity_anew(home.system_db)
        identity = open_identity(home.system_db, now=_now)
    with closing(identity):
        yield identity


def _refuse_damaged(home: Home) -> None:
    """Raises `StoreDamaged` where anything in `system.db` is."""
    for fault in faults_of_system(home.system_db):
        raise StoreDamaged(fault)


class _Repairing:
    def __init__(
        self, home: Home, organization: str, stores: Stores, tell: Tell, repaired: Repaired, *, dry_run: bool
    ) -> None:
        self._home = home
        self._organization = organization
        self._stores = stores
        self._tell = tell
        self._dry_run = dry_run
        self.repaired = repaired
        self.can_be_opened = True
        """Opening mends, or fails, where it is not to be done or cannot be."""

    def files(self) -> None:
        """Logs and figures in folders."""
        logs, metrics = (self._folder(concern) for concern in ("logs", "metrics"))
        told = [] if logs is None else files.mend_logs(logs, dry_run=self._dry_run)
        if metrics is not None:
            told += files.torn_figures(metrics)
        self._mended(told)

    def database(self, place: str) -> None:
        """Written anew where its form is damaged, or a run in it is not what lists say."""
        why = _fault_of(place)
        if why is None:
            return
        try:
            found = salvage_database(place, self._tell, dry_run=self._dry_run)
        except StoreDamaged as error:
            self.can_be_opened = False
            told = f"{NOTHING_READ}: {error}; to begin anew, with it set aside: touch {shlex.quote(f'{place}.anew')}"
            self.repaired.left.append(told)
            self.repaired.hints.extend(_where_it_may_be(self._home))
            return
        self._mended([f"{why}; {place} is written anew with {counted(found.runs, 'run')} that can be read"])
        if found.are_figures_added_again:
            self._mended([f"figures in {place} could not be read and are added up again from its runs"])
        if found.cut:
            told = f"the last {found.cut} bytes of {place} are gone, and with them runs that nothing before that names"
            self.repaired.left.append(told)
        if found.are_events_dropped:
            told = f"events in {place} could not be read and are dropped: who follows runs looks at all of them once"
            self._mended([told])
        self.repaired.left.extend(
            f"run {run.run_id}{f' of project {run.project!r}' if run.project else ''} cannot be read: {run.why}"
            for run in found.unreadable
        )
        if found.cut or found.unreadable:
            self.repaired.hints.extend(_where_it_may_be(self._home))
        self.repaired.left.extend(f"some rows of table '{name}' could not be read" for name in found.partial)
        if found.kept is not None:
            self.repaired.kept.append(found.kept)

    def archive(self, place: str) -> None:
        found = mend_archive(Archive(place), dry_run=self._dry_run)
        self._mended(found.mended)
        self.repaired.left.extend(found.lost)
        self.repaired.kept.extend(found.kept)

    def whole(self, stores: OrganizationStores) -> None:
        """Lists of logs in files and on a server, then figures and events of all."""
        tenant, figures = stores.tenant, stores.metrics_store()
        self._mended(list(stores.mend(dry_run=self._dry_run)))
        if not self.can_be_opened:
            return
        if isinstance(tenant, ComposedTenantStore):
            tenant.settled()
        logs = stores.log_store()
        lacking = logs.missing() if isinstance(logs, Lacking) else ()
        if isinstance(figures, Figures):
            of_figures = (row.project for row in figures.figures()[0])  # of runs that are all lost, too
            for project in dict.fromkeys((*stores.projects(), *of_figures)):
                archived = stores.archived(project)
                found = mending.mend_figures(tenant, figures, project, archived, dry_run=self._dry_run)
                self._mended(found.told)
                # Where the logs know what they lack, that says it, and this that figures count it still.
                (self.repaired.mended if lacking else self.repaired.left).extend(found.lost)
        if isinstance(tenant, ComposedTenantStore):
            tenant.settled()
        if isinstance(logs, Lacking):
            self.repaired.left.extend(logs.missing() if self._dry_run else logs.acknowledge())
        if not self._dry_run:
            if isinstance(figures, FileMetricsStore):
                again, lacking = figures.acknowledge()
                self._mended(list(again))
                self.repaired.left.extend(lacking)
            self.repaired.left.extend(fault for fault in stores.verify().faults)
        self.repaired.left.extend(_damaged_versions(stores))

    def _folder(self, concern: str) -> str | None:
        choice = self._stores.logs if concern == "logs" else self._stores.metrics
        place = place_of_concern(self._home.data, self._organization, concern, choice)
        return place if choice.type == FILE and place is not None and os.path.isdir(place) else None

    def _mended(self, told: list[str]) -> None:
        self.repaired.mended.extend(told)
        if told and self._dry_run:
            self.can_be_opened = False


def _where_it_may_be(home: Home) -> Iterator[str]:
    aside = set(set_aside_there(home))
    for folder in backups_there(home):
        yield f"{'set aside earlier, which' if folder in aside else 'a backup that'} may hold it: {folder}"


def _fault_of(place: str) -> str | None:
    """Why the database at *place* is to be written anew; None where it is sound."""
    try:
        with closing(open_tenant(place, announce=lambda _: None, is_known=True)) as store:
            for fault in store.verify():  # type: ignore[attr-defined] # every back end can be looked at
                return f"{place}: {fault}"
            if isinstance(store, Figures):
                store.figures()
            for project in store.projects():  # type: ignore[attr-defined]
                added = store.read(partial(added_up, project=project))
                if added.trouble is not None:
                    return added.trouble
                for run in added.faulty:
                    why = f"cannot be read: {run.why}" if run.why else "is listed otherwise than it is"
                    return f"run {run.run_id} of project '{project}' {why}"
    except StoreDamaged as error:
        return str(error)
    return None


def _damaged_versions(stores: OrganizationStores) -> Iterator[str]:
    """Of published versions that are kept beside the runs; those in files are named by `lineage`."""
    for project in stores.published_projects():
        workflows = stores.workflows(project, "", workflow_in)
        for workflow in dict.fromkeys(version.workflow for version in workflows.list_all()):
            for damage in workflows.damages(workflow):
                yield f"{workflow} v{damage.version}: {damage.message}"


@contextmanager
def _opened(
    home: Home, identity: IdentityStore, organization: str, stores: Stores, archive: str | None
) -> Iterator[OrganizationStores]:
    opened = open_organization(
        identity,
        organization,
        home.tenant_db(organization),
        announce=lambda _: None,
        now=_now,
        stores=stores,
        archive=archive,
    )
    with closing(opened):
        yield opened


def _now() -> datetime:
    return datetime.now(UTC)
