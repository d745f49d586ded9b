"""`duplicate-edge`: two edges lead from one node to the same other under the same condition."""

from collections.abc import Iterator

from darwinflow.check.finding import WARNING, Finding
from darwinflow.check.parallel import distinction, parallel_sources
from darwinflow.check.words import quoted
from darwinflow.document.problem import Related
from darwinflow.projection.facts import SOURCE, TARGET
from darwinflow.projection.graph import EndPlace
from darwinflow.projection.projection import Projection

_MAX_RELATED = 100


def duplicate_edge(projection: Projection) -> Iterator[Finding]:
    sources = parallel_sources(projection.graph)
    if not sources or not projection.graph_type.multi:
        return  # where no two edges may be parallel, `parallel-edge` says so
    seen: dict[tuple[object, ...], list[EndPlace]] = {}
    for place, edge in projection.edges_with(sources, SOURCE):
        met: set[str] = set()
        for number, source in enumerate(edge.sources):
            is_repeated = source.name in met
            met.add(source.name)
            for at, target in enumerate(edge.targets):
                where = EndPlace(place, SOURCE, number) if is_repeated else EndPlace(place, TARGET, at)
                seen.setdefault((source.name, target.name, *distinction(edge)), []).append(where)
    for (left, entered, *_), places in seen.items():
        if len(places) > 1:
            first, second, *more = [projection.end_span(place) for place in places[: _MAX_RELATED + 2]]
            related = [Related(first, "the first")]
            related += [Related(span, "and another") for span in more]
            message = f"an edge from {quoted(str(left))} to {quoted(str(entered))} stands there already; this one adds nothing"
            yield Finding("duplicate-edge", WARNING, second, message, tuple(related))
