"""A line out of its column is one finding, at it, and its fix puts it where it was: also in lists flush with their key."""

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.document.document import Document

from .test_one_slip import after_fixes, checked, said

FLUSH = """\
id: release
version: 1
metadata:
  reasoning: Ask before shipping
  tags:
    team: platform
    tier: one
nodes:
- id: build
  type: TOOL_CALL
  config:
    tool: make
    args:
      target: all
      jobs: 4
  retry:
    attempts: 3
    delay: 5
- id: review
  type: LLM_DECISION
  description: Somebody looks at it
  config:
    prompt: |
      Is it good?
      - yes if all is fine
    options:
    - ship
    - hold
    - ask
    context:
    - build.output.log
- id: ship
  type: SUB_WORKFLOW
  config:
    workflow: ./ship.yaml
    inputs:
      what: build.output.artifact
- id: note
  type: FILE_WRITE
  config:
    path: notes.md
edges:
- from: START
  to: build
- from: build
  to: review
- from: review
  to: ship
  condition: output.decision == "ship"
- from: review
  to: note
  condition: output.decision == "hold" || output.decision == "ask"
- from: [ship, note]
  to: END
"""
TEXTS = ("Is it good?", "- yes if all is fine")
"""Lines of a text, which nothing tells where they belong."""


def moved(line: str, by: int) -> str:
    """FLUSH with *line* indented by *by* more, or less."""
    text = line.lstrip(" ")
    return FLUSH.replace(f"{line}\n", " " * (len(line) - len(text) + by) + f"{text}\n", 1)


def test_the_text_is_sound(catalog: Catalog) -> None:
    assert said(FLUSH, catalog) == []


@pytest.mark.parametrize(
    ("line", "by", "token"),
    [
        ("  type: TOOL_CALL", -2, "type"),
        ("  config:", -2, "config"),
        ("    args:", -4, "args"),
        ("  retry:", -2, "retry"),
        ("  description: Somebody looks at it", -2, "description"),
        ("    options:", -4, "options"),
        ("    options:", -2, "options"),
        ("    prompt: |", -2, "prompt"),
        ("    prompt: |", -1, "prompt"),
        ("    attempts: 3", -2, "attempts"),
        ("      target: all", -2, "target"),
        ("      target: all", -4, "target"),
        ("    team: platform", -4, "team"),
        ("    - hold", -2, "-"),
        ("    - ship", 2, "-"),
        ("    - ask", -4, "-"),
        ("- id: ship", 2, "-"),
        ("- id: ship", 4, "-"),
        ("    path: notes.md", -4, "path"),
        ("edges:", 4, "edges"),
    ],
)
def test_a_line_out_of_its_column_is_told_and_mended(
    line: str, by: int, token: str, catalog: Catalog
) -> None:
    text = moved(line, by)
    indent = len(line) - len(line.lstrip(" "))
    name = "this item" if token == "-" else f"'{token}'"
    assert said(text, catalog) == [
        f"{token} | yaml-syntax: {name} is out of line: indent it by {indent}, not by {indent + by}"
    ]
    assert after_fixes(text, catalog) == FLUSH


@pytest.mark.parametrize("by", [-4, -2, 2, 4])
def test_at_every_line_it_is_one_finding_at_most_and_mended_rightly(by: int, catalog: Catalog) -> None:
    data = Document.parse(FLUSH).data(0)
    tried = 0
    for line in FLUSH.splitlines():
        if len(line) - len(line.lstrip(" ")) + by < 0 or line.strip() in TEXTS:
            continue
        text = moved(line, by)
        found = checked(text, catalog).findings()
        assert len(found) <= 1, (line, found)
        if found and "out of line" in found[0].message and found[0].fixes:
            assert Document.parse(after_fixes(text, catalog)).data(0) == data
            tried += 1
    assert tried > 9


def test_a_tab_is_told_once_and_mended(catalog: Catalog) -> None:
    for line in ("    - hold", "  retry:", "edges:"):
        text = FLUSH.replace(f"{line}\n", f"\t{line.lstrip()}\n", 1)
        assert said(text, catalog) == ["\t | yaml-syntax: a tab cannot indent a line; use spaces"]
        assert after_fixes(text, catalog) == FLUSH


def test_where_two_lines_may_have_changed_places_nothing_is_mended(catalog: Catalog) -> None:
    text = FLUSH.replace(
        "  reasoning: Ask before shipping\n  tags:\n", "  tags:\n  reasoning: Ask before shipping\n"
    )
    (found,) = checked(text, catalog).findings()
    assert not found.fixes


def test_what_is_wrong_by_itself_is_not_hidden_in_a_mapping_that_takes_anything(catalog: Catalog) -> None:
    text = FLUSH.replace("nodes:\n", "inputs: {request: strin, limit: 3}\nnodes:\n")
    codes = [one.code for one in checked(text, catalog).findings()]
    assert codes
    assert "yaml-syntax" not in codes


def test_another_fault_of_the_node_is_told_beside_it(catalog: Catalog) -> None:
    text = moved("    options:", -2).replace("type: SUB_WORKFLOW", "type: SUB_WORKFLOV")
    assert [one.code for one in checked(text, catalog).findings()] == ["yaml-syntax", "unknown-node-type"]


MARKS = [
    ("- id: ship", "-id: ship", "- | yaml-syntax: '-' needs a space behind it; write '- id: ship'"),
    ("- id: build", "-id: build", "- | yaml-syntax: '-' needs a space behind it; write '- id: build'"),
    ("- from: build", "-from: build", "- | yaml-syntax: '-' needs a space behind it; write '- from: build'"),
    ("    - ship", "    -ship", "- | yaml-syntax: '-' needs a space behind it; write '- ship'"),
    ("    - hold", "    -hold", "- | yaml-syntax: '-' needs a space behind it; write '- hold'"),
    ("    - ask", "    -ask", "- | yaml-syntax: '-' needs a space behind it; write '- ask'"),
    ("- id: ship", "-- id: ship", "-- | yaml-syntax: one '-' begins an item, not two; write '- id: ship'"),
    ("    - ship", "    -- ship", "-- | yaml-syntax: one '-' begins an item, not two; write '- ship'"),
    ("    options:", "    options", "options | yaml-syntax: a key needs ':' behind it; write 'options: ...'"),
    ("    context:", "    context", "context | yaml-syntax: a key needs ':' behind it; write 'context: ...'"),
]


@pytest.mark.parametrize(("right", "wrong", "finding"), MARKS)
def test_a_mark_that_is_wrong_in_a_flush_list_is_told_and_mended(
    right: str, wrong: str, finding: str, catalog: Catalog
) -> None:
    text = FLUSH.replace(f"{right}\n", f"{wrong}\n", 1)
    assert said(text, catalog) == [finding]
    assert after_fixes(text, catalog) == FLUSH


@pytest.mark.parametrize("wrong", ["context: [build.output.log", "context"])
def test_nothing_is_put_into_the_text_above(wrong: str, catalog: Catalog) -> None:
    text = FLUSH.replace("      - yes if all is fine\n", f"      - yes if all is fine\n    {wrong}\n", 1)
    assert not [
        fix for one in checked(text, catalog).findings() for fix in one.fixes if "Indent" in fix.title
    ]
