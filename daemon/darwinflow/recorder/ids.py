"""Ids of runs and steps, how long names may be, and the clock that all is dated by. Imports next to nothing."""

import os
import re
import time

RECORDER_VERSION = "0.1.0"
MAX_NAME = 1000
"""Letters of the name of a node, a type, a host."""
RUN_ID = r"[A-Za-z0-9._:-]{1,128}"
"""What a foreign id may look like."""


def is_id(text: str) -> bool:
    """Whether *text* may be an id. Compiled when it is first asked: most programs never do."""
    return re.fullmatch(RUN_ID, text) is not None


def new_id() -> str:
    """A UUIDv7: sorts by time, to a quarter of a microsecond, as RFC 9562 section 6.2 method 3 allows."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = (rest << 12) // 1_000_000
    random = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    digits = f"{milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | random:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def now() -> int:
    """Microseconds since 1970, UTC."""
    return time.time_ns() // 1000


class Clock:
    """Times of one run: the wall clock at its start, carried on by the monotonic clock.

    So no step takes a negative time when the machine's clock is set meanwhile.
    """

    __slots__ = ("_offset",)

    def __init__(self) -> None:
        self._offset = time.time_ns() - time.monotonic_ns()

    def now(self) -> int:
        """Microseconds since 1970, UTC."""
        return (self._offset + time.monotonic_ns()) // 1000
