"""Long texts on their way to lines and segments: cut beside the loop, so that everything else is answered meanwhile."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from darwinflow.document.document import Document
from darwinflow.document.positions import Encoding
from darwinflow_lsp.background import Background
from darwinflow_lsp.border.params import Change
from darwinflow_lsp.faults import report_fault

LONG_TEXT = 250_000
"""Characters. To cut so many takes a hundredth of a second."""


class Edits(NamedTuple):
    """What one message of a client changes."""

    version: int | None
    changes: list[Change]
    encoding: Encoding


class _Arrival:
    """One text on its way."""

    def __init__(self) -> None:
        self.edits: list[Edits] = []
        """Sent since, in their order."""


class Arrivals:
    """The texts on their way, by the key of their document."""

    def __init__(self, done: Callable[[str, Document | None, list[Edits]], None]) -> None:
        """*done* gets a document and what was sent since; None where a fault of ours has ended the work."""
        self.background: Background | None = None
        """None until there is a way to do work beside the loop; until then nothing arrives this way."""
        self._done = done
        self._under_way: dict[str, _Arrival] = {}

    def __contains__(self, key: object) -> bool:
        return key in self._under_way

    def __bool__(self) -> bool:
        return bool(self._under_way)

    def takes(self, characters: int) -> bool:
        """Whether a text of so many comes this way."""
        return characters > LONG_TEXT and self.background is not None

    def begin(self, key: str, work: Callable[[], Document]) -> None:
        """Do *work* beside the loop; what was under way for *key* is dropped."""
        assert self.background is not None
        self._under_way[key] = arrival = _Arrival()
        self.background(partial(_outcome, work), partial(self._take, key, arrival))

    def add(self, key: str, edits: Edits) -> None:
        """To be applied when the text of *key* has arrived."""
        self._under_way[key].edits.append(edits)

    def drop(self, key: str) -> bool:
        """Whether there was one."""
        return self._under_way.pop(key, None) is not None

    def end(self) -> None:
        """Drop all: the session is over."""
        self._under_way.clear()

    def _take(self, key: str, arrival: _Arrival, outcome: Document | Exception) -> None:
        if self._under_way.get(key) is not arrival:
            return
        del self._under_way[key]
        if isinstance(outcome, Exception):
            report_fault("the cutting of a long text", outcome)
            self._done(key, None, [])
        else:
            self._done(key, outcome, arrival.edits)


def _outcome(work: Callable[[], Document]) -> Document | Exception:
    try:
        return work()
    except Exception as exc:  # noqa: BLE001 - the border: told on the loop
        return exc
