"""What is announced when data changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a stream: published in the transaction that wrote the data, or not at all."""

    offset: int
    """Ascending over all topics of one organization; never used twice."""
    topic: str
    key: str | None
    payload: Mapping[str, object]
    created_at: datetime
