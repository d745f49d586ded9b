"""Whether runs and figures say the same: each log is read whole, and all are added up again."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime

from darwinflow.model.errors import StoreDamaged
from darwinflow.model.filter import RunFilter
from darwinflow.model.metric import VersionSummary, metric_of
from darwinflow.model.run import RunHeader, RunStatus, header_of
from darwinflow.model.trend import NodeSums
from darwinflow.ports.inspection import Verdict
from darwinflow.ports.logs import LogRepository
from darwinflow.ports.metrics import MetricsRepository
from darwinflow.ports.tenant import Transaction
from darwinflow.storage.memory.lessons import Lessons
from darwinflow.storage.memory.metrics import FigureTables, MemoryMetricsRepository
from darwinflow.storage.memory.table import Undo

_PAGE = 500
_MOST_FAULTS = 20
_ALL_TIME = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def verify_project(tx: Transaction, project: str) -> Verdict:
    """All runs of *project*, in one state of the data. Memory is taken by the versions, and by ids of runs."""
    metrics, logs = tx.metrics(project), tx.logs(project)
    undo = Undo()
    undo.begin()
    again = MemoryMetricsRepository(FigureTables.empty(undo), Lessons.empty(undo), project)
    runs, faults = 0, list[str]()
    for header in _listed(logs, project, faults):
        runs += 1
        try:
            log = logs.get_log(header.run_id)
        except StoreDamaged as error:
            faults.append(f"run {header.run_id} of project '{project}' cannot be read: {error}")
            continue
        if header_of(log, lost=header.status is RunStatus.LOST) != header:
            faults.append(f"run {header.run_id} of project '{project}' is listed otherwise than it is")
        metric = metric_of(log)
        if metric is not None:
            again.record_execution(metric)
    if not faults:
        faults += _differences(
            project, metrics.list_summaries(None), again.list_summaries(None), has_gone=logs.removed() > 0
        )
        faults += _differences_by_node(project, metrics, again, has_gone=logs.removed() > 0)
    return Verdict(runs, tuple(faults[:_MOST_FAULTS]))


def headers_of(logs: LogRepository) -> Iterator[RunHeader]:
    """Of all runs, newest first."""
    cursor = None
    while True:
        page = logs.query_logs(RunFilter(limit=_PAGE, cursor=cursor))
        yield from page.items
        cursor = page.next
        if cursor is None:
            return


def _listed(logs: LogRepository, project: str, faults: list[str]) -> Iterator[RunHeader]:
    """As `headers_of`, until they cannot be read."""
    try:
        yield from headers_of(logs)
    except StoreDamaged as error:
        faults.append(f"runs of project '{project}' cannot be listed: {error}")


def _differences(
    project: str, kept: tuple[VersionSummary, ...], again: tuple[VersionSummary, ...], *, has_gone: bool
) -> Iterator[str]:
    """*has_gone*: runs were deleted, and figures are of these, too."""
    added = {(one.workflow, one.version): one for one in again}
    for one in kept:
        other = added.pop((one.workflow, one.version), None)
        if has_gone and one.summary.runs > (other.summary.runs if other else 0):
            continue
        if other is None or not _is_same(one, other):
            yield (
                f"figures of {one.workflow} v{one.version} in project '{project}' are of {one.summary.runs} runs; "
                f"its {other.summary.runs if other else 0} runs add up to something else"
            )
    for workflow, version in added:
        yield f"runs of {workflow} v{version} in project '{project}' are not counted"


def _differences_by_node(
    project: str, kept: MetricsRepository, again: MetricsRepository, *, has_gone: bool
) -> Iterator[str]:
    """Figures of fewer steps than there are may be sound: runs were counted before there were figures of nodes."""
    for workflow in sorted({one.workflow for one in kept.list_summaries(None)}):
        added = {_place_of(one): one for one in again.get_nodes(workflow, *_ALL_TIME)}
        for one in kept.get_nodes(workflow, *_ALL_TIME):
            other = added.get(_place_of(one))
            steps = other.runs if other else 0
            is_same = other is not None and _are_same_nodes(one, other)
            if one.runs < steps or is_same or (has_gone and one.runs > steps):
                continue
            yield (
                f"figures of node '{one.node}' of {workflow} v{one.version} in project '{project}' are of "
                f"{one.runs} steps on {one.day:%Y-%m-%d}; its {steps} steps add up to something else"
            )


def _place_of(one: NodeSums) -> tuple[str, int, datetime]:
    return one.node, one.version, one.day


def _are_same_nodes(one: NodeSums, other: NodeSums) -> bool:
    """But for the order in which fractions were added."""
    return (
        (one.runs, one.successes, one.tokens, one.last_updated)
        == (other.runs, other.successes, other.tokens, other.last_updated)
        and dict(one.durations) == dict(other.durations)
        and math.isclose(one.total_ms, other.total_ms, rel_tol=1e-6, abs_tol=1e-9)
        and math.isclose(one.cost, other.cost, rel_tol=1e-6, abs_tol=1e-9)
    )


def _is_same(one: VersionSummary, other: VersionSummary) -> bool:
    """But for the order in which fractions were added."""
    kept, again = one.summary, other.summary
    return (
        (kept.runs, kept.successes, kept.tokens, kept.last_updated)
        == (again.runs, again.successes, again.tokens, again.last_updated)
        and (kept.p50_ms, kept.p95_ms, kept.p99_ms) == (again.p50_ms, again.p95_ms, again.p99_ms)
        and math.isclose(kept.average_ms, again.average_ms, rel_tol=1e-6, abs_tol=1e-9)
        and math.isclose(kept.cost, again.cost, rel_tol=1e-6, abs_tol=1e-9)
    )
