"""`reserved-id`: a node takes an id that means something else already."""

from collections.abc import Iterator

from darwinflow.check.finding import ERROR, Finding
from darwinflow.check.mistaken import own_name
from darwinflow.projection.projection import Projection


def reserved_id(projection: Projection) -> Iterator[Finding]:
    graph_type = projection.graph_type
    for name, place in projection.listed_under(frozenset(graph_type.implicit) | graph_type.reserved):
        if name in graph_type.implicit:
            message = f"'{name}' is always there and never listed; call this node something else"
        else:
            message = f"'{name}' is reserved: references use the word; call this node something else"
        fixes = own_name(projection, place)
        yield Finding("reserved-id", ERROR, projection.id_span(place), message, (), fixes)
