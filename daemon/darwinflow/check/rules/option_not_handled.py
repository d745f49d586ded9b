"""`option-not-handled`: every edge that leaves a node tests its decision, and none takes one of the answers."""

from collections.abc import Iterator, Mapping

from darwinflow.check.finding import WARNING, Finding
from darwinflow.check.halves import half_sources, halves
from darwinflow.check.meant import meanings
from darwinflow.check.words import all_of, quoted
from darwinflow.document.problem import Related
from darwinflow.model.span import Span
from darwinflow.projection.places import find, token
from darwinflow.projection.projection import NodeRef, Projection

_MAX_RELATED = 20


def option_not_handled(projection: Projection, unhandled: Mapping[str, tuple[str, ...]]) -> Iterator[Finding]:
    """*unhandled*: by node, the answers that no edge takes."""
    graph = projection.graph
    slips = {node for nodes in meanings(graph).values() for node in nodes}
    unknown = range(graph.known, len(graph.names))
    if (
        any(graph.successors[number] for number in unknown)
        or any(half.lacks_source for half in halves(projection))
        or max(half_sources(projection), default=0) in unknown
    ):
        # An edge that leaves a name that no node has, or none, may be the one that takes the answer.
        return
    for name, answers in unhandled.items():
        node = projection.node(name)
        if node is None or name in slips:
            continue
        first, *more = [_span(node, answer) for answer in answers]
        related = [Related(span, "nor this one") for span in more[:_MAX_RELATED]]
        what = "the answer" if len(answers) == 1 else "the answers"
        message = f"no edge takes {what} {all_of([quoted(answer) for answer in answers])} of {quoted(name)}"
        yield Finding("option-not-handled", WARNING, first, message, tuple(related))


def _span(node: NodeRef, answer: str) -> Span:
    data = node.fact.data
    assert isinstance(data, dict)
    found = find(node.fact.item, ("config", "options", data["config"]["options"].index(answer)))
    return token(found).moved(node.start_line) if found is not None else node.span
