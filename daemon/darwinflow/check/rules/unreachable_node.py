"""`unreachable-node`: no way leads to a node from where runs begin.

Of nodes that are out of reach only for one another's sake, the first is named: what lies behind it comes into
reach with it.
"""

from collections.abc import Iterator

from darwinflow.check.finding import WARNING, Finding
from darwinflow.check.joins import through
from darwinflow.check.nameless import has_lost_edges
from darwinflow.check.reach import reach
from darwinflow.check.words import shown
from darwinflow.projection.projection import Projection


def unreachable_node(projection: Projection) -> Iterator[Finding]:
    graph = projection.graph
    if not projection.is_whole or not projection.lists_edges or has_lost_edges(projection):
        return
    found = reach(projection)
    if found is None or found.gap is not None:
        return  # of a gap, the node before it tells
    for number in found.unreachable:
        place = graph.place(number)
        assert place is not None
        name = shown(graph.names[number])
        if any(source != number for source in through(graph, graph.predecessors, number, set())):
            message = f"no way leads from {found.start_name} to '{name}'"
        else:
            message = f"no edge leads to '{name}'"
        yield Finding("unreachable-node", WARNING, projection.id_span(place), message)
