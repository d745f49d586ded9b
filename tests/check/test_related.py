"""Related places of a finding are the first few; the last of them tells how many there are beside."""

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.document.document import Document

COUNT = 300
MOST = 110
"""Related places of one finding."""
NODE = "  - {id: %s, type: HUMAN_INPUT}\n"
EDGE = "  - {from: %s, to: %s}\n"
ITEMS = [
    (NODE % "a" * COUNT, EDGE % ("START", "a"), "duplicate-node-id"),
    (NODE % "3" * COUNT, EDGE % ("START", "'3'"), "duplicate-node-id"),
    ("".join(NODE % f"n{at}" for at in range(COUNT)), "".join(EDGE % ("END", f"n{at}") for at in range(COUNT)), "edge-end-not-allowed"),
    (NODE % "a", EDGE % ("a", "b") * COUNT, "edge-unknown-node"),
    (NODE % "a", EDGE % ("a", "END") * COUNT, "duplicate-edge"),
    (NODE % "a", "".join(f"  - {{from: a, to: END, key: k, condition: 'output.x == {at}'}}\n" for at in range(COUNT)), "duplicate-edge-key"),
]  # fmt: skip


@pytest.mark.parametrize(("nodes", "edges", "code"), ITEMS)
def test_places_are_bounded(nodes: str, edges: str, code: str, catalog: Catalog) -> None:
    found = check(Document.parse(f"id: a\nversion: 1\nnodes:\n{nodes}edges:\n{edges}"), catalog).findings()
    assert any(one.code == code and one.related for one in found)
    assert max(len(one.related) for one in found) <= MOST


def test_the_last_place_tells_of_those_left_out(catalog: Catalog) -> None:
    text = f"id: a\nversion: 1\nnodes:\n{NODE % 'a' * COUNT}edges:\n{EDGE % ('START', 'a')}"
    (finding,) = [
        one for one in check(Document.parse(text), catalog).findings() if one.code == "duplicate-node-id"
    ]
    assert finding.message == "300 nodes are called 'a'; an id stands for one"
    assert [one.message for one in finding.related[-2:]] == [
        "and another",
        "and another, and at 278 more places",
    ]
