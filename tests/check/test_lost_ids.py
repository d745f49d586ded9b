"""A line `- id: NAME` that is lost, or stands there twice, is one finding at its place."""

import pytest

from darwinflow.catalog.catalog import Catalog

from .test_one_slip import TEXT, after_fixes, checked, said

BLOCKS = TEXT.replace(
    "  - {id: help, type: HUMAN_INPUT}\n",
    "  # who else\n  - id: help\n    type: CLAUDE_CODE\n    config:\n      prompt: Help\n",
)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["ask", "sign", "help", "wait"])
def test_a_line_that_is_lost_is_told_where_it_belongs(name: str, ending: str, catalog: Catalog) -> None:
    whole = BLOCKS.replace("\n", ending)
    text = whole.replace(f"  - id: {name}{ending}", "")
    (found,) = checked(text, catalog).findings()
    assert found.span.line == BLOCKS.split("\n").index(f"  - id: {name}")
    assert found.message.startswith(f"a node begins here, and its line '- id: {name}' is missing")
    assert after_fixes(text, catalog) == whole


@pytest.mark.parametrize("comment", ["", "  # said above\n\n"])
def test_a_line_that_is_lost_below_a_node_in_braces_is_told(comment: str, catalog: Catalog) -> None:
    line = "  - id: wait\n"
    whole = TEXT.replace(line, f"{comment}{line}")
    text = whole.replace(line, "")
    (found,) = checked(text, catalog).findings()
    assert found.message == "a node begins here, and its line '- id: wait' is missing"
    assert after_fixes(text, catalog) == whole


def test_options_that_a_node_takes_over_are_not_compared_with_conditions(catalog: Catalog) -> None:
    options = "    type: HUMAN_INPUT\n    config:\n      prompt: Sure?\n      options: [yes, no]\n"
    text = TEXT.replace("    type: CLAUDE_CODE\n    config: {prompt: Sign it}\n", options)
    assert said(text, catalog) == []
    (found,) = said(text.replace("  - id: sign\n", ""), catalog)
    assert "its line '- id: sign' is missing" in found


def test_of_two_lines_that_are_lost_no_name_is_known(catalog: Catalog) -> None:
    text = BLOCKS.replace("  - id: help\n", "").replace("  - id: wait\n", "")
    found = checked(text, catalog).findings()
    assert [one.code for one in found] == ["duplicate-key"]
    assert all("- id: NAME" in one.message and not one.fixes for one in found)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["ask", "sign", "help", "wait"])
def test_a_line_that_is_exchanged_with_the_id_below_it_is_one_finding(
    name: str, ending: str, catalog: Catalog
) -> None:
    lines = BLOCKS.split("\n")
    at = lines.index(f"  - id: {name}")
    lines[at : at + 2] = reversed(lines[at : at + 2])
    text = ending.join(lines)
    (found,) = checked(text, catalog).findings()
    assert found.span.line == at
    assert found.message == f"this line belongs below '- id: {name}'; exchange the two"
    assert after_fixes(text, catalog) == BLOCKS.replace("\n", ending)


def test_an_id_above_the_key_of_the_list_is_not_lost(catalog: Catalog) -> None:
    text = BLOCKS.replace("nodes:\n  - id: ask\n", "  - id: ask\nnodes:\n")
    assert not [fix for one in checked(text, catalog).findings() for fix in one.fixes]


def test_a_key_that_is_written_twice_is_no_node(catalog: Catalog) -> None:
    """Also where an edge names a node that is still to come."""
    text = BLOCKS.replace("    type: HUMAN_INPUT\n", "    type: HUMAN_INPUT\n" * 2)
    text = text.replace("to: END", "to: [END, later]")
    codes = [one.partition(" | ")[2].partition(":")[0] for one in said(text, catalog)]
    assert codes == ["duplicate-key", "edge-unknown-node"]


def test_a_name_among_slips_is_still_known(catalog: Catalog) -> None:
    text = BLOCKS.replace("  - id: help\n", "").replace("START, to: ask", "START, to: aks")
    assert len(checked(text, catalog).findings()) == 2
    assert after_fixes(text, catalog) == BLOCKS


@pytest.mark.parametrize("name", ["ask", "sign", "help", "wait"])
def test_a_line_that_stands_there_twice_is_one_finding(name: str, catalog: Catalog) -> None:
    line = f"  - id: {name}\n"
    text = BLOCKS.replace(line, line * 2)
    assert said(text, catalog) == [
        f"{name} | duplicate-node-id: this line stands there twice; remove one of them"
    ]
    assert after_fixes(text, catalog) == BLOCKS
