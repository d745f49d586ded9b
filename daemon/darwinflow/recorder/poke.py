"""Tells the daemon that a journal has grown. Never waits, and nothing depends on it: a daemon that starts reads all."""

import os
import time
from _socket import AF_UNIX, SOCK_DGRAM, socket  # `socket` around it makes enumerations for 2 ms at import

from darwinflow.recorder.paths import Home, bound_socket, poke_path

QUIET_S = 0.005
"""After a poke, steps in the same journal are not told for so long: the daemon looks at it once more after that."""
_LOOK_AGAIN_S = 0.2
_TRIES = 3


class Poker:
    """The way from one process to the daemon of one home."""

    __slots__ = ("_home", "_looked_at", "_path", "_socket", "_told", "_told_at")

    def __init__(self, home: Home) -> None:
        self._home = home
        self._socket: socket | None = None
        self._path: str | None = None
        self._looked_at = 0.0
        self._told = ""
        """The journal that was named last."""
        self._told_at = 0.0

    def poke(self, journal: str, *, at_once: bool) -> None:
        """Name *journal* to the daemon. *at_once*: worth a second look for a daemon that has just come."""
        now = time.monotonic()
        if not at_once and journal == self._told and now - self._told_at < QUIET_S:
            return
        self._told = ""
        if self._path is None and not self._find(patient=not at_once):
            return
        if self._send(journal) or (self._find(patient=not at_once) and self._send(journal)):
            self._told, self._told_at = journal, now

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _find(self, *, patient: bool) -> bool:
        """Whether a daemon has left its address. *patient*: do not look again so soon."""
        if patient and time.monotonic() - self._looked_at < _LOOK_AGAIN_S:
            return False
        self._looked_at = time.monotonic()
        bound = bound_socket(self._home)
        self._path = None if bound is None else poke_path(bound)
        return self._path is not None

    def _send(self, journal: str) -> bool:
        """False where nobody listens at the address. A full queue counts as sent after a few tries."""
        assert self._path is not None
        try:
            if self._socket is None:
                self._socket = socket(AF_UNIX, SOCK_DGRAM)
                self._socket.settimeout(0)
            for _ in range(_TRIES):
                try:
                    self._socket.sendto(journal.encode(), self._path)
                except BlockingIOError:
                    os.sched_yield() if hasattr(os, "sched_yield") else time.sleep(0)
                else:
                    break
        except OSError:
            self._path = None
            return False
        return True
