"""What one missing edge leads to at both of its ends: one finding."""

from darwinflow.check.finding import Finding
from darwinflow.check.mentions.joining import joined
from darwinflow.check.part import Part
from darwinflow.document.problem import Related
from darwinflow.graph.walk import reached
from darwinflow.projection.projection import Projection

_LOST = "unreachable-node"
UNHANDLED = "option-not-handled"


def graph_findings(part: Part) -> list[Finding]:
    """What is said of the graph and of references; of an answer that no edge takes, with the nodes that such edges would lead to."""
    found = [*part.graph, *joined(part.referring.findings, part.referring.about, part.mentioned.also)]
    lost = [one for one in part.graph if one.code == _LOST]
    unhandled = [one for one in part.referring.findings if one.code == UNHANDLED] if lost else []
    if len(unhandled) != 1:
        return found
    (options,) = unhandled
    if len(lost) > 1 + len(options.related) or not _comes_before(part.projection, options, lost):
        return found
    gone = {options, *lost}
    nodes = [span for one in lost for span in (one.span, *[other.span for other in one.related])]
    related = [Related(span, "and no edge leads to this node") for span in nodes]
    told = options._replace(related=(*options.related, *related))
    return [one for one in found if one not in gone] + [told]


def _comes_before(projection: Projection, options: Finding, lost: list[Finding]) -> bool:
    """Whether the node that decides is in reach without those that are *lost*."""
    decider = node_at(projection, options.span.line)
    spans = [span for one in lost for span in (one.span, *[other.span for other in one.related])]
    firsts = [node_at(projection, span.line) for span in spans]
    if decider is None or None in firsts:
        return False
    behind = reached([number for number in firsts if number is not None], projection.graph.successors)
    return not behind[decider]


def node_at(projection: Projection, line: int) -> int | None:
    """The number of the node whose entry holds *line*."""
    place = projection.document.locate(line)
    start = projection.document.segment_start(*place[:3])
    for fact in projection.facts(place.section_index, place.segment_index).nodes:
        if fact.item.line <= line - start <= fact.item.end_line:
            return projection.graph.numbers.get(fact.name)
    return None
