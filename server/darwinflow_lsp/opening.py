"""Long documents on their way to a whole check: a slice at a time, so that everything else is answered meanwhile.

The loop's own thread reads, because an edit takes over what is read. What is read no longer changes, so the check
goes on beside the loop where there is a way to.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from darwinflow.check.engine import Checked
from darwinflow.check.opening import Opening
from darwinflow.document.opening import Opening as Reading
from darwinflow_lsp.background import Background
from darwinflow_lsp.faults import report_fault

SLICE_S = 0.003
"""How long the loop is held."""
ASIDE_SLICE_S = 0.02
"""Work beside the loop that an edit or a close makes vain goes on for at most so long, or to the end of its last step."""

Soon = Callable[[Callable[[], None]], object]
"""Calls what it is given on the loop, after messages that have come."""


class _Work(NamedTuple):
    reading: Reading
    opening: Opening


class Openings:
    """The documents under way, by key; the one that was opened first goes first."""

    def __init__(self, done: Callable[[str, Checked | None], None]) -> None:
        """*done* gets the whole check of a document; None where a fault of ours has ended the work."""
        self._done = done
        self._under_way: dict[str, _Work] = {}
        self._background: Background | None = None
        self._soon: Soon | None = None
        self._is_aside = False
        """A slice is worked on beside the loop."""
        self._is_due = False

    def __contains__(self, key: object) -> bool:
        return key in self._under_way

    def __bool__(self) -> bool:
        return bool(self._under_way)

    def join(self, background: Background, soon: Soon) -> None:
        """There is a loop, and nobody has to call `go_on` any more."""
        self._background, self._soon = background, soon
        self._wake()

    def begin(self, key: str, opening: Opening) -> None:
        """Begin the work; what was under way for *key* is dropped."""
        self._under_way.pop(key, None)
        self._under_way[key] = _Work(Reading(opening.document), opening)
        self._wake()

    def drop(self, key: str) -> None:
        self._under_way.pop(key, None)

    def end(self) -> None:
        """Drop all: the session is over."""
        self._under_way.clear()

    def go_on(self) -> None:
        """Do one slice, if any is to be done."""
        if self._is_aside or not self._under_way:
            return
        key, work = next(iter(self._under_way.items()))
        if self._background is not None and work.reading.is_done:
            self._is_aside = True
            self._background(partial(_slice, work, ASIDE_SLICE_S), partial(self._take, key, work))
        else:
            self._take(key, work, _slice(work, SLICE_S))

    def _take(self, key: str, work: _Work, outcome: Checked | Exception | None) -> None:
        self._is_aside = False
        is_over = outcome is not None and self._under_way.get(key) is work
        if is_over:
            del self._under_way[key]
        self._wake()
        if is_over and isinstance(outcome, Exception):
            report_fault("the check of a long document", outcome)
            self._done(key, None)
        elif is_over and isinstance(outcome, Checked):
            self._done(key, outcome)

    def _wake(self) -> None:
        if self._soon is not None and self._under_way and not self._is_aside and not self._is_due:
            self._is_due = True
            self._soon(self._on_turn)

    def _on_turn(self) -> None:
        self._is_due = False
        self.go_on()


def _slice(work: _Work, seconds: float) -> Checked | Exception | None:
    try:
        if not work.reading.is_done:
            work.reading.go_on(seconds)
            return None
        return work.opening.go_on(seconds)
    except Exception as exc:  # noqa: BLE001 - the border: told on the loop, and the next document has its turn
        return exc
