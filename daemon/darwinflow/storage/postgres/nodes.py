"""What the steps of a day add up to by node. Every statement about `node_sums` is in this file."""

from datetime import datetime

from darwinflow.model.metric import ExecutionMetric
from darwinflow.model.trend import NodeSums
from darwinflow.storage.figures import FigureRow, node_subject
from darwinflow.storage.packed_nodes import packed_nodes, unpacked_nodes
from darwinflow.storage.pending_nodes import Load, PendingNodes
from darwinflow.storage.postgres.database import Link
from darwinflow.storage.postgres.texts import restored, storable
from darwinflow.storage.summing import day_of, days_between, nodes_from
from darwinflow.storage.sums import DayKey, Nodes


def add(link: Link, organization: str, project: str, metric: ExecutionMetric, pending: PendingNodes) -> None:
    """Count a run's steps in its day and version, where `write` finds them. *project* is storable."""
    if metric.nodes:
        key = project, storable(metric.workflow_id), day_of(metric.timestamp), metric.workflow_version
        pending.add(key, metric, loading(link, organization))


def write(link: Link, organization: str, pending: PendingNodes) -> None:
    """One row a day and version, in one statement, before the commit."""
    changed = pending.changed()
    if not changed:
        return
    link.execute(
        """
        INSERT INTO darwinflow.node_sums (organization, project, workflow, day, version, nodes)
        SELECT %(organization)s, given.*
        FROM unnest(%(projects)b::text[], %(workflows)b::text[], %(days)b::bigint[], %(versions)b::bigint[],
            %(nodes)b::bytea[]) AS given
        ON CONFLICT (organization, project, workflow, day, version) DO UPDATE SET nodes = excluded.nodes
        """,
        {
            "organization": organization,
            "projects": [project for project, _, _, _ in changed],
            "workflows": [workflow for _, workflow, _, _ in changed],
            "days": [day for _, _, day, _ in changed],
            "versions": [version for _, _, _, version in changed],
            "nodes": [packed_nodes(nodes) for nodes in changed.values()],
        },
    )
    pending.written(changed)


def between(
    link: Link,
    organization: str,
    project: str,
    workflow_id: str,
    since: datetime,
    until: datetime,
    pending: PendingNodes | None,
) -> tuple[NodeSums, ...]:
    """As `MetricsRepository.get_nodes`. *project* is storable; *pending* is None in a transaction that reads."""
    workflow, (first, end) = storable(workflow_id), days_between(since, until)
    rows = link.execute(
        """
        SELECT day, version, nodes FROM darwinflow.node_sums
        WHERE organization = %(organization)s AND project = %(project)s AND workflow = %(workflow)s
          AND day >= %(first)s AND day < %(end)s
        """,
        {
            "organization": organization,
            "project": project,
            "workflow": workflow,
            "first": first,
            "end": end,
        },
        binary=True,
    ).fetchall()
    days: dict[tuple[int, int], Nodes] = {
        (day, version): unpacked_nodes(nodes) for day, version, nodes in rows
    }
    for (mine, its, day, version), nodes in () if pending is None else pending.changed().items():
        if (mine, its) == (project, workflow) and first <= day < end:
            days[day, version] = nodes
    return tuple(one for key, nodes in sorted(days.items()) for one in nodes_from(*key, nodes))


def rows_of(link: Link, organization: str) -> list[FigureRow]:
    """All of an organization."""
    found = link.execute(
        """
        SELECT project, workflow, day, version, nodes FROM darwinflow.node_sums
        WHERE organization = %(organization)s
        """,
        {"organization": organization},
        binary=True,
    )
    return [
        FigureRow(restored(project), restored(workflow), node_subject(day, version, node), sums)
        for project, workflow, day, version, nodes in found
        for node, sums in unpacked_nodes(nodes).items()
    ]


def loading(link: Link, organization: str) -> Load:
    """Reads what the database has of a day."""

    def load(key: DayKey) -> Nodes:
        project, workflow, day, version = key
        row = link.execute(
            """
            SELECT nodes FROM darwinflow.node_sums
            WHERE organization = %(organization)s AND project = %(project)s AND workflow = %(workflow)s
              AND day = %(day)s AND version = %(version)s
            """,
            {
                "organization": organization,
                "project": project,
                "workflow": workflow,
                "day": day,
                "version": version,
            },
            binary=True,
        ).fetchone()
        return unpacked_nodes(row[0]) if row else {}

    return load
