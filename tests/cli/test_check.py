"""`darwinflow check`: what it takes, what it mends, and how it ends."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import forked
from cli.conftest import Run, flow
from darwinflow.document.document import Document

BAD = flow(1).replace("to: look", "to: lok", 1)
REPOSITORY = Path(__file__).parents[2]


def findings(said: str) -> list[tuple[str, str]]:
    return [(one["path"], one["code"]) for one in json.loads(said)["findings"]]


def test_a_pattern_in_quotes_chooses_among_workflows(darwinflow: Run, folder: Path) -> None:
    (folder / "flows/deep").mkdir()
    (folder / "flows/deep/bad.yaml").write_text(BAD.replace("id: greet", "id: bad"))
    (folder / "flows/deep/plain.yaml").write_text("a: [1]\n")
    said = darwinflow("check", "flows/**/*.yaml", "--format", "json", expect=1)
    assert findings(said.stdout) == [("flows/deep/bad.yaml", "edge-unknown-node")]
    assert json.loads(said.stdout)["summary"]["files"] == 2


def test_a_pattern_that_fits_nothing_is_wrong_usage(darwinflow: Run) -> None:
    said = darwinflow("check", "none/*.yaml", expect=2)
    assert said.stderr == (
        "error: no YAML file fits 'none/*.yaml'\ntry: darwinflow check, for all of the workspace\n"
    )


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        (flow(1).replace("to: look", "to: [look, lok]", 1), None),
        (
            flow(1)
            .replace("id: look", "id: look.up")
            .replace("look}", "look_up}")
            .replace("look,", "look_up,"),
            None,
        ),
        (flow(1).replace("description:", "descripton:") + "descriptoin: twice\n", None),
        (BAD, flow(1)),
    ],
    ids=[
        "a list would name it twice",
        "all uses differ from what is declared",
        "two slips of one key",
        "certain",
    ],
)
def test_fix_leaves_what_is_not_certain(darwinflow: Run, folder: Path, text: str, mended: str | None) -> None:
    path = folder / "flows/greet.yaml"
    path.write_text(text)
    before = findings(darwinflow("check", "flows", "--format", "json", expect=1).stdout)
    said = darwinflow("check", "flows", "--fix", expect=None)
    assert path.read_text() == (text if mended is None else mended)
    assert "can be fixed" not in said.stdout
    assert findings(darwinflow("check", "flows", "--format", "json", expect=None).stdout) == (
        before if mended is None else []
    )


def test_fix_says_which_fixes_it_has_taken_back(darwinflow: Run, folder: Path) -> None:
    path = folder / "flows/greet.yaml"
    line = next(one for one in flow(1).splitlines(keepends=True) if "to: END" in one)
    path.write_text(flow(1) + line.replace("to: END", "to: ENDD"))
    assert "1 can be fixed" in darwinflow("check", "flows", expect=1).stdout
    said = darwinflow("check", "flows", "--fix", expect=1).stdout
    assert said.rstrip().endswith("The fix of 1 would lead to another finding, and is left to you.")


def stdin(folder: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "DARWINFLOW_HOME": str(folder.parent / "home")}
    return forked.darwinflow("check", *arguments, cwd=folder, environ=environ, text=text)


def test_standard_input_is_checked_under_the_name_and_settings_that_it_is_given(folder: Path) -> None:
    (folder / ".darwinflow.yaml").write_text("severity: {edge-unknown-node: warning}\n")
    said = stdin(folder, BAD.replace("id: greet", "id: new"), "-", "--stdin-path", "flows/new.yaml")
    assert said.returncode == 0
    assert said.stdout.startswith("flows/new.yaml:12:23: warning: no node is called 'lok'")
    outside = stdin(folder.parent, BAD, "-")
    assert outside.returncode == 1
    assert outside.stdout.startswith("<stdin>:12:23: error: ")
    assert outside.stdout.endswith(" 1 can be fixed: darwinflow check --fix -\n")


def test_standard_input_comes_out_mended_and_its_findings_go_to_standard_error(folder: Path) -> None:
    said = stdin(folder, BAD, "-", "--fix")
    assert said.returncode == 0
    assert said.stdout == flow(1)
    assert said.stderr.startswith("1 fixed; no findings in 1 file")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("-", "flows"), "standard input is checked alone"),
        (("--stdin-path", "x.yaml"), "--stdin-path names the text on standard input, which is read for '-'"),
        (("--watch", "--format", "sarif"), "--watch follows files and prints text"),
        (("--watch", "-"), "--watch follows files and prints text"),
    ],
)
def test_arguments_that_do_not_go_together_are_wrong_usage(
    darwinflow: Run, arguments: tuple[str, ...], error: str
) -> None:
    said = darwinflow("check", *arguments, expect=2)
    assert said.stderr.splitlines()[0] == f"error: {error}"
    assert said.stderr.splitlines()[1].startswith("try: darwinflow check ")


def test_warnings_fail_where_that_is_asked_for(darwinflow: Run, folder: Path) -> None:
    lonely = "nodes:\n  - {id: lonely, type: FILE_READ, config: {path: x}}\n"
    (folder / "flows/greet.yaml").write_text(flow(1).replace("nodes:\n", lonely))
    assert "1 warning in 1 file" in darwinflow("check").stdout
    assert "1 warning in 1 file" in darwinflow("check", "--strict", expect=1).stdout


def test_a_file_that_is_no_utf8_is_one_finding_at_the_byte(darwinflow: Run, folder: Path) -> None:
    (folder / "flows/latin.yaml").write_bytes("id: x\nname: café\n".encode("latin-1"))
    said = darwinflow("check", expect=1)
    assert (
        "flows/latin.yaml:2:10: error: byte 15 is no UTF-8; save the file as UTF-8 [yaml-syntax]"
        in said.stdout
    )


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_one_finding_also_in_a_folder(
    encoding: str, darwinflow: Run, folder: Path
) -> None:
    (folder / "flows/wide.yaml").write_bytes(flow(1).encode(encoding))
    for arguments in (["check"], ["check", "flows/wide.yaml"]):
        said = findings(darwinflow(*arguments, "--format", "json", expect=1).stdout)
        assert [one for one in said if one[0] == "flows/wide.yaml"] == [("flows/wide.yaml", "yaml-syntax")], (
            said
        )


def test_no_name_and_no_word_stops_a_report(folder: Path) -> None:
    """A name that is no UTF-8, and words that the terminal's encoding lacks."""
    text = BAD.replace("id: greet", "id: grüße").replace("to: lok", "to: 見る")
    (folder / os.fsdecode(b"flows/caf\xe9.yaml")).write_text(text)
    for arguments in (
        (),
        ("--format", "json"),
        ("--format", "sarif"),
        ("--format", "junit"),
        ("--format", "github"),
    ):
        said = subprocess.run(
            [sys.executable, "-m", "darwinflow.cli.main", "check", *arguments],
            cwd=folder,
            env={**os.environ, "DARWINFLOW_HOME": str(folder.parent / "home"), "PYTHONIOENCODING": "latin-1"},
            capture_output=True,
            check=False,
        )
        assert said.returncode == 1, said.stderr
        words = said.stdout.decode("utf-8" if arguments else "latin-1")
        assert ("見る" if arguments else "no node is called '\\u898b\\u308b'") in words


