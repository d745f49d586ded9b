"""`diff`: files without a daemon, published versions through one."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Run, flow
from .on_terminal import shown

OLD = """\
id: greet
version: 1
nodes:
  - id: look
    type: FILE_READ
    config: {path: names.txt}
  - id: greet
    type: CLAUDE_CODE
    config: {prompt: Say hello}
edges:
  - {from: START, to: look}
  - {from: look, to: greet, condition: "output.n > 0"}
  - {from: greet, to: END}
"""
NEW = """\
id: greet
version: 2
description: Twice
nodes:
  - id: read_names
    type: FILE_READ
    config: {path: names.txt}
  - id: greet
    type: CLAUDE_CODE
    config: {prompt: "Say héllo", model: small}
  - id: wave
    type: TOOL_CALL
    config: {tool: wave}
edges:
  - {from: START, to: read_names}
  - {from: read_names, to: greet, condition: "output.n > 1"}
  - {from: greet, to: [wave, END]}
"""
EDITS = """\
~ workflow
    version: 1 -> 2
    description added: "Twice"
> node look is called read_names
~ node greet
    config.prompt: "Say hello" -> "Say héllo"
    config.model added: "small"
+ node wave (TOOL_CALL)
~ edge read_names -> greet
    condition: "output.n > 0" -> "output.n > 1"
