"""Which nodes have more than one edge to the same other node, and what tells such edges apart."""

from darwinflow.projection.facts import EdgeFact, Facts
from darwinflow.projection.graph import Graph


def parallel_sources(graph: Graph) -> frozenset[str]:
    """Names of nodes that more than one arrow leads from to the same other. Kept with the graph."""
    known = graph.memo.get(__name__)
    if known is None:
        names = [
            graph.names[number]
            for number, targets in enumerate(graph.successors)
            if len(targets) > 1 and len(set(targets)) < len(targets)
        ]
        known = graph.memo[__name__] = frozenset(names)
    assert isinstance(known, frozenset)
    return known


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
