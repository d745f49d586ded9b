"""Progress of what takes long, for the person who waits."""

import sys
import time

_PATIENCE_S = 0.5
"""From then on it is said how far we are."""


class Progress:
    """Says on standard error how far we are, where a person waits."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self._is_shown = sys.stderr.isatty()
        self._started = time.perf_counter()
        self._said = 0.0

    def step(self) -> None:
        self.done += 1
        now = time.perf_counter()
        if not self._is_shown or now - self._started < _PATIENCE_S or now - self._said < 0.1:
            return
        left = (now - self._started) / self.done * (self.total - self.done)
        self._said = now
        print(
            f"\r{self.done} of {self.total} files, {left:.0f} s left\x1b[K",
            end="",
            file=sys.stderr,
            flush=True,
        )

    def end(self) -> None:
        if self._said:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