def test_many_files_give_the_same_as_each_alone(darwinflow: Run, folder: Path) -> None:
    """Enough text for several processes, with a finding in every fifth file."""
    (folder / "flows/greet.yaml").unlink()
    padding = "".join(f"# {number}: {'x' * 1000}\n" for number in range(64))
    for number in range(40):
        text = (BAD if number % 5 == 0 else flow(1)).replace("id: greet", f"id: greet-{number}")
        (folder / f"flows/{number:02}.yaml").write_text(text + padding)
    together = darwinflow("check", "--format", "json", "--no-cache", expect=1).stdout
    assert findings(together) == [
        (f"flows/{number:02}.yaml", "edge-unknown-node") for number in range(0, 40, 5)
    ]
    alone = darwinflow("check", "flows/05.yaml", "--format", "json", "--no-cache", expect=1).stdout
    assert json.loads(alone)["findings"][0] in json.loads(together)["findings"]


@pytest.mark.parametrize("beside", [b"plain.yaml", b"caf\xe9.yaml"])
def test_a_watch_says_what_changes_and_ends_with_130(folder: Path, tmp_path: Path, beside: bytes) -> None:
    """Also beside a file whose name is no UTF-8."""
    (folder / "flows" / os.fsdecode(beside)).write_text("a: 1\n")
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "darwinflow.cli.main", "check", "--watch"],
        cwd=folder,
        env={**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert "no findings in 1 file" in process.stdout.readline()
        (folder / "flows/greet.yaml").write_text(BAD)
        said = _until(process.stdout, "1 error in 1 file")
        assert "flows/greet.yaml:12:23: error: no node is called 'lok'" in said
        (folder / "flows/greet.yaml").write_text(flow(1))
        assert "flows/greet.yaml: no findings left\n" in _until(process.stdout, "no findings in 1 file")
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=30)
        assert process.returncode == 130
        assert rest.splitlines()[-1].startswith("stopped; no findings in 1 file")
        assert errors == ""
    finally:
        process.kill()
        process.communicate()


