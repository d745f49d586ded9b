"""Which runs are to go, and letting them go in steps so small that nobody who records waits for long.

A run is archived, durably, before it is deleted; who is killed in between finds it in both and deletes it alone.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, Protocol, runtime_checkable

from darwinflow.model.errors import RunNotFound
from darwinflow.model.filter import Page, RunFilter
from darwinflow.model.retention import FAILED, SUCCEEDED, Retention, Rule
from darwinflow.model.run import RunHeader, RunStatus
from darwinflow.ports.logs import LogRepository
from darwinflow.ports.parts import LogStore
from darwinflow.ports.tenant import TenantStore, Transaction
from darwinflow.storage.run_file import FiledRun
from darwinflow.storage.whole_runs import WholeRun, whole_runs

_PAGE = 200
TARGET_S = 0.005
"""So long a step may hold the writer."""
MOST_IN_A_STEP = 100
LEAST_OF_MANY = 20
"""In a step where exchanges take the time, and not the runs; as many are read at once."""
_PAGES_GIVEN_BACK = 32
"""In a step."""
_REST = 1.0
"""After a step, as many times as long as it took: what is recorded goes before."""


class Due(NamedTuple):
    """Runs of one workflow that are to go, and why."""

    project: str
    workflow: str
    kind: str
    """`succeeded` or `failed`, as the settings call it."""
    runs: int
    oldest: datetime
    newest: datetime


class Kept(Protocol):
    """An archive, as this module needs it."""

    def add(self, runs: Sequence[FiledRun]) -> None: ...


@runtime_checkable
class DeletesMany(Protocol):
    """Logs of a store that each question travels to."""

    def delete_many(self, runs: Sequence[RunHeader]) -> list[str]:
        """As `delete`, not for good, in few exchanges: those that are as *runs* say; their ids."""
        ...


@runtime_checkable
class Shrinking(Protocol):
    """A store whose files become smaller when it is told to."""

    def give_back(self, pages: int) -> int:
        """Give up to *pages* free pages back to the disk; how many are left then."""
        ...


class _Group(NamedTuple):
    project: str
    workflow: str
    kind: str
    statuses: tuple[RunStatus, ...]
    rule: Rule


def due(tenant: TenantStore, projects: Sequence[str], retention: Retention, now: datetime) -> Iterator[Due]:
    """What would go now."""
    for group in _groups(tenant, projects, retention):
        count, oldest, newest = 0, now, None
        for page in _pages(tenant, group, now):
            count += len(page)
            oldest = min(oldest, *(header.start_time for header in page))
            newest = max(newest or oldest, *(header.start_time for header in page))
        if newest is not None:
            yield Due(group.project, group.workflow, group.kind, count, oldest, newest)


class Pass:
    """One time through all runs."""

    def __init__(
        self, tenant: TenantStore, logs: LogStore, archive: Kept | None, rest: Callable[[float], bool]
    ) -> None:
        """*rest* waits so many seconds; whether to go on then."""
        self._tenant = tenant
        self._logs = logs
        self._archive = archive
        self._rest = rest
        self._size = 4
        """Runs in the next step."""
        self.removed = 0
        self.unreadable = 0
        """Runs that stay, as they could not be read to be archived."""

    def run(self, projects: Sequence[str], retention: Retention, now: datetime) -> bool:
        """Let go of what is due; whether it came to its end. Raises `StoreError`."""
        for group in _groups(self._tenant, projects, retention):
            gone: list[str] = []
            for page in _pages(self._tenant, group, now):
                if not self._let_go(group.project, page, gone):
                    return False
            if gone:
                self._logs.scrub(group.project, gone)
        return self._give_back()

    def _let_go(self, project: str, page: Sequence[RunHeader], gone: list[str]) -> bool:
        rest = list(page)
        while rest:
            step, rest = rest[: self._size], rest[self._size :]
            if self._archive is not None:
                step = self._archived(project, step, self._archive)
            took, deleted, least = self._tenant.write(partial(_delete, project=project, runs=step)).result()
            gone += deleted
            self.removed += len(deleted)
            self._adapt(took, least)
            if not self._rest(took * _REST):
                return False
        return True

    def _archived(self, project: str, step: Sequence[RunHeader], archive: Kept) -> list[RunHeader]:
        """Those that are in the archive now."""
        found: list[tuple[RunHeader, FiledRun]] = []
        for first in range(0, len(step), LEAST_OF_MANY):
            known = {header.run_id: header for header in step[first : first + LEAST_OF_MANY]}
            runs = self._tenant.read(partial(_whole, project=project, known=known))
            for run_id, run in runs.items():
                if run is None:
                    self.unreadable += 1
                else:
                    header = known[run_id]
                    found.append((header, FiledRun(project, run.log, header.status is RunStatus.LOST)))
        archive.add([run for _, run in found])
        return [header for header, _ in found]

    def _adapt(self, took: float, least: int) -> None:
        if took > TARGET_S:
            self._size = max(least, self._size // 2)
        elif took < TARGET_S / 2:
            self._size = min(MOST_IN_A_STEP, self._size * 2)

    def _give_back(self) -> bool:
        if not isinstance(self._logs, Shrinking):
            return True
        left = 1
        while left:
            begun = time.perf_counter()
            left = self._logs.give_back(_PAGES_GIVEN_BACK)
            if not self._rest((time.perf_counter() - begun) * _REST):
                return False
        return True


def _whole(tx: Transaction, project: str, known: dict[str, RunHeader]) -> dict[str, WholeRun | None]:
    return whole_runs(tx.logs(project), list(known), known)


def _delete(tx: Transaction, project: str, runs: Sequence[RunHeader]) -> tuple[float, list[str], int]:
    """How long it took, the ids of those that are gone now, and how few at once are no quicker.

    One that changed since it was looked at stays.
    """
    begun = time.perf_counter()
    logs = tx.logs(project)
    pinned = set(logs.pinned())
    wanted = [run for run in runs if run.run_id not in pinned]
    if isinstance(logs, DeletesMany):
        deleted = logs.delete_many(wanted)
        return time.perf_counter() - begun, deleted, LEAST_OF_MANY
    deleted = []
    for run in wanted:
        if _is_as_it_was(logs, run):
            logs.delete(run.run_id, for_good=False)
            deleted.append(run.run_id)
    return time.perf_counter() - begun, deleted, 1


def _is_as_it_was(logs: LogRepository, run: RunHeader) -> bool:
    try:
        return logs.header(run.run_id) == run
    except RunNotFound:
        return False


def _groups(tenant: TenantStore, projects: Sequence[str], retention: Retention) -> Iterator[_Group]:
    if retention.is_off:
        return
    for project in projects:
        for workflow in tenant.read(lambda tx, name=project: tx.logs(name).workflows()):  # type: ignore[misc]
            rules = retention.rules_of(workflow)
            if rules.succeeded is not None:
                yield _Group(project, workflow, "succeeded", SUCCEEDED, rules.succeeded)
            if rules.failed is not None:
                yield _Group(project, workflow, "failed", FAILED, rules.failed)


def _pages(tenant: TenantStore, group: _Group, now: datetime) -> Iterator[list[RunHeader]]:
    """Runs of *group* that are due, never an empty page. They may be deleted meanwhile."""
    last = _last_kept(tenant, group)
    if group.rule.keep_last and last is None:
        return
    until = now - timedelta(days=group.rule.days)
    for status in group.statuses:
        cursor = None
        while True:
            wanted = RunFilter(
                workflow=group.workflow, status=status, until=until, limit=_PAGE, cursor=cursor
            )
            page, pinned = tenant.read(partial(_page, project=group.project, wanted=wanted))
            found = [
                header
                for header in page.items
                if header.run_id not in pinned and (last is None or _position(header) < last)
            ]
            if found:
                yield found
            cursor = page.next
            if cursor is None:
                break


def _page(tx: Transaction, project: str, wanted: RunFilter) -> tuple[Page[RunHeader], frozenset[str]]:
    logs = tx.logs(project)
    return logs.query_logs(wanted), frozenset(logs.pinned())


def _last_kept(tenant: TenantStore, group: _Group) -> tuple[datetime, str] | None:
    """Where the oldest of the newest `keep_last` stands; None where there are fewer, or none is kept for that."""
    if not group.rule.keep_last:
        return None
    newest: list[tuple[datetime, str]] = []
    for status in group.statuses:
        cursor, found = None, 0
        while found < group.rule.keep_last:
            wanted = RunFilter(
                workflow=group.workflow,
                status=status,
                limit=min(_PAGE, group.rule.keep_last - found),
                cursor=cursor,
            )
            page, _ = tenant.read(partial(_page, project=group.project, wanted=wanted))
            newest += [_position(header) for header in page.items]
            found += len(page.items)
            cursor = page.next
            if cursor is None:
                break
    newest.sort(reverse=True)
    return newest[group.rule.keep_last - 1] if len(newest) >= group.rule.keep_last else None


def _position(header: RunHeader) -> tuple[datetime, str]:
    return header.start_time, header.run_id
