"""`# darwinflow: graph-type=NAME` above a document: which graph type it is of."""

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.check.pages import page_of
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.graph.load import load
from darwinflow.model.span import Span
from darwinflow.projection.detect import choice_of

PAGE = page_of("cycle")
assert PAGE is not None
FLOW = PAGE.failing["flow.yaml"]


@pytest.fixture(scope="module")
def types() -> Catalog:
    bundled = Catalog.bundled()
    assert PAGE is not None
    document = Document.parse(PAGE.failing["graph-types/pipeline.yaml"])
    module = {"$id": "darwinflow:graph-type/pipeline", **document.data(0)}
    pipeline = load(module, bundled.modules)
    return Catalog({"workflow": bundled.graph_type("workflow"), "pipeline": pipeline}, bundled.modules)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("# darwinflow: graph-type=pipeline\na: 1\n", "pipeline"),
        ("\n# a note\n  #darwinflow: graph-type = pipeline  # why\n---\na: 1\n", "pipeline"),
        ("# darwinflow: graph-type=one\n# darwinflow: graph-type=two\na: 1\n", "one"),
        ("a: 1\n# darwinflow: graph-type=pipeline\n", None),
        ("# darwinflow: graph-type=\na: 1\n", None),
        ("# darwinflow: graph-type=pipeline\n", None),
        ("# see darwinflow: graph-type=pipeline\na: 1\n", None),
    ],
)
def test_a_comment_before_the_content_names_the_type(text: str, name: str | None) -> None:
    choice = choice_of(Document.parse(text), 0)
    assert (choice.name if choice is not None else None) == name


def test_what_is_found_follows_the_name_as_it_is_typed(types: Catalog) -> None:
    """As a fresh check finds it, for each of the documents of a stream."""
    document = Document.parse(f"{FLOW}---\n{FLOW.replace('pipeline', 'workflow')}")
    checked = check(document, types)
    for line, start, end, text in [
        (0, 25, 33, "workflow"),
        (0, 25, 33, "pipeline"),
        (0, 0, 1, ""),
        (0, 0, 0, "#"),
        (10, 25, 33, "pipeline"),
        (10, 0, 0, "# darwinflow: graph-type=other\n"),
    ]:
        document = document.edit(Edit(Span(line, start, line, end), text))
        checked = check(document, types, None, checked)
        fresh = check(Document.parse(document.lines.text()), types)
        assert checked.findings() == fresh.findings()
        assert [part and part.projection.graph_type.name for part in checked.parts] == [
            part and part.projection.graph_type.name for part in fresh.parts
        ]
    assert {one.code for one in checked.findings()} == {"cycle", "unknown-graph-type"}


@pytest.mark.parametrize(
    "comment",
    [
        "# darwinflow: graph_type=pipeline",
        "#darwinflow graph-type: pipeline",
        "# DarwinFlow: Graph-Type=pipeline",
    ],
)
def test_a_comment_that_is_only_nearly_written_so_is_told_and_mended(comment: str, types: Catalog) -> None:
    document = Document.parse(FLOW.replace(FLOW.partition("\n")[0], comment, 1))
    (found,) = [one for one in check(document, types).findings() if one.code == "unknown-graph-type"]
    assert found.message == "a comment that names the graph type begins with '# darwinflow: graph-type='"
    ((edit,),) = [fix.edits for fix in found.fixes]
    mended = document.edit(edit)
    assert mended.lines[0].endswith("darwinflow: graph-type=pipeline")
    assert {one.code for one in check(mended, types).findings()} == {"cycle"}


def test_a_comment_about_graph_types_is_none_that_names_one(types: Catalog) -> None:
    document = Document.parse(
        "# darwinflow knows a graph type: see README\nid: a\nversion: 1\nnodes: []\nedges: []\n"
    )
    assert "unknown-graph-type" not in {one.code for one in check(document, types).findings()}


def test_a_comment_below_the_first_key_is_told(types: Catalog) -> None:
    text = FLOW.replace("\nedges:", "\n# darwinflow: graph-type=pipeline\nedges:").replace(
        "# darwinflow: graph-type=pipeline\n", "", 1
    )
    assert text.count("graph-type=") == 1
    found = check(Document.parse(text), types, is_named=True).findings()
    (told,) = [one for one in found if one.code == "unknown-graph-type"]
    assert told.message.startswith("a comment that names the graph type stands above the first key")
    assert text.splitlines()[told.span.line] == "# darwinflow: graph-type=pipeline"
