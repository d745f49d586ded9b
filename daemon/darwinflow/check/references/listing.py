"""The findings among the references of a document, at their places."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from darwinflow.check.cel import MAX_CHARACTERS
from darwinflow.check.finding import Finding
from darwinflow.check.meant import meant
from darwinflow.check.mistaken import mistaken
from darwinflow.check.nameless import nameless, names_of_lost, names_of_nameless, names_of_refused
from darwinflow.check.odd_one import is_odd
from darwinflow.check.references.reference import reference_of
from darwinflow.check.references.remark import Answered, Remark
from darwinflow.check.references.renaming import doubted, renamed_answer, renamed_node
from darwinflow.check.references.rows import nodes_read
from darwinflow.check.references.state import References, SegmentKey
from darwinflow.check.references.subject import Citation, Condition, Scope
from darwinflow.check.rules.edge_unknown_node import edge_unknown_node
from darwinflow.check.rules.of_references import CITATION_RULES, CONDITION_RULES
from darwinflow.check.rules.option_not_handled import option_not_handled
from darwinflow.document.problem import Related
from darwinflow.document.segment import Segment
from darwinflow.projection.facts import EdgeFact, Facts, NodeFact
from darwinflow.projection.projection import Projection

_MAX_RELATED = 100
_MAX_REMARKS = 1_000
"""Of one segment; more than there are findings of a whole file would only cost time."""
_OF_WALKS = frozenset(
    {"condition-not-upstream", "context-not-upstream", "upstream-avoidable", "option-not-handled"}
)
"""Silent where a fault of syntax may hide a node or an edge."""


def reference_findings(
    projection: Projection, references: References
) -> tuple[tuple[Finding, ...], dict[str, int]]:
    """Also those of names at edges that no node has, which conditions and contexts may use, too.

    With the names that no node has, and which of the findings is about each.
    """
    scope = Scope(projection, references.options)
    is_whole = projection.is_whole and projection.lists_edges
    found: list[Finding] = []
    uses: dict[str, list[Finding]] = {}
    answers: dict[Answered, list[Finding]] = {}
    keys = sorted(references.troubled)
    _prepare(scope, keys)
    for key in keys:
        start = projection.document.segment_start(projection.root_index, *key)
        for remark in _remarks(scope, key):
            finding = remark.finding.moved(start)
            if remark.name:
                uses.setdefault(remark.name, []).append(finding)
            elif remark.answered is not None:
                answers.setdefault(remark.answered, []).append(finding)
            elif is_whole or finding.code not in _OF_WALKS:
                found.append(finding)
    found += [_about_answers(projection, references, *one) for one in answers.items()]
    unnamed = _unnamed(scope, uses)
    read = {name for name in set(meant(scope.graph).values()) if references.reads(name)}
    about: dict[str, int] = {}
    for name, finding in edge_unknown_node(projection, uses, unnamed, read):
        about[name] = len(found)
        found.append(finding)
    if projection.graph.node_count or projection.empty_list_span() is not None:
        for name, findings in uses.items():
            is_told = name in projection.graph.unknown or name in unnamed
            if not is_told and not projection.may_be_lost(name):
                about[name] = len(found)
                found.append(_about_name(scope, references, name, findings))
    if is_whole:
        found += option_not_handled(projection, references.unhandled)
    return tuple(found), about


def _about_answers(
    projection: Projection,
    references: References,
    answered: Answered,
    findings: list[Finding],
) -> Finding:
    """One finding for an answer that a node never gives, or for all of them where none is a slip of one that it gives."""
    decider, answer, near = answered
    if not near:
        return _together(findings, "nor this")
    found = _together(findings)
    others = references.comparisons(decider, near)
    if is_odd(len(findings), others):
        return found
    given = renamed_answer(projection, decider, near, answer) if not others else ()
    return doubted(found, given, "option", answer)


def _about_name(scope: Scope, references: References, name: str, findings: list[Finding]) -> Finding:
    """One finding for a name that no node has and no edge uses."""
    found = _together(findings)
    near = scope.nearest_node(name)
    if near is None or not found.fixes or not found.fixes[0].title.endswith(f"'{near}'"):
        return found
    number = scope.graph.numbers[near]
    edges = len(scope.graph.successors[number]) + len(scope.graph.predecessors[number])
    others = edges + references.reads(near)
    if is_odd(len(findings), others):
        return found
    return doubted(found, renamed_node(scope.projection, near, name) if not others else (), "node", name)


def _unnamed(scope: Scope, uses: Iterable[str]) -> frozenset[str]:
    """Names that nodes are meant to have which lack an id, or have one that is not theirs. *uses*: those in conditions and contexts."""
    graph = scope.graph
    refused = names_of_refused(meant(graph)) | names_of_lost(scope.projection)
    taken = mistaken(scope.projection)
    if taken is not None:
        refused |= {taken.name}
    if not nameless(scope.projection):
        return refused
    others = [name for name in uses if name not in graph.unknown]
    clear = [*meant(graph), *[name for name in others if scope.nearest_node(name) is not None]]
    names = [name for name in (*graph.unknown, *others) if not scope.projection.may_be_lost(name)]
    return names_of_nameless(scope.projection, names, clear) | refused


def _together(findings: list[Finding], at_others: str = "also here") -> Finding:
    """One finding for all uses of a name; its fix changes all of them, or is none."""
    first, *more = findings
    related = tuple([Related(other.span, at_others) for other in more[:_MAX_RELATED]])
    fixes = first.fixes
    if more and fixes:
        same = [fix for finding in more for fix in finding.fixes if fix.title == fixes[0].title]
        edits = tuple([edit for fix in (fixes[0], *same) for edit in fix.edits])
        fixes = (fixes[0]._replace(edits=edits),) if len(same) == len(more) else ()
    return first._replace(related=(*first.related, *related), fixes=fixes)


def _remarks(scope: Scope, key: SegmentKey) -> list[Remark]:
    """What the rules say of one segment; kept with it as long as everything else stays."""
    projection = scope.projection
    segment, facts = _segment(scope, key)
    if not _holds(segment.memo.get(__name__), scope, facts):
        start = projection.document.segment_start(projection.root_index, *key)
        lines = projection.document.lines.slice(start, start + segment.line_count)
        of_nodes = [_of_node(scope, node, lines) for node in facts.nodes]
        of_edges = [_of_edge(scope, edge, lines) for edge in facts.edges]
        remarks = list(islice(chain(*of_nodes, *of_edges), _MAX_REMARKS))
        segment.memo[__name__] = (facts, scope.graph, scope.options, remarks)
    kept: list[Remark] = segment.memo[__name__][3]
    return kept


def _segment(scope: Scope, key: SegmentKey) -> tuple[Segment, Facts]:
    root = scope.projection.document.roots[scope.projection.root_index]
    return root.sections[key[0]].segment(key[1]), scope.projection.facts(*key)


def _holds(known: Any, scope: Scope, facts: Facts) -> bool:
    return known is not None and known[0] is facts and known[1] is scope.graph and known[2] is scope.options


def _prepare(scope: Scope, keys: Iterable[SegmentKey]) -> None:
    """Ask at once about all the nodes that fixes would name."""
    pairs: list[tuple[str, str]] = []
    for key in keys:
        segment, facts = _segment(scope, key)
        if _holds(segment.memo.get(__name__), scope, facts):
            continue
        for node in facts.nodes:
            heads = [reference_of(reading.text).name for reading in node.reads[:_MAX_REMARKS]]
            pairs += [(node.name, name) for head in heads if (name := _meant(scope, head)) is not None]
        for edge in facts.edges:
            if edge.condition is not None and len(edge.condition) <= MAX_CHARACTERS:
                names = {node.name for _, node in nodes_read(edge.condition)}
                found = [name for one in names if (name := _meant(scope, one)) is not None]
                pairs += [(end.name, name) for end in edge.sources[:_MAX_REMARKS] for name in found]
    scope.prepare(pairs)


def _meant(scope: Scope, name: str) -> str | None:
    """The node that a fix would name for *name*."""
    if not name or scope.is_node(name) or scope.is_always_there(name):
        return name if scope.is_node(name) else None
    return scope.nearest_node(name)


def _of_node(scope: Scope, node: NodeFact, lines: list[str]) -> Iterator[Remark]:
    node_type = scope.projection.graph_type.node_types.get(node.kind)
    for reading in node.reads:
        if node_type is not None and reading.path[1] not in node_type.config_fields:
            continue  # the field is out of place, which is said of it
        citation = Citation(scope, node, reading, lines)
        if not citation.is_a_reference:
            continue
        for rule in CITATION_RULES:
            yield from rule(citation)


def _of_edge(scope: Scope, edge: EdgeFact, lines: list[str]) -> Iterator[Remark]:
    if edge.condition is None or not edge.sources:
        return
    condition = Condition(scope, edge, edge.condition, lines)
    for rule in CONDITION_RULES:
        yield from rule(condition)
