"""`edge-unknown-node`: an edge names a node that does not exist. One finding a name, however often it is used."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from darwinflow.check.finding import ERROR, Finding, Fix
from darwinflow.check.meant import CURLS, listed_in, meant
from darwinflow.check.odd_one import is_odd
from darwinflow.check.references.renaming import doubted, renamed_node
from darwinflow.check.words import all_of, scalar, shown
from darwinflow.document.grammar.scan import BYTE_ORDER_MARK
from darwinflow.document.lines import Edit
from darwinflow.document.node import ALIAS, FLOW, SEQ
from darwinflow.document.problem import Related
from darwinflow.model.nearest import nearest
from darwinflow.projection.facts import SOURCE, End, is_text
from darwinflow.projection.graph import EndPlace
from darwinflow.projection.places import find
from darwinflow.projection.projection import Projection

_MAX_RELATED = 100
_MAX_NAMES = 2_000
"""More than anybody is shown findings of one file."""
_IN_NO_ID = frozenset(".,@")
"""Characters that every graph type refuses in an id."""
_MAX_LISTED = 8
"""Nodes that a message lists; more would hide what it says."""


def edge_unknown_node(
    projection: Projection,
    uses: Mapping[str, list[Finding]],
    unnamed: Collection[str],
    read: Collection[str],
) -> Iterator[tuple[str, Finding]]:
    """With the name that each finding is about. *uses*: by name, what is said of conditions and contexts that read a node which does not exist.

    *unnamed*: names that nodes are meant to have, of which it is said that they lack an id; *read*: nodes, meant by
    a slip, whose output is read under their own name, too.
    """
    graph = projection.graph
    if not graph.node_count and projection.empty_list_span() is None:
        return  # there is no list of nodes, which is said already
    if not graph.unknown:
        return
    slips, lists = meant(graph), listed_in(graph)
    meanings = Counter(slips.values())
    listed = graph.names[graph.implicit : graph.known]
    names = [name for name in graph.unknown if name not in unnamed and not projection.may_be_lost(name)]
    for name, places in projection.unknown_ends(dict.fromkeys(names[:_MAX_NAMES])).items():
        near = slips.get(name)
        if BYTE_ORDER_MARK in name or (near is not None and near.replace(BYTE_ORDER_MARK, "") == name):
            continue  # the mark is told where it stands
        if near is None and name not in uses and all(_is_told(projection, place) for place in places):
            continue
        shown_places = places if near is not None or name in lists else places[: _MAX_RELATED + 1]
        spans = [projection.end_span(place) for place in shown_places]
        message = f"no node is called '{shown(name)}'"
        fixes: tuple[Fix, ...] = ()
        if near is not None:
            message += f"; did you mean '{near}'?"
        elif name in lists and "," not in name and all(_is_in_brackets(projection, one) for one in places):
            text = ", ".join([scalar(node) for node in lists[name]])
            message += f"; a ',' is missing: {shown(text)}"
            if _may_be_list(projection, places, lists[name], is_one_of_many=True):
                fixes = (Fix("Write ',' between them", tuple([Edit(span, text) for span in spans])),)
        elif name in lists:
            message += f"; a list of nodes stands in brackets: {shown(_in_brackets(lists[name]))}"
            if _may_be_list(projection, places, lists[name]):
                text = _in_brackets(lists[name])
                fixes = (Fix("Put brackets around it", tuple([Edit(span, text) for span in spans])),)
        elif 0 < len(listed) <= _MAX_LISTED:
            message += f"; there are {all_of(listed)}"
        others_at = [*spans[1:], *[finding.span for finding in uses.get(name, ())]]
        related = tuple([Related(span, "also here") for span in others_at[:_MAX_RELATED]])
        finding = Finding("edge-unknown-node", ERROR, spans[0], message, related, fixes)
        if near is not None:
            others = [one.fixes for one in uses.get(name, ())]
            # Slips of one id that differ from each other agree with it more than with any other spelling.
            backing = (near in read) + (meanings[near] - 1)
            finding = _with_fixes(projection, finding, name, near, places, others, backing)
        yield name, finding


def _is_told(projection: Projection, place: EndPlace) -> bool:
    """Whether more is wrong there, which is told: the edge lacks a name, as one does that is half written, or the name is no text."""
    return True in projection.edge_fact(place.edge).lacks or not is_text(_ends(projection, place)[place.at])


def _with_fixes(
    projection: Projection,
    finding: Finding,
    name: str,
    near: str,
    places: list[EndPlace],
    others: list[tuple[Fix, ...]],
    backing: int,
) -> Finding:
    """*finding* with fixes that change *name*, at edges and elsewhere, to the id *near*, or else the id.

    *others*: fixes of conditions and contexts that name it; *backing*: what else than edges is for *near*.
    """
    graph = projection.graph
    number = graph.numbers[near]
    is_slip = nearest(name, (near,)) is not None
    given = renamed_node(projection, near, name) if number >= graph.implicit else ()
    if near.strip(CURLS) == name or (not is_slip and _is_no_text(projection, near)):
        return finding._replace(fixes=given)  # it is the id that is none
    used: tuple[Fix, ...] = ()
    if all(others) and _may_replace(projection, places, near):
        edits = [Edit(projection.end_span(place), scalar(near)) for place in places]
        edits += [edit for (fix, *_) in others for edit in fix.edits]
        used = (Fix(f"Change to '{near}'", tuple(edits)),)
    uses = len(graph.successors[number]) + len(graph.predecessors[number]) + backing
    is_certain = number < graph.implicit or is_odd(len(places) + len(others), uses)
    if is_certain and (is_slip or name.strip(CURLS) == near):
        return finding._replace(fixes=used)
    return doubted(finding._replace(fixes=used), given if not uses else (), "node", name)


def _is_no_text(projection: Projection, name: str) -> bool:
    """Whether the node's id is a number, true or false, as YAML reads it."""
    node = projection.node(name)
    data = node.fact.data if node is not None else None
    return isinstance(data, Mapping) and not isinstance(data.get("id"), str)


