"""`parallel-edge`: two edges connect the same nodes, in a graph type that has one edge between any two."""

from collections.abc import Iterator

from darwinflow.check.finding import ERROR, Finding
from darwinflow.check.words import quoted
from darwinflow.document.problem import Related
from darwinflow.projection.facts import TARGET
from darwinflow.projection.graph import EndPlace
from darwinflow.projection.projection import Projection

_MAX_RELATED = 100


def parallel_edge(projection: Projection) -> Iterator[Finding]:
    graph_type = projection.graph_type
    if graph_type.multi:
        return
    is_directed = graph_type.direction == "directed"
    seen: dict[tuple[str, str], list[EndPlace]] = {}
    for place, edge in projection.placed_edges():
        for source in edge.sources:
            for at, target in enumerate(edge.targets):
                pair = source.name, target.name
                key = pair if is_directed or pair[0] <= pair[1] else pair[::-1]
                seen.setdefault(key, []).append(EndPlace(place, TARGET, at))
    for pair, places in seen.items():
        if len(places) > 1:
            first, second, *more = [projection.end_span(place) for place in places[: _MAX_RELATED + 2]]
            related = [Related(first, "the first"), *[Related(span, "and another") for span in more]]
            message = f"a {graph_type.name} has at most one edge between two nodes; {quoted(pair[0])} and {quoted(pair[1])} have one already"
            yield Finding("parallel-edge", ERROR, second, message, tuple(related))
