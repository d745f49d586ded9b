"""`EventStream` in memory."""

import json
from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from darwinflow.model.event import KEPT_EVENTS, TRIM_EVERY, TRIMMED_AT_ONCE, Event
from darwinflow.storage.memory.table import Table

_LAST = ("", "")
"""Where the last offset is kept: no consumer and no topic are called so."""


class MemoryEventStream:
    __slots__ = ("_now", "_offsets", "_published", "_rows")

    def __init__(
        self,
        rows: Table[int, Event],
        offsets: Table[tuple[str, str], int],
        published: list[Event],
        now: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._offsets = offsets
        self._published = published
        self._now = now

    def publish(self, topic: str, key: str | None, payload: Mapping[str, object]) -> int:
        offset = self.last_offset() + 1
        # Through JSON, as what is stored elsewhere goes: a later change to the payload does not reach it.
        kept = json.loads(json.dumps(payload))
        event = Event(offset, topic, key, kept, self._now().replace(microsecond=0))
        self._rows.put(offset, event)
        self._offsets.put(_LAST, offset)
        self._published.append(event)
        if not offset % TRIM_EVERY:
            for old in sorted(one for one, _ in self._rows.items() if one <= offset - KEPT_EVENTS)[
                :TRIMMED_AT_ONCE
            ]:
                self._rows.remove(old)
        return offset

    def read_since(self, topic: str, offset: int, limit: int) -> tuple[Event, ...]:
        found = [
            event for _, event in sorted(self._rows.items()) if event.topic == topic and event.offset > offset
        ]
        return tuple(found[: max(limit, 0)])

    def erase(self, topic: str, keys: Collection[str]) -> int:
        gone = [
            offset for offset, event in self._rows.items() if event.topic == topic and event.key in set(keys)
        ]
        for offset in gone:
            self._rows.remove(offset)
        return len(gone)

    def first_offset(self) -> int:
        return min((offset for offset, _ in self._rows.items()), default=self.last_offset() + 1)

    def last_offset(self) -> int:
        return self._offsets.get(_LAST) or 0

    def save_offset(self, consumer: str, topic: str, offset: int) -> bool:
        if offset < self.saved_offset(consumer, topic):
            return False
        self._offsets.put((consumer, topic), offset)
        return True

    def saved_offset(self, consumer: str, topic: str) -> int:
        return self._offsets.get((consumer, topic)) or 0