def test_a_watch_of_a_folder_follows_folders_that_move_and_what_decides_beside_it(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "flows/new").mkdir()
    (folder / "flows/new/bad.yaml").write_text(BAD.replace("greet", "bad"))
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "darwinflow.cli.main", "check", "--watch", "flows"],
        cwd=folder,
        env={**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        _until(process.stdout, "1 error in 1 of 2 files")
        (folder / "flows/new").rename(folder / "flows/other")
        said = _until(process.stdout, "1 error in 1 of 2 files")
        assert "flows/other/bad.yaml:12:23: error: no node is called 'lok'" in said
        assert "flows/new/bad.yaml: no longer there\n" in said
        (folder / "flows/other").rename(tmp_path / "away")
        assert "flows/other/bad.yaml: no longer there\n" in _until(process.stdout, "no findings in 1 file")
        (tmp_path / "away").rename(folder / "flows/back")
        assert "flows/back/bad.yaml:12:23" in _until(process.stdout, "1 error in 1 of 2 files")
        (folder / ".darwinflow.yaml").write_text("severity: {edge-unknown-node: warning}\n")
        assert "warning: no node is called 'lok'" in _until(process.stdout, "1 warning in 1 of 2 files")
    finally:
        process.kill()
        process.communicate()


def _until(lines: "object", end: str) -> str:
    said = ""
    for line in lines:  # type: ignore[attr-defined]
        said += line
        if end in line:
            return said
    raise AssertionError(said)


def test_the_hooks_for_pre_commit_run_what_they_name(folder: Path, tmp_path: Path) -> None:
    hooks = Document.parse((REPOSITORY / ".pre-commit-hooks.yaml").read_text()).data(0)
    environ = {
        **os.environ,
        "DARWINFLOW_HOME": str(tmp_path / "home"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    for hook in hooks:
        assert hook.keys() >= {"id", "name", "entry", "language", "always_run", "pass_filenames"}
        clean = subprocess.run(
            hook["entry"].split(), cwd=folder, env=environ, check=False, capture_output=True
        )
        assert clean.returncode == 0, clean
    (folder / "flows/greet.yaml").write_text(BAD.replace("nodes:", "nodes:  "))
    for hook in hooks:
        found = subprocess.run(
            hook["entry"].split(), cwd=folder, env=environ, check=False, capture_output=True
        )
        assert found.returncode == 1, found


MANY = 150


def test_many_slips_are_all_mended_at_once(darwinflow: Run, folder: Path) -> None:
    """Of many findings only some propose a name, and more findings than are listed there may be."""
    for many in (MANY, 3 * MANY):
        nodes = "".join(
            f"  - {{id: node_number_{at}, type: HUMAN_INPTU, config: {{promt: x}}}}\n" for at in range(many)
        )
        edges = "".join(
            f"  - {{from: nodee_number_{at}, to: nodee_numbr_{at + 1}}}\n" for at in range(many - 1)
        )
        (folder / "flows/many.yaml").write_text(
            "id: many\nversion: 1\ndescription: d\nmetadata: {createdBy: user, reasoning: r}\n"
            f"nodes:\n{nodes}edges:\n  - {{from: START, to: node_number_0}}\n{edges}"
            f"  - {{from: node_number_{many - 1}, to: END}}\n"
        )
        begun = forked.user_s()
        for _ in range(5):
            said = darwinflow("check", "--fix", "--no-cache", "flows/many.yaml", expect=None)
        assert forked.user_s() - begun < 20, "seconds of processor time"
        if many == MANY:
            assert said.returncode == 0, said.stdout
        left = (folder / "flows/many.yaml").read_text()
        assert "HUMAN_INPTU" not in left
        assert "promt:" not in left
        assert left.count("nodee_") < many
