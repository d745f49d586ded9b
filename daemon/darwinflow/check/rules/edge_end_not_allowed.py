"""`edge-end-not-allowed`: an edge leaves or enters a node that its type may not leave or enter."""

from collections.abc import Iterator

from darwinflow.check.finding import ERROR, Finding
from darwinflow.document.problem import elsewhere
from darwinflow.projection.facts import SOURCE, TARGET
from darwinflow.projection.projection import Projection


def edge_end_not_allowed(projection: Projection) -> Iterator[Finding]:
    graph = projection.graph
    for name in graph.names[: graph.implicit]:
        number = graph.numbers[name]
        for side, arrows in ((SOURCE, graph.successors), (TARGET, graph.predecessors)):
            if not arrows[number] or projection.may_be_end(name, side):
                continue
            spans = [use.span for use in projection.references(name) if use.side == side]
            if side == SOURCE:
                message = f"no edge may leave '{name}': runs end there"
            else:
                message = f"no edge may lead to '{name}': runs begin there"
            related = tuple(elsewhere(spans[1:], len(spans) - 1, "also here"))
            yield Finding("edge-end-not-allowed", ERROR, spans[0], message, related)