+ edge greet -> wave
"""


@pytest.fixture
def texts(folder: Path) -> Path:
    (folder / "old.yaml").write_text(OLD)
    (folder / "new.yaml").write_text(NEW)
    return folder


def given(folder: Path, tmp_path: Path, text: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """`darwinflow diff` with *text* on standard input."""
    return subprocess.run(
        [sys.executable, "-m", "darwinflow.cli.main", "diff", *arguments],
        cwd=folder,
        env={**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home")},
        input=text,
        capture_output=True,
        check=False,
        timeout=60,
    )


def test_files_differ_by_edits_of_the_graph_and_by_lines(
    darwinflow: Run, texts: Path, tmp_path: Path
) -> None:
    both = darwinflow("diff", "old.yaml", "new.yaml", expect=1).stdout
    edits, text = both.split("\n\n", 1)
    assert edits + "\n" == EDITS
    assert text.startswith(
        "--- old.yaml\n+++ new.yaml\n@@ -1,13 +1,17 @@\n id: greet\n-version: 1\n+version: 2\n"
    )
    assert darwinflow("diff", "--graph", "old.yaml", "new.yaml", expect=1).stdout == EDITS
    assert darwinflow("diff", "--text", "old.yaml", "new.yaml", expect=1).stdout == text
    assert not (tmp_path / "home").exists()


@pytest.mark.skipif(shutil.which("patch") is None, reason="patch is not installed")
def test_lines_are_a_patch_that_makes_the_one_out_of_the_other(darwinflow: Run, texts: Path) -> None:
    (texts / "old.yaml").write_text(OLD.rstrip("\n") + "\n#\ttab")
    patch = darwinflow("diff", "--text", "old.yaml", "new.yaml", expect=1).stdout
    patched = subprocess.run(
        ["patch", "--binary", "-o", "-", "old.yaml"],
        cwd=texts,
        input=patch.encode(),
        capture_output=True,
        check=True,
    )
    assert patched.stdout.decode() == NEW


def test_the_same_text_is_0_and_the_same_graph_too_where_the_graph_is_asked_for(
    darwinflow: Run, texts: Path
) -> None:
    (texts / "layout.yaml").write_text("# why\n" + OLD.replace("{path: names.txt}", '{"path": "names.txt"}'))
    same = darwinflow("diff", "old.yaml", "old.yaml")
    assert (same.stdout, same.stderr) == ("", "")
    assert darwinflow("diff", "--graph", "old.yaml", "layout.yaml").stdout == ""
    said = darwinflow("diff", "old.yaml", "layout.yaml", expect=1).stdout
    assert said.startswith("the graphs are the same; comments, layout or order differ\n\n--- old.yaml\n")
    (texts / "crlf.yaml").write_bytes(OLD.replace("\n", "\r\n").encode())
    assert darwinflow("diff", "--graph", "old.yaml", "crlf.yaml").stdout == ""
    lines = darwinflow("diff", "--text", "old.yaml", "crlf.yaml", expect=1).stdout.splitlines()[3:]
    assert len([line for line in lines if line.startswith("+")]) == OLD.count("\n")


def test_json_holds_all_of_it(darwinflow: Run, texts: Path) -> None:
    found = json.loads(darwinflow("diff", "--json", "old.yaml", "new.yaml", expect=1).stdout)
    assert (found["before"], found["after"], found["same"]) == ("old.yaml", "new.yaml", False)
    assert found["graph"]["workflow"] == [
        {"path": ["version"], "before": 1, "after": 2},
        {"path": ["description"], "after": "Twice"},
    ]
    assert [(one["edit"], one.get("id") or one["to"]) for one in found["graph"]["nodes"]] == [
        ("renamed", "read_names"),
        ("changed", "greet"),
        ("added", "wave"),
    ]
    assert [(one["edit"], one["from"], one["to"]) for one in found["graph"]["edges"]] == [
        ("changed", "read_names", "greet"),
        ("added", "greet", "wave"),
    ]
    assert found["text"][:2] == ["--- old.yaml", "+++ new.yaml"]
    narrow = json.loads(darwinflow("diff", "--json", "--graph", "old.yaml", "old.yaml").stdout)
    assert narrow["same"]
    assert "text" not in narrow
    assert "graph" not in json.loads(darwinflow("diff", "--json", "--text", "old.yaml", "old.yaml").stdout)


def test_published_versions_are_compared_with_each_other_and_with_files(
    darwinflow: Run, folder: Path, tmp_path: Path
) -> None:
    for version in (1, 2):
        (folder / "flows/greet.yaml").write_text(flow(version, f"reason {version}"))
        darwinflow("publish", "flows/greet.yaml")
    versions = darwinflow("diff", "greet@1", "greet", expect=1).stdout
    assert '    metadata.reasoning: "reason 1" -> "reason 2"\n' in versions
    assert "\n--- greet@1\n+++ greet@2\n" in versions
    assert darwinflow("diff", "greet@2", "flows/greet.yaml").stdout == ""
    assert (
        darwinflow("diff", "flows/greet.yaml", "greet@v1", expect=1).stdout.endswith(
            "+  reasoning: reason 1\n"
        )
        is False
    )
    piped = given(folder, tmp_path, flow(1, "reason 1").encode(), "greet@1", "-")
    assert (piped.returncode, piped.stdout) == (0, b"")


def test_whatever_goes_wrong_is_2_with_a_way_on(darwinflow: Run, texts: Path, tmp_path: Path) -> None:
    (texts / "latin.yaml").write_bytes(b"id: caf\xe9\n")
    (texts / "list.yaml").write_text("- 1\n")
    for arguments, error in (
        (("old.yaml", "none.yaml"), "error: 'none.yaml' cannot be read: No such file or directory\n"),
        (("old.yaml", "latin.yaml"), "error: 'latin.yaml' is not UTF-8 at byte 7\n"),
        (("old.yaml", "nobody"), "error: no version of 'nobody' is published in "),
        (("old.yaml", "nobody@1"), "error: no version of 'nobody' is published in "),
        (("old.yaml", "x@y"), "error: 'x@y' names no version: "),
        (
            ("--graph", "old.yaml", "list.yaml"),
            "error: 'list.yaml' holds no workflow, so there are no edits of a graph\n",
        ),
        (("-", "-"), "error: standard input can be one of the two, not both\n"),
        (("old.yaml",), "error: B is missing\n"),
        (("--graph", "--text", "old.yaml", "new.yaml"), "error: "),
        (("old.yaml", "flows"), "error: "),
    ):
        said = darwinflow("diff", *arguments, expect=2)
        assert said.stderr.startswith(error), said.stderr
        assert "\ntry: " in said.stderr
        assert said.stdout == ""
    assert given(texts, tmp_path, b"\xff", "old.yaml", "-").returncode == 2
    said = darwinflow("diff", "old.yaml", "list.yaml", expect=1)
    assert said.stderr == "warning: 'list.yaml' holds no workflow, so there are no edits of a graph\n"
    assert said.stdout.startswith("--- old.yaml\n")


def test_broken_yaml_is_compared_as_far_as_it_can_be_read(darwinflow: Run, texts: Path) -> None:
    (texts / "broken.yaml").write_text(OLD.replace("{path: names.txt}", '{path: "names.txt'))
    said = darwinflow("diff", "--graph", "old.yaml", "broken.yaml", expect=None)
    assert said.returncode in (0, 1)
    assert said.stderr.startswith("warning: 'broken.yaml' is no whole YAML (line ")


def test_nothing_in_the_texts_commands_the_terminal(texts: Path, darwinflow: Run, tmp_path: Path) -> None:
    evil = "e\\e[31m\\a\u202ev"
    (texts / "evil.yaml").write_text(NEW.replace("wave", f'"{evil}"') + "# \u2066 \x1b[2J \x9b2J\n")
    for arguments in ((), ("--graph",), ("--text",)):
        plain = darwinflow("diff", *arguments, "old.yaml", "evil.yaml", expect=1).stdout
        assert all(line.replace("\ufffd", "").isprintable() for line in plain.splitlines())
    environ = {"DARWINFLOW_HOME": str(tmp_path / "home"), "NO_COLOR": "1"}
    warning, *seen = shown(
        texts, environ, "diff", "--graph", "old.yaml", "evil.yaml", columns=40
    ).splitlines()
    assert warning.startswith("warning: 'evil.yaml' is no whole YAML (line ")
    assert all(line.replace("\ufffd", "").isprintable() and len(line) <= 40 for line in seen), seen


def test_long_texts_without_a_line_in_common_are_soon_compared(darwinflow: Run, folder: Path) -> None:
    for name in ("one", "two"):
        nodes = "".join(f"  - id: {name}{number}\n    type: {name}\n" for number in range(10_000))
        (folder / f"{name}.yaml").write_text(f"id: x\nversion: 1\nnodes:\n{nodes}edges: []\n")
    assert darwinflow("diff", "one.yaml", "two.yaml", expect=1).stdout.count("\n") > 60_000
