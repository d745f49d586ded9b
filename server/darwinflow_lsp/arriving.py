"""Long texts and long edits on their way: read and checked beside the loop, so that everything else is answered meanwhile.

Whatever a client changes in the meantime waits, and is done at once afterwards.
"""

from collections.abc import Callable
from functools import partial

from darwinflow_lsp.background import Background
from darwinflow_lsp.faults import report_fault
from darwinflow_lsp.revising import Edits, Revised


class Arrival:
    """One state on its way."""

    def __init__(self, version: int | None, work: Callable[[], Revised]) -> None:
        self.version = version
        """Of the client's text."""
        self.work = work
        self.edits: list[Edits] = []
        """Sent since, in their order."""
        self.is_outdated = False
        """What it is checked against is no more."""


class Arrivals:
    """The states on their way, by the key of their document."""

    def __init__(self, done: Callable[[str, Arrival, Revised | None], None]) -> None:
        """*done* gets a key and what has come of its arrival: None where a fault of ours has ended the work."""
        self._done = done
        self._background: Background | None = None
        self._under_way: dict[str, Arrival] = {}

    def __contains__(self, key: object) -> bool:
        return key in self._under_way

    def __bool__(self) -> bool:
        return bool(self._under_way)

    @property
    def has_background(self) -> bool:
        """Whether there is a way to do work beside the loop; until then what has begun waits."""
        return self._background is not None

    def join(self, background: Background) -> None:
        """From here on there is one."""
        self._background = background
        for key, arrival in self._under_way.items():
            self._start(key, arrival)

    def begin(self, key: str, version: int | None, work: Callable[[], Revised]) -> None:
        """Do *work* beside the loop; what was under way for *key* is dropped."""
        self._under_way[key] = arrival = Arrival(version, work)
        self._start(key, arrival)

    def add(self, key: str, edits: Edits) -> None:
        """To be applied when what is under way for *key* is there."""
        self._under_way[key].edits.append(edits)

    def outdate(self) -> None:
        """Settings have changed: what is under way is to be checked once more."""
        for arrival in self._under_way.values():
            arrival.is_outdated = True

    def drop(self, key: str) -> None:
        self._under_way.pop(key, None)

    def end(self) -> None:
        """Drop all: the session is over."""
        self._under_way.clear()

    def _start(self, key: str, arrival: Arrival) -> None:
        if self._background is not None:
            self._background(partial(_outcome, arrival.work), partial(self._take, key, arrival))

    def _take(self, key: str, arrival: Arrival, outcome: Revised | Exception) -> None:
        if self._under_way.get(key) is not arrival:
            return
        del self._under_way[key]
        if isinstance(outcome, Exception):
            report_fault("the reading of a long text", outcome)
        self._done(key, arrival, None if isinstance(outcome, Exception) else outcome)


def _outcome(work: Callable[[], Revised]) -> Revised | Exception:
    try:
        return work()
    except Exception as exc:  # noqa: BLE001 - the border: told on the loop
        return exc
