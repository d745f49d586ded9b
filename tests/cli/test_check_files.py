"""What `check`, `fmt` and `publish` say of files that are none, cannot be read, or lie elsewhere."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from darwinflow.check.drafts import Drafts
from darwinflow.check.neighbours import FileFacts
from darwinflow.recorder.paths import MAX_SETTINGS_BYTES
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
    assert findings(darwinflow, "flows/greet.yaml", "graph-types/own.yaml") == [
        ("flows/greet.yaml", "subworkflow-missing", "'part.yaml' holds no workflow"),
        ("graph-types/own.yaml", "file-unreadable", "this file cannot be read: it is no regular file"),
    ]


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


ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
FIXABLE = flow(1).replace("to: look", "to: lok")
LOOSE = flow(1).replace("version: 1", "version:   1")


def test_links_are_written_through_inside_the_workspace_and_never_out_of_it(
    darwinflow: Run, folder: Path
) -> None:
    outside = folder.parent / "outside.yaml"
    inside = folder / "flows/greet.yaml"
    (folder / "flows/out.yaml").symlink_to("../../outside.yaml")
    (folder / "flows/in.yml").symlink_to("greet.yaml")
    refusal = f"error: 'flows/out.yaml' is left as it is: it leads to '{outside}', outside of the workspace\n"
    outside.write_text(LOOSE)
    inside.write_text(LOOSE)
    assert darwinflow("fmt", "flows/out.yaml", "flows/in.yml", expect=1).stderr == refusal
    assert (outside.read_text(), inside.read_text()) == (LOOSE, flow(1))
    outside.write_text(FIXABLE.replace("greet", "other"))
    inside.write_text(FIXABLE)
    said = darwinflow("check", "--fix", "flows/out.yaml", "flows/in.yml", expect=1)
    assert said.stderr == refusal
    assert "flows/out.yaml:12:23: error: no node is called 'lok'" in said.stdout
    assert (outside.read_text(), inside.read_text()) == (FIXABLE.replace("greet", "other"), flow(1))
    assert (folder / "flows/in.yml").is_symlink()


def test_settings_that_lie_elsewhere_are_left(darwinflow: Run, folder: Path) -> None:
    outside = folder.parent / "settings.yaml"
    outside.write_text("projct: hello\n")
    (folder / ".darwinflow.yaml").unlink()
    (folder / ".darwinflow.yaml").symlink_to(outside)
    said = darwinflow("check", "--fix", expect=1)
    assert "this file does not count: it is a link out of the workspace [settings-invalid]" in said.stdout
    assert outside.read_text() == "projct: hello\n"


def weakly(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a command to which permissions apply, whoever runs this test."""
    prefix: list[str] = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("nothing here takes root's powers away: there is no setpriv")
        prefix = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    said = subprocess.run(
        [*prefix, sys.executable, "-m", "darwinflow.cli.main", *arguments],
        cwd=folder,
        env={**os.environ, "DARWINFLOW_HOME": str(folder.parent / "home")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return said.returncode, said.stdout, said.stderr


def test_a_folder_that_cannot_be_written_is_told_in_two_lines(folder: Path) -> None:
    refusal = (
        "error: 'flows/greet.yaml' is left as it is: it cannot be written: Permission denied\n"
        "try: give yourself the right to write in 'flows'\n"
    )
    for text, command in ((FIXABLE, ("check", "--fix")), (LOOSE, ("fmt",))):
        (folder / "flows/greet.yaml").write_text(text)
        (folder / "flows").chmod(0o555)
        code, _, errors = weakly(folder, *command)
        (folder / "flows").chmod(0o755)
        assert (code, errors) == (1, refusal)
        assert (folder / "flows/greet.yaml").read_text() == text
        assert os.listdir(folder / "flows") == ["greet.yaml"]


def test_files_without_the_right_to_read_say_so(folder: Path) -> None:
    (folder / "flows/greet.yaml").chmod(0)
    (folder / "flows/gone.yaml").symlink_to("nowhere.yaml")
    code, output, errors = weakly(folder, "publish", "flows/greet.yaml")
    assert (code, output, errors) == (
        1,
        "",
        "error: 'flows/greet.yaml' cannot be read: Permission denied\ntry: give yourself the right to read it\n",
    )
    code, output, errors = weakly(folder, "check")
    assert (code, errors) == (1, "")
    assert output.splitlines()[:3] == [
        "flows/gone.yaml:1:1: error: this file cannot be read: it is a link to what is not there [file-unreadable]",
        "flows/greet.yaml:1:1: error: this file cannot be read: Permission denied [file-unreadable]",
        "",
    ]


@pytest.mark.parametrize("name", [b"\xff\xfe.yaml", "😀.yaml".encode(), b"e\x1b[31m.yaml"])
@pytest.mark.parametrize("environ", [{}, ASCII, {"PYTHONIOENCODING": "ascii"}])
def test_any_name_of_a_file_can_be_written_in_any_place(
    folder: Path, name: bytes, environ: dict[str, str]
) -> None:
    path = b"flows/" + name
    (folder / os.fsdecode(path)).write_text(FIXABLE.replace("greet", "other"))
    shown = path.decode("utf-8", "replace")
    for form in ("text", "json", "sarif", "junit", "github"):
        said = subprocess.run(
            [sys.executable, "-m", "darwinflow.cli.main", "check", "--format", form, path],
            cwd=folder,
            env={**os.environ, "DARWINFLOW_HOME": str(folder.parent / "home"), **environ},
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert (said.returncode, said.stderr) == (1, b"")
        output = said.stdout.decode()
        assert "\x1b" not in output
        if form == "json":
            assert json.loads(output)["findings"][0]["path"] == shown
        elif form == "github":
            assert f"::error file={shown.replace(chr(27), chr(0xFFFD))},line=12," in output
        elif form == "sarif":
            (result,) = json.loads(output)["runs"][0]["results"]
            place = result["locations"][0]["physicalLocation"]
            assert place["artifactLocation"]["uri"] == quote(path)
        elif form == "text" and environ:
            assert output.isascii()
            assert output.startswith("flows/")
            assert ".yaml:12:23: error: no node is called 'lok'" in output
            assert "\\u" in output.splitlines()[0].casefold()


def test_settings_that_may_not_be_read_say_why(folder: Path) -> None:
    settings = folder / ".darwinflow.yaml"
    for mode, content, reason in (
        (0, b"project: x\n", "it cannot be read: Permission denied"),
        (0o644, b"project: \xff\n", "it is no UTF-8"),
        (0o644, b"#" * (MAX_SETTINGS_BYTES + 1), "it is longer than 1 MiB"),
    ):
        settings.write_bytes(content)
        settings.chmod(mode)
        code, output, _ = weakly(folder, "check")
        assert (code, output.splitlines()[0]) == (
            1,
            f".darwinflow.yaml:1:1: error: this file does not count: {reason} [settings-invalid]",
        )
        settings.chmod(0o644)


def test_what_cannot_be_published_is_told_in_two_lines(darwinflow: Run, folder: Path) -> None:
    hint = "try: let the daemon write a plain folder there, or name another one under workflows: path:\n"
    for name, reason in (("nosuch.yaml", "No such file or directory"), ("flows", "it is a folder")):
        assert darwinflow("publish", name, expect=1).stderr == (
            f"error: '{name}' cannot be read: {reason}\ntry: name a workflow's file\n"
        )
    (folder / "workflows").mkdir()
    (folder / "workflows/greet").symlink_to(folder.parent)
    assert darwinflow("publish", "flows/greet.yaml", expect=1).stderr == (
        f"error: {folder}/workflows/greet is not a folder of the store\n{hint}"
    )
    (folder / "workflows/greet").unlink()
    (folder / "workflows").rmdir()
    darwinflow("daemon", "stop")
    folder.chmod(0o555)
    code, output, errors = weakly(folder, "publish", "flows/greet.yaml")
    folder.chmod(0o755)
    assert (code, output) == (1, "")
    assert errors == f"error: {folder}/workflows: Permission denied\n{hint}"


def test_a_file_of_any_name_can_be_published_and_a_workspace_is_told_where_it_cannot(
    darwinflow: Run, folder: Path
) -> None:
    name = os.fsdecode(b"flows/\xff.yaml")
    (folder / "flows/greet.yaml").rename(folder / name)
    assert darwinflow("publish", name).stdout.startswith("published greet v1, content ")
    other = folder.parent / os.fsdecode(b"w\xff")
    other.mkdir()
    (other / ".darwinflow.yaml").write_text("")
    (other / "flow.yaml").write_text(flow(1))
    assert darwinflow("publish", str(other / "flow.yaml"), expect=1).stderr == (
        f"error: the workspace '{folder.parent}/w\\xff' has a name that is no UTF-8\ntry: rename that folder\n"
    )


def test_a_text_of_too_many_lines_has_no_id(darwinflow: Run, folder: Path) -> None:
    (folder / "flows/long.yaml").write_text("#\n" * 200_001)
    assert darwinflow("lineage", "flows/long.yaml", expect=1).stderr == (
        "error: 'flows/long.yaml' has no workflow id\ntry: darwinflow check flows/long.yaml\n"
    )


def test_settings_hold_for_files_that_cannot_be_read(darwinflow: Run, folder: Path) -> None:
    (folder / "flows/gone.yaml").symlink_to("nowhere.yaml")
    (folder / ".darwinflow.yaml").write_text("severity: {file-unreadable: warning}\n")
    assert "flows/gone.yaml:1:1: warning: this file cannot be read" in darwinflow("check").stdout
    (folder / ".darwinflow.yaml").write_text("ignore: {file-unreadable: flows/gone.yaml}\n")
    assert "no findings in 2 files" in darwinflow("check").stdout


def test_a_broken_file_of_a_folder_is_told_of_while_a_mark_of_a_workflow_is_left(
    folder: Path, darwinflow: Run
):
    (folder / "flows/half.yaml").write_text("id: half\nversion: 1\ndescription: Half\nnodes\n")
    (folder / "flows/other.yaml").write_text("name: other\non: [push\n")
    said = darwinflow("check", "flows", expect=1)
    assert "flows/half.yaml:4:1" in said.stdout
    assert "other.yaml" not in said.stdout


def test_links_out_of_the_workspace_are_as_if_they_were_not_there(
    darwinflow: Run, folder: Path, tmp_path: Path
) -> None:
    """A repository must not have other files of the machine printed, in excerpts or by the inputs they declare."""
    outside = tmp_path / "outside"
    outside.mkdir()
    text = (
        flow(1).replace("id: greet", "id: other").replace("nodes:", "inputs: {secretly: string}\nnodes:", 1)
    )
    (outside / "other.yaml").write_text(text.replace("to: look", "to: lok", 1))
    (folder / "flows/linked.yaml").symlink_to(outside / "other.yaml")
    (folder / "parts").symlink_to(outside)
    assert "no findings in 1 file" in darwinflow("check").stdout
    assert "no findings in 1 file" in darwinflow("check", "flows/*.yaml").stdout
    assert darwinflow("fmt", "--check").stdout == "1 in style\n"
    for target in ("/flows/linked.yaml", "/parts/other.yaml"):
        call = (
            flow(1)
            .replace("type: FILE_READ", "type: SUB_WORKFLOW")
            .replace("path: names.txt", f"workflow: {target}")
        )
        (folder / "flows/greet.yaml").write_text(call)
        ((path, code, message),) = findings(darwinflow)
        assert (path, code) == ("flows/greet.yaml", "subworkflow-missing")
        assert "secretly" not in message
        assert "did you mean" not in message
    assert findings(darwinflow, "flows/linked.yaml")[0][1] == "edge-unknown-node", "whoever names it has it"


def test_settings_that_are_a_link_out_of_the_workspace_do_not_count(
    darwinflow: Run, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "passwords").write_text("root: x\n")
    (folder / ".darwinflow.yaml").unlink()
    (folder / ".darwinflow.yaml").symlink_to(tmp_path / "passwords")
    said = darwinflow("check", expect=1).stdout
    assert "this file does not count: it is a link out of the workspace" in said
    assert "root" not in said
    (folder / "inner.yaml").write_text("severity: {unreachable-node: off}\n")
    (folder / ".darwinflow.yaml").unlink()
    (folder / ".darwinflow.yaml").symlink_to("inner.yaml")
    assert "no findings in 1 file" in darwinflow("check").stdout
