"""Which sections hold the lists of nodes and edges while somebody types in a key, or across a list."""

import pytest

from bench.documents import node_id, workflow
from darwinflow.document.document import Document
from darwinflow.projection.carriers import carriers, is_slip
from darwinflow.projection.native import read

TEXT = workflow(20)


def lists_in(text: str) -> list[tuple[str, list[str]]]:
    """The role of each carrier of the first root, and the ids of the nodes in it."""
    root = Document.parse(text).roots[0]
    return [
        (role, [node.name for segment in root.sections[at].segments for node in read(segment, role).nodes])
        for at, role in carriers(root)
    ]


ALL = [node_id(number) for number in range(20)]


@pytest.mark.parametrize("key", ["nodxes", "node", "noeds", "nodex", "nods"])
def test_a_list_under_a_key_with_a_slip_is_the_list_that_is_missing(key: str) -> None:
    assert lists_in(TEXT.replace("\nnodes:", f"\n{key}:")) == [("nodes", ALL), ("edges", [])]


def test_a_slip_beside_the_true_key_is_no_list_of_nodes() -> None:
    text = TEXT.replace("\nedges:", "\nnodex:\n" + "".join(f"  - {n}\n" for n in range(20)) + "edges:")
    assert lists_in(text) == [("nodes", ALL), ("edges", [])]


def test_of_two_slips_neither_is_meant() -> None:
    text = TEXT.replace("\nnodes:", "\nnode:").replace("\nedges:", "\nnods:")
    assert lists_in(text) == []


def test_a_character_at_column_0_cuts_a_list_in_two_and_takes_no_node_from_it() -> None:
    lines = TEXT.split("\n")
    at = lines.index(f"  - id: {node_id(7)}") + 2
    assert lines[at].startswith("    description: ")
    text = "\n".join([*lines[:at], "x" + lines[at], *lines[at + 1 :]])
    assert lists_in(text) == [("nodes", ALL[:8]), ("nodes", ALL[8:]), ("edges", [])]


def test_a_list_under_another_key_below_is_another_list() -> None:
    lines = TEXT.split("\n")
    at = lines.index(f"  - id: {node_id(7)}")
    assert lists_in("\n".join([*lines[:at], "mine:", *lines[at:]])) == [("nodes", ALL[:7]), ("edges", [])]


@pytest.mark.parametrize(
    ("word", "is_one"),
    [
        ("nodes", False),
        ("nodess", True),
        ("xnodes", True),
        ("odes", True),
        ("noes", True),
        ("nodeS", True),
        ("ndoes", True),
        ("modes", True),
        ("ndeos", False),
        ("no", False),
        ("", False),
        ("edges", False),
        ("moden", False),
    ],
)
def test_a_slip_is_one_character_or_two_neighbours(word: str, *, is_one: bool) -> None:
    assert is_slip(word, "nodes") is is_one


def test_a_half_typed_key_of_the_second_list_does_not_make_its_items_those_of_the_first() -> None:
    found = lists_in(TEXT.replace("\nedges:", "\nedge"))
    assert found == [("nodes", ALL), ("edges", [])]
