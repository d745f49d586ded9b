"""What an edit leaves alone: rules run again only on what depends on what has changed."""

import pytest

from bench.documents import node_id, workflow
from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import Checked, check
from darwinflow.check.part import Part
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.model.span import Span
from darwinflow.projection import native

from .editing import REFERRING, sharing

TEXT = workflow(60)


def part_of(checked: Checked) -> Part:
    part = checked.parts[0]
    assert part is not None
    return part


def after(catalog: Catalog, old: str, new: str, *, text: str = TEXT) -> tuple[Part, Part]:
    """The first graph before and after *new* is written for the first *old*."""
    document = Document.parse(text)
    before = check(document, catalog)
    before.findings()
    line, column = next((at, row.index(old)) for at, row in enumerate(document.lines) if old in row)
    edit = Edit(Span(line, column, line, column + len(old)), new)
    return part_of(before), part_of(check(document.edit(edit), catalog, None, before))


def test_a_valid_document_has_no_finding(catalog: Catalog) -> None:
    assert check(Document.parse(TEXT), catalog).findings() == ()


def test_a_keystroke_in_a_text_leaves_the_graph_and_all_references_as_they_were(catalog: Catalog) -> None:
    before, now = after(catalog, "You are step 6", "You are a step 6")
    assert now.projection.graph is before.projection.graph
    assert now.referring.references.tables is before.referring.references.tables
    assert now.referring.references.options is before.referring.references.options
    assert now.referring.findings is before.referring.findings


def test_a_keystroke_in_a_condition_keeps_the_graph_and_the_rows_of_other_segments(catalog: Catalog) -> None:
    before, now = after(catalog, "output.decision == 'forward'", "output.decision == 'forwards'")
    assert now.projection.graph is before.projection.graph
    assert [finding.code for finding in now.referring.findings] == ["condition-never-true"]
    nodes, edges = now.referring.references.tables
    assert nodes is before.referring.references.tables[0]
    assert edges.reads is before.referring.references.tables[1].reads


def test_what_is_wrong_elsewhere_stays_the_same_object(catalog: Catalog) -> None:
    text = TEXT.replace("'around'", "'arond'", 1)
    before, now = after(catalog, "You are step 6", "You are a step 6", text=text)
    assert before.referring.findings
    assert now.referring.findings is before.referring.findings


def test_an_edited_edge_is_judged_with_what_it_changes_further_on(catalog: Catalog) -> None:
    _, now = after(catalog, f"from: {node_id(0)}, to: {node_id(1)}", f"from: {node_id(0)}, to: END")
    assert "unreachable-node" in {finding.code for finding in now.graph}
    assert not now.referring.findings  # nothing reads across the gap that unreachable nodes do not explain


def test_an_option_that_is_renamed_is_missed_by_the_edges_that_take_it(catalog: Catalog) -> None:
    """That no edge takes the new one follows, as long as the edges name the old one."""
    _, now = after(catalog, "options: [forward, around]", "options: [straight, around]")
    assert [finding.code for finding in now.referring.findings] == ["condition-never-true"]


def test_findings_move_with_a_line_that_the_head_of_a_list_takes_in(catalog: Catalog) -> None:
    first = "  - {id: fetch-docs"
    before, now = after(catalog, first, f"\n{first}", text=REFERRING)
    assert before.referring.findings
    assert [one.span.line for one in now.referring.findings] == [
        one.span.line + 1 for one in before.referring.findings
    ]


def test_a_key_with_a_slip_keeps_the_graph_and_has_one_finding(catalog: Catalog) -> None:
    before, now = after(catalog, "nodes:", "nodxes:")
    assert now.projection.graph is before.projection.graph
    assert [finding.code for finding in now.header] == ["unknown-field"]
    assert now.graph == now.referring.findings == ()
    assert now.faulty == before.faulty


def test_a_character_at_column_0_takes_no_node_from_the_list(catalog: Catalog) -> None:
    before, now = after(catalog, "    description: ", "x    description: ")
    assert now.projection.ids == before.projection.ids
    assert now.projection.graph.columns[-1].sources is before.projection.graph.columns[-1].sources
    assert now.graph == now.referring.findings == ()


def test_a_character_before_the_dash_of_a_node_is_one_finding_however_often_the_node_is_named(
    catalog: Catalog,
) -> None:
    line = f"  - id: {node_id(30)}"
    document = Document.parse(TEXT)
    before = check(document, catalog)
    row = list(document.lines).index(line)
    edited = document.edit(Edit(Span(row, 0, row, 0), "x"))
    assert [one.code for one in check(edited, catalog, None, before).findings()] == ["yaml-syntax"]


SHARED = sharing(15)


def test_an_anchor_that_no_id_or_reference_comes_from_leaves_the_facts_of_its_users_alone(
    catalog: Catalog,
) -> None:
    before, now = after(catalog, "said of many", "said of them all", text=SHARED)
    assert now.projection.graph is before.projection.graph
    assert now.referring.references is before.referring.references
    assert now.faulty == before.faulty
    carrier = now.projection.carriers[0]
    segments = now.projection.document.roots[0].sections[carrier.section].segments
    assert len(segments) == 30
    assert [at for at in range(15) if (native.__name__, native.NODES) in segments[at].memo] == []


@pytest.mark.parametrize("text", ["3", "[a]", ""])
def test_an_anchor_that_no_user_takes_is_a_finding_at_each(catalog: Catalog, text: str) -> None:
    before, now = after(catalog, "said of many", text, text=SHARED)
    assert not [one for one in before.faulty if one.segments]
    assert [len(one.segments) for one in now.faulty] == [15, 0]


def test_a_fault_of_syntax_in_a_list_under_a_key_with_a_slip_says_nothing_of_the_other_keys(
    catalog: Catalog,
) -> None:
    text = TEXT.replace("\nnodes:", "\nno3des:") + "more: []\n"
    _, now = after(catalog, "    type: TOOL_CALL", "    to: type: TOOL_CALL", text=text)
    fresh = check(now.projection.document, catalog).parts[0]
    assert fresh is not None
    assert now.header == fresh.header
    assert [one.code for one in now.header] == ["unknown-field", "unknown-field", "missing-field"]
