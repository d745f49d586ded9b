"""`darwinflow fmt`: what it writes, what it shows and how it ends."""

import os
import subprocess
from pathlib import Path

import forked
from cli.conftest import Run, flow

LOOSE = flow(1).replace("  - ", "- ").replace("version: 1", "version:   1  ").replace("    ", "  ")


def test_files_are_brought_into_style_and_keep_their_mode(darwinflow: Run, folder: Path) -> None:
    loose = folder / "flows/loose.yaml"
    loose.write_text(LOOSE)
    loose.chmod(0o640)
    (folder / "flows/plain.yaml").write_text("a:   1\n")
    said = darwinflow("fmt")
    assert said.stdout == "flows/loose.yaml formatted\n1 formatted, 1 in style\n"
    assert loose.read_text() == flow(1)
    assert loose.stat().st_mode & 0o777 == 0o640
    assert (folder / "flows/plain.yaml").read_text() == "a:   1\n", "it is no workflow and was not named"
    assert darwinflow("fmt").stdout == "2 in style\n"
    assert darwinflow("fmt", "flows/plain.yaml").stdout == "flows/plain.yaml formatted\n1 formatted\n"


def test_a_check_changes_nothing_and_fails(darwinflow: Run, folder: Path) -> None:
    (folder / "flows/loose.yaml").write_text(LOOSE)
    said = darwinflow("fmt", "--check", expect=1)
    assert said.stdout == "flows/loose.yaml is not in style\n1 in style, 1 would change: darwinflow fmt\n"
    assert (folder / "flows/loose.yaml").read_text() == LOOSE
    assert darwinflow("fmt", "--check", "flows/greet.yaml").stdout == "1 in style\n"


def test_a_diff_can_be_applied(darwinflow: Run, folder: Path) -> None:
    (folder / "flows/loose.yaml").write_text(LOOSE)
    said = darwinflow("fmt", "--diff", expect=1)
    assert said.stderr == "1 in style, 1 would change: darwinflow fmt\n"
    subprocess.run(
        ["git", "apply", "-p0"], input=said.stdout, text=True, cwd=folder, check=True, capture_output=True
    )
    assert (folder / "flows/loose.yaml").read_text() == flow(1)


def test_faults_of_syntax_are_named_and_the_file_is_left(darwinflow: Run, folder: Path) -> None:
    (folder / "flows/bad.yaml").write_text('id:   x\nnodes: "\n')
    (folder / "flows/latin.yaml").write_bytes(b"\xff")
    said = darwinflow("fmt", "flows/bad.yaml", "flows/latin.yaml", expect=1)
    assert said.stderr.splitlines()[0].startswith('flows/bad.yaml:2:8: left as it is: this text opens with "')
    assert said.stderr.splitlines()[1] == "flows/latin.yaml: left as it is: byte 0 is no UTF-8"
    assert said.stdout == "2 left as they are\n"
    assert (folder / "flows/bad.yaml").read_text() == 'id:   x\nnodes: "\n'


def test_files_of_the_store_are_passed_over_and_left_where_they_are_named(
    darwinflow: Run, folder: Path
) -> None:
    stored = folder / "workflows/greet/v1.yaml"
    stored.parent.mkdir(parents=True)
    stored.write_text(LOOSE)
    assert darwinflow("fmt").stdout == "1 in style\n"
    said = darwinflow("fmt", "workflows/greet/v1.yaml", expect=1)
    assert said.stderr == "workflows/greet/v1.yaml: left as it is: a published version never changes\n"
    assert stored.read_text() == LOOSE


def stdin(folder: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "DARWINFLOW_HOME": str(folder.parent / "home")}
    return forked.darwinflow("fmt", *arguments, cwd=folder, environ=environ, text=text)


def test_standard_input_comes_out_in_the_style_of_the_place_that_is_named(folder: Path) -> None:
    (folder / ".darwinflow.yaml").write_text("format: {lists: flush, order: {workflow: [version, id]}}\n")
    said = stdin(folder, "id: x\nversion:   1\nnodes:\n  - id: a\n", "-", "--stdin-path", "flows/new.yaml")
    assert (said.returncode, said.stdout, said.stderr) == (0, "version: 1\nid: x\nnodes:\n- id: a\n", "")
    checked = stdin(folder, "a:   1\n", "-", "--check")
    assert (checked.returncode, checked.stdout) == (1, "<stdin> is not in style\n")


def test_standard_input_with_faults_comes_out_as_it_went_in(folder: Path) -> None:
    said = stdin(folder, "a:   [1\n", "-")
    assert (said.returncode, said.stdout) == (1, "a:   [1\n")
    assert said.stderr.startswith("<stdin>:1:")


def test_arguments_that_do_not_go_together_are_wrong_usage(darwinflow: Run) -> None:
    assert darwinflow("fmt", "-", "flows", expect=2).stderr.startswith(
        "error: standard input is formatted alone"
    )
    assert darwinflow("fmt", "--stdin-path", "x", expect=2).stderr.splitlines()[1] == "try: darwinflow fmt -"
    assert darwinflow("fmt", "none", expect=2).stderr.startswith("error: there is no file or folder 'none'")


def test_a_name_does_not_steer_the_terminal(darwinflow: Run, folder: Path) -> None:
    (folder / "flows/e\x1b[31m.yaml").write_text(LOOSE)
    (folder / "flows/f\x1b[31m.yaml").write_text("id: [\n")
    for arguments in ((), ("--check",), ("--diff",)):
        said = darwinflow("fmt", *arguments, "flows", expect=None)
        assert "\x1b" not in said.stdout + said.stderr
        (folder / "flows/e\x1b[31m.yaml").write_text(LOOSE)
