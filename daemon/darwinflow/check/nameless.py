"""Names that a node may be meant to have which lists no usable id: that is said of the node, and not of their uses."""

from collections.abc import Iterable, Mapping
from typing import Final

from darwinflow.projection.graph import Place
from darwinflow.projection.projection import Projection

_OUTSIDE: Final = " \t\u00a0.,@"
"""What no id may begin or end with."""


def nameless(projection: Projection) -> tuple[Place, ...]:
    """Entries of the list of nodes without a usable id; kept with the graph."""
    memo = projection.graph.memo
    if __name__ not in memo:
        memo[__name__] = tuple(
            [
                Place(column.section, *column.node_place(at))
                for column in projection.graph.columns
                if "" in column.names
                for at, name in enumerate(column.names)
                if not name
                and not projection.node_fact(Place(column.section, *column.node_place(at))).is_edge
            ]
        )
    found = memo[__name__]
    assert isinstance(found, tuple)
    return found


def names_of_nameless(projection: Projection, names: Iterable[str], clear: Iterable[str]) -> frozenset[str]:
    """Those of *names*, which no node has, that are meant to be nodes without an id.

    These say the name under another key, or there are as many as names are left over. *clear*: names that are
    slips of ids, which are told where there are too many names.
    """
    places = nameless(projection)
    if not places:
        return frozenset()
    wanted = set(names)
    said: set[str] = set()
    silent = 0
    for place in places:
        mentioned = wanted.intersection(_texts(projection.node_fact(place).data))
        said |= mentioned
        # Which names a fault of syntax hides, the text of its lines tells.
        silent += not mentioned and not projection.segment(place).problems
    for left in (wanted.difference(said), wanted.difference(said, clear)):
        if len(left) <= silent:
            return frozenset(said | left)
    return frozenset(said)


def _texts(data: object) -> list[str]:
    """What stands under the keys of a node, but for its type and what is free text."""
    if not isinstance(data, dict):
        return []
    return [
        value for key, value in data.items() if isinstance(value, str) and key not in ("type", "description")
    ]


def names_of_refused(slips: Mapping[str, str]) -> frozenset[str]:
    """Names that nodes have but for characters at the end of their ids that no id may hold, which is said of the ids.

    *slips*: by name, the node that it is clearly a slip of.
    """
    return frozenset([name for name, near in slips.items() if name != near and name == sound_id(near)])


def sound_id(name: str) -> str:
    """*name* without what no id may begin or end with."""
    return name.strip(_OUTSIDE)


def has_lost_edges(projection: Projection) -> bool:
    """Whether edges stand among the nodes, which is told of them; kept with the graph."""
    memo = projection.graph.memo
    key = (__name__, "edges")
    if key not in memo:
        memo[key] = any(
            projection.node_fact(Place(column.section, *column.node_place(at))).is_edge
            for column in projection.graph.columns
            if "" in column.names
            for at, name in enumerate(column.names)
            if not name
        )
    return memo[key] is True


def names_of_lost(projection: Projection) -> frozenset[str]:
    """Ids of nodes that stand among the edges, which is told of them."""
    return frozenset(
        [
            edge.node
            for column in projection.graph.columns
            for segment in column.half_segments
            for edge in projection.facts(column.section, segment).edges
            if edge.node
        ]
    )
