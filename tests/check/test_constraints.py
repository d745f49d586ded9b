"""What a graph type forbids its edges; the bundled type forbids too little to show it."""

from typing import Any

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.document.document import Document
from darwinflow.graph.load import load

BASE = Document.parse(
    """\
$id: darwinflow:base
name: base
$defs:
  BaseNode:
    type: object
    properties: {id: {type: string}, type: {type: string}}
    required: [id, type]
  BaseEdge:
    type: object
    properties: {from: {type: [string, array]}, to: {type: [string, array]}, type: {type: string}}
    required: [from, to]
"""
).data(0)

ROADS = """\
$id: darwinflow:graph-type/roads
name: workflow
version: 1
scope: user
description: Towns, rivers and what connects them.
imports: [darwinflow:base]
$defs:
  Config:
    properties:
      type: {const: DIRECTION}
      multi: {const: MULTI}
      allowSelfLoops: {const: LOOPS}
      acyclic: {const: ACYCLIC}
  TownNode:
    allOf: [{$ref: 'darwinflow:base#/$defs/BaseNode'}]
    properties: {type: {const: TOWN}}
  RiverNode:
    allOf: [{$ref: 'darwinflow:base#/$defs/BaseNode'}]
    properties: {type: {const: RIVER}}
  RoadEdge:
    allOf: [{$ref: 'darwinflow:base#/$defs/BaseEdge'}]
    properties: {type: {const: road}}
  FlowEdge:
    allOf: [{$ref: 'darwinflow:base#/$defs/BaseEdge'}]
    properties: {type: {const: flow}}
  RoadEdgeConstraints:
    properties:
      allowedSourceTypes: {const: [TOWN]}
      allowedTargetTypes: {const: [TOWN]}
  FlowEdgeConstraints:
    properties:
      allowedSourceTypes: {const: [RIVER]}
      acyclic: {const: true}
"""

NODES = """\
nodes:
  - {id: rome, type: TOWN}
  - {id: milan, type: TOWN}
  - {id: turin, type: TOWN}
  - {id: po, type: RIVER}
  - {id: dora, type: RIVER}
edges:
"""


def catalog(
    *, direction: str = "directed", multi: bool = True, loops: bool = True, acyclic: bool = False
) -> Catalog:
    text = ROADS
    switches = {"DIRECTION": direction, "MULTI": multi, "LOOPS": loops, "ACYCLIC": acyclic}
    for word, value in switches.items():
        text = text.replace(word, str(value).lower())
    module: Any = Document.parse(text).data(0)
    return Catalog({"workflow": load(module, {"darwinflow:base": BASE})})


def found(types: Catalog, *edges: str) -> list[tuple[str, int, int, str]]:
    """Code, line of the edge from 1 on, column, message."""
    text = NODES + "".join(f"  - {{{edge}}}\n" for edge in edges)
    above = NODES.count("\n")
    return [
        (finding.code, finding.span.line - above + 1, finding.span.column, finding.message)
        for finding in check(Document.parse(text), types, is_named=True).findings()
    ]


ROAD = "type: road, from: "


def test_an_edge_connects_what_its_type_names() -> None:
    assert found(
        catalog(),
        ROAD + "rome, to: milan",
        ROAD + "rome, to: po",
        ROAD + "[turin, dora], to: rome",
        "type: flow, from: dora, to: [po, rome]",
        "type: flow, from: turin, to: po",
    ) == [
        ("edge-constraint", 2, 33, "'road' edges lead to a TOWN, and 'po' is a RIVER"),
        ("edge-constraint", 3, 31, "'road' edges leave a TOWN, and 'dora' is a RIVER"),
        ("edge-constraint", 5, 23, "'flow' edges leave a RIVER, and 'turin' is a TOWN"),
    ]


def test_nothing_is_said_of_nodes_and_edges_that_nobody_knows() -> None:
    codes = [code for code, *_ in found(catalog(), ROAD + "rome, to: mialn", "type: path, from: po, to: po")]
    assert "edge-constraint" not in codes
    assert "edge-unknown-node" in codes


def test_an_edge_leads_to_itself_only_where_the_type_takes_it() -> None:
    edges = (ROAD + "rome, to: [milan, rome]", ROAD + "milan, to: milan", ROAD + "turin, to: milan")
    assert found(catalog(), *edges) == []
    message = "no edge of a workflow may lead from a node to itself, as this one of '{}' does"
    assert found(catalog(loops=False), *edges) == [
        ("self-loop", 1, 41, message.format("rome")),
        ("self-loop", 2, 34, message.format("milan")),
    ]


@pytest.mark.parametrize(("direction", "lines"), [("directed", [3]), ("undirected", [2])])
def test_two_nodes_have_one_edge_where_the_type_is_no_multigraph(direction: str, lines: list[int]) -> None:
    edges = (
        ROAD + "rome, to: milan",
        ROAD + "milan, to: rome",
        "key: second, " + ROAD + "rome, to: [turin, milan]",
    )
    assert found(catalog(direction=direction), *edges) == []
    seen = found(catalog(direction=direction, multi=False), *edges)
    assert [line for code, line, *_ in seen if code == "parallel-edge"] == lines
    assert len(seen) == 1


def test_a_cycle_is_found_where_the_type_has_none() -> None:
    edges = (
        ROAD + "rome, to: milan",
        ROAD + "milan, to: turin",
        ROAD + "turin, to: rome",
        ROAD + "turin, to: turin",
    )
    assert found(catalog(), *edges) == []
    assert found(catalog(acyclic=True), *edges) == [
        ("cycle", 3, 34, "a workflow has no cycles, and 'rome', 'milan' and 'turin' lead to one another"),
    ]


def test_a_cycle_is_found_along_edges_of_a_type_that_has_none() -> None:
    edges = ("type: flow, from: po, to: dora", "type: flow, from: dora, to: po", ROAD + "rome, to: rome")
    assert found(catalog(), *edges) == [
        ("cycle", 2, 33, "edges of type flow close no cycles, and 'po' and 'dora' lead to one another"),
    ]


def test_an_undirected_type_without_cycles_is_a_forest() -> None:
    edges = (ROAD + "rome, to: milan", ROAD + "turin, to: milan", ROAD + "rome, to: turin")
    assert found(catalog(direction="undirected"), *edges) == []
    assert found(catalog(direction="undirected", acyclic=True), *edges) == [
        ("cycle", 3, 33, "a workflow has no cycles, and edges connect 'rome' and 'turin' already"),
    ]
