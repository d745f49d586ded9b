"""`self-loop`: an edge leads from a node to itself, in a graph type that has no such edges."""

from collections.abc import Iterator

from darwinflow.check.finding import ERROR, Finding
from darwinflow.check.words import shown
from darwinflow.document.problem import Related
from darwinflow.projection.facts import TARGET
from darwinflow.projection.graph import EndPlace
from darwinflow.projection.projection import Projection

_MAX_RELATED = 100


def self_loop(projection: Projection) -> Iterator[Finding]:
    if projection.graph_type.allow_self_loops:
        return
    found: dict[str, list[EndPlace]] = {}
    for place, edge in projection.placed_edges():
        names = {end.name for end in edge.sources}
        for at, end in enumerate(edge.targets):
            if end.name in names:
                found.setdefault(end.name, []).append(EndPlace(place, TARGET, at))
    for name, places in found.items():
        spans = [projection.end_span(place) for place in places[: _MAX_RELATED + 1]]
        message = f"no edge of a {projection.graph_type.name} may lead from a node to itself, as this one of '{shown(name)}' does"
        related = tuple([Related(span, "also here") for span in spans[1:]])
        yield Finding("self-loop", ERROR, spans[0], message, related)
