"""Commands in a folder that was removed: what needs none works, the rest says so and what to do."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .conftest import Run, Said

GONE = "error: the current folder was removed, so nothing can be found from it"


@pytest.fixture
def homeless(tmp_path: Path, darwinflow: Run) -> Iterator[Callable[..., Said]]:
    """Calls the command in a folder that is removed before it starts; `FLOW` stands for a file's absolute path."""

    def call(*arguments: str, **environ: str) -> Said:
        script = (
            f'mkdir gone && cd gone && rmdir ../gone && exec "{sys.executable}" -m darwinflow.cli.main "$@"'
        )
        flow = str(tmp_path / "workspace/flows/greet.yaml")
        return subprocess.run(
            ["bash", "-c", script, "bash", *(one.replace("FLOW", flow) for one in arguments)],
            cwd=tmp_path,
            env={**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home"), **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    yield call
    darwinflow("daemon", "stop", expect=None)


@pytest.mark.parametrize(
    "line",
    [
        "check",
        "check .",
        "check x.yaml",
        "check *.yaml",
        "check -",
        "check - --stdin-path x.yaml",
        "check x.yaml --fix",
        "check --watch",
        "fmt",
        "fmt x.yaml",
        "fmt -",
        "publish x.yaml",
        "lineage x.yaml",
        "lineage greet",
        "runs list",
        "runs list greet",
        "runs show abc",
        "runs tail",
        "runs tail greet",
        "demo X",
    ],
)
def test_what_counts_from_the_folder_is_wrong_usage_with_a_way_on(
    homeless: Callable[..., Said], line: str
) -> None:
    said = homeless(*line.split())
    assert (said.returncode, said.stdout) == (2, ""), said.stderr
    assert said.stderr == (
        f"{GONE}\ntry: cd to a folder that is there; files can also be named by their absolute paths\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        "check FLOW",
        "check FLOW --no-cache",
        "check FLOW --fix",
        "check - --stdin-path FLOW",
        "fmt FLOW",
        "fmt - --stdin-path FLOW",
        "explain secret",
        "--version",
        "daemon start",
    ],
)
def test_what_needs_no_folder_works(homeless: Callable[..., Said], line: str) -> None:
    said = homeless(*line.split())
    assert (said.returncode, said.stderr) == (0, "")


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "junit"])
def test_findings_of_files_named_absolutely_are_told_in_every_format(
    homeless: Callable[..., Said], folder: Path, form: str
) -> None:
    flow = folder / "flows/greet.yaml"
    flow.write_text(flow.read_text().replace("to: END", "to: loook"))
    (folder / ".darwinflow.yaml").write_text("projekt: hello\n")
    said = homeless("check", "FLOW", "--format", form)
    assert (said.returncode, said.stderr) == (1, "")
    assert str(flow) in said.stdout
    assert str(folder / ".darwinflow.yaml") in said.stdout
    if form == "sarif":
        (run,) = json.loads(said.stdout)["runs"]
        assert "originalUriBaseIds" not in run
        places = [one["locations"][0]["physicalLocation"]["artifactLocation"] for one in run["results"]]
        assert {"uri": flow.as_uri()} in places
        assert all("uriBaseId" not in place for place in places)


def test_history_of_files_named_absolutely_is_shown(homeless: Callable[..., Said]) -> None:
    assert homeless("publish", "FLOW").stdout.startswith("published greet v1")
    assert homeless("lineage", "FLOW").stdout.startswith(" v1  user")
    assert homeless("runs", "list", "FLOW").stdout.startswith("No runs of 'greet' yet")
    assert homeless("daemon", "status").returncode == 0


def test_a_home_that_counts_from_the_folder_is_named(homeless: Callable[..., Said]) -> None:
    said = homeless("daemon", "status", DARWINFLOW_HOME="home")
    assert said.returncode == 2
    assert said.stderr.splitlines() == [
        GONE,
        "try: cd to a folder that is there; DARWINFLOW_HOME, too, is found from anywhere once it is an absolute path",
    ]
    assert homeless("check", "FLOW", DARWINFLOW_HOME="home").returncode == 0, "it needs no home"


def test_a_command_is_run_all_the_same_when_its_run_cannot_be_recorded(homeless: Callable[..., Said]) -> None:
    said = homeless("record", "--workflow", "x.yaml", "--", "false", DARWINFLOW_HOME="home")
    assert said.returncode == 1
    assert said.stderr == (
        "darwinflow: warning: the current folder was removed, so nothing can be found from it, nor is the home there, "
        "so nothing is recorded; cd to a folder that is there; DARWINFLOW_HOME, too, is found from anywhere once it is "
        "an absolute path\n"
    )


def test_a_run_of_a_file_that_is_named_absolutely_is_recorded(homeless: Callable[..., Said]) -> None:
    assert homeless("record", "--workflow", "FLOW", "--", "sh", "-c", "exit 7").returncode == 7
    assert "exit code 7" in homeless("runs", "list", "FLOW").stdout
