"""Patterns on the wire."""

from typing import Annotated, Literal, Self

from pydantic import Field

from darwinflow.model import pattern as values
from darwinflow.rpc.wire.base import Instant, RunId, Wire, WorkflowId


class PatternDetails(Wire):
    """What is measured of a pattern; each stands in some types alone."""

    share: float | None = None
    """Of a BOTTLENECK: 0 to 1 of a run's time, at the mean."""
    scope: Literal["run", "runs"] | None = None
    """Of a REPEATED_ACTION: within each run, or over all of them."""
    how: Literal["retried", "by hand"] | None = None
    """Of a CORRECTION."""
    times: float | None = None
    """In a run, at the mean."""
    duration_ms: float | None = None
    """Of what all runs repeat: what it takes in one, at the mean."""


class Pattern(Wire):
    """Something that the last runs of one workflow have in common."""

    id: str
    """The same for the same thing, whenever it is asked for."""
    workflow: WorkflowId
    type: values.PatternType
    description: str
    """One sentence without its full stop."""
    nodes: list[str]
    """In the order of a SEQUENCE; one node for other types."""
    occurrences: Annotated[int, Field(ge=1)]
    """How many of the runs that were looked at show it."""
    runs: Annotated[int, Field(ge=1)]
    """How many of the last runs were looked at for it."""
    confidence: Annotated[float, Field(ge=0, le=1)]
    """With 95 % certainty at least this share of runs shows it."""
    first_seen: Instant
    last_seen: Instant
    examples: list[RunId]
    """Runs that show it, newest first."""
    details: PatternDetails

    @classmethod
    def of(cls, found: values.Pattern) -> Self:
        return cls(
            id=found.id,
            workflow=found.workflow_id,
            type=found.type,
            description=found.description,
            nodes=list(found.nodes),
            occurrences=found.occurrences,
            runs=found.runs,
            confidence=found.confidence,
            first_seen=found.first_seen,
            last_seen=found.last_seen,
            examples=list(found.examples),
            details=PatternDetails.model_validate(dict(found.details)),
        )
