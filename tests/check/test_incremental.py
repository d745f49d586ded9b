"""What is found after an edit is what a fresh check of the text finds."""

import os
from collections import Counter

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import Checked, check
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.model.span import Span
from darwinflow.projection.projection import Projection

from .editing import SMALL, sessions

EDITS = int(os.environ.get("DARWINFLOW_FUZZ_EDITS", "3000"))
SEED = int(os.environ.get("DARWINFLOW_SEED", "20261124"))


def picture_of(projection: Projection | None) -> object:
    if projection is None:
        return None
    graph = projection.graph
    return (
        graph.names,
        graph.known,
        graph.types,
        graph.successors,
        graph.predecessors,
        list(graph.unknown),
        [(node.id, node.type, node.span, node.item_span) for node in projection.nodes()],
        [(edge.sources, edge.targets, edge.condition, edge.item_span) for edge in projection.edges()],
        {name: projection.references(name) for name in graph.names},
        {name: projection.definition(name) for name in graph.names},
        projection.header.data,
        list(projection.header.fields()),
    )


def assert_same(seen: Checked, fresh: Checked) -> None:
    assert seen.findings() == fresh.findings()
    assert len(seen.parts) == len(fresh.parts)
    for index in range(len(fresh.parts)):
        assert picture_of(seen.projection_of(index)) == picture_of(fresh.projection_of(index))


@pytest.mark.timeout(0)
def test_every_edit_finds_what_a_fresh_check_finds() -> None:
    catalog = Catalog.bundled()
    counts: Counter[str] = Counter()
    known: dict[Document, Checked] = {}
    for label, before, after, _ in sessions(EDITS, SEED):
        if before not in known:
            known = {before: check(before, catalog)}
            known[before].findings()
        known[after] = seen = check(after, catalog, None, known[before])
        fresh = check(Document.parse(after.lines.text()), catalog)
        try:
            assert_same(seen, fresh)
        except AssertionError:
            print(f"\n{label}\nbefore: {before.lines.text()!r}")
            raise
        counts.update({finding.code for finding in fresh.findings()})
        counts["edits"] += 1
        counts["within segments"] += after.change is not None
        counts["no finding"] += not fresh.findings()
    print(f"\nDARWINFLOW_SEED={SEED}: {dict(counts.most_common())}")


def test_the_comparison_sees_findings_that_were_kept_too_long() -> None:
    """The twin of the loop: an engine that takes over what an edit has changed is caught."""
    catalog = Catalog.bundled()
    before = check(Document.parse(SMALL), catalog)
    after = Document.parse(SMALL.replace("to: classify", "to: clasify"))
    stale = Checked(after, before.parts, None, before.checker)
    with pytest.raises(AssertionError):
        assert_same(stale, check(after, catalog))


MERGING = """\
id: triage
version: 2
x-shared: &ask {prompt: "Who?", options: [a, b]}
nodes:
  - id: classify
    type: LLM_DECISION
    config: *ask
  - id: answer
<<: *ask

    config: {prompt: "Answer"}
  - id: escalate
    type: HUMAN_INPUT
    config:
      <<: *ask
      prompt: Which one?
    retry: {attempts: 3}
  - {id: look_up, type: TOOL_CALL, config: {tool: find}}
  - id: classify
    type: LLM_DECISION
    config: *ask
  - id: answer
<<: *ask
edges: []
"""


def test_items_below_a_merge_of_the_root_are_keys_of_the_root(catalog: Catalog) -> None:
    before = Document.parse(MERGING)
    after = before.edit(Edit(Span(18, 4, 18, 6), "[id]"))
    fresh = check(Document.parse(after.lines.text()), catalog)
    assert_same(check(after, catalog, None, check(before, catalog)), fresh)
    projection = fresh.projection
    assert projection is not None
    assert '["id"]' in projection.header.data
