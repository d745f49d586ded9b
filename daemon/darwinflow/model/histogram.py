"""Durations in logarithmic buckets, so that percentiles of any number of runs cost the same and add up."""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import accumulate

GROWTH = 1.04
"""Each bucket is 4 % wider than the one before, so its middle is within 2 % of what fell into it."""
_LOG_GROWTH = math.log(GROWTH)
_LEAST_MS = 0.001
"""Durations below a microsecond share the first bucket."""


def bucket_of(duration_ms: float) -> int:
    """The bucket's number: 0 up to a microsecond, then 4 % wider each time (a day is 641)."""
    if duration_ms <= _LEAST_MS:
        return 0
    return 1 + int(math.log(duration_ms / _LEAST_MS) / _LOG_GROWTH)


def middle_of(bucket: int) -> float:
    """The geometric middle of *bucket*, in milliseconds."""
    if bucket == 0:
        return _LEAST_MS
    return _LEAST_MS * math.exp((bucket - 0.5) * _LOG_GROWTH)


def percentile(counts: Mapping[int, int], share: float) -> float:
    """The duration in milliseconds that *share* (0 to 1) of what was counted does not exceed; 0 where nothing was."""
    return percentiles(counts, (share,))[0]


def percentiles(counts: Mapping[int, int], shares: Sequence[float]) -> list[float]:
    """The percentile of each of *shares*; several cost little more than one."""
    buckets = sorted(counts)
    in_order = counts.values() if buckets == list(counts) else map(counts.__getitem__, buckets)
    reached = list(accumulate(in_order))
    if not reached:
        return [0.0 for _ in shares]
    ranks = (max(1, math.ceil(share * reached[-1])) for share in shares)
    return [middle_of(buckets[bisect_left(reached, rank)]) for rank in ranks]
