"""`duplicate-edge`: two edges lead from one node to the same other under the same condition."""

from collections.abc import Iterator
from itertools import chain, islice

from darwinflow.check.finding import WARNING, Finding
from darwinflow.check.pairs import MAX_PAIRS, Meeting, repeated_pairs
from darwinflow.check.parallel import distinction, parallel_sources
from darwinflow.check.words import quoted
from darwinflow.document.problem import Related
from darwinflow.projection.facts import SOURCE, TARGET, EdgeFact
from darwinflow.projection.graph import EndPlace, Place
from darwinflow.projection.projection import Projection

_MAX_RELATED = 100


def duplicate_edge(projection: Projection) -> Iterator[Finding]:
    sources = parallel_sources(projection.graph)
    if not sources or not projection.graph_type.multi:
        return  # where no two edges may be parallel, `parallel-edge` says so
    alike: dict[object, list[tuple[Place, EdgeFact]]] = {}
    for place, edge in projection.edges_with(sources, SOURCE):
        alike.setdefault(distinction(edge), []).append((place, edge))
    pairs = chain.from_iterable([repeated_pairs(edges, projection.graph.numbers) for edges in alike.values()])
    for left, entered, meetings in islice(pairs, MAX_PAIRS):
        places = [_place_of(meeting) for meeting in islice(meetings, _MAX_RELATED + 2)]
        first, second, *more = map(projection.end_span, places)
        related = [Related(first, "the first"), *[Related(span, "and another") for span in more]]
        message = (
            f"an edge from {quoted(left)} to {quoted(entered)} stands there already; this one adds nothing"
        )
        yield Finding("duplicate-edge", WARNING, second, message, tuple(related))


def _place_of(meeting: Meeting) -> EndPlace:
    """The name that is one too many."""
    if meeting.is_again:
        return EndPlace(meeting.edge, SOURCE, meeting.source)
    return EndPlace(meeting.edge, TARGET, meeting.target)
