"""`workflow list` and `workflow show`, against a daemon that they start themselves."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Run, flow
from .on_terminal import shown

EVIL = "e\x1b[31m\x07\x9b2J\u202ev"


def publish(darwinflow: Run, folder: Path, version: int, reasoning: str = "Somebody should") -> bytes:
    text = flow(version, reasoning)
    (folder / "flows/greet.yaml").write_text(text)
    darwinflow("publish", "flows/greet.yaml")
    return text.encode()


def raw(tmp_path: Path, folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "darwinflow.cli.main", *arguments],
        cwd=folder,
        env={**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home"), **environ},
        capture_output=True,
        check=False,
        timeout=60,
    )


def test_no_workflows_teaches_how_to_publish_one(darwinflow: Run, folder: Path) -> None:
    assert darwinflow("workflow", "list").stdout == (
        f"No workflows are published in project 'hello' of '{folder}/.darwinflow.yaml'. "
        "Publish one: darwinflow publish FILE; or cd to another workspace to look there.\n"
    )
    assert json.loads(darwinflow("workflow", "list", "--json").stdout) == {"workflows": []}


def test_each_workflow_is_listed_once_with_its_newest_version_and_how_that_did(
    darwinflow: Run, folder: Path
) -> None:
    publish(darwinflow, folder, 1)
    publish(darwinflow, folder, 2)
    (folder / "flows/other.yaml").write_text(flow(1).replace("id: greet", "id: another"))
    darwinflow("publish", "flows/other.yaml")
    for command in ("true", "true", "false"):
        darwinflow("record", "--workflow", "flows/greet.yaml", "--", command, expect=None)
    heading, another, greet = darwinflow("workflow", "list").stdout.splitlines()
    assert heading.split() == ["WORKFLOW", "NEWEST", "PUBLISHED", "BY", "SUCCEEDED", "P95", "DESCRIPTION"]
    assert another.split()[:2] == ["another", "v1"]
    assert greet.split()[:2] == ["greet", "v2"]
    assert "2 of 3" in greet
    assert greet.endswith("Say hello")
    found = json.loads(darwinflow("workflow", "list", "--json").stdout)["workflows"]
    assert [(one["workflow"], one["newest"], len(one["versions"])) for one in found] == [
        ("another", 1, 1),
        ("greet", 2, 2),
    ]
    assert found[1]["versions"][0]["summary"] is None
    assert found[1]["versions"][1]["summary"]["runs"] == 3


def test_a_version_is_shown_byte_for_byte_with_what_is_known_of_it_beside(
    darwinflow: Run, folder: Path, tmp_path: Path
) -> None:
    first = publish(darwinflow, folder, 1)
    second = publish(darwinflow, folder, 2, "Read the other list")
    darwinflow("record", "--workflow", "flows/greet.yaml", "--", "true")
    newest = raw(tmp_path, folder, "workflow", "show", "greet")
    assert newest.stdout == second
    lines = newest.stderr.decode().splitlines()
    assert lines[0].startswith("# greet v2, published by ")
    assert lines[1] == "# v2 user: Read the other list <- v1 user: Somebody should"
    assert lines[2].startswith("# succeeded 1 of 1, median ")
    for name in ("greet@1", "greet@v1"):
        old = raw(tmp_path, folder, "workflow", "show", name)
        assert old.stdout == first
        assert b"; v2 is the newest\n" in old.stderr
    assert raw(tmp_path, folder, "workflow", "show", "flows/greet.yaml").stdout == second
    found = json.loads(darwinflow("workflow", "show", "greet@1", "--json").stdout)
    assert (found["text"].encode(), found["version"], found["summary"]) == (first, 1, None)


def test_a_text_comes_out_as_it_is_where_the_locale_has_no_such_letters(
    darwinflow: Run, folder: Path, tmp_path: Path
) -> None:
    text = b"\xef\xbb\xbf" + flow(1, "Gr\xfc\xdfe \u2603 \U0001f680").replace("\n", "\r\n").encode()
    (folder / "flows/greet.yaml").write_bytes(text)
    darwinflow("publish", "flows/greet.yaml")
    shown_there = raw(
        tmp_path, folder, "workflow", "show", "greet", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"
    )
    assert shown_there.stdout == text


def test_what_is_not_there_is_said_with_what_is(darwinflow: Run, folder: Path) -> None:
    publish(darwinflow, folder, 1)
    publish(darwinflow, folder, 2)
    place = f"project 'hello' of '{folder}/.darwinflow.yaml'"
    for name, error, advice in (
        (
            "great",
            f"no version of 'great' is published in {place}; did you mean 'greet'?",
            "darwinflow workflow list",
        ),
        (
            "quite-different",
            f"no version of 'quite-different' is published in {place}",
            "publish one: darwinflow publish FILE; or cd to another workspace to look there",
        ),
        ("greet@3", "'greet' has no version 3; it has 1 and 2", "darwinflow workflow show greet@2"),
        (
            "greet@one",
            "'greet@one' names no version: behind an id and an '@' stands a whole number",
            "darwinflow workflow list",
        ),
        ("flows/none.yaml", "there is no file 'flows/none.yaml'", "name a workflow's id or its file"),
    ):
        said = darwinflow("workflow", "show", name, expect=1)
        assert said.stderr == f"error: {error}\ntry: {advice}\n"
        assert said.stdout == ""


def test_a_version_whose_file_was_edited_is_shown_and_said_to_be(darwinflow: Run, folder: Path) -> None:
    publish(darwinflow, folder, 1)
    stored = folder / "workflows/greet/v1.yaml"
    stored.chmod(0o644)
    stored.write_text(flow(1, "Changed"))
    said = darwinflow("workflow", "show", "greet")
    assert said.stdout == flow(1, "Changed")
    assert "warning: " in said.stderr
    stored.unlink()
    gone = darwinflow("workflow", "show", "greet@1", expect=1)
    assert [line.split(" ")[0] for line in gone.stderr.splitlines()] == ["error:", "try:"]
    assert gone.stdout == ""


@pytest.mark.parametrize("columns", [40, 80])
def test_nothing_in_a_workflow_commands_the_terminal(
    darwinflow: Run, folder: Path, tmp_path: Path, columns: int
) -> None:
    text = flow(1, json.dumps(EVIL)) + "# \u202e\u2066 comment\n"
    (folder / "flows/greet.yaml").write_text(text)
    darwinflow("publish", "flows/greet.yaml")
    environ = {"DARWINFLOW_HOME": str(tmp_path / "home"), "NO_COLOR": "1"}
    for words in (("workflow", "list"), ("workflow", "show", "greet"), ("workflow", "show", EVIL)):
        lines = shown(folder, environ, *words, columns=columns).splitlines()
        assert lines
        assert all(line.replace("\ufffd", "").isprintable() for line in lines), lines
        if words == ("workflow", "list"):
            assert all(len(line) <= columns for line in lines)
    assert darwinflow("workflow", "show", "greet").stdout == text
