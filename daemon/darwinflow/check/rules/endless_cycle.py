"""`endless-cycle`: runs that enter a cycle never get out of it.

Either no edge leads out, or edges without a condition, which are always taken, close the cycle by themselves.
"""

from collections.abc import Iterator

from darwinflow.check.cycles import endless_cycles
from darwinflow.check.finding import ERROR, Finding
from darwinflow.check.words import all_of, quoted
from darwinflow.document.problem import Related
from darwinflow.model.span import Span
from darwinflow.projection.facts import TARGET
from darwinflow.projection.graph import EndPlace
from darwinflow.projection.projection import Projection

_MAX_RELATED = 20


def endless_cycle(projection: Projection) -> Iterator[Finding]:
    graph = projection.graph
    if not projection.is_whole:
        return
    for cycle in endless_cycles(projection):
        way = [graph.names[number] for number in cycle.nodes]
        if cycle.has_exit:
            message = f"edges without a condition are always taken, so {_subject(way)} without end; put a condition on one of them"
        else:
            message = f"no edge leads out of the cycle, so {_subject(way)} without end; add an edge that does"
        places = [graph.place(number) for number in cycle.nodes]
        related = [
            Related(projection.id_span(place), "the cycle runs through here")
            for place in places
            if place is not None
        ]
        span = closing_span(projection, way[-1], way[0])
        yield Finding("endless-cycle", ERROR, span, message, tuple(related[:_MAX_RELATED]))


def _subject(way: list[str]) -> str:
    if len(way) == 1:
        return f"{quoted(way[0])} repeats"
    return f"{all_of([quoted(name) for name in way])} repeat"


def closing_span(projection: Projection, source: str, target: str) -> Span:
    """The name *target* at the last edge that leads there from *source*."""
    found: EndPlace | None = None
    for place, edge in projection.edges_with({target}, TARGET):
        if any(end.name == source for end in edge.sources):
            at = next(at for at, end in enumerate(edge.targets) if end.name == target)
            found = EndPlace(place, TARGET, at)
    assert found is not None, "the graph has an arrow that no edge gives"
    return projection.end_span(found)
