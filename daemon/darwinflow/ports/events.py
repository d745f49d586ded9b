"""How changes are announced: streams that live in the database of the data itself."""

from collections.abc import Collection, Mapping
from typing import Protocol

from darwinflow.model.event import Event


class EventStream(Protocol):
    """Durable streams of one organization.

    Everything runs in the caller's transaction: a rollback publishes nothing. What the methods mean is defined
    by `tests/contract/test_event_stream.py`, which runs on Honker's extension and on our adapter.
    """

    def publish(self, topic: str, key: str | None, payload: Mapping[str, object]) -> int:
        """Announce; returns the offset. Beyond the newest `KEPT_EVENTS`, the oldest go now and then."""
        ...

    def read_since(self, topic: str, offset: int, limit: int) -> tuple[Event, ...]:
        """What was published above *offset*, ascending, at most *limit*."""
        ...

    def erase(self, topic: str, keys: Collection[str]) -> int:
        """Keep nothing of what was published under these keys; how many events that were. Offsets stay as they are."""
        ...

    def first_offset(self) -> int:
        """Of the oldest event that is there; one above `last_offset` where none is."""
        ...

    def last_offset(self) -> int:
        """The highest offset ever given out; 0 at first."""
        ...

    def save_offset(self, consumer: str, topic: str, offset: int) -> bool:
        """Remember how far *consumer* has come; False where that would go back."""
        ...

    def saved_offset(self, consumer: str, topic: str) -> int:
        """0 where nothing was saved."""
        ...
