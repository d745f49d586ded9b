"""Progress of what takes long, for the person who waits."""

import sys
import time

_PATIENCE_S = 0.5
"""From then on it is said how far we are."""


class Progress:
    """Says on standard error how far we are, where a person waits."""

    def __init__(self, total: int, what: str = "files") -> None:
        self.total = total
        self._what = what
        self.done = 0
        self._is_shown = sys.stderr.isatty()
        self._started = time.perf_counter()
        self._said = 0.0

    def step(self) -> None:
        self.to(self.done + 1)

    def to(self, done: int) -> None:
        """So many are done now."""
        self.done = done
        now = time.perf_counter()
        if not self._is_shown or now - self._started < _PATIENCE_S or now - self._said < 0.1:
            return
        left = (now - self._started) / max(self.done, 1) * max(self.total - self.done, 0)
        self._said = now
        print(
            f"\r{self.done} of {self.total} {self._what}, {left:.0f} s left\x1b[K",
            end="",
            file=sys.stderr,
            flush=True,
        )

    def end(self) -> None:
        if self._said:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


class Telling:
    """Progress of one thing after another."""

    def __init__(self) -> None:
        self._what = ""
        self._progress: Progress | None = None

    def tell(self, what: str, done: int, total: int) -> None:
        if self._progress is None or what != self._what:
            self.end()
            self._what = what
            self._progress = Progress(total, f"runs, {what}")
        self._progress.to(done)

    def end(self) -> None:
        if self._progress is not None:
            self._progress.end()
