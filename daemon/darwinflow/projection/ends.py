"""The ends of edges: where each name stands, and which types of nodes may be one."""

from collections.abc import Container, Iterable

from darwinflow.graph.graph_type import GraphType
from darwinflow.projection.facts import SOURCE, TARGET, Facts
from darwinflow.projection.graph import EndPlace, Place


def end_is_allowed(graph_type: GraphType, type_name: str, side: int) -> bool:
    """Whether some edge type takes a node of this type at this side; types that nobody knows are taken."""
    implicit = [node.name for node in graph_type.implicit.values()]
    if type_name not in graph_type.node_types and type_name not in implicit:
        return True
    for edge_type in graph_type.edge_types.values():
        allowed = edge_type.allowed_sources if side == SOURCE else edge_type.allowed_targets
        if allowed is None or type_name in allowed:
            return True
    return not graph_type.edge_types


def ends_by_name(
    located: Iterable[tuple[int, int, Facts]], names: Container[str] | None = None
) -> dict[str, list[EndPlace]]:
    """*located*: section, segment and what it gives. *names*: those that are asked for; else all."""
    found: dict[str, list[EndPlace]] = {}
    for section, segment, facts in located:
        for index, edge in enumerate(facts.edges):
            place = Place(section, segment, index)
            for side, ends in ((SOURCE, edge.sources), (TARGET, edge.targets)):
                for at, end in enumerate(ends):
                    if names is None or end.name in names:
                        found.setdefault(end.name, []).append(EndPlace(place, side, at))
    return found
