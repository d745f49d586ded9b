"""What is still to be counted and announced of runs, where logs, figures and events do not share a transaction."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Pending:
    """Something happened to a run, and its log says what."""

    number: int
    """Ascending in the order in which changes became durable."""
    project: str
    run_id: str
    kind: str
    """`run.started`, `run.changed` or `run.stored`, as the event to be published is called."""


class Outbox(Protocol):
    """Written in the transaction of the log, so that nothing is counted that is not kept, and all that is, is.

    What the methods mean is defined by `tests/contract/test_outbox.py`, which every log store passes.
    """

    def put(self, project: str, run_id: str, kind: str) -> None: ...

    def pending(self, limit: int) -> tuple[Pending, ...]:
        """The oldest that are not settled, ascending, at most *limit*."""
        ...

    def settle(self, number: int) -> None:
        """All up to *number* is done. Settling again, or what was never there, changes nothing."""
        ...