def _may_replace(projection: Projection, places: list[EndPlace], near: str) -> bool:
    """Whether the name can be changed at all its places without another finding."""
    if not _IN_NO_ID.isdisjoint(near):
        return False  # the id is what has to change
    for place in places:
        ends = _ends(projection, place)
        if ends[place.at].token.kind == ALIAS or not projection.may_be_end(near, place.side):
            return False
        if any(end.name == near for end in ends):
            return False  # the list would name it twice
    return True


def _in_brackets(names: tuple[str, ...]) -> str:
    return f"[{', '.join([scalar(name) for name in names])}]"


def _is_in_brackets(projection: Projection, place: EndPlace) -> bool:
    """Whether the name is one of a list in brackets."""
    found = find(projection.edge_fact(place.edge).item, ("from" if place.side == SOURCE else "to",))
    return found is not None and not found.rest and found.value.kind == SEQ and found.value.style == FLOW


def _may_be_list(
    projection: Projection, places: list[EndPlace], names: tuple[str, ...], *, is_one_of_many: bool = False
) -> bool:
    """Whether brackets, or commas in those that are there, make a sound list at all places of a text that names nodes."""
    return len(set(names)) == len(names) and all(
        (is_one_of_many or len(ends) == 1)
        and ends[place.at].token.kind != ALIAS
        and all(projection.may_be_end(name, place.side) for name in names)
        and is_one_of_many == _is_listed(projection, place)
        and not any(end.name in names for end in ends)
        for place in places
        for ends in [_ends(projection, place)]
    )


def _is_listed(projection: Projection, place: EndPlace) -> bool:
    data = projection.edge_fact(place.edge).data
    return isinstance(data, dict) and isinstance(data.get("from" if place.side == SOURCE else "to"), list)


def _ends(projection: Projection, place: EndPlace) -> tuple[End, ...]:
    edge = projection.edge_fact(place.edge)
    return edge.sources if place.side == SOURCE else edge.targets
