"""Figures of versions and of spans of time on the wire."""

from typing import Self

from darwinflow.model import trend as values
from darwinflow.model.metric import VersionSummary
from darwinflow.rpc.wire.base import Instant, Version, Wire, WorkflowId
from darwinflow.rpc.wire.runs import Summary


class VersionFigures(Wire):
    """What the finished runs that named one version add up to."""

    workflow: WorkflowId
    version: Version
    summary: Summary

    @classmethod
    def of(cls, found: VersionSummary) -> Self:
        summary = Summary.of(found.summary)
        assert summary is not None, "what is listed has runs"
        return cls(workflow=found.workflow, version=found.version, summary=summary)


class NodeFigures(Wire):
    """What the steps of one node add up to."""

    node: str
    version: Version | None
    """Null: in the runs of all versions."""
    summary: Summary
    """With steps for runs: a node that a run came to three times counts three times."""

    @classmethod
    def of(cls, found: values.NodeFigures) -> Self:
        summary = Summary.of(found.summary)
        assert summary is not None, "what is listed has steps"
        return cls(node=found.node, version=found.version, summary=summary)


class TrendPoint(Wire):
    """What the runs that ended within one span of time add up to."""

    start: Instant
    """The edge that the span begins with."""
    version: Version | None
    """Null: the runs of all versions."""
    summary: Summary

    @classmethod
    def of(cls, point: values.TrendPoint) -> Self:
        summary = Summary.of(point.summary)
        assert summary is not None, "a point has runs"
        return cls(start=point.start, version=point.version, summary=summary)
