"""Which nodes have more than one edge to the same other node, and what tells such edges apart."""

from itertools import compress

from darwinflow.check.bits import bits_of
from darwinflow.projection.facts import EdgeFact, Facts
from darwinflow.projection.graph import Graph


def parallel_sources(graph: Graph) -> frozenset[str]:
    """Names of nodes that more than one arrow leads from to the same other. Kept with the graph."""
    known = graph.memo.get(__name__)
    if known is None:
        behind = _Behind(graph)
        successors = graph.successors[: len(graph.names)]
        many = compress(zip(graph.names, successors, strict=True), map((1).__lt__, map(len, successors)))
        names = [
            name
            for name, targets in many
            if len(set(targets)) < len(targets) or (graph.joins and behind.is_shared(targets))
        ]
        if behind.repeating:
            names += [
                name
                for name, targets in zip(graph.names, successors, strict=True)
                if len(targets) == 1 and targets[0] in behind.repeating
            ]
        known = graph.memo[__name__] = frozenset(names)
    assert isinstance(known, frozenset)
    return known


class _Behind:
    """What the joins of a graph lead to, as bits."""

    def __init__(self, graph: Graph) -> None:
        self._nodes = len(graph.names)
        targets = graph.successors[self._nodes :]
        self._bits = [bits_of(numbers) for numbers in targets]
        self._repeats = [len(set(numbers)) < len(numbers) for numbers in targets]
        self.repeating = {self._nodes + join for join, repeats in enumerate(self._repeats) if repeats}
        """Joins that lead to some node more than once."""

    def is_shared(self, targets: list[int]) -> bool:
        """Whether *targets*, nodes and joins, lead to some node more than once."""
        joins = [target - self._nodes for target in targets if target >= self._nodes]
        if not joins:
            return False
        met = bits_of(target for target in targets if target < self._nodes)
        for join in joins:
            if self._repeats[join] or met & self._bits[join]:
                return True
            met |= self._bits[join]
        return False


def distinction(edge: EdgeFact) -> tuple[object, object, object]:
    """Condition, type and key: edges between the same nodes that have all three alike are one too many."""
    values = [
        edge.data.get(key) if isinstance(edge.data, dict) else None for key in ("condition", "type", "key")
    ]
    condition, kind, key = [value if not isinstance(value, (list, dict)) else id(value) for value in values]
    return condition, kind, key


def same_parallels(graph: Graph, old: Facts, new: Facts) -> bool:
    """Whether edges that lead beside others are as before, where both facts have the same arrows."""
    sources = parallel_sources(graph)
    return not sources or all(
        distinction(one) == distinction(other)
        for one, other in zip(old.edges, new.edges, strict=True)
        if any(end.name in sources for end in one.sources)
    )
