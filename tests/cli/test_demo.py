"""`darwinflow demo`: what a new user sees first."""

from pathlib import Path

import pytest

from cli.conftest import Run
from darwinflow.cli.demo import workspace


@pytest.mark.timeout(120)
def test_the_demo_records_real_runs_and_shows_findings_lenses_and_hover(
    darwinflow: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "my demo"
    said = darwinflow("demo", str(folder)).stdout
    assert f"3 workflows, {len(workspace.STAGES)} published versions, {workspace.RUNS} runs recorded" in said
    assert "did you mean 'classify'? [edge-unknown-node]" in said
    assert f"\n  darwinflow check '{folder}' --fix\n" in said
    assert "also at 27:12 and 28:12" in said
    assert "5 runs, 100 %, p95" in said
    assert "← v2 user" in said
    assert "← v1 user" in said
    assert len(said.splitlines()) <= 50, "more than a screen"
    assert "Internal" not in (folder / "out/notes.md").read_text(), "version 3 really ran"
    listed = darwinflow(
        "runs", "list", str(folder / "flows/nightly-import.yaml"), "--status", "failed"
    ).stdout
    assert "could not convert string to float: 'eleven'" in listed


@pytest.mark.parametrize("where", ["file/new", "file/new/deeper", "n" * 300, "/proc/new"])
def test_a_folder_that_cannot_be_made_is_said(darwinflow: Run, folder: Path, where: str) -> None:
    (folder / "file").write_text("mine")
    said = darwinflow("demo", where, expect=1)
    assert said.stderr.startswith(f"error: '{where}' cannot be written: ")
    assert said.stderr.endswith("\ntry: name a new folder where you can write\n")


def test_the_demo_does_not_touch_a_folder_that_holds_something(darwinflow: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").write_text("mine")
    said = darwinflow("demo", str(tmp_path / "mine"), expect=1)
    assert "is there already and not empty" in said.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["file"]
