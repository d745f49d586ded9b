"""`unreachable-node`: no way leads to a node from where runs begin.

Of nodes that are out of reach only for one another's sake, the first is named: what lies behind it comes into
reach with it. Nodes that one missing edge may have led to are one finding.
"""

from collections.abc import Iterator

from darwinflow.check.fans import fans
from darwinflow.check.finding import WARNING, Finding
from darwinflow.check.joins import through
from darwinflow.check.nameless import has_lost_edges
from darwinflow.check.reach import reach
from darwinflow.check.words import all_quoted
from darwinflow.document.problem import Related
from darwinflow.projection.projection import Projection

_MAX_RELATED = 20


def unreachable_node(projection: Projection) -> Iterator[Finding]:
    graph = projection.graph
    if not projection.is_whole or not projection.lists_edges or has_lost_edges(projection):
        return
    found, groups = reach(projection), fans(projection)
    if found is None or groups is None:
        return
    for group in groups.lost:
        spans = [projection.id_span(place) for number in group if (place := graph.place(number)) is not None]
        names = all_quoted([graph.names[number] for number in group])
        if any(source != group[0] for source in through(graph, graph.predecessors, group[0], set())):
            message = f"no way leads from {found.start_name} to {names}"
        else:
            message = f"no edge leads to {names}"
        related = [Related(span, "nor to this") for span in spans[1:_MAX_RELATED]]
        yield Finding("unreachable-node", WARNING, spans[0], message, tuple(related))
