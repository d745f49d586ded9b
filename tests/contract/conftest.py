"""To add a back end, write an opener and list it: the whole suite of its port then runs on it.

A fixture gives an opener, not a store: one suite can so test a second handle, a restart and a race.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from darwinflow.model.event import Event
from darwinflow.model.workflow import Workflow
from darwinflow.ports.identity import IdentityStore
from darwinflow.ports.tenant import TenantStore
from darwinflow.ports.workflows import WorkflowRepository
from darwinflow.storage.composed.tenant import ComposedTenantStore
from darwinflow.storage.files.logs import FileLogStore
from darwinflow.storage.files.metrics import FileMetricsStore
from darwinflow.storage.files.workflows import FileWorkflowRepository
from darwinflow.storage.memory.identity import MemoryIdentityStore
from darwinflow.storage.memory.tenant import MemoryTenant, MemoryTenantStore
from darwinflow.storage.memory.workflows import MemoryWorkflowRepository
from darwinflow.storage.postgres.tenant import PostgresTenantStore
from darwinflow.storage.postgres.workflows import PostgresWorkflowRepository
from darwinflow.storage.sqlite.system import SqliteIdentityStore
from darwinflow.storage.sqlite.tenant import SqliteTenantStore
from darwinflow.storage.sqlite.workflows import SqliteWorkflowRepository
from honker_extension import NoExtension, extension
from postgres_server import new_organization

Announce = Callable[[tuple[Event, ...]], None]
NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


def clock() -> datetime:
    return NOW


class Handles:
    """Opens handles on one, initially empty, store, and closes what is left open."""

    def __init__(self, open_one: Callable[[Announce], TenantStore]) -> None:
        self._open_one = open_one
        self._opened: list[TenantStore] = []

    def __call__(self, announce: Announce = lambda _: None) -> TenantStore:
        store = self._open_one(announce)
        self._opened.append(store)
        return store

    def close(self) -> None:
        for store in self._opened:
            store.close()


def memory(tmp_path: Path) -> Handles:
    tenant = MemoryTenant(clock)
    return Handles(lambda announce: MemoryTenantStore(tenant, announce))


def sqlite(tmp_path: Path) -> Handles:
    path = str(tmp_path / "tenant.db")
    return Handles(lambda announce: SqliteTenantStore(path, announce=announce))


def sqlite_with_extension(tmp_path: Path) -> Handles:
    path = str(tmp_path / "tenant.db")
    library = honker_or_skip()
    return Handles(lambda announce: SqliteTenantStore(path, extension=library, announce=announce))


def postgres(tmp_path: Path) -> Handles:
    organization = new_organization()
    return Handles(lambda announce: PostgresTenantStore(organization.dsn, organization.id, announce=announce))


def files(tmp_path: Path) -> Handles:
    path = str(tmp_path / "logs")
    return Handles(lambda announce: FileLogStore(path, now=clock))


def files_then_sqlite(tmp_path: Path) -> Handles:
    """Logs in files; figures and events in SQLite."""

    def open_one(announce: Announce) -> TenantStore:
        tenant = SqliteTenantStore(str(tmp_path / "tenant.db"), announce=announce)
        return ComposedTenantStore(
            logs=FileLogStore(str(tmp_path / "logs"), now=clock), metrics=tenant, events=tenant
        )

    return Handles(open_one)


def sqlite_then_files(tmp_path: Path) -> Handles:
    """Logs and events in SQLite; figures in files."""

    def open_one(announce: Announce) -> TenantStore:
        tenant = SqliteTenantStore(str(tmp_path / "tenant.db"), announce=announce)
        figures = FileMetricsStore(str(tmp_path / "metrics"))
        return ComposedTenantStore(logs=tenant, metrics=figures, events=tenant)

    return Handles(open_one)


def files_alone(tmp_path: Path) -> Handles:
    """Logs and figures in files; events in SQLite."""

    def open_one(announce: Announce) -> TenantStore:
        return ComposedTenantStore(
            logs=FileLogStore(str(tmp_path / "logs"), now=clock),
            metrics=FileMetricsStore(str(tmp_path / "metrics")),
            events=SqliteTenantStore(str(tmp_path / "tenant.db"), announce=announce),
        )

    return Handles(open_one)


def memory_then_files(tmp_path: Path) -> Handles:
    """Logs and events in memory; figures in files."""
    tenant = MemoryTenant(clock)

    def open_one(announce: Announce) -> TenantStore:
        kept = MemoryTenantStore(tenant, announce)
        figures = FileMetricsStore(str(tmp_path / "metrics"))
        return ComposedTenantStore(logs=kept, metrics=figures, events=kept)

    return Handles(open_one)


def files_then_memory(tmp_path: Path) -> Handles:
    """Logs in files; figures and events in memory, each in its own."""
    figures, events = MemoryTenant(clock), MemoryTenant(clock)

    def open_one(announce: Announce) -> TenantStore:
        return ComposedTenantStore(
            logs=FileLogStore(str(tmp_path / "logs"), now=clock),
            metrics=MemoryTenantStore(figures),
            events=MemoryTenantStore(events, announce),
        )

    return Handles(open_one)


def postgres_then_sqlite(tmp_path: Path) -> Handles:
    """Logs and events in PostgreSQL; figures in SQLite."""
    organization = new_organization()

    def open_one(announce: Announce) -> TenantStore:
        kept = PostgresTenantStore(organization.dsn, organization.id, announce=announce)
        figures = SqliteTenantStore(str(tmp_path / "tenant.db"))
        return ComposedTenantStore(logs=kept, metrics=figures, events=kept)

    return Handles(open_one)


def files_then_postgres(tmp_path: Path) -> Handles:
    """Logs in files; figures and events in PostgreSQL."""
    organization = new_organization()

    def open_one(announce: Announce) -> TenantStore:
        kept = PostgresTenantStore(organization.dsn, organization.id, announce=announce)
        logs = FileLogStore(str(tmp_path / "logs"), now=clock)
        return ComposedTenantStore(logs=logs, metrics=kept, events=kept)

    return Handles(open_one)


MIXES = (
    postgres_then_sqlite,
    files_then_postgres,
    files_then_sqlite,
    sqlite_then_files,
    files_alone,
    memory_then_files,
    files_then_memory,
)


def honker_or_skip() -> str:
    try:
        return extension()
    except NoExtension as why:
        pytest.skip(str(why))


@pytest.fixture
def honker() -> str:
    """The path of the real extension."""
    return honker_or_skip()


@pytest.fixture(
    params=(memory, sqlite, sqlite_with_extension, postgres, *MIXES), ids=lambda make: make.__name__
)
def open_tenant(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Handles]:
    handles: Handles = request.param(tmp_path)
    yield handles
    handles.close()


@pytest.fixture(params=(memory, sqlite, postgres, files), ids=lambda make: make.__name__)
def open_logs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Handles]:
    """Stores of logs; each has an outbox."""
    handles: Handles = request.param(tmp_path)
    yield handles
    handles.close()


def understands_nothing(text: bytes) -> Workflow | None:
    return None


def memory_workflows(tmp_path: Path) -> Callable[[], WorkflowRepository]:
    store = MemoryWorkflowRepository(clock)
    return lambda: store


def file_workflows(tmp_path: Path) -> Callable[[], WorkflowRepository]:
    return lambda: FileWorkflowRepository(
        str(tmp_path / "workflows"), now=clock, understand=understands_nothing
    )


def postgres_workflows(tmp_path: Path) -> Callable[[], WorkflowRepository]:
    organization = new_organization()
    return lambda: PostgresWorkflowRepository(organization.dsn, organization.id, "demo", now=clock)


class WorkflowHandles:
    """Opens handles, and closes what they stand on."""

    def __init__(self, open_one: Callable[[], WorkflowRepository], close: Callable[[], None]) -> None:
        self._open_one = open_one
        self.close = close

    def __call__(self) -> WorkflowRepository:
        return self._open_one()


def sqlite_workflows(tmp_path: Path) -> Callable[[], WorkflowRepository]:
    """Each handle on a store of its own, as after a restart or of a second process."""
    opened: list[SqliteTenantStore] = []

    def open_one() -> WorkflowRepository:
        opened.append(SqliteTenantStore(str(tmp_path / "tenant.db")))
        return SqliteWorkflowRepository(opened[-1], "demo", now=clock)

    return WorkflowHandles(open_one, lambda: [store.close() for store in opened])


@pytest.fixture(
    params=(memory_workflows, file_workflows, sqlite_workflows, postgres_workflows),
    ids=lambda make: make.__name__,
)
def open_workflows(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], WorkflowRepository]]:
    handles = request.param(tmp_path)
    yield handles
    if isinstance(handles, WorkflowHandles):
        handles.close()


def memory_identity(tmp_path: Path) -> Callable[[], IdentityStore]:
    store = MemoryIdentityStore()
    return lambda: store


def sqlite_identity(tmp_path: Path) -> Callable[[], IdentityStore]:
    return lambda: SqliteIdentityStore(str(tmp_path / "system.db"), clock)


@pytest.fixture(params=(memory_identity, sqlite_identity), ids=lambda make: make.__name__)
def open_identity(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], IdentityStore]]:
    opened: list[IdentityStore] = []
    open_one = request.param(tmp_path)

    def open_and_remember() -> IdentityStore:
        opened.append(open_one())
        return opened[-1]

    yield open_and_remember
    for store in opened:
        store.close()


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)
