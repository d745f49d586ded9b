"""`subworkflow-recursive`: a workflow runs itself, directly or by way of others, and would never end."""

from collections.abc import Iterator

from darwinflow.check.finding import ERROR, Finding
from darwinflow.check.following import way_back
from darwinflow.check.neighbours import Neighbours, Own
from darwinflow.check.words import all_of, quoted


def subworkflow_recursive(own: Own, neighbours: Neighbours) -> Iterator[Finding]:
    for call in own.facts.calls:
        way = way_back(call, own.path, neighbours)
        if way is None:
            continue
        through = f" by way of {all_of([quoted(name) for name in way])}" if way else ""
        message = f"this runs the workflow inside itself{through}, without an end; take one of the steps out"
        yield Finding("subworkflow-recursive", ERROR, call.span, message)
