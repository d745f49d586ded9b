"""Bytes to the editor, in order. An editor that reads slowly never stops the event loop."""

import os
import select
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

READER_S = 5
"""At the end, how long a reader may read nothing before it is given up."""


class Output:
    """Owns the descriptor. Waits for the reader until there is a loop, and again at the end."""

    __slots__ = ("_fd", "_loop", "_pending", "broken")

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pending: deque[memoryview] = deque()
        self.broken = False
        """The editor has gone away."""

    def join_loop(self, loop: "asyncio.AbstractEventLoop") -> None:
        self._loop = loop
        os.set_blocking(self._fd, False)

    def leave_loop(self) -> None:
        """Write what is left, as long as the reader goes on reading."""
        if self._loop is not None:
            self._loop.remove_writer(self._fd)
            self._loop = None
        writable = select.poll()
        writable.register(self._fd, select.POLLOUT)
        while self._pending and writable.poll(READER_S * 1000):
            self._flush()

    def write(self, message: bytes) -> None:
        if self.broken:
            return
        self._pending.append(memoryview(message))
        if len(self._pending) == 1:
            self._flush()

    def _flush(self) -> None:
        while self._pending and not self.broken:
            try:
                written = os.write(self._fd, self._pending[0])
            except BlockingIOError:
                if self._loop is not None:
                    self._loop.add_writer(self._fd, self._flush)
                return
            except OSError:
                self.broken = True
                self._pending.clear()
                break
            rest = self._pending[0][written:]
            if rest:
                self._pending[0] = rest
            else:
                self._pending.popleft()
        if self._loop is not None:
            self._loop.remove_writer(self._fd)
