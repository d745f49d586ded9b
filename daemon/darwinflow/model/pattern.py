"""What has been learned from many runs, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from darwinflow.model.run import Json


class PatternType(StrEnum):
    """What each means is written down in `darwinflow.patterns`."""

    BOTTLENECK = "BOTTLENECK"
    REPEATED_ACTION = "REPEATED_ACTION"
    SEQUENCE = "SEQUENCE"
    CORRECTION = "CORRECTION"


@dataclass(frozen=True, slots=True)
class Pattern:
    """Something that the last runs of one workflow have in common."""

    id: str
    """The same for the same thing, however often it is asked for."""
    workflow_id: str
    type: PatternType
    description: str
    """One sentence without its full stop."""
    nodes: tuple[str, ...]
    """In the order of a SEQUENCE; one node for other types."""
    occurrences: int
    """How many of the runs that were looked at show it."""
    runs: int
    """How many of the last runs were looked at for it; at least 1."""
    confidence: float
    """0 to 1: with 95 % certainty at least this share of runs shows it."""
    first_seen: datetime
    """When the first run that showed it ended, as far as is remembered."""
    last_seen: datetime
    examples: tuple[str, ...]
    """Ids of runs that show it, newest first."""
    details: Mapping[str, Json]
    """What is measured of it; `darwinflow.patterns` says what, by type."""
