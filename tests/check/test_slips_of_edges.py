"""A slip in the list of edges is one finding, whatever it leads to elsewhere."""

import pytest

from darwinflow.catalog.catalog import Catalog

from .test_one_slip import after_fixes, checked, said

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


def test_pairs_that_an_edge_repeats_of_different_others_are_told_apart(catalog: Catalog) -> None:
    more = "  - {from: [look, two], to: [think, END]}\n"
    found = said(TEXT + more, catalog)
    assert [one.partition(": an edge ")[2].partition(" stands")[0] for one in found] == [
        "from 'look' to 'think'",
        "from 'two' to 'END'",
    ]


@pytest.mark.parametrize(
    ("edge", "said_of", "beside"),
    [
        ("  - {from: START, to: [read, fetch, look]}\n", "no edge leads to 'read', 'fetch' and 'look'", ["fetch", "look"]),
        (
            "  - {from: [read, fetch, look], to: think}\n",
            "no way leads from 'read' to END, and none to 'think'; an edge between them seems to be missing",
            ["fetch", "look", "think"],
        ),
        ("  - {from: [one, two], to: END}\n", "no way leads from 'read' to END", ["one", "two"]),
    ],
)  # fmt: skip
def test_a_missing_edge_that_fans_in_or_out_is_one_finding(
    edge: str, said_of: str, beside: list[str], catalog: Catalog
) -> None:
    (found,) = checked(TEXT.replace(edge, ""), catalog).findings()
    assert found.message == said_of
    lines = TEXT.split("\n")
    assert [lines[one.span.line][one.span.column : one.span.end_column] for one in found.related] == beside


@pytest.mark.parametrize("rest", ["", "  - {from: START, to: one}\n"])
def test_nodes_that_lead_to_the_same_lack_one_edge(rest: str, catalog: Catalog) -> None:
    text = TEXT.replace("START, to: [read, fetch, look]", "START, to: read") + rest
    assert said(text, catalog) == ["fetch | unreachable-node: no edge leads to 'fetch' and 'look'"]


def test_nodes_that_lead_to_different_ones_lack_two_edges(catalog: Catalog) -> None:
    text = TEXT.replace("to: [read, fetch, look]", "to: read").replace("[read, fetch, look]", "[read, look]")
    assert said(text + "  - {from: fetch, to: END}\n", catalog) == [
        "fetch | unreachable-node: no edge leads to 'fetch'",
        "look | unreachable-node: no edge leads to 'look'",
    ]


def test_a_node_without_edges_is_told_beside_the_edge_that_is_missing(catalog: Catalog) -> None:
    edge = "  - {from: [read, fetch, look], to: think}\n"
    text = TEXT.replace(edge, "").replace("edges:\n", "  - {id: new, type: HUMAN_INPUT}\nedges:\n")
    assert [one.partition(": ")[0] for one in said(text, catalog)] == [
        "read | no-path-to-end",
        "new | unreachable-node",
    ]


@pytest.mark.parametrize(("end", "code"), [("3", "wrong-type"), ("elsewhere", "edge-unknown-node")])
def test_where_an_edge_leads_to_no_node_the_one_that_it_may_mean_is_not_told(
    end: str, code: str, catalog: Catalog
) -> None:
    (found,) = said(TEXT.replace("to: think", f"to: {end}"), catalog)
    assert found.startswith(f"{end} | {code}: ")


@pytest.mark.parametrize("side", ["to: [read", "from: [read"])
def test_of_two_nodes_that_a_name_is_a_slip_of_the_one_without_that_edge_is_meant(
    side: str, catalog: Catalog
) -> None:
    text = TEXT.replace(side, side.replace("read", "ead"))
    assert said(text, catalog) == ["ead | edge-unknown-node: no node is called 'ead'; did you mean 'read'?"]
    assert after_fixes(text, catalog) == TEXT
