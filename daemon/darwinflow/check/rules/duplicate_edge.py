"""`duplicate-edge`: two edges lead from one node to the same other under the same condition.

One finding for all that an edge repeats of others.
"""

from collections.abc import Iterator
from itertools import chain, islice
from typing import NamedTuple

from darwinflow.check.finding import WARNING, Finding, Fix
from darwinflow.check.pairs import MAX_PAIRS, Meeting, repeated_pairs
from darwinflow.check.parallel import distinction, parallel_sources
from darwinflow.check.removing import removal
from darwinflow.check.words import all_quoted
from darwinflow.document.lines import Edit
from darwinflow.document.problem import Related
from darwinflow.projection.facts import SOURCE, TARGET, EdgeFact
from darwinflow.projection.graph import EndPlace, Place
from darwinflow.projection.projection import Projection

_MAX_RELATED = 100
_MAX_ENDS = 40
"""Of an edge that is compared with another; so many pairs share it that more would cost time."""


def duplicate_edge(projection: Projection) -> Iterator[Finding]:
    sources = parallel_sources(projection.graph)
    if not sources or not projection.graph_type.multi:
        return  # where no two edges may be parallel, `parallel-edge` says so
    alike: dict[object, list[tuple[Place, EdgeFact]]] = {}
    for place, edge in projection.edges_with(sources, SOURCE):
        alike.setdefault(distinction(edge), []).append((place, edge))
    pairs = chain.from_iterable([repeated_pairs(edges, projection.graph.numbers) for edges in alike.values()])
    repeats: dict[object, list[_Repeat]] = {}
    for left, entered, meetings in islice(pairs, MAX_PAIRS):
        met = list(islice(meetings, _MAX_RELATED + 2))
        edges = dict.fromkeys([meeting.edge for meeting in met])
        key = tuple(edges) if len(edges) == len(met) else (left, entered)
        repeats.setdefault(key, []).append(_Repeat(left, entered, met))
    for same in repeats.values():
        sides = {one.source for one in same}, {one.target for one in same}
        is_one = len(sides[0]) * len(sides[1]) == len(same)
        for group in [same] if is_one else [[one] for one in same]:
            yield _told(projection, group)


class _Repeat(NamedTuple):
    """What edges that say the same have in common."""

    source: str
    target: str
    meetings: list[Meeting]


def _told(projection: Projection, same: list[_Repeat]) -> Finding:
    """About *same*, that the same edges have in common: all sources with all targets."""
    met = same[0].meetings
    first, second, *more = [projection.end_span(_place_of(meeting)) for meeting in met]
    related = [Related(first, "the first"), *[Related(span, "and another") for span in more]]
    sources = all_quoted([*dict.fromkeys([one.source for one in same])])
    targets = all_quoted([*dict.fromkeys([one.target for one in same])])
    message = f"an edge from {sources} to {targets} stands there already; this one adds nothing"
    fixes = _fixes(projection, met) if len(met) <= _MAX_RELATED else ()
    return Finding("duplicate-edge", WARNING, second, message, tuple(related), fixes)


def _place_of(meeting: Meeting) -> EndPlace:
    """The name that is one too many."""
    if meeting.is_again:
        return EndPlace(meeting.edge, SOURCE, meeting.source)
    return EndPlace(meeting.edge, TARGET, meeting.target)


def _fixes(projection: Projection, meetings: list[Meeting]) -> tuple[Fix, ...]:
    """Removes each edge but the first, where it says nothing that the first does not say."""
    first, *again = dict.fromkeys([meeting.edge for meeting in meetings])
    if len(again) != len(meetings) - 1:
        return ()  # one of them names a node twice
    kept = projection.edge_fact(first)
    edits: list[Edit] = []
    for place in again:
        edge = projection.edge_fact(place)
        removed = _removal(projection, place, edge) if _is_within(edge, kept) else None
        if removed is None:
            return ()
        edits += removed
    title = "Remove the edge" if len(again) == 1 else f"Remove the {len(again)} edges"
    return (Fix(title, tuple(edits)),)


def _removal(projection: Projection, place: Place, edge: EdgeFact) -> tuple[Edit, ...] | None:
    return removal(projection.document, projection.segment(place), edge.item, projection.start_line(place))


def _is_within(edge: EdgeFact, other: EdgeFact) -> bool:
    """Whether *other* leads wherever *edge* does, and all else that they say is the same. Only of edges with few ends."""
    if len(other.sources) + len(other.targets) > _MAX_ENDS:
        return False
    ends = zip((edge.sources, edge.targets), (other.sources, other.targets), strict=True)
    return _rest(edge) == _rest(other) and all(
        {end.name for end in one}.issubset([end.name for end in more]) for one, more in ends
    )


def _rest(edge: EdgeFact) -> dict[str, object]:
    """What an edge says beside its ends. A list or mapping is the same as itself alone: aliases may make it endless."""
    data = edge.data if isinstance(edge.data, dict) else {}
    return {
        key: id(value) if isinstance(value, (list, dict)) else (type(value), value)
        for key, value in data.items()
        if key not in ("from", "to")
    }
