"""Room on the disk for what must be done when that is full: a file that is given up then, and made again later.

SQLite needs room even to delete. While the file is given up, what is recorded waits in the spool and is refused on the
socket, so that deleting, retention and checkpoints have the room for themselves.
"""

import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

from darwinflow.model.errors import StoreFull
from darwinflow.ports.tenant import TenantStore, Transaction
from darwinflow.rpc.session import Room

log = logging.getLogger(__name__)

T = TypeVar("T")

BALLAST_FILE = "ballast"
"""In the data directory."""

LEAST_FREE_BYTES = 2 << 20
"""With less than this the disk counts as full: a commit of long runs may need as much."""
_AGAIN_AFTER_S = 60.0
"""Where the file could not be made."""
_STEP = 1 << 20


class Ballast:
    """Looked after by one thread at a time; `shortage` and `room` are for any."""

    def __init__(self, path: str, size: int) -> None:
        """*size* in bytes; 0 where none is wanted."""
        self._path = path
        self._size = size
        self._is_given_up = False
        self._not_before = 0.0

    @property
    def room(self) -> Room:
        return Room(wanted=self._size, kept=self._kept(), is_given_up=self._is_given_up)

    def shortage(self) -> StoreFull | None:
        """Why nothing more is to be stored; None while there is room."""
        if not self._is_given_up:
            return None
        return StoreFull(
            f"the disk with {self._path} is full; what room is left is kept for deleting",
            hint="make room on that disk, or darwinflow runs delete",
        )

    @property
    def is_due(self) -> bool:
        """Whether `act` has something to do. Costs a microsecond or two."""
        kept, free = self._kept(), self._free()
        if bool(kept) and kept == self._size:
            return free < LEAST_FREE_BYTES
        if time.monotonic() < self._not_before:
            return False
        if self._is_given_up:
            return free >= LEAST_FREE_BYTES + self._size
        return kept > self._size or (self._size > kept and free >= LEAST_FREE_BYTES + self._size - kept)

    def act(self) -> bool:
        """Give the file up where the disk is full, and make it where it is to be; whether it was given up now."""
        if self._kept() == self._size and self.is_given_up_now():
            return True
        self._remove()
        if not self._size or self._make():
            if self._is_given_up:
                log.info("there is room again: %s is made anew, and all is stored", self._path)
            self._is_given_up = False
        return False

    def is_given_up_now(self) -> bool:
        """Give the file up where the disk is full; whether it was. Called before databases are opened, too: that needs room."""
        kept = self._kept()
        if not kept or not self._size or self._free() >= LEAST_FREE_BYTES:
            return False
        self._is_given_up = True  # first, so that nothing new takes the room
        self._remove()
        log.error("the disk with %s is full: %d bytes were kept for that and are free now", self._path, kept)
        return True

    def _kept(self) -> int:
        try:
            return os.stat(self._path).st_size
        except OSError:
            return 0

    def _free(self) -> int:
        try:
            disk = os.statvfs(os.path.dirname(self._path))
        except OSError:
            return 0
        return disk.f_bavail * disk.f_frsize

    def _remove(self) -> None:
        with suppress(OSError):
            os.unlink(self._path)

    def _make(self) -> bool:
        """Whole or not at all. The blocks must be there, not only the length."""
        try:
            fd = os.open(
                self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
            )
            try:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(fd, 0, self._size)
                else:
                    for at in range(0, self._size, _STEP):
                        os.write(fd, bytes(min(_STEP, self._size - at)))
            finally:
                os.close(fd)
        except OSError as error:
            self._remove()
            self._not_before = time.monotonic() + _AGAIN_AFTER_S
            log.warning("no room is kept for when the disk is full: %s: %s", self._path, error.strerror)
            return False
        return True


class Rationed:
    """A tenant's store for what is recorded: it takes nothing while the ballast is given up."""

    def __init__(self, tenant: TenantStore, ballast: Ballast) -> None:
        self._tenant = tenant
        self._ballast = ballast

    def write(self, work: Callable[[Transaction], T]) -> "Future[T]":
        shortage = self._ballast.shortage()
        if shortage is None:
            return self._tenant.write(work)
        refused: Future[T] = Future()
        refused.set_exception(shortage)
        return refused

    def read(self, work: Callable[[Transaction], T]) -> T:
        return self._tenant.read(work)

    def close(self) -> None:
        self._tenant.close()
