"""A slip in the list of edges is one finding, whatever it leads to elsewhere."""

import pytest

from darwinflow.catalog.catalog import Catalog

from .test_one_slip import after_fixes, said

TEXT = """\
id: sort
version: 1
nodes:
  - {id: read, type: HUMAN_INPUT}
  - {id: fetch, type: HUMAN_INPUT}
  - {id: look, type: HUMAN_INPUT}
  - id: think
    type: LLM_DECISION
    config:
      prompt: Which?
      options: [core, rest]
  - {id: one, type: HUMAN_INPUT}
  - {id: two, type: HUMAN_INPUT}
edges:
  - {from: START, to: [read, fetch, look]}
  - {from: [read, fetch, look], to: think}
  - {from: think, to: one, condition: "output.decision == 'core'"}
  - {from: think, to: two, condition: "output.decision == 'rest'"}
  - {from: [one, two], to: END}
"""


def test_the_text_is_sound(catalog: Catalog) -> None:
    assert said(TEXT, catalog) == []


@pytest.mark.parametrize(
    ("edge", "ends", "token"),
    [
        ("  - {from: START, to: [read, fetch, look]}\n", "'START' to 'read', 'fetch' and 'look'", "read"),
        ("  - {from: [read, fetch, look], to: think}\n", "'read', 'fetch' and 'look' to 'think'", "think"),
    ],
)
def test_an_edge_that_stands_there_twice_is_one_finding(
    edge: str, ends: str, token: str, catalog: Catalog
) -> None:
    text = TEXT.replace(edge, edge * 2)
    message = f"an edge from {ends} stands there already; this one adds nothing"
    assert said(text, catalog) == [f"{token} | duplicate-edge: {message}"]
    assert after_fixes(text, catalog) == TEXT


def test_two_edges_that_repeat_one_are_two_findings(catalog: Catalog) -> None:
    more = "  - {from: one, to: END}\n  - {from: two, to: END}\n"
    assert len(said(TEXT + more, catalog)) == 2
    assert after_fixes(TEXT + more, catalog) == TEXT
