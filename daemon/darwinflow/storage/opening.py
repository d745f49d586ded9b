"""Opens the stores. Back ends are named here and in no other place outside their folders.

Each is imported when it is opened: who reads published workflows pays for no database.
"""

import os
import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, closing
from datetime import datetime
from typing import TYPE_CHECKING

from darwinflow.model.stores import POWER, Stores
from darwinflow.model.workflow import Workflow
from darwinflow.ports.identity import IdentityStore
from darwinflow.ports.tenant import TenantStore
from darwinflow.ports.workflows import WorkflowRepository
from darwinflow.storage.durable import make_folders
from darwinflow.storage.half_restored import refuse_half_restored
from darwinflow.storage.organization import Announce, OrganizationStores

if TYPE_CHECKING:
    from darwinflow.storage.sqlite.salvaging import Salvaged

_TENANT_FILE = re.compile(r"tenant-([a-z0-9]{8,32})\.db")
"""What `recorder.paths` names them."""


def open_identity(path: str, *, now: Callable[[], datetime]) -> IdentityStore:
    """`system.db` at *path*, made where it is missing.

    An organization's database is made after its row here, so where one lies beside *path*, a missing or empty
    `system.db` is lost. Raises `StoreDamaged` then and where a restore was not done, and what opening a database raises.
    """
    refuse_half_restored(os.path.dirname(path))
    return open_identity_by_restore(path, now=now)


def open_identity_by_restore(path: str, *, now: Callable[[], datetime]) -> IdentityStore:
    """The same, for who restores and is not done."""
    from darwinflow.storage.sqlite.system import SqliteIdentityStore

    return SqliteIdentityStore(path, now, organizations=organizations_beside(path))


def refuse_newer(path: str) -> None:
    """Raises `SchemaTooNew` where `system.db` at *path*, or an organization's database beside it, says that it is."""
    from darwinflow.storage.sqlite import newer
    from darwinflow.storage.sqlite.connection import SYSTEM, TENANT

    newer.refuse_newer(path, SYSTEM)
    for organization in organizations_beside(path):
        newer.refuse_newer(os.path.join(os.path.dirname(path), f"tenant-{organization}.db"), TENANT)


def begin_identity_anew(path: str) -> None:
    """Let `open_identity` set aside what is left of *path* and make it anew. Raises `StoreUnwritable`."""
    from darwinflow.storage.sqlite.lost import ask_anew

    ask_anew(path)


def open_organization(
    identity: IdentityStore,
    organization: str,
    path: str,
    *,
    announce: Announce,
    now: Callable[[], datetime],
    extension: str | None = None,
    stores: Stores | None = None,
    archive: str | None = None,
    durability: str = POWER,
) -> OrganizationStores:
    """What the organization of this id keeps its data on: its database at *path*, or what *stores* say.

    *archive* is where retention lets runs go to: they still count in figures.

    The database is made on first use, and never again after that. Raises `StoreDamaged` where *identity* knows that
    it was made and it is gone. A first start that was killed, wherever it was, is made up for by the next. The rest
    is as with `open_tenant`, and as the back ends say.
    """

    def own() -> TenantStore:
        is_known = identity.has_database(organization)
        tenant = open_tenant(
            path,
            announce=announce,
            extension=extension,
            is_known=is_known,
            durability=durability,
            organization=organization,
        )
        try:
            if not is_known:
                identity.note_database(organization)
        except BaseException:
            tenant.close()
            raise
        return tenant

    def database(stem: str) -> TenantStore:
        make_folders(os.path.dirname(stem))
        return open_tenant(
            f"{stem}.db",
            announce=announce,
            extension=extension,
            durability=durability,
            organization=organization,
        )

    return OrganizationStores(
        organization, os.path.dirname(path), own, database, announce, now, stores or Stores(), archive
    )


def open_tenant(
    path: str,
    *,
    announce: Announce,
    extension: str | None = None,
    is_known: bool = False,
    durability: str = POWER,
    organization: str = "",
) -> TenantStore:
    """The organization's database at *path*, made where it is missing unless it *is_known* to be made already.

    It is refused where it says that it is of another one than *organization*, an id; empty: whosever.

    *announce* is called after each commit, in order, with the events it has made durable; it must not block.
    *extension* is Honker's loadable extension where the user has named one; else an installed one is used, and
    where there is none, or it does not load here, the built-in adapter.
    *durability* says what an acknowledged run survives: see `model.stores`.
    """
    from darwinflow.storage.sqlite.honker import find_extension
    from darwinflow.storage.sqlite.tenant import SqliteTenantStore

    return SqliteTenantStore(
        path,
        extension=extension or find_extension(),
        announce=announce,
        is_known=is_known,
        durability=durability,
        organization=organization,
    )


def give_database(path: str, before: str, after: str) -> None:
    """See `storage.sqlite.owner`."""
    from darwinflow.storage.sqlite.owner import give

    give(path, before, after)


def organizations_beside(path: str) -> list[str]:
    """Ids of the organizations whose databases lie in the folder of *path*."""
    try:
        names = sorted(os.listdir(os.path.dirname(path)))
    except OSError:
        return []  # opening says what is wrong with the folder
    return [found[1] for name in names if (found := _TENANT_FILE.fullmatch(name))]


def open_workflows(
    path: str,
    *,
    now: Callable[[], datetime],
    understand: Callable[[bytes], Workflow | None],
    read_only: bool = False,
) -> WorkflowRepository:
    """The published workflows below *path*.

    *understand* reads a version whose entry in the lock is gone; see `FileWorkflowRepository`.
    """
    from darwinflow.storage.files.workflows import FileWorkflowRepository

    return FileWorkflowRepository(path, now=now, understand=understand, read_only=read_only)


def copy_database(path: str, target: str) -> None:
    """See `storage.sqlite.copying`."""
    from darwinflow.storage.sqlite.copying import copy_database as copy

    copy(path, target)


def snapshot_of(path: str) -> AbstractContextManager[Callable[[str], None]]:
    """See `storage.sqlite.copying`."""
    from darwinflow.storage.sqlite.copying import snapshot_of as snapshot

    return snapshot(path)


def faults_of_system(path: str) -> tuple[str, ...]:
    """What is wrong in `system.db`. Raises what opening a database raises."""
    from darwinflow.storage.sqlite.verifying import faults_of_system as found

    return found(path)


def compact_database(path: str, *, is_system: bool) -> None:
    """See `storage.sqlite.compacting`."""
    from darwinflow.storage.sqlite.compacting import compact_database as compact

    compact(path, is_system=is_system)


def salvage_database(path: str, tell: "Callable[[str, int, int], None]", *, dry_run: bool) -> "Salvaged":
    """See `storage.sqlite.salvaging`."""
    from darwinflow.storage.sqlite.salvaging import salvage

    return salvage(path, tell, dry_run=dry_run)


def empty_database(path: str, concerns: Iterable[str]) -> None:
    """Take all of *concerns* out of the organization's database at *path*, which others are kept on, too.

    Nothing else may have it open. Raises what `open_tenant` does, and `StoreFull`.
    """
    from darwinflow.storage.sqlite.emptying import empty
    from darwinflow.storage.sqlite.tenant import SqliteTenantStore

    with closing(SqliteTenantStore(path, is_known=True)) as store:
        store.write(lambda tx: empty(tx.connection, concerns)).result()
