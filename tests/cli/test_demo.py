"""`darwinflow demo`: what a new user sees first."""

import os
import shutil
import subprocess
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
    assert "5 runs, 100 %, p95" in said
    assert "← v2 user" in said
    assert "← v1 user" in said
    assert len(said.splitlines()) <= 50, "more than a screen"
    assert "Internal" not in (folder / "out/notes.md").read_text(), "version 3 really ran"
    listed = darwinflow(
        "runs", "list", str(folder / "flows/nightly-import.yaml"), "--status", "failed"
    ).stdout
    assert "could not convert string to float: 'eleven'" in listed


@pytest.fixture
def own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """With each of these alone the demo's programs would record nothing, or nothing that can be shown."""
    monkeypatch.setenv("DARWINFLOW_REDACT", "release")
    monkeypatch.setenv("DARWINFLOW_SPOOL_LIMIT", "1")
    monkeypatch.setenv("DARWINFLOW_RUN", "r1")


@pytest.mark.timeout(120)
def test_the_demo_is_the_same_whatever_its_user_has_set(
    own_settings: None, darwinflow: Run, tmp_path: Path
) -> None:
    said = darwinflow("demo", str(tmp_path / "demo")).stdout
    assert f"{workspace.RUNS} runs recorded, {workspace.FAILED} failed" in said
    assert "5 runs, 100 %, p95" in said


@pytest.mark.timeout(120)
def test_what_comes_next_finds_the_demos_home(darwinflow: Run, tmp_path: Path) -> None:
    said = darwinflow("demo", "demo", cwd=tmp_path).stdout
    _, _, following = said.partition("\nNext:\n")
    script = " && ".join(following.replace("--fix", "--fix || true").splitlines())
    environ = {name: value for name, value in os.environ.items() if not name.startswith("DARWINFLOW_")}
    environ["HOME"] = str(tmp_path / "of the user")
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "could not convert string to float: 'eleven'" in done.stdout
    assert not (tmp_path / "of the user").exists()


def test_make_run_hands_on_none_of_its_users_settings(tmp_path: Path) -> None:
    """With a command in place of ours that writes down what it gets, and an environment that is ready."""
    shutil.copy(Path(__file__).parents[2] / "Makefile", tmp_path)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    for name in ("requirements.lock", "pyproject.toml", ".venv/.ready"):
        (tmp_path / name).touch()
    command = tmp_path / ".venv/bin/darwinflow"
    command.write_text('#!/bin/sh\nif [ "$1" = demo ]; then env | grep ^DARWINFLOW_ | sort; exit 1; fi\n')
    command.chmod(0o755)
    own = {
        "DARWINFLOW_REDACT": "release",
        "DARWINFLOW_STORAGE_LOGS": "file",
        "DARWINFLOW_X1": "a b\nDARWINFLOW_Y=1",
    }
    # The suite itself may be run by make, whose variables would speak to the inner one.
    without_make = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    done = subprocess.run(
        ["make", "run"],
        cwd=tmp_path,
        env={**without_make, **own, "DARWINFLOW_HOME": "/mine"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [f"DARWINFLOW_HOME={tmp_path}/build/run/home"]
    assert done.returncode == 2, "what the demo says counts"


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
