"""`no-path-to-end`: from a node that runs reach, no way leads to where they end. One finding for nodes that are connected."""

from collections.abc import Iterator

from darwinflow.check.cycles import endless_cycles
from darwinflow.check.fans import fans
from darwinflow.check.finding import WARNING, Finding
from darwinflow.check.nameless import has_lost_edges
from darwinflow.check.reach import reach
from darwinflow.check.words import all_quoted, shown
from darwinflow.document.problem import Related
from darwinflow.graph.walk import reached
from darwinflow.projection.projection import Projection

_MAX_RELATED = 20


def no_path_to_end(projection: Projection) -> Iterator[Finding]:
    graph = projection.graph
    if not projection.is_whole or not projection.lists_edges or has_lost_edges(projection):
        return
    found, groups = reach(projection), fans(projection)
    if found is None or groups is None:
        return
    caught = _lead_into_cycles(projection)
    for stuck in groups.stuck:
        group = [number for number in stuck if not caught[number]] if caught else stuck
        if not group:
            continue
        first = graph.place(group[0])
        assert first is not None
        message = f"no way leads from '{shown(graph.names[group[0]])}' to {found.end_name}"
        stops = [
            place for number in group[1:] if not graph.successors[number] and (place := graph.place(number))
        ]
        related = [Related(projection.id_span(place), "the way ends here") for place in stops[:_MAX_RELATED]]
        if groups.gap and any(not graph.successors[number] for number in group):
            names = all_quoted([graph.names[number] for number in groups.gap])
            message += f", and none to {names}; an edge between them seems to be missing"
            gap = [place for number in groups.gap if (place := graph.place(number)) is not None]
            related += [
                Related(projection.id_span(place), "no way leads to this") for place in gap[:_MAX_RELATED]
            ]
        yield Finding("no-path-to-end", WARNING, projection.id_span(first), message, tuple(related))


def _lead_into_cycles(projection: Projection) -> bytearray:
    """A byte for each node: 1 where a way leads into a cycle without an exit, which is the reason. May be empty."""
    inside = [
        number for cycle in endless_cycles(projection) if not cycle.has_exit for number in cycle.component
    ]
    return reached(inside, projection.graph.predecessors) if inside else bytearray()
