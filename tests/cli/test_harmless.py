"""Names of files, ids and texts that hold commands for the terminal: shown, never obeyed, and exact for programs."""

import json
import os
import re
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

import forked
from darwinflow.cli.formats import dumped

from .conftest import Run, flow

EVIL = "e\x1b[31m\x07\x9b2J\u202ev\x7f\nl"
"""Colour, bell, a C1 sequence that clears the screen, text that runs backwards, DEL, a line end."""
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@pytest.fixture
def evil(folder: Path) -> str:
    """The name of a flow with a finding about an evil id; the workspace's project is called so, too."""
    (folder / ".darwinflow.yaml").write_text(f"project: {json.dumps(EVIL)}\n")
    name = f"flows/{EVIL}.yaml"
    (folder / name).write_text(flow(1).replace("to: END", f"to: {json.dumps(EVIL)}"))
    return name


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("EVIL", 2),
        ("check --EVIL", 2),
        ("check --format EVIL", 2),
        ("check nothing/EVIL.yaml", 2),
        ("check EVIL*.yaml", 2),
        ("check empty", 1),
        ("fmt nothing/EVIL.yaml", 2),
        ("explain EVIL", 2),
        ("explain secret EVIL", 2),
        ("publish FLOW", None),
        ("publish nothing/EVIL", 2),
        ("lineage EVIL", 2),
        ("lineage EVIL.yaml", 2),
        ("lineage greet", 2),
        ("runs list EVIL", 1),
        ("runs list", 1),
        ("runs list --node EVIL", 1),
        ("runs list --status EVIL", 2),
        ("runs show EVIL", 2),
        ("runs show 0123", 2),
        ("runs EVIL", 2),
        ("record --EVIL", 2),
        ("record -- EVIL", 3),
        ("record --workflow EVIL -- true", 2),
        ("daemon EVIL", 2),
        ("daemon start EVIL", 2),
        ("demo FLOW", 2),
    ],
)
def test_what_a_command_says_is_harmless(
    darwinflow: Run, folder: Path, evil: str, line: str, lines: int | None
) -> None:
    (folder / f"empty{EVIL}").mkdir()
    words = [word.replace("FLOW", evil).replace("EVIL", EVIL) for word in line.split()]
    said = darwinflow(*(word + EVIL if word == "empty" else word for word in words), expect=None)
    assert "31m" in said.stdout + said.stderr
    assert said.returncode != 3
    assert STEERING.findall(said.stdout + said.stderr) == []
    assert lines in (None, (said.stdout + said.stderr).count("\n"))


@pytest.mark.parametrize("form", ["text", "github", "junit", "json", "sarif"])
def test_findings_are_harmless_in_every_format_and_exact_for_programs(
    darwinflow: Run, evil: str, form: str
) -> None:
    shown = darwinflow("check", evil, "--format", form, expect=1).stdout
    assert STEERING.findall(shown) == []
    if form == "json":
        assert {one["path"] for one in json.loads(shown)["findings"]} == {evil}
    if form == "sarif":
        (result, *_) = json.loads(shown)["runs"][0]["results"]
        place = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert unquote(place["uri"]) == evil
    if form == "junit":
        (suite,) = ElementTree.fromstring(shown)
        assert suite.get("name") == evil.replace("\x1b", "\ufffd").replace("\x07", "\ufffd")


def test_a_run_is_shown_with_escapes_and_as_json_whole(darwinflow: Run, folder: Path) -> None:
    said = darwinflow("record", "--workflow", "flows/greet.yaml", "--step", EVIL, "--", "false", expect=1)
    run_id = said.stderr.split()[2]
    shown = darwinflow("runs", "show", run_id).stdout
    assert STEERING.findall(shown) == []
    assert r"e\u001b[31m\u0007\u009b2J\u202ev\u007f\nl" in shown
    (step,) = json.loads(darwinflow("runs", "show", run_id, "--json").stdout)["log"]["steps"]
    assert step["nodeId"] == EVIL
    assert STEERING.findall(darwinflow("runs", "list").stdout) == []


def test_a_home_of_that_name_is_shown_harmless(tmp_path: Path) -> None:
    environ = {**os.environ, "DARWINFLOW_HOME": str(tmp_path / EVIL)}
    for words in ("start", "start", "status", "stop", "stop", "status"):
        said = forked.darwinflow("daemon", words, environ=environ)
        assert "31m" in said.stdout + said.stderr or said.stdout.startswith("stopped: process ")
        assert STEERING.findall(said.stdout + said.stderr) == []


def test_json_of_findings_says_what_was_said_whatever_is_escaped() -> None:
    document = {"a": EVIL, EVIL: ["ä\u200d\U0001f469", "\u2028\ufeff"]}
    assert json.loads(dumped(document)) == document
    assert STEERING.findall(dumped(document)) == []
    assert "ä\u200d\U0001f469" in dumped(document)


def test_many_secrets_on_one_line_are_struck_out_in_every_excerpt_and_in_time(
    darwinflow: Run, folder: Path
) -> None:
    keys = [f"ghp_{at:04}{'aB3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vW'}" for at in range(900)]
    (folder / "flows/keys.yaml").write_text(
        flow(1).replace("\nnodes:", f"\ndescription: {' '.join(keys)}\nnodes:", 1)
    )
    before = forked.user_s()
    said = darwinflow("check", "--no-cache", "flows/keys.yaml", expect=1)
    assert forked.user_s() - before < 4, "seconds of processor time"
    assert said.stdout.count("[secret]") >= 900
    assert not re.search(r"ghp_[0-9]", said.stdout.replace("'ghp_…'", ""))
    assert "ghp_****" in said.stdout
