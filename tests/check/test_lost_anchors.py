"""Aliases that lack their anchor are one finding, on what is misspelt."""

import pytest

from darwinflow.catalog.catalog import Catalog

from .test_one_slip import after_fixes, checked, said

TEXT = """\
id: sort
version: 1
x-common: &common
  model: small
  tools: [grep]
nodes:
  - id: one
    type: CLAUDE_CODE
    config:
      <<: *common
      prompt: First
  - id: two
    type: CLAUDE_CODE
    config:
      <<: *common
      prompt: Then
edges:
  - {from: START, to: one}
  - {from: one, to: two}
  - {from: two, to: END}
"""
ANCHOR = "x-common: &common\n"


def test_the_text_is_sound(catalog: Catalog) -> None:
    assert said(TEXT, catalog) == []


@pytest.mark.parametrize(
    ("right", "wrong", "found"),
    [
        (ANCHOR, "x-common: &comon\n", "&comon | undefined-alias: no alias names this anchor, and '*common' has none; did you mean '&common'?"),
        ("*common\n      prompt: Then", "*comon\n      prompt: Then", "*comon | undefined-alias: no anchor '&comon' stands before this alias; did you mean '*common'?"),
        (ANCHOR, "x-common: common\n", "common | yaml-syntax: '&' is missing before 'common': it is the anchor that aliases name"),
    ],
)  # fmt: skip
def test_a_slip_is_told_where_it_stands(right: str, wrong: str, found: str, catalog: Catalog) -> None:
    text = TEXT.replace(right, wrong)
    assert said(text, catalog) == [found]
    assert after_fixes(text, catalog) == TEXT


@pytest.mark.parametrize("wrong", ["x-common &common\n", "x-common:&common\n", ""])
def test_a_fault_that_hides_the_anchor_is_all_that_is_told(wrong: str, catalog: Catalog) -> None:
    (found,) = checked(TEXT.replace(ANCHOR, wrong), catalog).findings()
    assert found.code == "yaml-syntax"
    assert found.span.line == 2
    related = [one.span.line for one in found.related if one.message == "and this alias lacks its anchor"]
    lines = TEXT.replace(ANCHOR, wrong).split("\n")
    assert [lines[row].strip() for row in related] == ["<<: *common"] * 2


def test_a_fault_in_a_node_hides_no_anchor(catalog: Catalog) -> None:
    text = TEXT.replace("prompt: First", 'prompt: "First').replace(
        "*common\n      prompt: Then", "*none\n      prompt: Then"
    )
    assert "undefined-alias" in {one.code for one in checked(text, catalog).findings()}


def test_an_anchor_below_its_aliases_is_told_to_stand_there(catalog: Catalog) -> None:
    holder = "x-common: &common\n  model: small\n  tools: [grep]\n"
    (found,) = checked(TEXT.replace(holder, "") + holder, catalog).findings()
    assert found.message == "the anchor '&common' has to stand before its aliases"
    assert [one.message for one in found.related] == ["it stands here, below", "and so does this"]
    assert not found.fixes


def test_a_name_like_no_anchor_is_told_once(catalog: Catalog) -> None:
    (found,) = checked(TEXT.replace("*common", "*elsewhere"), catalog).findings()
    assert found.message == "no anchor '&elsewhere' stands before this alias"
    assert [one.message for one in found.related] == ["and so does this"]


def test_where_more_aliases_have_the_slip_than_not_nothing_is_certain(catalog: Catalog) -> None:
    """The anchor may be what is wrong."""
    more = "".join(
        f"  - {{id: n{at}, type: CLAUDE_CODE, config: {{prompt: x, <<: *comon}}}}\n" for at in range(3)
    )
    text = TEXT.replace("edges:\n", more + "edges:\n").replace("to: END", "to: [END, n0, n1, n2]")
    (found,) = [one for one in checked(text, catalog).findings() if one.code == "undefined-alias"]
    assert found.message.endswith("did you mean '*common'?")
    assert not found.fixes


def test_an_anchor_that_a_thousand_use_is_one_finding(catalog: Catalog) -> None:
    nodes = "".join(
        f"  - {{id: n{at}, type: CLAUDE_CODE, config: {{prompt: x, <<: *common}}}}\n" for at in range(900)
    )
    text = TEXT.replace("edges:\n", nodes + "edges:\n").replace("&common", "&comon")
    (found,) = [one for one in checked(text, catalog).findings() if one.code == "undefined-alias"]
    assert found.span.line == 2
    assert len(found.related) == 20
    assert found.related[-1].message.endswith("and at 882 more places")
