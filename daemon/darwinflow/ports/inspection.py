"""What a store can say of itself, for whoever looks after it."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, Protocol, runtime_checkable


class Content(NamedTuple):
    """How much a store holds."""

    place: str
    """A path, or the place of a server; never secrets."""
    size: int | None
    """Bytes on the disk, all of its files; None where they are not this machine's."""
    counts: Mapping[str, int]
    """By what is counted, such as `runs`."""
    faults: tuple[str, ...] = ()
    """What is known to be wrong with it, a sentence each."""


class StoreState(NamedTuple):
    """How one concern is kept."""

    concern: str
    type: str
    content: Content | None
    trouble: str | None
    """Why it cannot be looked at."""


class Growth(NamedTuple):
    """How the runs of an organization become more."""

    runs: int
    """That ended in the last days, those that are deleted since included."""
    oldest: datetime | None
    """When the oldest run began that is kept; None where there is none."""


class Verdict(NamedTuple):
    """What reading all runs has shown."""

    runs: int
    """How many were read."""
    faults: tuple[str, ...]
    """A sentence each; of many, the first."""


@runtime_checkable
class Lacking(Protocol):
    """A store that knows of runs that it had and has lost."""

    def missing(self) -> tuple[str, ...]:
        """A sentence for each place that has lost some."""
        ...

    def acknowledge(self) -> tuple[str, ...]:
        """As `missing`, for the last time: whoever asked tells it."""
        ...


@runtime_checkable
class Mendable(Protocol):
    """Of stores in which what follows from something else can come to say otherwise than that, and be made anew."""

    def mend(self, *, dry_run: bool) -> tuple[str, ...]:
        """Let lists say what the logs do, and take away what cannot be read of figures; what was done, a sentence each.

        Or only say what would be. Figures are to be added up again behind it. Raises `StoreError`.
        """
        ...


@runtime_checkable
class Inspectable(Protocol):
    def inspect(self) -> Content:
        """Looks at what is cheap to look at. Raises `StoreError`."""
        ...

    def verify(self) -> tuple[str, ...]:
        """What is wrong with the form of what is stored, a sentence each, from reading all of it."""
        ...

    def projects(self) -> tuple[str, ...]:
        """Those that have, or had, runs here, by name."""
        ...
