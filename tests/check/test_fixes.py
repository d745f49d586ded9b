"""A fix mends: its finding goes, no error comes, and what was mended needs no mending again."""

import argparse
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import Checked, check
from darwinflow.check.finding import ERROR, HINT, Finding
from darwinflow.check.fixes import fixable, fixed
from darwinflow.check.pages import codes, page_of
from darwinflow.cli.check import reports_of
from darwinflow.cli.checking import Checking
from darwinflow.document.document import Document
from document.typed_lines import typed_states
from document.typing_states import states

from .editing import sessions
from .test_pages import publish, write

EDITS = int(os.environ.get("DARWINFLOW_FUZZ_EDITS", "3000")) // 10
HIDING = ("yaml-syntax", "undefined-alias", "document-limit", "edge-unknown-node")
ROUNDS = 10
"""Of fixes that come to light when others are done."""
SEED = int(os.environ.get("DARWINFLOW_SEED", "20261124"))


def told(findings: Iterable[Finding]) -> Counter[tuple[str, str, str]]:
    return Counter((one.severity, one.code, one.message) for one in findings)


def assert_mends(checked: Checked, finding: Finding, after: Checked, *, is_alone: bool = True) -> None:
    """The finding is gone and no other has come, but for what was hidden.

    *is_alone*: the text has one fault, so what a key with a slip has hidden is sound.
    """
    before, now = told(checked.findings()), told(after.findings())
    same = (finding.severity, finding.code, finding.message)
    assert now[same] < before[same], same
    if not _uncovers(checked, after):
        assert not (is_alone and fresh_errors(before, now)), now - before
        hidden = 0 if is_alone else _below_key(finding, checked, after)
        assert _weight(now) - hidden <= _weight(before), now - before


def fresh_errors(before: Counter[tuple[str, str, str]], now: Counter[tuple[str, str, str]]) -> Counter[str]:
    """Codes of more errors than there were; what an error advises may be another thing when one is gone."""
    old = Counter(one[1] for one in before.elements() if one[0] == ERROR)
    return Counter(one[1] for one in now.elements() if one[0] == ERROR) - old


def _weight(findings: Counter[tuple[str, str, str]]) -> int:
    """How many there are beside hints, of which a sound graph has more."""
    return sum(count for one, count in findings.items() if one[0] != HINT)


def _below_key(finding: Finding, checked: Checked, after: Checked) -> int:
    """How many findings have come at or below a key that got its name back: of what nobody looked at before."""
    if finding.code != "unknown-field":
        return 0
    before = told(checked.findings())
    lines = [one.span.line for one in after.findings() if not before[one.severity, one.code, one.message]]
    return sum(line >= finding.span.line for line in lines)


def _uncovers(checked: Checked, after: Checked) -> bool:
    """Whether something is mended that rules are silent about: a fault of syntax, a list or a node that is not there."""
    if any(_opens_brackets(one, checked) for one in checked.findings()):
        return True  # what is in them was a text, and is read now
    return any(now < before for before, now in zip(_hiding(checked), _hiding(after), strict=True))


def _opens_brackets(finding: Finding, checked: Checked) -> bool:
    """Whether it is of a colon with a bracket behind it that is left open on its line."""
    behind = checked.document.lines[finding.span.end_line][finding.span.end_column :].strip()
    return finding.message.startswith("':' needs a space") and behind in ("{", "[")


def _hiding(checked: Checked) -> list[int]:
    lists = [
        (part.projection.lists_nodes, part.projection.lists_edges)
        for part in checked.parts
        if part is not None
    ]
    told = [one.code for one in checked.findings()]
    return [sum(not there for both in lists for there in both), *[told.count(code) for code in HIDING]]


def assert_every_fix_mends(checked: Checked, catalog: Catalog, *, is_alone: bool) -> int:
    """Returns how many fixes there were."""
    count = 0
    for finding in checked.findings():
        for fix in finding.fixes:
            text = fixed(checked.document, [finding._replace(fixes=(fix,))]).lines.text()
            assert_mends(
                checked, finding, check(Document.parse(text), catalog, is_named=True), is_alone=is_alone
            )
            count += 1
    return count


def assert_mended_for_good(checked: Checked, catalog: Catalog) -> None:
    """All fixes together mend as well, and so on to an end."""
    for _ in range(ROUNDS):
        chosen = fixable(checked.findings())
        if not chosen:
            return
        text = fixed(checked.document, chosen).lines.text()
        after = check(Document.parse(text), catalog, is_named=True)
        before, now = told(checked.findings()), told(after.findings())
        first = min(chosen, key=lambda one: (one.code != "unknown-field", one.span))
        hidden = _below_key(first, checked, after)
        assert _uncovers(checked, after) or _weight(now) - hidden <= _weight(before), (before, now)
        checked = after
    pytest.fail(f"there is something to mend after {ROUNDS} rounds")


def test_every_fix_mends_in_what_people_are_typing(catalog: Catalog) -> None:
    count = 0
    for state in (*states(), *typed_states()):
        checked = check(Document.parse(state.text), catalog, is_named=True)
        try:
            count += assert_every_fix_mends(checked, catalog, is_alone=True)
            assert_mended_for_good(checked, catalog)
        except AssertionError:
            print(f"\n{state.name}\n{state.text}")
            raise
    print(f"\n{count} fixes")
    assert count >= 2


@pytest.mark.timeout(0)
def test_every_fix_mends_after_random_edits(catalog: Catalog) -> None:
    count = 0
    for label, _, after, _ in sessions(EDITS, SEED):
        checked = check(Document.parse(after.lines.text()), catalog, is_named=True)
        try:
            count += assert_every_fix_mends(checked, catalog, is_alone=False)
            assert_mended_for_good(checked, catalog)
        except AssertionError:
            print(f"\n{label}\n{after.lines.text()!r}")
            raise
    print(f"\nDARWINFLOW_SEED={SEED}: {count} fixes in {EDITS} texts")
    assert count > EDITS // 10


def found_in(folder: Path, *, fix: bool) -> list[Finding]:
    """Every finding in the workspace, as `check` tells of it with or without `--fix`."""
    checking = Checking({"DARWINFLOW_HOME": str(folder.parent / "home")}, is_cached=False)
    reports, _ = reports_of(argparse.Namespace(paths=[], fix=fix), checking)
    return [finding for report in reports for finding in report.findings]


def texts_in(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*.yaml")) if path.is_file()}


@pytest.mark.parametrize("code", codes())
def test_a_page_that_was_mended_stays_as_it_is(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = page_of(code)
    assert page is not None
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / ".git").mkdir()
    monkeypatch.chdir(folder)
    publish(folder, {**page.failing, **page.mended})
    write(folder, page.failing)
    before = found_in(folder, fix=False)
    left = found_in(folder, fix=True)
    once = texts_in(folder)
    assert told(found_in(folder, fix=False)) == told(left)
    assert not fresh_errors(told(before), told(left))
    assert len(left) <= len(before) - bool(fixable(before))
    found_in(folder, fix=True)
    assert texts_in(folder) == once


def test_a_fix_that_does_nothing_is_seen(catalog: Catalog) -> None:
    """The twin of the loops above."""
    checked = check(Document.parse("id: a\nversion: '1'\nnodes: []\nedges: []\n"), catalog)
    (finding, *_) = [one for one in checked.findings() if one.fixes]
    with pytest.raises(AssertionError):
        assert_mends(checked, finding, checked)
