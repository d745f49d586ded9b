"""Each `cases/NAME.yaml` gives exactly what `cases/NAME.out` says; `pytest tests/check --update` writes the latter."""

from pathlib import Path

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import Checked, check
from darwinflow.check.finding import Finding, Fix
from darwinflow.check.fixes import fixed
from darwinflow.cli.findings import FileReport, text_of
from darwinflow.cli.terminal import Terminal
from darwinflow.document.document import Document

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
PLAIN = Terminal(colour=False, utf8=True, width=0)


def checked_case(path: Path, catalog: Catalog) -> Checked:
    return check(Document.parse(path.read_bytes().decode()), catalog, is_named=True)


def said_of(path: Path, checked: Checked) -> str:
    report = FileReport(path.name, checked.document.lines, checked.findings())
    lines = list(text_of(report, PLAIN))
    lines += [
        f"fix: {fix.title} ({len(fix.edits)})" for finding in checked.findings() for fix in finding.fixes
    ]
    return "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_gives_what_is_written_beside_it(
    path: Path, catalog: Catalog, request: pytest.FixtureRequest
) -> None:
    expected = path.with_suffix(".out")
    said = said_of(path, checked_case(path, catalog))
    if request.config.getoption("--update"):
        expected.write_text(said)
    assert said == expected.read_text()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_range_is_one_token_within_its_line(path: Path, catalog: Catalog) -> None:
    checked = checked_case(path, catalog)
    lines = checked.document.lines
    for finding in checked.findings():
        for span in (finding.span, *[other.span for other in finding.related]):
            assert span.line == span.end_line
            assert 0 <= span.column <= span.end_column <= len(lines[span.line])


def told(finding: Finding, fix: Fix) -> tuple[str, str]:
    """A fix that is only offered may give another spelling to a name that other messages hold."""
    return finding.code, finding.message if fix.is_certain else ""


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_fix_removes_its_finding_and_adds_none(path: Path, catalog: Catalog) -> None:
    checked = checked_case(path, catalog)
    for finding in checked.findings():
        for fix in finding.fixes:
            mended = check(fixed(checked.document, [finding._replace(fixes=(fix,))]), catalog, is_named=True)
            before = [told(one, fix) for one in checked.findings()]
            after = [told(left, fix) for left in mended.findings()]
            assert len(after) < len(before)
            for left in after:
                assert before.count(left) >= after.count(left), left
            assert after.count(told(finding, fix)) < before.count(told(finding, fix))


def test_no_code_lacks_a_case() -> None:
    said = "".join(path.with_suffix(".out").read_text() for path in CASES)
    for code in CODES:
        assert f"[{code}]" in said, code


CODES = (
    "yaml-syntax",
    "duplicate-key",
    "undefined-alias",
    "document-limit",
    "unknown-tag",
    "wrong-type",
    "invalid-value",
    "unknown-field",
    "missing-field",
    "unknown-node-type",
    "config-unknown-field",
    "config-missing-field",
    "config-wrong-type",
    "config-invalid-value",
    "duplicate-node-id",
    "reserved-id",
    "edge-unknown-node",
    "edge-end-not-allowed",
    "unreachable-node",
    "no-path-to-end",
    "endless-cycle",
    "duplicate-edge",
    "condition-syntax",
    "condition-unknown-name",
    "condition-not-upstream",
    "condition-never-true",
    "option-not-handled",
    "context-syntax",
    "context-unknown-node",
    "context-not-upstream",
    "upstream-avoidable",
    "metadata-key",
    "empty-workflow",
    "secret",
    "unused-suppression",
    "unexplained-suppression",
)
