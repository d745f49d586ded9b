"""A histogram of durations as bytes, for rows that are read and written whole."""

import struct
from collections.abc import Mapping
from functools import lru_cache

from darwinflow.model.errors import StoreDamaged

ENTRY_BYTES = 6


def packed(durations: Mapping[int, int]) -> bytes:
    """Buckets, two bytes each, then as many counts of four bytes; big-endian."""
    return _form(len(durations)).pack(*durations, *durations.values())


def unpacked(durations: bytes) -> dict[int, int]:
    """Raises `StoreDamaged` for what `packed` has not made."""
    count, rest = divmod(len(durations), ENTRY_BYTES)
    if rest:
        raise StoreDamaged("a histogram of the figures is damaged")
    numbers = _form(count).unpack(durations)
    return dict(zip(numbers, numbers[count:], strict=False))


@lru_cache(maxsize=1024)
def _form(entries: int) -> struct.Struct:
    """A trend reads thousands of rows, and a run writes a dozen: most have a few entries."""
    return struct.Struct(f">{entries}H{entries}I")
