"""`empty-workflow`: the list of nodes is there and has nothing in it."""

from collections.abc import Iterator

from darwinflow.check.finding import WARNING, Finding
from darwinflow.projection.projection import Projection


def empty_workflow(projection: Projection) -> Iterator[Finding]:
    span = projection.empty_list_span()
    if span is not None:
        message = f"the {projection.graph_type.name} has no nodes, so a run of it does nothing"
        yield Finding("empty-workflow", WARNING, span, message)
