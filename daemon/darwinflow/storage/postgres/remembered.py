"""What summaries were when they were seen last, so that none is read again for each run."""

from collections.abc import Iterable
from typing import Any

from darwinflow.storage.pending_nodes import PendingNodes
from darwinflow.storage.sums import Sums

MOST_REMEMBERED = 256

Key = tuple[str, str, str]
"""Project, workflow and subject, as they are stored."""

HourKey = tuple[str, str, int, int]
"""Project, workflow, hour and version."""


class Remembered:
    """Of one connection that writes.

    Holds while nobody else has counted: `begin` is told the number that says so.
    """

    __slots__ = ("_figures", "hours", "nodes", "sums")

    def __init__(self) -> None:
        self._figures = -1
        self.sums: dict[Key, Sums] = {}
        self.hours: dict[HourKey, dict[int, int]] = {}
        self.nodes = PendingNodes()

    def begin(self, figures: int) -> None:
        if figures != self._figures:
            self.lost()

    def committed(self, figures: int) -> None:
        self._figures = figures

    def forget(self) -> None:
        """Something that was counted here has been undone, or may have been; of nodes that is taken back by itself."""
        self._figures = -1
        self.sums.clear()
        self.hours.clear()

    def lost(self) -> None:
        """The whole transaction has been undone, or may have been, or somebody else has counted."""
        self.forget()
        self.nodes.forget()

    def put(self, key: Key, sums: Iterable[Any], bucket: int) -> None:
        """One more run, of a duration in *bucket*, has made them *sums*, which lack durations."""
        known = self.sums.get(key)
        if known is not None:
            durations = {**known.durations, bucket: known.durations.get(bucket, 0) + 1}
            self.sums[key] = Sums._make([*sums, durations])

    def put_hour(self, key: HourKey, durations: dict[int, int]) -> None:
        if len(self.hours) >= MOST_REMEMBERED:
            self.hours.clear()
        self.hours[key] = durations

    def fill(self, key: Key, sums: Sums) -> None:
        if len(self.sums) >= MOST_REMEMBERED:
            self.sums.clear()
        self.sums[key] = sums
