"""`edge-unknown-node`: an edge names a node that does not exist. One finding a name, however often it is used."""

from collections.abc import Collection, Iterator, Mapping

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
_MAX_NAMES = 2_000
"""More than anybody is shown findings of one file."""
_IN_NO_ID = frozenset(".,@")
"""Characters that every graph type refuses in an id."""
_MAX_LISTED = 8
"""Nodes that a message lists; more would hide what it says."""


def edge_unknown_node(
    projection: Projection, uses: Mapping[str, list[Finding]], unnamed: Collection[str]
) -> Iterator[Finding]:
    """*uses*: by name, what is said of conditions and contexts that read a node which does not exist.

    *unnamed*: names that nodes are meant to have, of which it is said that they lack an id.
    """
    graph = projection.graph
    if not graph.node_count and projection.empty_list_span() is None:
        return  # there is no list of nodes, which is said already
    slips = meant(graph)
    listed = graph.names[graph.implicit : graph.known]
    names = [name for name in graph.unknown if name not in unnamed and not projection.may_be_lost(name)]
    for name, places in projection.unknown_ends(dict.fromkeys(names[:_MAX_NAMES])).items():
        near = slips.get(name)
        shown_places = places if near is not None else places[: _MAX_RELATED + 1]
        spans = [projection.end_span(place) for place in shown_places]
        message = f"no node is called '{shown(name)}'"
        fixes: tuple[Fix, ...] = ()
        if near is not None:
            message += f"; did you mean '{near}'?"
            others = [finding.fixes for finding in uses.get(name, ())]
            if _may_replace(projection, places, near) and all(others):
                edits = [Edit(span, scalar(near)) for span in spans]
                edits += [edit for (fix, *_) in others for edit in fix.edits]
                fixes = (Fix(f"Change to '{near}'", tuple(edits)),)
        elif 0 < len(listed) <= _MAX_LISTED:
            message += f"; there are {all_of(listed)}"
        others_at = [*spans[1:], *[finding.span for finding in uses.get(name, ())]]
        related = tuple([Related(span, "also here") for span in others_at[:_MAX_RELATED]])
        yield Finding("edge-unknown-node", ERROR, spans[0], message, related, fixes)


def _may_replace(projection: Projection, places: list[EndPlace], near: str) -> bool:
    """Whether the name can be changed at all its places without another finding."""
    if not _IN_NO_ID.isdisjoint(near):
        return False  # the id is what has to change
    for place in places:
        edge = projection.edge_fact(place.edge)
        ends = edge.sources if place.side == SOURCE else edge.targets
        if ends[place.at].token.kind == ALIAS or not projection.may_be_end(near, place.side):
            return False
        if any(end.name == near for end in ends):
            return False  # the list would name it twice
    return True
