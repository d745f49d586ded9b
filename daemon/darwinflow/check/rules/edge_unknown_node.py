"""`edge-unknown-node`: an edge names a node that does not exist. One finding a name, however often it is used."""

from collections.abc import Iterator

from darwinflow.check.finding import ERROR, Finding, Fix
from darwinflow.check.meant import meant
from darwinflow.check.words import all_of, scalar, shown
from darwinflow.document.lines import Edit
from darwinflow.document.node import ALIAS
from darwinflow.document.problem import Related
from darwinflow.projection.facts import SOURCE
from darwinflow.projection.graph import EndPlace
from darwinflow.projection.projection import Projection

_MAX_RELATED = 100
_MAX_LISTED = 8
"""Nodes that a message lists; more would hide what it says."""


def edge_unknown_node(projection: Projection) -> Iterator[Finding]:
    graph = projection.graph
    if not graph.node_count and projection.empty_list_span() is None:
        return  # there is no list of nodes, which is said already
    for name, places in graph.unknown.items():
        if projection.may_be_lost(name):
            continue
        spans = [projection.end_span(place) for place in places]
        near = meant(graph).get(name)
        message = f"no node is called '{shown(name)}'"
        fixes: tuple[Fix, ...] = ()
        listed = graph.names[graph.implicit : graph.known]
        if near is not None:
            message += f"; did you mean '{near}'?"
            if _may_replace(projection, places, near):
                edits = tuple([Edit(span, scalar(near)) for span in spans])
                fixes = (Fix(f"Change to '{near}'", edits),)
        elif 0 < len(listed) <= _MAX_LISTED:
            message += f"; there are {all_of(listed)}"
        related = tuple([Related(span, "also here") for span in spans[1 : _MAX_RELATED + 1]])
        yield Finding("edge-unknown-node", ERROR, spans[0], message, related, fixes)


def _may_replace(projection: Projection, places: list[EndPlace], near: str) -> bool:
    """Whether the name can be changed at all its places without another finding."""
    for place in places:
        edge = projection.edge_fact(place.edge)
        ends = edge.sources if place.side == SOURCE else edge.targets
        if ends[place.at].token.kind == ALIAS or not projection.may_be_end(near, place.side):
            return False
    return True
