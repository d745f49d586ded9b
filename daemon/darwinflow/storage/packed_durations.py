"""A histogram of durations as bytes, for rows that are read and written whole."""

import struct
from collections.abc import Mapping

from darwinflow.model.errors import StoreDamaged

ENTRY_BYTES = 6


def packed(durations: Mapping[int, int]) -> bytes:
    """Buckets, two bytes each, then as many counts of four bytes; big-endian."""
    return struct.pack(f">{len(durations)}H{len(durations)}I", *durations, *durations.values())


def unpacked(durations: bytes) -> dict[int, int]:
    """Raises `StoreDamaged` for what `packed` has not made."""
    count, rest = divmod(len(durations), ENTRY_BYTES)
    if rest:
        raise StoreDamaged("a histogram of the figures is damaged")
    numbers = struct.unpack(f">{count}H{count}I", durations)
    return dict(zip(numbers[:count], numbers[count:], strict=True))
