"""Where two rules look at the same slip, one of them tells it."""

import pytest

from darwinflow.catalog.catalog import Catalog

from .test_workspace_rules import Workspace
from .typos import FILES, MAIN

CONDITION = "output.decision == 'bug'"


def said(catalog: Catalog, old: str, new: str) -> list[str]:
    assert MAIN.count(old) == 1
    return Workspace(catalog, {**FILES, "support.yaml": MAIN.replace(old, new)}).said("support.yaml")


@pytest.mark.parametrize(
    ("old", "new", "place", "code"),
    [
        ("inputs:\n        request: input.request\n        sums: prices.output.sums", "inputs: [q]", "34:7", "config-wrong-type"),
        ("workflow: reckon.yaml", "workflow: @1", "33:17", "yaml-syntax"),
        ("id: search", "id: !search", "19:9", "unknown-tag"),
        ("type: TOOL_CALL", "type: !TOOL_CALL", "20:11", "unknown-tag"),
        ("tool: grep", "tool: !grep", "22:13", "unknown-tag"),
        (CONDITION, f'"{CONDITION}', "59:16", "yaml-syntax"),
    ],
)  # fmt: skip
def test_a_slip_that_two_rules_see_is_told_once(
    catalog: Catalog, old: str, new: str, place: str, code: str
) -> None:
    found = said(catalog, old, new)
    assert len(found) == 1, found
    assert found[0].startswith(place)
    assert f" {code}: " in found[0]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("output.decision > 3", "'classify' answers with a text, which '>' cannot compare with a number"),
        ("classify.output.decision <= true", "'classify' answers with a text, which '<=' cannot compare with true or false"),
        ("1 == 2", "the condition is never true, so the edge is never taken"),
        ("2 < 1 && output.ok", "the condition is never true, so the edge is never taken"),
    ],
)  # fmt: skip
def test_a_comparison_that_always_fails_is_told(catalog: Catalog, condition: str, message: str) -> None:
    found = [one for one in said(catalog, CONDITION, condition) if "option-not-handled" not in one]
    assert len(found) == 1, found
    assert found[0].endswith(f"warning condition-never-true: {message}")


@pytest.mark.parametrize(
    "condition", ["1 == 1", "output.decision > 'a'", "guide.output.size > 3", "\"'a' < 'b'\""]
)
def test_a_comparison_that_may_hold_is_not_told(catalog: Catalog, condition: str) -> None:
    found = said(catalog, CONDITION, condition)
    assert not [one for one in found if "condition-" in one], found


def test_an_input_that_a_called_workflow_reads_and_does_not_declare_is_told_there_alone(
    catalog: Catalog,
) -> None:
    """Caller and callee agree that there is such an input: what is missing is its declaration."""
    files = {**FILES, "reckon.yaml": FILES["reckon.yaml"].replace("  sums: array\n", "")}
    assert Workspace(catalog, files).said("support.yaml") == []
    (found,) = Workspace(catalog, files).said("reckon.yaml")
    assert found.startswith("17:35 error unknown-input: the workflow declares no input 'sums'")


def test_an_input_that_nobody_reads_is_told_where_it_is_given(catalog: Catalog) -> None:
    called = FILES["reckon.yaml"].replace("  sums: array\n", "").replace(", input.sums", "")
    files = {**FILES, "reckon.yaml": called}
    (found,) = Workspace(catalog, files).said("support.yaml")
    assert found.startswith("36:9 error subworkflow-inputs: 'reckon' takes no input 'sums'")
    assert Workspace(catalog, files).said("reckon.yaml") == []


def test_a_slip_in_the_word_inputs_makes_none_of_them_missing(catalog: Catalog) -> None:
    (found,) = said(catalog, "      inputs:\n", "      ipnuts:\n")
    assert found.startswith("34:7 error config-unknown-field:")
