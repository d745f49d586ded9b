"""`edge-constraint`: an edge leaves or enters a node of a type that edges of its type do not connect."""

from collections.abc import Iterator

from darwinflow.check.finding import ERROR, Finding
from darwinflow.check.words import any_of, quoted, shown, with_article
from darwinflow.graph.graph_type import EdgeType, GraphType
from darwinflow.projection.facts import SOURCE, TARGET, EdgeFact
from darwinflow.projection.graph import EndPlace, Graph
from darwinflow.projection.projection import Projection


def edge_constraint(projection: Projection) -> Iterator[Finding]:
    graph_type = projection.graph_type
    if not any(_forbids(edge_type, graph_type) for edge_type in graph_type.edge_types.values()):
        return
    for place, edge in projection.placed_edges():
        edge_type = type_of(graph_type, edge)
        if edge_type is None:
            continue  # its type is missing or unknown, which is said of its own
        for side, ends, allowed in (
            (SOURCE, edge.sources, edge_type.allowed_sources),
            (TARGET, edge.targets, edge_type.allowed_targets),
        ):
            for at, end in enumerate(ends):
                kind = _listed_type(projection.graph, graph_type, end.name)
                if allowed is not None and kind is not None and kind not in allowed:
                    span = projection.end_span(EndPlace(place, side, at))
                    yield Finding("edge-constraint", ERROR, span, _message(edge_type, side, end.name, kind))


def _message(edge_type: EdgeType, side: int, name: str, kind: str) -> str:
    allowed = edge_type.allowed_sources if side == SOURCE else edge_type.allowed_targets
    verb = "leave" if side == SOURCE else "lead to"
    what = any_of([with_article(one) for one in sorted(allowed or ())])
    return f"{quoted(edge_type.name)} edges {verb} {what}, and '{shown(name)}' is {with_article(kind)}"


def _forbids(edge_type: EdgeType, graph_type: GraphType) -> bool:
    """Whether edges of this type may not connect every type of node that is listed."""
    sides = (edge_type.allowed_sources, edge_type.allowed_targets)
    return any(allowed is not None and not allowed.issuperset(graph_type.node_types) for allowed in sides)


def type_of(graph_type: GraphType, edge: EdgeFact) -> EdgeType | None:
    """The edge's type, which goes without saying where there is only one; None where nobody knows it."""
    if not edge.kind and len(graph_type.edge_types) == 1:
        return next(iter(graph_type.edge_types.values()))
    return graph_type.edge_types.get(edge.kind)


def _listed_type(graph: Graph, graph_type: GraphType, name: str) -> str | None:
    """The type of a node that is listed; what may be done with one that is always there, other rules say."""
    number = graph.numbers[name]
    if not graph.implicit <= number < graph.known:
        return None
    return graph.types[number] if graph.types[number] in graph_type.node_types else None
