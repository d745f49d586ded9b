"""Whether runs and figures say the same: each log is read whole, and all are added up again."""

from collections.abc import Iterator
from datetime import UTC, datetime

from darwinflow.model.metric import VersionSummary
from darwinflow.model.trend import NodeSums
from darwinflow.ports.inspection import Verdict
from darwinflow.ports.metrics import MetricsRepository
from darwinflow.ports.tenant import Transaction
from darwinflow.storage.adding_up import added_up, is_close, is_same
from darwinflow.storage.instants import to_micros
from darwinflow.storage.sums import Sums

_MOST_FAULTS = 20
_ALL_TIME = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def verify_project(tx: Transaction, project: str, *, lacks_runs: bool = False) -> Verdict:
    """All runs of *project*, in one state of the data. *lacks_runs*: some are known to be lost, and count in figures."""
    metrics, added = tx.metrics(project), added_up(tx, project)
    faults = [
        f"run {run_id} of project '{project}' "
        + (f"cannot be read: {why}" if why is not None else "is listed otherwise than it is")
        for run_id, why in added.faulty
    ]
    if added.trouble is not None:
        faults.append(f"runs of project '{project}' cannot be listed: {added.trouble}")
    if not faults:
        again, has_gone = added.figures, lacks_runs or added.removed > 0
        faults += _differences(
            project, metrics.list_summaries(None), again.list_summaries(None), has_gone=has_gone
        )
        faults += _differences_by_node(project, metrics, again, has_gone=has_gone)
    return Verdict(len(added.runs), tuple(faults[:_MOST_FAULTS]))


def _differences(
    project: str, kept: tuple[VersionSummary, ...], again: tuple[VersionSummary, ...], *, has_gone: bool
) -> Iterator[str]:
    """*has_gone*: runs were deleted, and figures are of these, too."""
    added = {(one.workflow, one.version): one for one in again}
    for one in kept:
        other = added.pop((one.workflow, one.version), None)
        if has_gone and one.summary.runs > (other.summary.runs if other else 0):
            continue
        if other is None or not is_same_summary(one, other):
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
            has_same = other is not None and is_same(_sums_of(one), _sums_of(other))
            if one.runs < steps or has_same or (has_gone and one.runs > steps):
                continue
            yield (
                f"figures of node '{one.node}' of {workflow} v{one.version} in project '{project}' are of "
                f"{one.runs} steps on {one.day:%Y-%m-%d}; its {steps} steps add up to something else"
            )


def _place_of(one: NodeSums) -> tuple[str, int, datetime]:
    return one.node, one.version, one.day


def _sums_of(node: NodeSums) -> Sums:
    updated = to_micros(node.last_updated)
    return Sums(node.runs, node.successes, node.total_ms, node.tokens, node.cost, updated, node.durations)


def is_same_summary(one: VersionSummary, other: VersionSummary) -> bool:
    """But for the order in which fractions were added."""
    kept, again = one.summary, other.summary
    return (
        (kept.runs, kept.successes, kept.tokens, kept.last_updated)
        == (again.runs, again.successes, again.tokens, again.last_updated)
        and (kept.p50_ms, kept.p95_ms, kept.p99_ms) == (again.p50_ms, again.p95_ms, again.p99_ms)
        and is_close(kept.average_ms, again.average_ms)
        and is_close(kept.cost, again.cost)
    )
