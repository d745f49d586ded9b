"""Histograms that the writer has read or written, so that none is read again for each run."""

Key = int | tuple[str, str, int, int]
"""The number of a summary; or project, workflow, hour and version."""

Durations = dict[Key, dict[int, int]]
"""Runs by bucket. Its owner empties it whenever a transaction is undone or another connection has written."""

MOST_REMEMBERED = 512


def remember(remembered: Durations, key: Key, durations: dict[int, int]) -> None:
    if len(remembered) >= MOST_REMEMBERED:
        remembered.clear()
    remembered[key] = durations


def count_one(durations: dict[int, int], bucket: int) -> None:
    """One more run, with the buckets in the order in which percentiles are read."""
    if bucket in durations:
        durations[bucket] += 1
        return
    durations[bucket] = 1
    ordered = sorted(durations.items())
    durations.clear()
    durations.update(ordered)
