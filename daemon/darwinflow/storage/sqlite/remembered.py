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
