"""Where the logs of one project's runs are kept."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from darwinflow.model.filter import Page, RunFilter
from darwinflow.model.run import ExecutionLog, RunHeader, RunOutput, StepLog


class LogRepository(Protocol):
    """One project's run logs: append-only, each run id stored once.

    What the methods mean is defined by `tests/contract/test_log_repository.py`, which every back end passes.
    """

    def store_log(self, log: ExecutionLog) -> bool:
        """Keep a finished run; whether it is new.

        The same id with the same content again is a success that changes nothing. Raises `RunConflict` where
        the id is kept with other content, `RunErased` where it was deleted for good, `NameRefused` for an id of another
        form.
        """
        ...

    def start(self, log: ExecutionLog) -> bool:
        """Keep a live run, with the steps it has so far; whether it is new. Raises `RunConflict`, `RunErased`."""
        ...

    def append_step(self, run_id: str, index: int, step: StepLog) -> None:
        """Put *step* at *index* of a live run: a new one, or the next state of one that is there.

        *index* is at most the number of steps. Raises `RunNotFound`, `RunFinished`.
        """
        ...

    def append_steps(self, run_id: str, steps: Sequence[tuple[int, StepLog]]) -> None:
        """As `append_step` for one after the other, in the time that so many steps take, however long the run is."""
        ...

    def finish(self, run_id: str, output: RunOutput) -> ExecutionLog:
        """Close a live or lost run and return its whole log.

        The same output again is a success. Raises `RunNotFound`, `RunFinished` (with another output).
        """
        ...

    def mark_lost(self, run_id: str) -> bool:
        """Say that a live run's program is gone; whether that was news. A finished run stays as it is."""
        ...

    def get_log(self, run_id: str) -> ExecutionLog:
        """Raises `RunNotFound`."""
        ...

    def header(self, run_id: str) -> RunHeader:
        """Raises `RunNotFound`."""
        ...

    def find(self, part: str) -> tuple[str, ...]:
        """Ids of runs that begin or end with *part*, at most 10: the one that is *part*, then the newest first."""
        ...

    def query_logs(self, wanted: RunFilter) -> Page[RunHeader]:
        """Newest start first, ties by id, in keyset pages: nothing is skipped or shown twice.

        A run whose entry cannot be read is among `Page.damaged`, where it belongs in the list.
        """
        ...

    def get_recent(self, workflow_id: str, version: int | None, limit: int) -> tuple[RunHeader, ...]:
        """The newest runs of a workflow, of one version or (None) of any, as far as they can be read."""
        ...

    def workflows(self) -> tuple[str, ...]:
        """Ids of workflows that have runs, ascending by their characters' numbers.

        One that is no UTF-8 may be told in another form, by which its runs are found as well.
        """
        ...

    def delete(self, run_id: str, *, for_good: bool) -> None:
        """Keep nothing of a run, whatever its status, its pin included. Figures are none of the logs' business.

        *for_good*: a run of this id is never taken in again, which raises `RunErased` then. Raises `RunNotFound`.
        What lies in the store's files of it still is erased by `LogStore.scrub`, after the commit.
        """
        ...

    def is_erased(self, run_id: str) -> bool:
        """Whether a run of this id was deleted for good."""
        ...

    def erased(self) -> tuple[str, ...]:
        """Ids of all runs that were deleted for good, ascending."""
        ...

    def removed(self) -> int:
        """How many runs were ever deleted."""
        ...

    def note_gone(self, erased: Iterable[str], removed: int) -> None:
        """What another store says of runs that are gone: ids that are never taken in, and how many were deleted at least.

        A run of these ids that is here is deleted for good.
        """
        ...

    def pin(self, run_id: str, *, pinned: bool) -> bool:
        """Have retention leave this run alone, or no longer; whether that was news. Raises `RunNotFound`."""
        ...

    def pinned(self) -> tuple[str, ...]:
        """Ids of all runs that are pinned, ascending."""
        ...
