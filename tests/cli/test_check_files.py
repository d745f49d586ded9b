"""What `check`, `fmt` and `publish` say of files that are none, cannot be read, or lie elsewhere."""

import json
import os
import subprocess
import sys
from pathlib import Path

from darwinflow.check.drafts import Drafts
from darwinflow.check.neighbours import FileFacts
from darwinflow.settings.workspace import defaults

from .conftest import Run, flow


def findings(darwinflow: Run, *arguments: str) -> list[tuple[str, str, str]]:
    said = darwinflow("check", "--format", "json", *arguments, expect=1)
    return [(one["path"], one["code"], one["message"]) for one in json.loads(said.stdout)["findings"]]


def test_pipes_and_devices_hold_nobody_up(darwinflow: Run, folder: Path) -> None:
    os.mkfifo(folder / "flows/pipe.yaml")
    (folder / "flows/zero.yaml").symlink_to("/dev/zero")
    message = "this file cannot be read: it is no regular file"
    expected = [
        ("flows/pipe.yaml", "file-unreadable", message),
        ("flows/zero.yaml", "file-unreadable", message),
    ]
    assert findings(darwinflow) == expected
    assert findings(darwinflow, "flows/*.yaml") == expected
    assert findings(darwinflow, "flows/pipe.yaml") == expected[:1]
    assert "no findings in 1 file" in darwinflow("check", "flows/greet.yaml").stdout
    assert darwinflow("fmt", expect=1).stderr.splitlines() == [
        f"flows/{name}.yaml: left as it is: it cannot be read: it is no regular file"
        for name in ("pipe", "zero")
    ]
    for name in ("pipe", "zero"):
        assert darwinflow("publish", f"flows/{name}.yaml", expect=1).stderr == (
            f"error: 'flows/{name}.yaml' cannot be read: it is no regular file\ntry: name a workflow's file\n"
        )


def test_graph_types_and_sub_workflows_that_are_pipes_hold_nobody_up(darwinflow: Run, folder: Path) -> None:
    (folder / "graph-types").mkdir()
    os.mkfifo(folder / "graph-types/own.yaml")
    os.mkfifo(folder / "flows/part.yaml")
    text = (
        flow(1)
        .replace("type: FILE_READ", "type: SUB_WORKFLOW")
        .replace("path: names.txt", "workflow: part.yaml")
    )
    (folder / "flows/greet.yaml").write_text(text)
    darwinflow("check", "flows/greet.yaml", expect=None)


def test_a_file_beyond_the_limit_is_not_read(darwinflow: Run, folder: Path) -> None:
    with (folder / "flows/long.yaml").open("wb") as file:
        file.truncate(9 << 20)
    message = "this file cannot be read: it has more than 8388608 bytes (8 MiB), which is not read"
    assert findings(darwinflow, "flows/long.yaml") == [("flows/long.yaml", "document-limit", message)]


def test_standard_input_without_an_end_is_not_read_to_it(folder: Path) -> None:
    for command in ("check", "fmt"):
        with open("/dev/zero", "rb") as endless:
            said = subprocess.run(
                [sys.executable, "-m", "darwinflow.cli.main", command, "-"],
                cwd=folder,
                stdin=endless,
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
        assert (said.returncode, said.stdout) == (1, "")
        assert said.stderr.startswith("error: standard input is not read: it has more than 8388608 bytes")
        assert said.stderr.splitlines()[1] == f"try: darwinflow {command} -, with one document"


def test_a_number_of_ten_thousand_digits_is_no_fault_at_its_neighbours(darwinflow: Run, folder: Path) -> None:
    (folder / "flows/huge.yaml").write_text(flow(1).replace("version: 1", f"version: {'9' * 10_000}", 1))
    assert "no findings in 1 file" in darwinflow("check", "flows/greet.yaml").stdout
    assert [code for _, code, _ in findings(darwinflow, "flows/huge.yaml")] == ["wrong-type"]


def test_a_fault_of_ours_in_one_draft_leaves_the_others_known(folder: Path) -> None:
    def stopped() -> FileFacts:
        raise RecursionError

    drafts = Drafts(str(folder), defaults("x"), given={"flows/bad.yaml": stopped})
    assert drafts.drafts("greet", 1) == ("flows/greet.yaml",)
    assert drafts.file("flows/bad.yaml") == FileFacts()
