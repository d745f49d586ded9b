"""`Outbox` in memory."""

from darwinflow.ports.outbox import Pending
from darwinflow.storage.memory.table import Table


class MemoryOutbox:
    __slots__ = ("_last", "_rows")

    def __init__(self, rows: Table[int, Pending], last: Table[str, int]) -> None:
        self._rows = rows
        self._last = last

    def put(self, project: str, run_id: str, kind: str) -> None:
        number = (self._last.get("number") or 0) + 1
        self._last.put("number", number)
        self._rows.put(number, Pending(number, project, run_id, kind))

    def pending(self, limit: int) -> tuple[Pending, ...]:
        rows = sorted(self._rows.items())
        return tuple(row for _, row in rows[: max(limit, 0)])

    def settle(self, number: int) -> None:
        for known in [each for each, _ in self._rows.items() if each <= number]:
            self._rows.remove(known)
