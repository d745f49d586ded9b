"""Opens the stores. Back ends are named here and in no other place outside their folders.

Each is imported when it is opened: who reads published workflows pays for no database.
"""

from collections.abc import Callable
from datetime import datetime

from darwinflow.model.event import Event
from darwinflow.model.workflow import Workflow
from darwinflow.ports.identity import IdentityStore
from darwinflow.ports.tenant import TenantStore
from darwinflow.ports.workflows import WorkflowRepository


def open_identity(path: str, *, now: Callable[[], datetime]) -> IdentityStore:
    """`system.db` at *path*, made where it is missing."""
    from darwinflow.storage.sqlite.system import SqliteIdentityStore

    return SqliteIdentityStore(path, now)


def open_tenant(
    path: str, *, announce: Callable[[tuple[Event, ...]], None], extension: str | None = None
) -> TenantStore:
    """The organization's database at *path*, made where it is missing.

    *announce* is called after each commit, in order, with the events it has made durable; it must not block.
    *extension* is Honker's loadable extension where the user has named one; else an installed one is used, and
    where there is none, or it does not load here, the built-in adapter.
    """
    from darwinflow.storage.sqlite.honker import find_extension
    from darwinflow.storage.sqlite.tenant import SqliteTenantStore

    return SqliteTenantStore(path, extension=extension or find_extension(), announce=announce)


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
