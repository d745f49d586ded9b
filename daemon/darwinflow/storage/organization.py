"""Opens what one organization's runs and figures are kept on, by what the user has chosen."""

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, cast

from darwinflow.model.errors import Refused, StoreError
from darwinflow.model.event import Event
from darwinflow.model.run import ExecutionLog
from darwinflow.model.stores import FILE, MEMORY, POSTGRES, SQLITE, StoreChoice, Stores
from darwinflow.model.workflow import Workflow
from darwinflow.ports.inspection import Growth, Inspectable, Lacking, Mendable, StoreState, Verdict
from darwinflow.ports.parts import LogStore, MetricsStore
from darwinflow.ports.tenant import TenantStore
from darwinflow.ports.workflows import WorkflowRepository
from darwinflow.storage.figures import Figures
from darwinflow.storage.growing import growth_of
from darwinflow.storage.places import FILE_FOLDERS, place_of_choice
from darwinflow.storage.verifying import verify_project

if TYPE_CHECKING:
    from darwinflow.storage.composed.tenant import ComposedTenantStore

Announce = Callable[[tuple[Event, ...]], None]
Understand = Callable[[bytes], Workflow | None]

_MOST_LOOKS = 5
"""For a moment in which figures are not behind the logs."""
_SETTLED_WITHIN_S = 10.0


