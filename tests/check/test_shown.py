"""Of more findings than anybody reads, the gravest are shown, and how many there are of each."""

from collections import Counter

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.check.finding import ERROR, HINT, WARNING, Finding
from darwinflow.check.shown import MAX_FINDINGS, shown
from darwinflow.document.document import Document
from darwinflow.model.span import Span

LOOSE_NODES = "id: many\nversion: 1\nnodes:\n" + "".join(
    f"  - {{id: n{at}, type: HUMAN_INPUT}}\n" for at in range(MAX_FINDINGS + 200)
)
"""Nodes that no edge leads to, each a warning."""
EDGES = "edges:\n  - {from: START, to: n0}\n  - {from: n0, to: END}\n"


def findings(text: str, catalog: Catalog) -> tuple[Finding, ...]:
    return check(Document.parse(text), catalog, is_named=True).findings()


def test_an_error_behind_a_thousand_warnings_is_shown(catalog: Catalog) -> None:
    found = findings(LOOSE_NODES + EDGES + "  - {from: n0, to: nowhere}\n", catalog)
    assert "edge-unknown-node" in {finding.code for finding in found}
    assert len(found) == MAX_FINDINGS + 1
    assert [finding.span for finding in found] == sorted(finding.span for finding in found)
    (limit,) = [finding for finding in found if finding.code == "document-limit"]
    assert limit.message == (
        "1000 of 1200 findings are shown, errors before warnings before hints; there are 1 error and 1199 warnings"
    )


def test_of_one_weight_the_first_are_shown(catalog: Catalog) -> None:
    found = findings(LOOSE_NODES + EDGES, catalog)
    *first, last = found
    assert {finding.code for finding in first} == {"unreachable-node"}
    assert [finding.span.line for finding in first] == list(range(4, 4 + MAX_FINDINGS))
    assert (last.code, last.span.line) == ("document-limit", 4 + MAX_FINDINGS)
    assert last.message == "1000 of 1199 findings are shown"


def test_a_thousand_unknown_tags_hide_no_fault_of_syntax(catalog: Catalog) -> None:
    text = LOOSE_NODES.replace("HUMAN_INPUT", "!x HUMAN_INPUT") + EDGES + "description: [a\n"
    assert "'[' is never closed; add ']'" in {finding.message for finding in findings(text, catalog)}


def test_hints_give_way_to_warnings_and_warnings_to_errors() -> None:
    weights = [HINT, WARNING, ERROR]
    many = [Finding("x", weights[at % 3], Span(at, 0, at, 1), "x") for at in range(1800)]
    kept = Counter(finding.severity for finding in shown(many))
    assert kept == {ERROR: 601, WARNING: 400}
    assert shown(many[:MAX_FINDINGS]) == many[:MAX_FINDINGS]
