"""What is announced when data changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

KEPT_EVENTS: Final = 10_000
"""Of all topics of an organization. They tell what has changed, not what there is: whoever has missed more asks anew."""

TRIM_EVERY: Final = 64
"""Events. As many are published between two times when older ones go."""

TRIMMED_AT_ONCE: Final = 512
"""At most so many go in one transaction: there may be very many of a version that kept all."""


FIGURES_TOPIC: Final = "figures"
"""Of what changes figures and is no news of a run, as a repair: who counts beside them, compares."""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a stream: published in the transaction that wrote the data, or not at all."""

    offset: int
    """Ascending over all topics of one organization; never used twice."""
    topic: str
    key: str | None
    payload: Mapping[str, object]
    created_at: datetime
