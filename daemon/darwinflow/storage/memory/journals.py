"""`JournalOffsets` in memory."""

from darwinflow.storage.memory.table import Table


class MemoryJournalOffsets:
    __slots__ = ("_rows",)

    def __init__(self, rows: Table[str, int]) -> None:
        self._rows = rows

    def offset(self, journal: str) -> int:
        return self._rows.get(journal) or 0

    def advance(self, journal: str, offset: int) -> None:
        self._rows.put(journal, offset)

    def forget(self, journal: str) -> None:
        self._rows.remove(journal)
