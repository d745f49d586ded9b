"""The findings among the references of a document, at their places."""

from collections.abc import Iterator

from darwinflow.check.finding import Finding, Fix
from darwinflow.check.references.remark import Remark
from darwinflow.check.references.state import References, SegmentKey
from darwinflow.check.references.subject import Citation, Condition, Scope
from darwinflow.check.rules import CITATION_RULES, CONDITION_RULES
from darwinflow.check.rules.edge_unknown_node import edge_unknown_node
from darwinflow.check.rules.option_not_handled import option_not_handled
from darwinflow.document.problem import Related
from darwinflow.projection.facts import EdgeFact, NodeFact
from darwinflow.projection.projection import Projection

_MAX_RELATED = 100
_OF_WALKS = frozenset(
    {"condition-not-upstream", "context-not-upstream", "upstream-avoidable", "option-not-handled"}
)
"""Silent where a fault of syntax may hide a node or an edge."""


def reference_findings(projection: Projection, references: References) -> tuple[Finding, ...]:
    """Also those of names at edges that no node has, which conditions and contexts may use, too."""
    scope = Scope(projection, references.options)
    is_whole = projection.is_whole and projection.lists_edges
    found: list[Finding] = []
    uses: dict[str, list[Finding]] = {}
    for key in sorted(references.troubled):
        start = projection.document.segment_start(projection.root_index, *key)
        for remark in _remarks(scope, key):
            finding = remark.finding.moved(start)
            if remark.name:
                uses.setdefault(remark.name, []).append(finding)
            elif is_whole or finding.code not in _OF_WALKS:
                found.append(finding)
    found += edge_unknown_node(projection, uses)
    if projection.graph.node_count or projection.empty_list_span() is not None:
        for name, findings in uses.items():
            if name not in projection.graph.unknown and not projection.may_be_lost(name):
                found.append(_together(findings))
    if is_whole:
        found += option_not_handled(projection, references.unhandled)
    return tuple(found)


def _together(findings: list[Finding]) -> Finding:
    """One finding for all uses of a name; its fix changes all of them, or is none."""
    first, *more = findings
    related = tuple([Related(other.span, "also here") for other in more[:_MAX_RELATED]])
    fixes = first.fixes
    if more and fixes:
        same = [fix for finding in more for fix in finding.fixes if fix.title == fixes[0].title]
        edits = tuple([edit for fix in (fixes[0], *same) for edit in fix.edits])
        fixes = (Fix(fixes[0].title, edits),) if len(same) == len(more) else ()
    return first._replace(related=(*first.related, *related), fixes=fixes)


def _remarks(scope: Scope, key: SegmentKey) -> list[Remark]:
    """What the rules say of one segment; kept with it as long as everything else stays."""
    projection = scope.projection
    root = projection.document.roots[projection.root_index]
    segment = root.sections[key[0]].segment(key[1])
    facts = projection.facts(*key)
    known: tuple[object, object, object, list[Remark]] | None = segment.memo.get(__name__)
    if known is None or known[0] is not facts or known[1] is not scope.graph or known[2] is not scope.options:
        start = projection.document.segment_start(projection.root_index, *key)
        lines = projection.document.lines.slice(start, start + segment.line_count)
        remarks = [remark for node in facts.nodes for remark in _of_node(scope, node, lines)]
        remarks += [remark for edge in facts.edges for remark in _of_edge(scope, edge, lines)]
        segment.memo[__name__] = known = (facts, scope.graph, scope.options, remarks)
    return known[3]


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
