"""`parallel-edge`: two edges connect the same nodes, in a graph type that has one edge between any two."""

from collections.abc import Iterator
from itertools import islice

from darwinflow.check.finding import ERROR, Finding
from darwinflow.check.pairs import repeated_pairs
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
    either_way = graph_type.direction != "directed"
    numbers = projection.graph.numbers
    for one, other, meetings in repeated_pairs(projection.placed_edges(), numbers, either_way=either_way):
        places = [EndPlace(at.edge, TARGET, at.target) for at in islice(meetings, _MAX_RELATED + 2)]
        first, second, *more = map(projection.end_span, places)
        related = [Related(first, "the first"), *[Related(span, "and another") for span in more]]
        message = f"a {graph_type.name} has at most one edge between two nodes; {quoted(one)} and {quoted(other)} have one already"
        yield Finding("parallel-edge", ERROR, second, message, tuple(related))
