"""Quiet times: what was put off runs when the editor has said nothing for a while."""

import asyncio
from collections.abc import Callable

from darwinflow_lsp.faults import report_fault


class QuietTimes:
    """Calls *then* once after every burst of messages that is followed by *silence_s* without one.

    A message costs one assignment: the timer looks at the clock when it fires and sets itself anew.
    """

    __slots__ = ("_last", "_loop", "_silence_s", "_then", "_timer")

    def __init__(self, silence_s: float, then: Callable[[], object]) -> None:
        self._loop = asyncio.get_running_loop()
        self._silence_s = silence_s
        self._then = then
        self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def touch(self) -> None:
        """A message came."""
        self._last = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(self._silence_s, self._look)

    def _look(self) -> None:
        missing = self._silence_s - (self._loop.time() - self._last)
        if missing > 0:
            self._timer = self._loop.call_later(missing, self._look)
            return
        self._timer = None
        try:
            self._then()
        except Exception:  # noqa: BLE001 - the border: what was put off fails alone
            report_fault("work put off")
