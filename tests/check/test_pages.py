"""The pages of explanation say what is so: `pytest tests/check --update` writes what `check` says into them."""

import argparse
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from darwinflow.check.codes import CODES
from darwinflow.check.pages import codes, page_of, path_of
from darwinflow.cli.check import reports_of
from darwinflow.cli.checking import Checking
from darwinflow.cli.findings import text_of
from darwinflow.cli.terminal import Terminal
from darwinflow.daemon.texts import workflow_in
from darwinflow.model.workflow import LOCK_NAME
from darwinflow.storage.files.versions_lock import line_of
from darwinflow.storage.publishing import published_from

AWAITED: frozenset[str] = frozenset()
"""Codes that have a page before their rule is there; a rule that lands leaves this table."""
NOT_YET: frozenset[str] = frozenset()
"""Codes whose rules have landed before their page; a code that is new may stand here for a day."""
LINK = "-> "
"""Begins the text of a page's file that is a link, as `ls -l` shows it."""
PLAIN = Terminal(colour=False, utf8=True, width=0)


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    missing = CODES - set(codes()) - NOT_YET
    assert not missing, f"write {', '.join(sorted(path_of(code) for code in missing))}"
    assert set(codes()) <= CODES
    assert not NOT_YET & set(codes())


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith(LINK):
            path.symlink_to(text.removeprefix(LINK).strip())
            continue
        if path.exists():
            path.chmod(path.stat().st_mode | stat.S_IWUSR)
        path.write_text(text)


def publish(folder: Path, files: dict[str, str]) -> None:
    """Put the files of the store where publishing puts them, with what it says of them."""
    for name, text in files.items():
        if not name.startswith("workflows/"):
            continue
        workflow = workflow_in(text.encode())
        assert workflow is not None
        write(folder, {name: text})
        version = published_from(
            workflow, workflow.id, published_by="mira", published_at=datetime(2025, 11, 12, tzinfo=UTC)
        )
        with open(folder / os.path.dirname(name) / LOCK_NAME, "ab") as lock:
            lock.write(line_of(version) + b"\n")


def said(folder: Path) -> list[tuple[str, str, str]]:
    """Path, code and first line of every finding in the workspace."""
    checking = Checking({"DARWINFLOW_HOME": str(folder.parent / "home")}, is_cached=False)
    reports, _ = reports_of(argparse.Namespace(paths=[], fix=False), checking)
    return [
        (report.path, finding.code, next(text_of(report._replace(findings=(finding,)), PLAIN)))
        for report in reports
        for finding in report.findings
    ]


@pytest.mark.parametrize("code", [code for code in codes() if code not in AWAITED])
def test_the_example_has_the_finding_and_the_mended_one_has_none(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    page = page_of(code)
    assert page is not None
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / ".git").mkdir()
    monkeypatch.chdir(folder)
    publish(folder, {**page.failing, **page.mended})
    write(folder, page.failing)
    found = said(folder)
    assert {name for _, name, _ in found} == {code}, found
    assert found[0][0] == next(iter(page.failing)), "the first file has it"
    lines = "\n".join(line for _, _, line in found)
    if request.config.getoption("--update"):
        path = Path(path_of(code))
        path.write_text(path.read_text().replace(f"```text\n{page.says}\n```", f"```text\n{lines}\n```"))
    else:
        assert page.says == lines
    write(folder, page.mended)
    assert said(folder) == []


@pytest.mark.parametrize("code", codes())
def test_a_page_is_short_and_whole(code: str) -> None:
    page = page_of(code)
    assert page is not None
    assert page.title
    assert page.title[-1] not in ".?!"
    assert len(page.title) <= 56, "with its code it fits on a line of 80 columns"
    assert len(page.meaning) > 60
    assert page.failing
    assert page.mended
    assert os.path.basename(path_of(code)) == f"{code}.md"


def test_there_is_no_page_of_what_is_no_code() -> None:
    for name in ("", "none", "../pages/secret", "Secret", "secret.md", "a\0b", "a" * 300):
        assert page_of(name) is None
