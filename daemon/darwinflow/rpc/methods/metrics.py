"""Figures: of every version, and over time."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, Field

from darwinflow.model.trend import by_node, trend
from darwinflow.ports.tenant import Transaction
from darwinflow.rpc.methods.method import Method, Place, Table
from darwinflow.rpc.session import Session
from darwinflow.rpc.wire.base import Instant, Version, Wire, WorkflowId
from darwinflow.rpc.wire.metrics import NodeFigures, TrendPoint, VersionFigures

MAX_EDGES = 5_000
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def _ascending(edges: list[Instant]) -> list[Instant]:
    if any(later <= earlier for earlier, later in pairwise(edges)):
        raise ValueError("edges must ascend")
    return edges


class AskFigures(Wire):
    workflow: WorkflowId | None = None
    """All where it is absent."""


class Figures(Wire):
    versions: list[VersionFigures]
    """By workflow's id, then ascending; version 0 are runs of texts without one."""


class AskTrend(Wire):
    workflow: WorkflowId
    edges: Annotated[list[Instant], Field(min_length=2, max_length=MAX_EDGES), AfterValidator(_ascending)]
    """Each two neighbours are a span of time. They ascend; one within an hour of UTC stands for that hour's end."""
    version: Version | None = None
    """Runs that named this version alone."""
    by_version: bool = False
    """Points apart by version."""


class Trend(Wire):
    points: list[TrendPoint]
    """By time, then version; spans without runs are left out."""


class AskNodes(Wire):
    workflow: WorkflowId
    since: Instant | None = None
    """Of runs that ended in days of UTC that overlap *since* to *until*; of all time where both are absent."""
    until: Instant | None = None
    version: Version | None = None
    """Runs that named this version alone."""
    by_version: bool = False
    """Figures apart by version."""


class NodesFigures(Wire):
    nodes: list[NodeFigures]
    """By the nodes' ids, then by version."""


def summary(session: Session, params: AskFigures) -> Figures:
    """What the finished runs of each version add up to, whether it is published or not."""

    def work(tx: Transaction) -> Figures:
        found = tx.metrics(session.project).list_summaries(params.workflow)
        return Figures(versions=[VersionFigures.of(one) for one in found])

    return session.tenant.read(work)


def trend_of(session: Session, params: AskTrend) -> Trend:
    """What the finished runs of a workflow add up to between points in time."""
    edges = params.edges
    hours = session.tenant.read(
        lambda tx: tx.metrics(session.project).get_hours(params.workflow, edges[0], edges[-1])
    )
    wanted = [hour for hour in hours if params.version in (None, hour.version)]
    return Trend(
        points=[TrendPoint.of(point) for point in trend(wanted, edges, by_version=params.by_version)]
    )


def nodes_of(session: Session, params: AskNodes) -> NodesFigures:
    """What the steps of a workflow's finished runs add up to by node. Steps that did not end count nowhere."""
    since, until = params.since or _FIRST, params.until or _LAST
    days = session.tenant.read(
        lambda tx: tx.metrics(session.project).get_nodes(params.workflow, since, until)
    )
    wanted = [day for day in days if params.version in (None, day.version)]
    found = by_node(wanted, by_version=params.by_version)
    return NodesFigures(nodes=[NodeFigures.of(one) for one in found])


METHODS: Table = {
    "metrics/summary": Method(summary, Place.UP_TO_DATE),
    "metrics/nodes": Method(nodes_of, Place.UP_TO_DATE),
    "metrics/trend": Method(trend_of, Place.UP_TO_DATE),
}
