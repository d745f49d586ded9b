"""What the steps of a day add up to by node. Every statement about `node_sums` is in this file."""

from datetime import datetime

import apsw

from darwinflow.model.metric import ExecutionMetric
from darwinflow.model.trend import NodeSums
from darwinflow.storage.figures import FigureRow, node_subject
from darwinflow.storage.packed_nodes import packed_nodes, unpacked_nodes
from darwinflow.storage.pending_nodes import Load, PendingNodes
from darwinflow.storage.sqlite.fetch import bindable, fetch
from darwinflow.storage.summing import day_of, days_between, nodes_from
from darwinflow.storage.sums import DayKey, Nodes


def add(db: apsw.Connection, project: str, metric: ExecutionMetric, pending: PendingNodes) -> None:
    """Count a run's steps in its day and version, where `write` finds them. *project* is bindable."""
    if metric.nodes:
        key = project, bindable(metric.workflow_id), day_of(metric.timestamp), metric.workflow_version
        pending.add(key, metric, loading(db))


def write(db: apsw.Connection, pending: PendingNodes) -> None:
    """One row a day and version, before the commit."""
    changed = pending.changed()
    db.executemany(
        """
        INSERT INTO node_sums (project, workflow, day, version, nodes) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (project, workflow, day, version) DO UPDATE SET nodes = excluded.nodes
        """,
        [(*key, packed_nodes(nodes)) for key, nodes in changed.items()],
    )
    pending.written(changed)


def between(
    db: apsw.Connection,
    project: str,
    workflow_id: str,
    since: datetime,
    until: datetime,
    pending: PendingNodes,
) -> tuple[NodeSums, ...]:
    """As `MetricsRepository.get_nodes`. *project* is bindable."""
    workflow, (first, end) = bindable(workflow_id), days_between(since, until)
    rows = fetch(
        db,
        """
        SELECT day, version, nodes FROM node_sums
        WHERE project = :project AND workflow = :workflow AND day >= :first AND day < :end
        """,
        {"project": project, "workflow": workflow, "first": first, "end": end},
    )
    days: dict[tuple[int, int], Nodes] = {
        (day, version): unpacked_nodes(nodes) for day, version, nodes in rows
    }
    for (mine, its, day, version), nodes in pending.changed().items():
        if (mine, its) == (project, workflow) and first <= day < end:
            days[day, version] = nodes
    return tuple([one for key, nodes in sorted(days.items()) for one in nodes_from(*key, nodes)])


def rows_in(db: apsw.Connection) -> list[FigureRow]:
    """All of a database; none of one that is older than they are."""
    if not fetch(db, "SELECT 1 FROM sqlite_schema WHERE name = 'node_sums'"):
        return []
    return [
        FigureRow(project, workflow, node_subject(day, version, node), sums)
        for project, workflow, day, version, nodes in fetch(
            db, "SELECT project, workflow, day, version, nodes FROM node_sums"
        )
        for node, sums in unpacked_nodes(nodes).items()
    ]


def loading(db: apsw.Connection) -> Load:
    """Reads what the database has of a day."""

    def load(key: DayKey) -> Nodes:
        project, workflow, day, version = key
        rows = fetch(
            db,
            """
            SELECT nodes FROM node_sums
            WHERE project = :project AND workflow = :workflow AND day = :day AND version = :version
            """,
            {"project": project, "workflow": workflow, "day": day, "version": version},
        )
        return unpacked_nodes(rows[0][0]) if rows else {}

    return load
