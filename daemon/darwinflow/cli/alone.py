"""A command that needs the home for itself: the daemon is stopped for it, unless the disk is too full to go on."""

import shutil
from collections.abc import Callable
from typing import TypeVar

from darwinflow.cli.daemon import stop_daemon
from darwinflow.cli.room import NEXT_STEP
from darwinflow.cli.units import size
from darwinflow.model.errors import DaemonRunning, StoreFull
from darwinflow.recorder.paths import Home
from darwinflow.rpc.client.hung import at_work, lock_holder

T = TypeVar("T")

_TRIES = 20
_LEAST_FREE_BYTES = 256 << 10
"""What SQLite writes beside its databases as they are opened, with something to spare."""


def alone(home: Home, work: Callable[[], T], needed: int = 0) -> T:
    """*work* without a daemon, which an editor may start again as soon as it has ended. Journals wait meanwhile.

    Raises `StoreFull` as `refuse_full`.
    """
    for left in reversed(range(_TRIES)):
        refuse_full(home, needed)
        stop_daemon(home)
        try:
            return work()
        except DaemonRunning as error:
            busy = at_work(home)
            if busy is not None:
                raise busy from error
            if not left:
                raise
    raise AssertionError("the last try returns")


def refuse_full(home: Home, needed: int = 0) -> None:
    """Raises `StoreFull` where a daemon serves, which still reads, and there is less room than for *needed* bytes, or
    than it takes to open stores again.
    """
    if lock_holder(home) is None:
        return
    free = shutil.disk_usage(home.data).free
    if free >= max(_LEAST_FREE_BYTES, needed):
        return
    what = f"the disk with {home.data} is full"
    if free >= _LEAST_FREE_BYTES:
        what = f"this needs {size(needed)}, and the disk with {home.data} has {size(free)} free"
    raise StoreFull(f"{what}; nothing was begun, and the daemon goes on reading", hint=NEXT_STEP)
