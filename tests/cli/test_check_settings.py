"""`check` and what a workspace's settings say: severities by code and file, what is wrong in them, their fixes."""

from pathlib import Path

from darwinflow.recorder.paths import MAX_SETTINGS_BYTES

from .conftest import Run

BROKEN = "id: greet\nversion: 1\nnodes:\n  - {id: a, type: HUMAN_INPUT}\n  - {id: b, type: HUMAN_INPUT}\nedges:\n  - {from: START, to: a}\n  - {from: a, to: END}\n"


def test_severities_hold_for_the_files_that_are_named(darwinflow: Run, folder: Path) -> None:
    (folder / "old").mkdir()
    (folder / "flows/greet.yaml").write_text(BROKEN)
    (folder / "old/greet.yaml").write_text(BROKEN.replace("version: 1", "version: 2"))
    (folder / ".darwinflow.yaml").write_text(
        "severity:\n  unreachable-node: {'flows/**': error, '**': hint}\n"
    )
    said = darwinflow("check", expect=1).stdout
    assert "flows/greet.yaml:5:10: error: no edge leads to 'b'" in said
    assert "old/greet.yaml:5:10: hint: no edge leads to 'b'" in said
    (folder / ".darwinflow.yaml").write_text("ignore: {unreachable-node: [old/*, 'flows/*']}\n")
    assert "no findings in 2 files" in darwinflow("check").stdout


def test_patterns_that_no_file_fits_are_told_where_the_whole_workspace_is_checked(
    darwinflow: Run, folder: Path
) -> None:
    settings = folder / ".darwinflow.yaml"
    settings.write_text(
        "ignore:\n  secret: [old/**, 'flows/*']\n  unknown-tag: gone.yaml\n"
        "severity: {unknown-field: {'new/*': hint, '**': error}}\n"
    )
    said = darwinflow("check").stdout
    assert (
        ".darwinflow.yaml:2:12: hint: no file of the workspace fits 'old/**', so nothing is ignored" in said
    )
    assert ".darwinflow.yaml:3:16: hint: no file of the workspace fits 'gone.yaml', so nothing is" in said
    assert (
        ".darwinflow.yaml:4:28: hint: no file of the workspace fits 'new/*', so no severity changes" in said
    )
    assert "3 hints" in said
    assert "no findings" in darwinflow("check", "flows/greet.yaml").stdout
    settings.write_text(
        settings.read_text().replace("unknown-field", "unused-suppression: off, unknown-field")
    )
    assert "no findings" in darwinflow("check").stdout


def test_patterns_that_choose_no_file_and_a_folder_that_is_not_there_are_told(
    darwinflow: Run, folder: Path
) -> None:
    """Where nothing is checked for a slip in the settings, that is an error, and not a workspace without workflows."""
    settings = folder / ".darwinflow.yaml"
    settings.write_text("workflows: {files: [flows, flwos/*.yaml]}\n")
    said = darwinflow("check", expect=1).stdout
    assert (
        "1:21: error: no file of the workspace fits 'flows', so none is checked by it [settings-invalid]"
        in said
    )
    assert "1:28: error: no file of the workspace fits 'flwos/*.yaml'" in said
    named = darwinflow("check", "flows").stdout
    assert "No workflows in 'flows'" in named
    assert ".darwinflow.yaml looks only at 'flows' and 'flwos/*.yaml'" in named
    settings.write_text(
        "workflows: {files: [flwos/*.yaml, flows/*.yaml]}\n"
        "graph-types: {path: graph-typs, files: {workflow: etl/*.yaml}}\n"
    )
    said = darwinflow("check").stdout
    assert "1:21: warning: no file of the workspace fits 'flwos/*.yaml', so none is checked by it" in said
    assert "2:21: warning: there is no folder 'graph-typs', so no graph types are taken from it" in said
    assert (
        "2:51: warning: no file of the workspace fits 'etl/*.yaml', so none becomes a 'workflow' by it"
        in said
    )
    assert "3 warnings in" in said
    assert "1 warning in" in darwinflow("check", "flows").stdout
    settings.write_text("ignore: {unreachable-node: ['flows/{b,warn}.yaml']}\n")
    assert "1 error in" in darwinflow("check", expect=1).stdout


def test_the_settings_are_checked_with_the_workspace(darwinflow: Run, folder: Path) -> None:
    (folder / ".darwinflow.yaml").write_text(
        "projct: hello\nseverity: {unreachable-nod: error}\nstorage: {}\n"
    )
    said = darwinflow("check", expect=1).stdout
    assert (
        ".darwinflow.yaml:1:1: error: the settings have no 'projct'; did you mean 'project'? [settings-invalid]"
        in said
    )
    assert (
        ".darwinflow.yaml:2:12: error: no finding is called 'unreachable-nod'; did you mean 'unreachable-node'?"
        in said
    )
    assert ".darwinflow.yaml:3:1: error: 'storage' belongs in config.yaml of the user's machine" in said
    assert "2 can be fixed" in said
    said = darwinflow("check", "--fix", expect=1).stdout
    assert "2 fixed; 1 error in 1 of 2 files" in said
    assert (
        folder / ".darwinflow.yaml"
    ).read_text() == "project: hello\nseverity: {unreachable-node: error}\nstorage: {}\n"


def test_settings_that_cannot_be_read_do_not_count_in_silence(darwinflow: Run, folder: Path) -> None:
    for content in (b"project: \xff\n", b"# " + b"x" * MAX_SETTINGS_BYTES + b"\n"):
        (folder / ".darwinflow.yaml").write_bytes(content)
        assert "this file does not count" in darwinflow("check", expect=1).stdout


def test_a_path_that_no_folder_can_have_is_a_finding(darwinflow: Run, folder: Path) -> None:
    (folder / ".darwinflow.yaml").write_text('workflows: {path: "a\\0b"}\ngraph-types: "\\0"\n')
    said = darwinflow("check", expect=1).stdout
    assert ".darwinflow.yaml:1:19: error: a path cannot hold the character NUL" in said
    assert ".darwinflow.yaml:2:14: error: a path cannot hold the character NUL" in said
