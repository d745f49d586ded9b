"""The figures of a day's nodes as bytes, for one row that is read and written whole."""

import struct

from darwinflow.model.errors import StoreDamaged
from darwinflow.storage.packed_durations import ENTRY_BYTES, packed, unpacked
from darwinflow.storage.sums import Nodes, Sums

_HEAD = struct.Struct(">IqqdqdqH")
"""Bytes of the id, runs, successes, milliseconds, tokens, cost, microseconds since 1970, entries of the histogram."""
_COUNT = struct.Struct(">I")
_STEP_BYTES = 512
"""Sizes are multiples of it: a row that keeps its size is written into the pages that it has."""


def packed_nodes(nodes: Nodes) -> bytes:
    """Their number, then each: numbers, id as UTF-8, histogram; then zeros."""
    parts = [_COUNT.pack(len(nodes))]
    for node, sums in nodes.items():
        name = node.encode("utf-8", "surrogatepass")
        parts += (_HEAD.pack(len(name), *sums[:6], len(sums.durations)), name, packed(sums.durations))
    size = sum(map(len, parts))
    parts.append(bytes(-size % _STEP_BYTES))
    return b"".join(parts)


def unpacked_nodes(content: bytes) -> dict[str, Sums]:
    """Raises `StoreDamaged` for what `packed_nodes` has not made."""
    try:
        return _unpacked(content)
    except (struct.error, UnicodeDecodeError) as error:
        raise StoreDamaged("a row of the figures of nodes is damaged") from error


def _unpacked(content: bytes) -> dict[str, Sums]:
    nodes: dict[str, Sums] = {}
    (count,) = _COUNT.unpack_from(content)
    place = _COUNT.size
    for _ in range(count):
        length, runs, successes, total_ms, tokens, cost, updated, entries = _HEAD.unpack_from(content, place)
        begin = place + _HEAD.size
        middle, place = begin + length, begin + length + entries * ENTRY_BYTES
        name = content[begin:middle].decode("utf-8", "surrogatepass")
        durations = unpacked(content[middle:place])
        nodes[name] = Sums(runs, successes, total_ms, tokens, cost, updated, durations)
    return nodes
