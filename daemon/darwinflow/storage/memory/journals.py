"""`JournalOffsets` in memory."""

from darwinflow.ports.journals import Taken
from darwinflow.storage.memory.table import Table


class MemoryJournalOffsets:
    __slots__ = ("_rows",)

    def __init__(self, rows: Table[str, Taken]) -> None:
        self._rows = rows

    def taken(self, journal: str) -> Taken:
        return self._rows.get(journal) or Taken()

    def advance(self, journal: str, taken: Taken) -> None:
        self._rows.put(journal, taken)

    def forget(self, journal: str) -> None:
        self._rows.remove(journal)
