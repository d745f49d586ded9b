"""The threads in which work beside the loop is done."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import TypeVar

from darwinflow_lsp.faults import report_fault

MOST_THREADS = 4

T = TypeVar("T")
Job = Callable[[], Callable[[], None]]


class Threads:
    """A few threads for long work; the loop waits for the interpreter at most a switch's time.

    They end with the process: at its end nobody waits for what nobody needs any more.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._count = 0
        self._under_way = 0
        """Jobs begun or waiting."""
        self._is_over = False

    def __call__(self, work: Callable[[], T], done: Callable[[T], None], /) -> None:
        """Follows `Background`. A fault of *work* is told, and *done* not called."""
        if self._is_over:
            return

        def job() -> Callable[[], None]:
            result = work()
            return lambda: done(result)

        self._under_way += 1
        self._jobs.put(job)
        if self._under_way > self._count < MOST_THREADS:
            self._count += 1
            threading.Thread(target=self._work, daemon=True).start()

    def end(self) -> None:
        """The session is over: nothing is begun any more, and nothing told of what is under way."""
        self._is_over = True

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                told: Callable[[], None] | Exception = job()
            except Exception as exc:  # noqa: BLE001 - the border: told on the loop
                told = exc
            with suppress(RuntimeError):  # the session ended meanwhile and the loop is closed
                self._loop.call_soon_threadsafe(self._settle, told)

    def _settle(self, told: Callable[[], None] | Exception) -> None:
        self._under_way -= 1
        if self._is_over:
            return
        if isinstance(told, Exception):
            report_fault("work in the background", told)
            return
        try:
            told()
        except Exception:  # noqa: BLE001 - the border: what was put off fails alone
            report_fault("the end of work in the background")
