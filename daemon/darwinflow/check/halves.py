"""Edges that lack a name at some side, which is said of their own; each may be the edge that something else misses."""

from typing import NamedTuple

from darwinflow.projection.facts import SOURCE, TARGET
from darwinflow.projection.projection import Projection


class Half(NamedTuple):
    """One such edge, with the numbers of the names that it has."""

    sources: tuple[int, ...]
    targets: tuple[int, ...]
    lacks_source: bool
    lacks_target: bool


def halves(projection: Projection) -> tuple[Half, ...]:
    """In the order of the text; kept with the graph."""
    memo = projection.graph.memo
    if __name__ not in memo:
        numbers = projection.graph.numbers
        memo[__name__] = tuple(
            [
                Half(
                    tuple([numbers[end.name] for end in edge.sources]),
                    tuple([numbers[end.name] for end in edge.targets]),
                    lacks_source=edge.lacks[SOURCE],
                    lacks_target=edge.lacks[TARGET],
                )
                for column in projection.graph.columns
                for segment in column.half_segments
                for edge in projection.facts(column.section, segment).edges
                if True in edge.lacks
            ]
        )
    found = memo[__name__]
    assert isinstance(found, tuple)
    return found


def half_sources(projection: Projection) -> set[int]:
    """Nodes from which an edge leads to something that is not named; each may be the way out."""
    return {source for half in halves(projection) if half.lacks_target for source in half.sources}


def half_targets(projection: Projection) -> set[int]:
    """Nodes to which an edge leads from something that is not named; each may be reached."""
    return {target for half in halves(projection) if half.lacks_source for target in half.targets}


def may_lead_into(half: Half, group: set[int]) -> bool:
    """Whether the name that the edge lacks may be the one that leads to *group* from outside of it."""
    return half.lacks_target and (half.lacks_source or not group.issuperset(half.sources))


def may_lead_out_of(half: Half, group: set[int]) -> bool:
    """Whether the name that the edge lacks may be the one that leads on from *group*."""
    return half.lacks_source and (half.lacks_target or not group.issuperset(half.targets))
