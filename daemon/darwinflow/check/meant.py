"""Which nodes the names that no node has were meant to be."""

from darwinflow.check.nearest import nearest
from darwinflow.projection.graph import Graph

_MAX_COMPARED = 30_000
"""Names times ids: in a large graph only the first slips get a suggestion, so that typing stays quick."""
_MIN_NAMES = 10


def meant(graph: Graph) -> dict[str, str]:
    """The node that each unknown name is clearly a slip of; names without one are not in it. Kept with the graph."""
    known = graph.memo.get(__name__)
    if known is None:
        known = graph.memo[__name__] = _meant(graph)
    assert isinstance(known, dict)
    return known


def _meant(graph: Graph) -> dict[str, str]:
    ids = graph.names[: graph.known]
    count = max(_MAX_COMPARED // max(len(ids), 1), _MIN_NAMES)
    found = {name: nearest(name, ids) for name in list(graph.unknown)[:count]}
    return {name: near for name, near in found.items() if near is not None}