class OrganizationStores:
    """The stores of one organization, each opened once, however many concerns are kept on it."""

    def __init__(
        self,
        organization: str,
        folder: str,
        own: Callable[[], TenantStore],
        database: Callable[[str], TenantStore],
        announce: Announce,
        now: Callable[[], datetime],
        stores: Stores,
        archive: str | None,
    ) -> None:
        """*folder* is the data directory, *own* opens the organization's own database, *database* another file, *archive*
        is as with `open_organization`.

        Nothing stays open where a part cannot be opened.
        """
        self._organization = organization
        self._folder = folder
        self._own = own
        self._database = database
        self._announce = announce
        self._now = now
        self._followed: ComposedTenantStore | None = None
        """Whose figures are of what is told, before it is."""
        self._whole: dict[StoreChoice, TenantStore] = {}
        self._parts: list[LogStore | MetricsStore] = []
        self._in_memory: dict[str, WorkflowRepository] = {}
        self._stores = stores
        self._archive = archive
        try:
            self.tenant = self._opened(stores)
            """Runs, figures and events, as one."""
            if stores.workflows.type in (SQLITE, POSTGRES):
                self._whole_store(stores.workflows)
        except BaseException:
            self._close_all()
            raise

    def states(self) -> tuple[StoreState, ...]:
        """How each concern is kept, apart from workflows that are files of a workspace."""
        found = [
            _state("logs", self._stores.logs.type, self._logs),
            _state("metrics", self._stores.metrics.type, self._metrics),
        ]
        choice = self._stores.workflows
        if choice.type in (SQLITE, POSTGRES):
            found.append(_state("workflows", choice.type, self._whole_store(choice)))
        return tuple(found)

    def log_store(self, choice: StoreChoice | None = None) -> LogStore:
        """Where runs are kept, or would be by another *choice*: opened beside the rest, and closed with it."""
        if choice is None or choice == self._stores.logs:
            return cast("LogStore", self._logs)
        return self._log_files(choice) if choice.type == FILE else cast("LogStore", self._whole_store(choice))

    def metrics_store(self, choice: StoreChoice | None = None) -> MetricsStore:
        """As `log_store`, for figures."""
        if choice is None or choice == self._stores.metrics:
            return cast("MetricsStore", self._metrics)
        if choice.type == FILE:
            return self._metric_files(choice)
        return cast("MetricsStore", self._whole_store(choice))

    def missing(self) -> tuple[str, ...]:
        """As `Lacking.missing`; empty where logs are on what does not know."""
        return self._logs.missing() if isinstance(self._logs, Lacking) else ()

    def projects(self) -> tuple[str, ...]:
        """Those that have, or had, runs."""
        assert isinstance(self._logs, Inspectable), "every back end can be looked at"
        return self._logs.projects()

    def growth(self) -> Growth:
        """Of all projects, in the last days."""
        now = self._now()
        found = [self.tenant.read(partial(growth_of, project=name, now=now)) for name in self.projects()]
        oldest = [one.oldest for one in found if one.oldest is not None]
        return Growth(sum(one.runs for one in found), min(oldest, default=None))

    def scrub(self, project: str, run_ids: Collection[str]) -> None:
        """As `LogStore.scrub`, of all that is kept of the runs: logs, and events that told of them."""
        kept = {id(store): store for store in (self._logs, *self._whole.values())}
        for store in kept.values():
            cast("LogStore", store).scrub(project, run_ids)

    def mend(self, *, dry_run: bool) -> tuple[str, ...]:
        """As `Mendable.mend`, of all that can be mended so."""
        kept = {id(store): store for store in (self._logs, self._metrics)}
        return tuple(
            told
            for store in kept.values()
            if isinstance(store, Mendable)
            for told in store.mend(dry_run=dry_run)
        )

    def verify(self) -> Verdict:
        """Read all of it, and add it up again."""
        kept = {id(store): store for store in (self._logs, self._metrics, *self._whole.values())}
        faults: list[str] = []
        for store in kept.values():
            assert isinstance(store, Inspectable), "every back end can be looked at"
            faults += store.verify()
        runs, lacks_runs = 0, bool(self.missing())
        for project in dict.fromkeys((*self.projects(), *self._counted_projects())):
            verdict = self._verdict(project, lacks_runs=lacks_runs)
            runs += verdict.runs
            faults += verdict.faults
        return Verdict(runs, tuple(faults))

    def _counted_projects(self) -> tuple[str, ...]:
        """Those that figures are of which lie apart from the runs: these may be gone altogether."""
        if self._metrics is self._logs or not isinstance(self._metrics, Figures):
            return ()
        return tuple({row.project: None for row in self._metrics.figures()[0]})

    def _verdict(self, project: str, *, lacks_runs: bool) -> Verdict:
        """Of one project. Figures may be behind the logs for a moment, as right behind a start: that is no fault."""
        from darwinflow.storage.composed.tenant import ComposedTenantStore

        look = partial(verify_project, project=project, lacks_runs=lacks_runs)
        verdict = self.tenant.read(look)
        for _ in range(_MOST_LOOKS):
            if not verdict.faults or not isinstance(self.tenant, ComposedTenantStore):
                break
            with suppress(TimeoutError):
                self.tenant.settled(_SETTLED_WITHIN_S)
            verdict = self.tenant.read(look)
        return verdict

    def still(self, work: Callable[[], None]) -> None:
        """Call *work* while no store is written to that another one follows. Raises what it does, and `StoreError`."""
        from darwinflow.storage.composed.tenant import ComposedTenantStore

        if isinstance(self.tenant, ComposedTenantStore):
            self.tenant.still(work)
        else:
            work()

    def close(self) -> None:
        """Finish what was accepted, then let go of all of it."""
        self.tenant.close()
        self._close_all()

    def workflows(
        self, project: str, folder: str, understand: Understand, choice: StoreChoice | None = None
    ) -> WorkflowRepository:
        """The published workflows of *project*; *folder* is where they are where they are files.

        *understand* as for `FileWorkflowRepository`. Another *choice*: where they would be by that, opened beside the rest.
        """
        choice = choice or self._stores.workflows
        if choice.type == SQLITE:
            from darwinflow.storage.sqlite.tenant import SqliteTenantStore
            from darwinflow.storage.sqlite.workflows import SqliteWorkflowRepository

            database = self._whole_store(choice)
            assert isinstance(database, SqliteTenantStore), "it was opened for this choice"
            return SqliteWorkflowRepository(database, project, now=self._now)
        if choice.type == MEMORY:
            from darwinflow.storage.memory.workflows import MemoryWorkflowRepository

            return self._in_memory.setdefault(project, MemoryWorkflowRepository(self._now))
        if choice.type == FILE:
            from darwinflow.storage.files.workflows import FileWorkflowRepository

            return FileWorkflowRepository(folder, now=self._now, understand=understand)
        assert choice.dsn is not None, "settings give postgres a DSN"
        from darwinflow.storage.postgres.workflows import PostgresWorkflowRepository

        return PostgresWorkflowRepository(choice.dsn, self._organization, project, now=self._now)

    def published_projects(self) -> tuple[str, ...]:
        """Those that have published workflows, where these are not files, of which nobody knows them all."""
        choice = self._stores.workflows
        if choice.type == SQLITE:
            from darwinflow.storage.sqlite.tenant import SqliteTenantStore
            from darwinflow.storage.sqlite.workflows import projects_in

            database = self._whole_store(choice)
            assert isinstance(database, SqliteTenantStore), "it was opened for this choice"
            return projects_in(database)
        if choice.type == POSTGRES and choice.dsn is not None:
            from darwinflow.storage.postgres.workflows import PostgresWorkflowRepository

            return PostgresWorkflowRepository(choice.dsn, self._organization, "", now=self._now).projects()
        return ()

    def _close_all(self) -> None:
        for store in (*self._parts, *self._whole.values()):
            store.close()

    def _opened(self, stores: Stores) -> TenantStore:
        of_logs = stores.logs if stores.logs.type != FILE else StoreChoice(SQLITE)
        events = self._whole_store(of_logs)
        self._logs: object = events
        self._metrics: object = events
        if stores.metrics == stores.logs == of_logs:
            return events
        from darwinflow.storage.composed.tenant import ComposedTenantStore

        logs = self._log_files(stores.logs) if stores.logs.type == FILE else cast("LogStore", events)
        if stores.metrics.type == FILE:
            metrics = self._metric_files(stores.metrics)
        else:
            metrics = cast("MetricsStore", self._whole_store(stores.metrics))
        self._logs, self._metrics = logs, metrics
        composed = ComposedTenantStore(logs=logs, metrics=metrics, events=events, archived=self.archived)
        if stores.logs.type == POSTGRES:
            self._followed = composed
        return composed

    def _told_by_server(self, events: tuple[Event, ...]) -> None:
        if self._followed is None:
            self._announce(events)
        else:
            self._followed.when_followed(partial(self._announce, events))

    def archived(self, project: str) -> Iterator[ExecutionLog]:
        """Runs that retention has let go of and that are kept all the same, as far as they can be read."""
        from darwinflow.storage.archive_frames import logs_below

        if self._archive is not None:
            yield from logs_below(self._place(self._archive), project)

    def _whole_store(self, choice: StoreChoice) -> TenantStore:
        """A store that can hold every concern."""
        if choice not in self._whole:
            self._whole[choice] = self._open_whole(choice)
        return self._whole[choice]

    def _open_whole(self, choice: StoreChoice) -> TenantStore:
        if choice.type == SQLITE:
            return self._own() if choice.path is None else self._database(self._place(choice.path))
        if choice.type == MEMORY:
            from darwinflow.storage.memory.tenant import MemoryTenant, MemoryTenantStore

            return MemoryTenantStore(MemoryTenant(self._now), self._announce)
        if choice.dsn is None:
            raise Refused(f"runs and figures cannot be kept on '{choice.type}'")
        from darwinflow.storage.postgres.tenant import PostgresTenantStore

        return PostgresTenantStore(choice.dsn, self._organization, announce=self._told_by_server)

    def _log_files(self, choice: StoreChoice) -> LogStore:
        from darwinflow.storage.files.logs import FileLogStore

        store = FileLogStore(self._place(choice.path or FILE_FOLDERS["logs"]), now=self._now)
        self._parts.append(store)
        return store

    def _metric_files(self, choice: StoreChoice) -> MetricsStore:
        from darwinflow.storage.files.metrics import FileMetricsStore

        store = FileMetricsStore(self._place(choice.path or FILE_FOLDERS["metrics"]))
        self._parts.append(store)
        return store

    def _place(self, path: str) -> str:
        """A folder, or the stem of a database, that is this organization's alone."""
        return place_of_choice(self._folder, path, self._organization)


def _state(concern: str, kind: str, store: object) -> StoreState:
    assert isinstance(store, Inspectable), "every back end can be looked at"
    try:
        return StoreState(concern, kind, store.inspect(), None)
    except StoreError as error:
        return StoreState(concern, kind, None, str(error))
