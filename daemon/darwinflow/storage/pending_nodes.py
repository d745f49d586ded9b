"""Figures of nodes that a transaction has changed, so that each row is written once, at its end."""

from collections.abc import Callable, Mapping, Sequence

from darwinflow.model.metric import ExecutionMetric
from darwinflow.storage.figures import FigureRow, node_in
from darwinflow.storage.sums import DayKey, Nodes, Sums, with_steps

MOST_REMEMBERED = 64

Load = Callable[[DayKey], Nodes]
"""What the store has of a day; empty where it has nothing."""


class PendingNodes:
    """Of one connection that writes; it remembers days beyond the transaction, until somebody else has counted.

    What is undone is taken back here, too, while the work of others in the same transaction stays.
    """

    __slots__ = ("_known", "_waiting")

    def __init__(self) -> None:
        self._known: dict[DayKey, Nodes] = {}
        """What the store has, as far as it is known."""
        self._waiting: list[tuple[DayKey, ExecutionMetric | Nodes]] = []
        """Runs to count, and figures to put, in their order. They are added up at the end: what is undone is cut off."""

    def add(self, key: DayKey, metric: ExecutionMetric, load: Load) -> None:
        """One more run."""
        self._remember(key, load)
        self._waiting.append((key, metric))

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
            self._remember(key, load)
            self._waiting.append((key, nodes))

    @property
    def mark(self) -> int:
        """This moment, for `take_back_to`."""
        return len(self._waiting)

    def take_back_to(self, mark: int) -> None:
        del self._waiting[mark:]

    def changed(self) -> dict[DayKey, Nodes]:
        """What the store does not have yet."""
        changed: dict[DayKey, Nodes] = {}
        for key, given in self._by_day().items():
            nodes = self._known[key]
            runs: list[ExecutionMetric] = []
            for one in given:
                if isinstance(one, ExecutionMetric):
                    runs.append(one)
                else:
                    nodes, runs = {**with_steps(nodes, runs), **one}, []
            nodes = with_steps(nodes, runs)
            changed[key] = nodes
        return changed

    def written(self, changed: Mapping[DayKey, Nodes]) -> None:
        """The store has what was `changed`, and nothing else follows in the transaction; where that is undone, `forget` says so."""
        self._known.update(changed)
        self._waiting.clear()
        if len(self._known) > MOST_REMEMBERED:
            self._known.clear()

    def forget(self) -> None:
        """The transaction was undone, or somebody else has counted."""
        self._known.clear()
        self._waiting.clear()

    def _remember(self, key: DayKey, load: Load) -> None:
        if key not in self._known:
            self._known[key] = load(key)

    def _by_day(self) -> dict[DayKey, list[ExecutionMetric | Nodes]]:
        days: dict[DayKey, list[ExecutionMetric | Nodes]] = {}
        for key, one in self._waiting:
            days.setdefault(key, []).append(one)
        return days
