"""The node that took an id which it may not have: another's, or a reserved one. What follows from that is not told beside it."""

from typing import Final, NamedTuple

from darwinflow.check.exchanged import without_exchanged
from darwinflow.check.finding import Finding, Fix
from darwinflow.check.meant import meant
from darwinflow.check.words import scalar, shown
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.document.node import SCALAR
from darwinflow.document.problem import Related
from darwinflow.model.span import Span
from darwinflow.projection.graph import Place
from darwinflow.projection.projection import Projection

_OF_IDS: Final = frozenset({"invalid-value", "wrong-type"})
_UNKNOWN: Final = "edge-unknown-node"


class Mistaken(NamedTuple):
    """The one node of a graph whose id is not its own, and the one name that no node has."""

    place: Place
    name: str


def mistaken(projection: Projection) -> Mistaken | None:
    """Kept with the graph. None where there are more such nodes or names, so that nobody can tell which is which."""
    memo = projection.graph.memo
    if __name__ not in memo:
        memo[__name__] = _mistaken(projection)
    found = memo[__name__]
    assert found is None or isinstance(found, Mistaken)
    return found


def own_name(projection: Projection, place: Place) -> tuple[Fix, ...]:
    """Gives the node at *place* the name that edges call it by; none where that is not plain."""
    found = mistaken(projection)
    token = projection.node_fact(place).id_token
    if found is None or found.place != place or token is None:
        return ()
    if token.kind != SCALAR or token.anchor is not None or token.tag is not None:
        return ()
    edit = Edit(projection.id_span(place), scalar(found.name))
    return (Fix(f"Call this node '{shown(found.name)}'", (edit,), is_certain=False),)


def _mistaken(projection: Projection) -> Mistaken | None:
    graph = projection.graph
    if not graph.unknown or len(graph.repeats) + len(graph.listed) > 1:
        return None
    reserved = [name for name in projection.graph_type.reserved if graph.numbers.get(name, -1) >= 0]
    unused = {name for name in reserved if not _is_used(projection, name)}
    slips = meant(graph)
    names = [name for name in graph.unknown if slips.get(name) is None or slips[name] in unused]
    if len(names) != 1:
        return None
    places = [place for more in graph.repeats.values() for place in more]
    places += [place for _, place in graph.listed]
    places += [place for name in unused if (place := graph.place(graph.numbers[name])) is not None]
    return Mistaken(places[0], names[0]) if len(places) == 1 else None


def _is_used(projection: Projection, name: str) -> bool:
    graph = projection.graph
    number = graph.numbers[name]
    return number >= graph.known or bool(graph.successors[number]) or bool(graph.predecessors[number])


def told_at_ids(document: Document, found: list[Finding]) -> list[Finding]:
    """*found* without what is said of names at edges where the id that has to change is told for another reason.

    The id's finding takes over the fix and the places. A line that stands there twice is one finding, too.
    """
    found = without_exchanged(document, _without_doubled(document, found))
    ids = {one.span: one for one in found if one.code in _OF_IDS and one.message.startswith("'id' ")}
    if not ids:
        return found
    gone: set[Finding] = set()
    told: list[Finding] = []
    for one in found:
        fixes = tuple([fix for fix in one.fixes if len(fix.edits) == 1 and fix.edits[0].span in ids])
        if one.code != _UNKNOWN or not fixes:
            continue
        about = ids.pop(fixes[0].edits[0].span, None)
        if about is not None:
            gone.update((one, about))
            places = [one.span, *[other.span for other in one.related]]
            related = [Related(span, "this is meant to be it") for span in places]
            told.append(about._replace(related=(*about.related, *related), fixes=fixes))
    return [one for one in found if one not in gone] + told if told else found


def _without_doubled(document: Document, found: list[Finding]) -> list[Finding]:
    """*found*, what is said of a line `- id: NAME` and the same line above it as one."""
    doubled: dict[int, Finding] = {}
    for one in found:
        row = one.span.line
        if one.code == "duplicate-node-id" and [place.span.line for place in one.related] == [row - 1]:
            above, line = document.lines.slice(row - 1, row + 1)
            if above == line:
                doubled[row - 1] = one
    if not doubled:
        return found
    lacking = {
        one.span.line: one for one in found if one.code == "missing-field" and one.span.line in doubled
    }
    told = {doubled[row]: _as_doubled(doubled[row]) for row in lacking}
    gone = set(lacking.values())
    return [told.get(one, one) for one in found if one not in gone]


def _as_doubled(finding: Finding) -> Finding:
    row = finding.span.line
    fix = Fix("Remove one of them", (Edit(Span(row, 0, row + 1, 0), ""),))
    return finding._replace(message="this line stands there twice; remove one of them", fixes=(fix,))
