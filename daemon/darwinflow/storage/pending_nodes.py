"""Figures of nodes that a transaction has changed, so that each row is written once, at its end."""

from collections.abc import Callable, Sequence

from darwinflow.storage.figures import FigureRow, node_in
from darwinflow.storage.sums import DayKey, Nodes, Sums

MOST_REMEMBERED = 64

Load = Callable[[DayKey], Nodes]
"""What the store has of a day; empty where it has nothing."""


class PendingNodes:
    """Of one connection that writes; it remembers days beyond the transaction, until somebody else has counted.

    What is undone is taken back here, too, while the work of others in the same transaction stays.
    """

    __slots__ = ("_before", "_changed", "_known")

    def __init__(self) -> None:
        self._known: dict[DayKey, Nodes] = {}
        self._changed: dict[DayKey, None] = {}
        self._before: list[tuple[DayKey, Nodes]] = []

    def get(self, key: DayKey, load: Load) -> Nodes:
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = load(key)
        return known

    def put(self, key: DayKey, nodes: Nodes) -> None:
        """What *key* has from now on; it was asked for before."""
        self._before.append((key, self._known[key]))
        self._known[key] = nodes
        self._changed[key] = None

    def put_rows(self, rows: Sequence[FigureRow], stored: Callable[[str], str], load: Load) -> None:
        """See `Figures.put_figures`; *rows* of other subjects are passed over. *stored* is how names are in keys."""
        days: dict[DayKey, dict[str, Sums]] = {}
        for row in rows:
            found = node_in(row.subject)
            if found is not None:
                day, version, node = found
                key = stored(row.project), stored(row.workflow), day, version
                days.setdefault(key, {})[node] = row.sums
        for key, nodes in days.items():
            self.put(key, {**self.get(key, load), **nodes})

    @property
    def mark(self) -> int:
        """This moment, for `take_back_to`."""
        return len(self._before)

    def take_back_to(self, mark: int) -> None:
        while len(self._before) > mark:
            key, nodes = self._before.pop()
            self._known[key] = nodes

    def changed(self) -> list[tuple[DayKey, Nodes]]:
        """What the store does not have yet."""
        return [(key, nodes) for key in self._changed if (nodes := self._known[key])]

    def written(self) -> None:
        """The store has what was changed, in a transaction that nothing else follows in."""
        self._changed.clear()
        self._before.clear()
        if len(self._known) > MOST_REMEMBERED:
            self._known.clear()

    def forget(self) -> None:
        """The transaction was undone, or somebody else has counted."""
        self._known.clear()
        self._changed.clear()
        self._before.clear()
