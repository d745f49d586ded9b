"""What two versions of a root have in common, by the identity of their segments."""

import random

from bench.documents import workflow
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.model.span import Span
from darwinflow.projection.succession import Succession, difference


def test_a_difference_is_the_shortest_stretch_that_turns_one_list_into_the_other() -> None:
    sections = Document.parse(workflow(20)).roots[0].sections
    pool = next(list(section.segments) for section in sections if section.key_text == "nodes")
    assert len(pool) == 20
    for seed in range(400):
        rng = random.Random(seed)
        old = rng.sample(pool, rng.randint(0, len(pool)))
        cut = sorted(rng.choices(range(len(old) + 1), k=2))
        new = [*old[: cut[0]], *rng.sample(pool, rng.randint(0, 3)), *old[cut[1] :]]
        first, removed, added = difference(old, new)
        assert old[first : first + len(removed)] == list(removed)
        assert [*old[:first], *added, *old[first + len(removed) :]] == new
        if removed and added:
            assert removed[0] is not added[0]
            assert removed[-1] is not added[-1]


TEXT = workflow(20)
ROWS = TEXT.split("\n")


def typed(old: str, row: int, text: str, *, column: int = 0) -> Succession:
    before = Document.parse(old)
    before.data(0)  # what nobody has read is compared with nothing
    after = before.edit(Edit(Span(row, column, row, column), text))
    assert after.change is None, "the engine has to tell nothing for the comparison to be needed"
    return Succession(before.roots[0], after.roots[0], None)


def test_a_list_cut_in_two_is_known_in_both_parts() -> None:
    row = next(at for at, line in enumerate(ROWS) if line.startswith("    description: "))
    found = typed(TEXT, row + 40, "x")
    nodes = next(at for at, section in enumerate(found.new.sections) if section.key_text == "nodes")
    upper, lower, edges = (found.of(nodes + at) for at in range(3))
    assert upper is not None
    assert lower is not None
    assert edges is not None
    assert upper.before == lower.before == nodes
    assert len(upper.added) == 1
    assert len(lower.added) == 1
    assert edges.is_empty
    assert edges.before == nodes + 1


def test_a_section_of_another_key_is_known_by_its_segments() -> None:
    found = typed(TEXT, ROWS.index("nodes:"), "x", column=2)
    for at in range(len(found.new.sections)):
        stretch = found.of(at)
        assert stretch is not None
        assert stretch.is_empty
        assert stretch.before == at


SHARED = "a: &a text\nnodes:\n" + "".join(f"  - {{id: n{at}, description: *a}}\n" for at in range(20))


def test_a_text_whose_aliases_alone_mean_something_else_changes_no_graph() -> None:
    found = typed(SHARED, 0, "s", column=10)
    stretch = found.of(1)
    assert stretch is not None
    assert len(stretch.added) == 20
    assert found.retold(1) == [True] * 20
    of_graph = found.of_graph(1, "nodes")
    assert of_graph is not None
    assert of_graph.is_empty


def test_an_alias_where_an_id_stands_changes_the_graph() -> None:
    found = typed(SHARED.replace("id: n7, description: *a", "id: *a"), 0, "s", column=10)
    of_graph = found.of_graph(1, "nodes")
    assert of_graph is not None
    assert (of_graph.first, len(of_graph.added)) == (7, 1)
