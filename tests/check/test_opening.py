"""A check in slices ends with the value that a check in one go gives."""

from bench.documents import workflow
from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.check.opening import Opening
from darwinflow.document.document import Document
from darwinflow.document.opening import segments_of
from darwinflow.settings.workspace import parse as parse_settings

NODES = 1500


def faulty() -> str:
    """A workflow with a fault of each kind near its beginning and near its end."""
    lines = workflow(NODES).split("\n")
    for near in (30, len(lines) * 2 // 3):
        at = next(row for row in range(near, len(lines)) if lines[row].startswith("    type:"))
        lines[at] = "    typ: TOOL_CALL"
        lines.insert(at + 20, "    descr")
    lines[-3] = "    to: nowhere"
    return "\n".join(lines)


def test_slices_end_with_the_check_of_the_whole(catalog: Catalog) -> None:
    whole = check(Document.parse(faulty()), catalog)
    document = Document.parse(faulty())
    opening = Opening(document, catalog)
    slices = 1
    while (checked := opening.go_on(0.001)) is None:
        slices += 1
    assert checked.findings() == whole.findings()
    assert checked.findings()
    assert slices > 10
    assert opening.finish() is checked


def test_the_lines_that_are_looked_at_come_first_and_cost_no_others(catalog: Catalog) -> None:
    document = Document.parse(faulty())
    opening = Opening(document, catalog)
    first = opening.findings_within(0, 200)
    assert sum(segment.is_read for segment in segments_of(document)) < 60
    assert {finding.code for finding in first} >= {"yaml-syntax", "unknown-field"}
    assert set(first) <= set(opening.finish().findings())


def test_a_cancelled_opening_leaves_nothing_behind(catalog: Catalog) -> None:
    document = Document.parse(faulty())
    Opening(document, catalog).go_on(0)
    assert check(document, catalog).findings() == check(Document.parse(faulty()), catalog).findings()


def test_early_findings_have_the_severity_that_the_workspace_gives(catalog: Catalog) -> None:
    for severity, expected in (("hint", {"hint"}), ("off", set())):
        settings = parse_settings(f"severity: {{unknown-field: {severity}}}\n", "w")
        found = Opening(Document.parse(faulty()), catalog, settings).findings_within(0, 200)
        assert {finding.severity for finding in found if finding.code == "unknown-field"} == expected


def test_early_findings_are_none_that_a_comment_suppresses(catalog: Catalog) -> None:
    text = faulty().replace("    typ: TOOL_CALL", "    typ: TOOL_CALL # darwinflow: ignore[unknown-field]", 1)
    opening = Opening(Document.parse(text), catalog)
    first = opening.findings_within(0, 200)
    assert not any(finding.code == "unknown-field" for finding in first)
    assert any(finding.code == "unknown-field" for finding in opening.finish().findings())
