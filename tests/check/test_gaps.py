"""An edge that is missing is one finding, which names both of its ends."""

import pytest

from darwinflow.catalog.catalog import Catalog

from .test_one_slip import TEXT, checked, said

PLAIN = TEXT.replace("  - from: help\n    to: wait\n", "  - {from: help, to: wait}\n")


@pytest.mark.parametrize(
    ("edge", "message", "beside"),
    [
        ("  - {from: START, to: ask}\n", "no edge leads to 'ask'", []),
        ("  - {from: ask, to: sign, condition: \"output.decision == 'Anna'\"}\n", "no edge takes the answer 'Anna' of 'ask'", ["sign"]),
        ("  - {from: wait, to: END}\n", "no way leads from 'ask' to END", ["wait"]),
    ],
)  # fmt: skip
def test_an_edge_that_is_missing_is_one_finding(
    edge: str, message: str, beside: list[str], catalog: Catalog
) -> None:
    (found,) = checked(PLAIN.replace(edge, ""), catalog).findings()
    assert found.message == message
    lines = PLAIN.split("\n")
    assert [lines[one.span.line][one.span.column : one.span.end_column] for one in found.related] == beside


def test_of_a_gap_both_sides_are_named(catalog: Catalog) -> None:
    text = PLAIN.replace("  - from: sign\n    to: wait\n  - {from: help, to: wait}\n", "")
    (found,) = checked(text, catalog).findings()
    assert found.code == "no-path-to-end"
    assert found.message.startswith(
        "no way leads from 'ask' to END, and none to 'wait'; an edge between them"
    )
    assert found.related[-1].message == "no way leads to this"


def test_what_the_missing_edge_would_not_mend_is_told_beside_it(catalog: Catalog) -> None:
    lost = "  - {id: lost, type: HUMAN_INPUT}\nedges:\n"
    edge = "  - {from: ask, to: sign, condition: \"output.decision == 'Anna'\"}\n"
    both = said(PLAIN.replace("edges:\n", lost).replace(edge, ""), catalog)
    codes = [one.partition(" | ")[2].partition(":")[0] for one in both]
    assert sorted(codes) == ["option-not-handled", "unreachable-node", "unreachable-node"]


def test_a_node_before_the_one_that_decides_is_told_of_its_own(catalog: Catalog) -> None:
    text = PLAIN.replace("  - {from: START, to: ask}\n", "").replace(
        "  - {from: ask, to: help, condition: \"output.decision == 'Otto'\"}\n",
        "  - {from: START, to: help}\n",
    )
    codes = [one.partition(" | ")[2].partition(":")[0] for one in said(text, catalog)]
    assert codes == ["unreachable-node", "option-not-handled"]


def test_a_way_into_a_cycle_hides_no_node_that_is_out_of_reach(catalog: Catalog) -> None:
    text = PLAIN.replace("  - from: sign\n    to: wait\n", "  - {from: sign, to: sign}\n").replace(
        "  - {from: help, to: wait}\n", "  - {from: help, to: sign}\n"
    )
    codes = {one.partition(" | ")[2].partition(":")[0] for one in said(text, catalog)}
    assert codes == {"endless-cycle", "unreachable-node"}
