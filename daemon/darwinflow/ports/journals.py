"""How far each recorder's journal has been taken in."""

from typing import Protocol


class JournalOffsets(Protocol):
    """Kept in the tenant's database and written in the transaction of the rows, so each event arrives once."""

    def offset(self, journal: str) -> int:
        """Bytes of *journal* that are taken in; 0 where it is unknown."""
        ...

    def advance(self, journal: str, offset: int) -> None: ...

    def forget(self, journal: str) -> None:
        """After the file is gone."""
        ...
