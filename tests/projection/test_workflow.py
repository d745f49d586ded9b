"""The workflow value and the hash of what a text says."""

from darwinflow.document.document import Document
from darwinflow.model.workflow import Edge, Node, Parent
from darwinflow.projection.content_hash import content_hash
from darwinflow.projection.detect import Selection, graph_type_of
from darwinflow.projection.workflow import workflow_of

TEXT = """\
# a comment
id: assistant
version: 3
description: Classify
metadata: {parent: 2, createdBy: reflection, reasoning: why, tags: {team: core, n: 1}}
nodes:
  - {id: a, type: FILE_READ, config: {path: x}, description: reads, retry: 2}
  - {id: b, type: HUMAN_INPUT}
  - nothing
edges:
  - {from: START, to: [a, b]}
  - {from: [a, b], to: END, condition: "output.ok"}
"""


def test_a_text_becomes_a_workflow() -> None:
    workflow = workflow_of(Document.parse(TEXT))
    assert workflow is not None
    assert (workflow.id, workflow.version, workflow.description) == ("assistant", 3, "Classify")
    assert workflow.parent == Parent("assistant", 2)
    assert (workflow.created_by, workflow.reasoning, workflow.tags) == ("reflection", "why", {"team": "core"})
    assert workflow.nodes == (
        Node("a", "FILE_READ", {"path": "x"}, "reads", {"retry": 2}),
        Node("b", "HUMAN_INPUT"),
    )
    assert workflow.edges == (
        Edge("START", "a"),
        Edge("START", "b"),
        Edge("a", "END", "output.ok"),
        Edge("b", "END", "output.ok"),
    )


def test_a_fork_names_the_other_workflow() -> None:
    workflow = workflow_of(Document.parse("id: a\nversion: 1\nmetadata: {parent: {id: other, version: 7}}\n"))
    assert workflow is not None
    assert workflow.parent == Parent("other", 7)


def test_a_text_without_usable_id_or_version_is_none() -> None:
    for text in (
        "",
        "a",
        "id: a\n",
        "id: a\nversion: '1'\n",
        "id: a\nversion: 0\n",
        "id: 3\nversion: 1\n",
        "- a\n",
    ):
        assert workflow_of(Document.parse(text)) is None


def test_layout_and_comments_do_not_count_and_everything_else_does() -> None:
    def hashed(text: str) -> str:
        return content_hash(Document.parse(text).data(0))

    flow = "{version: 3.0e0, id: a, x: [1, true]}"
    assert hashed("id: a # why\nversion: 3\nx:\n  - 1\n  - true\n") == hashed(flow.replace("3.0e0", "3"))
    assert hashed("id: a\nversion: 3\n") != hashed("id: a\nversion: 3\nx-own: 1\n")
    assert hashed("a: 1\n") != hashed("a: '1'\n")
    assert hashed("a: &x [1]\nb: *x\n") == hashed("a: [1]\nb: [1]\n")


def test_numbers_that_json_cannot_carry_count_as_text() -> None:
    data = Document.parse("a: .inf\nb: -.inf\nc: .nan\nd: 123456789012345678901234567890\n").data(0)
    text = {"a": ".inf", "b": "-.inf", "c": ".nan", "d": "123456789012345678901234567890"}
    assert content_hash(data) == content_hash(text)


def test_two_of_three_keys_make_a_workflow_and_a_name_makes_anything_one() -> None:
    def found(text: str, *, is_named: bool = False) -> list[str | None]:
        beside = Selection(is_named)
        document = Document.parse(text)
        return [graph_type_of(document, at, beside) for at in range(len(document.roots))]

    assert found("id: a\nnodes: []\n") == ["workflow"]
    assert found("nodes:\nedges:\n") == ["workflow"]
    assert found('{"id": 1, "edges": []}') == ["workflow"]
    assert found("id: a\nversion: 1\n") == [None]
    assert found("name: x\n---\nid: a\nedges: []\n") == [None, "workflow"]
    assert found("- id\n- nodes\n") == [None]
    assert found("name: x\n", is_named=True) == ["workflow"]
    assert found("# nothing\n", is_named=True) == [None]
