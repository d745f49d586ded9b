"""How far each recorder's journal has been taken in."""

from typing import NamedTuple, Protocol


class Taken(NamedTuple):
    """What is known of a journal, in bytes from its first."""

    offset: int = 0
    """Before it all is taken in."""
    needed: int = 0
    """From here on it is read again to go on at `offset`: a run that began here was not over there. 0: from the first."""
    has_refused: bool = False
    """Something before `offset` was not taken in. Where `needed` is 0, only reading again tells."""


class JournalOffsets(Protocol):
    """Kept in the tenant's database and written in the transaction of the rows, so each event arrives once."""

    def taken(self, journal: str) -> Taken:
        """How far *journal* is taken in; all 0 where it is unknown."""
        ...

    def advance(self, journal: str, taken: Taken) -> None: ...

    def forget(self, journal: str) -> None:
        """After the file is gone."""
        ...
