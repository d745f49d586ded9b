"""The edits that make one graph out of another."""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as some

from darwinflow.graph.edits import (
    ABSENT,
    Edge,
    EdgeChange,
    FieldChange,
    Instance,
    Node,
    NodeChange,
    Rename,
    applied,
    edits_between,
    frozen,
)

SCALARS = (
    some.none() | some.booleans() | some.integers(-2, 2) | some.floats() | some.text("ab\u202e", max_size=2)
)
VALUES = some.recursive(
    SCALARS,
    lambda inner: (
        some.lists(inner, max_size=2) | some.dictionaries(some.sampled_from("xyz"), inner, max_size=3)
    ),
    max_leaves=5,
)
FIELDS = some.dictionaries(some.sampled_from(["type", "config", "x"]), VALUES, max_size=3)
NAMES = some.sampled_from(["a", "b", "c", "d", "START", "END", ""])
EDGES = some.lists(some.builds(Edge, NAMES, NAMES, FIELDS), max_size=6)
GRAPHS = some.builds(Instance, FIELDS, some.dictionaries(NAMES, FIELDS, max_size=5), EDGES)


def said(instance):
    """Equal for graphs that say the same."""
    edges = Counter((edge.source, edge.target, frozen(edge.attributes)) for edge in instance.edges)
    return frozen(instance.attributes), frozen(instance.nodes), edges


@given(GRAPHS, GRAPHS)
def test_applied_to_the_one_they_give_the_other(before, after):
    assert said(applied(before, edits_between(before, after))) == said(after)


@given(GRAPHS, some.randoms(use_true_random=False))
def test_a_graph_with_its_parts_in_another_order_is_the_same(graph, chance):
    nodes, edges = list(graph.nodes.items()), list(graph.edges)
    chance.shuffle(nodes)
    chance.shuffle(edges)
    edits = edits_between(graph, Instance(dict(reversed(graph.attributes.items())), dict(nodes), edges))
    assert edits.is_none, edits


@given(GRAPHS, some.permutations(["A", "B", "C", "D", "E", "F", "G"]))
def test_other_names_for_all_nodes_are_renames_alone(graph, names):
    new = dict(zip(graph.nodes, names, strict=False))
    after = Instance(
        graph.attributes,
        {new[name]: attributes for name, attributes in graph.nodes.items()},
        [
            Edge(new.get(edge.source, edge.source), new.get(edge.target, edge.target), edge.attributes)
            for edge in graph.edges
        ],
    )
    edits = edits_between(graph, after)
    assert edits.removed == edits.added == edits.changed == ()
    assert {rename.before for rename in edits.renamed} == set(graph.nodes)
    assert said(applied(graph, edits)) == said(after)


@given(GRAPHS, GRAPHS)
def test_edits_say_nothing_twice_and_nothing_that_is_not_so(before, after):
    edits = edits_between(before, after)
    gone = [node.id for node in edits.removed] + [rename.before for rename in edits.renamed]
    new = [node.id for node in edits.added] + [rename.after for rename in edits.renamed]
    assert Counter(gone) == Counter(before.nodes.keys() - after.nodes.keys())
    assert Counter(new) == Counter(after.nodes.keys() - before.nodes.keys())
    assert {change.id for change in edits.changed} == {
        name
        for name in before.nodes.keys() & after.nodes.keys()
        if frozen(before.nodes[name]) != frozen(after.nodes[name])
    }
    assert all(frozen(one.before) != frozen(one.after) for change in edits.changed for one in change.fields)
    assert all(
        frozen(before.nodes[rename.before]) == frozen(after.nodes[rename.after]) for rename in edits.renamed
    )


def graph(nodes, *edges, **attributes):
    return Instance(attributes, nodes, [Edge(*edge) if len(edge) == 3 else Edge(*edge, {}) for edge in edges])


def test_a_changed_field_is_named_by_its_path():
    before = graph({"a": {"type": "X", "config": {"prompt": "p", "n": 1, "gone": None}}}, description="d")
    after = graph({"a": {"type": "X", "config": {"prompt": "q", "n": 1.0, "new": {"k": []}}}})
    edits = edits_between(before, after)
    assert edits.attributes == (FieldChange(("description",), "d", ABSENT),)
    assert edits.changed == (
        NodeChange(
            "a",
            (
                FieldChange(("config", "prompt"), "p", "q"),
                FieldChange(("config", "n"), 1, 1.0),
                FieldChange(("config", "gone"), None, ABSENT),
                FieldChange(("config", "new"), ABSENT, {"k": []}),
            ),
        ),
    )


def test_a_renamed_node_takes_its_edges_along():
    before = graph(
        {"old": {"type": "X"}, "b": {"type": "Y"}}, ("START", "old"), ("old", "b", {"condition": "c"})
    )
    after = graph(
        {"new": {"type": "X"}, "b": {"type": "Y"}}, ("START", "new"), ("new", "b", {"condition": "d"})
    )
    edits = edits_between(before, after)
    assert edits.renamed == (Rename("old", "new"),)
    assert edits.added == edits.removed == edits.edges_added == edits.edges_removed == ()
    assert edits.edges_changed == (
        EdgeChange(Edge("new", "b", {"condition": "c"}), (FieldChange(("condition",), "c", "d"),)),
    )


def test_of_nodes_that_are_alike_those_in_the_same_place_are_pairs():
    alike = {"type": "HUMAN_INPUT"}
    before = graph({"a": alike, "b": alike, "m": {}}, ("START", "a"), ("a", "m"), ("m", "b"), ("b", "END"))
    after = graph({"y": alike, "x": alike, "m": {}}, ("START", "x"), ("x", "m"), ("m", "y"), ("y", "END"))
    assert set(edits_between(before, after).renamed) == {Rename("a", "x"), Rename("b", "y")}


def test_one_of_two_that_are_alike_is_no_rename_where_nothing_tells_which():
    alike = {"type": "HUMAN_INPUT"}
    for edges in ((), (("a", "b"),)):
        edits = edits_between(graph({"a": alike, "b": alike}, *edges), graph({"x": alike}))
        assert edits.renamed == ()
        assert edits.added == (Node("x", alike),)


def test_of_several_edges_with_the_same_ends_the_one_that_changed_is_found():
    same = [("a", "b", {"condition": str(number)}) for number in range(3)]
    edits = edits_between(graph({}, *same), graph({}, same[2], ("a", "b", {"condition": "new"}), same[0]))
    assert edits.edges_changed == (EdgeChange(Edge(*same[1]), (FieldChange(("condition",), "1", "new"),)),)
    assert edits.edges_added == edits.edges_removed == ()


def test_ten_thousand_nodes_that_are_all_alike_and_all_renamed():
    chance = random.Random(1)
    order = chance.sample(range(10_000), 10_000)
    before = graph(
        {f"a{number}": {"type": "X"} for number in order}, *((f"a{n}", f"a{n + 1}") for n in range(9_999))
    )
    after = graph(
        {f"b{number}": {"type": "X"} for number in order}, *((f"b{n}", f"b{n + 1}") for n in range(9_999))
    )
    edits = edits_between(before, after)
    assert len(edits.renamed) == 10_000
    assert edits.edges_added == edits.edges_removed == ()
