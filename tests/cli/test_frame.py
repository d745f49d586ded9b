"""What holds for every command: help, unknown names, errors in two lines, exit codes, faults of ours."""

import os
import subprocess
import sys
from pathlib import Path

from darwinflow.cli.main import COMMANDS


def darwinflow(*arguments: str, cwd: Path | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "darwinflow.cli.main", *arguments],
        cwd=cwd,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_command_has_help_that_names_it() -> None:
    overview = darwinflow("--help")
    assert overview.returncode == 0
    for name in COMMANDS:
        assert f"  {name} " in overview.stdout
        said = darwinflow(name, "--help")
        assert said.returncode == 0, said.stderr
        assert said.stdout.startswith(f"usage: darwinflow {name}")


def test_no_command_shows_the_overview_and_counts_as_wrong_usage() -> None:
    said = darwinflow()
    assert said.returncode == 2
    assert "commands:" in said.stdout


def test_a_misspelt_command_is_told_from_the_one_that_was_meant() -> None:
    said = darwinflow("lineag")
    assert said.returncode == 2
    assert (
        said.stderr
        == "error: there is no command 'lineag'; did you mean 'lineage'?\ntry: darwinflow lineage\n"
    )


def test_wrong_arguments_are_wrong_usage() -> None:
    assert darwinflow("runs", "list", "--limit", "many").returncode == 2


def test_a_file_that_is_not_there_is_one_error_and_one_way_on(tmp_path: Path) -> None:
    said = darwinflow("lineage", "flows/none.yaml", cwd=tmp_path, DARWINFLOW_HOME=str(tmp_path / "home"))
    assert said.returncode == 1
    assert said.stderr == "error: there is no file 'flows/none.yaml'\ntry: name a workflow's id or its file\n"


def test_a_fault_of_ours_keeps_its_traceback_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise RuntimeError('broken on purpose')\n")
    said = darwinflow("lineage", "x", PYTHONPATH=str(tmp_path), TMPDIR=str(tmp_path))
    assert said.returncode == 3
    assert "Traceback" not in said.stderr
    (report,) = tmp_path.glob("darwinflow-lineage-*.txt")
    assert str(report) in said.stderr
    assert "broken on purpose" in report.read_text()


def test_a_reader_that_goes_away_is_no_error() -> None:
    piped = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m darwinflow.cli.main --help | head -1; echo ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert piped.stdout.splitlines()[-1] == "0"
    assert "Traceback" not in piped.stderr
