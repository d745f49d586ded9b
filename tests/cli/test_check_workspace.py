"""`check` among several files of a workspace and the versions in its store, as a process."""

import json
import os
import stat
from pathlib import Path

from .conftest import Run, flow

CALLER = """\
id: caller
version: 1
nodes:
  - {{id: a, type: SUB_WORKFLOW, config: {{workflow: {target}, inputs: {inputs}}}}}
edges:
  - {{from: START, to: a}}
  - {{from: a, to: END}}
"""


def caller(target: str, inputs: str = "{}") -> str:
    return CALLER.format(target=target, inputs=inputs)


def findings(darwinflow: Run, *paths: str, expect: int | None = None) -> list[tuple[str, int, str]]:
    said = darwinflow("check", "--format", "json", *paths, expect=expect)
    return [(one["path"], one["line"], one["code"]) for one in json.loads(said.stdout)["findings"]]


def test_files_that_name_each_other_are_checked_together_and_alone(darwinflow: Run, folder: Path) -> None:
    (folder / "flows/caller.yaml").write_text(caller("greeet.yaml"))
    (folder / "flows/second.yaml").write_text(caller("/flows/greet.yaml").replace("version: 1", "version: 2"))
    (folder / "flows/third.yaml").write_text(caller("caller.yaml").replace("version: 1", "version: 2"))
    expected = [
        ("flows/caller.yaml", 4, "subworkflow-missing"),
        ("flows/third.yaml", 2, "duplicate-version"),
    ]
    assert findings(darwinflow, expect=1) == expected
    assert findings(darwinflow, expect=1) == expected, "from the cache"
    for path, line, code in expected:
        assert findings(darwinflow, path, expect=1) == [(path, line, code)]
    assert findings(darwinflow, "flows/second.yaml", expect=0) == []


def test_a_change_of_another_file_is_seen_although_this_one_comes_from_the_cache(
    darwinflow: Run, folder: Path
) -> None:
    greet = folder / "flows/greet.yaml"
    (folder / "flows/caller.yaml").write_text(caller("greet.yaml", "{name: x}"))
    assert findings(darwinflow, expect=0) == []
    greet.write_text(greet.read_text().replace("nodes:", "inputs: {names: string}\nnodes:", 1))
    assert findings(darwinflow, expect=1) == [("flows/caller.yaml", 4, "subworkflow-inputs")]
    said = darwinflow("check", "--fix").stdout
    assert "1 fixed; no findings in 2 files" in said
    assert "{names: x}" in (folder / "flows/caller.yaml").read_text()
    greet.unlink()
    assert findings(darwinflow, expect=1) == [("flows/caller.yaml", 4, "subworkflow-missing")]


def test_published_versions_are_read_from_the_store_without_a_daemon(darwinflow: Run, folder: Path) -> None:
    greet = folder / "flows/greet.yaml"
    darwinflow("publish", "flows/greet.yaml")
    darwinflow("daemon", "stop", expect=None)
    assert findings(darwinflow, expect=0) == []
    greet.write_text("# the same\n" + greet.read_text())
    assert findings(darwinflow, expect=0) == []
    greet.write_text(greet.read_text().replace("names.txt", "other.txt"))
    assert findings(darwinflow, expect=1) == [("flows/greet.yaml", 3, "version-published")]
    said = darwinflow("check", "--fix").stdout
    assert "1 fixed; no findings in 1 file" in said
    assert "version: 2\n" in greet.read_text()
    assert "  parent: 1\n  createdBy: user\n" in greet.read_text()
    darwinflow("publish", "flows/greet.yaml")
    greet.write_text(flow(4).replace("parent: 3", "parent: 7"))
    said = darwinflow("check", expect=1).stdout
    assert "version 7 of 'greet' is not published; published are 1 and 2 [parent-unknown]" in said
    (folder / "flows/caller.yaml").write_text(caller("greet@2"))
    (folder / "flows/other.yaml").write_text(caller("greet@3").replace("version: 1", "version: 2"))
    assert [one[2] for one in findings(darwinflow, expect=1)] == ["parent-unknown", "subworkflow-missing"]


def test_a_file_of_the_store_that_was_edited_is_told_and_nothing_else_of_it(
    darwinflow: Run, folder: Path
) -> None:
    darwinflow("publish", "flows/greet.yaml")
    stored = folder / "workflows/greet/v1.yaml"
    stored.chmod(stat.S_IRUSR | stat.S_IWUSR)
    text = stored.read_text()
    expected = [("workflows/greet/v1.yaml", 1, "stored-file-edited")]
    stored.write_text("# a comment is an edit of the file alone\n" + text)
    assert findings(darwinflow, expect=0) == expected
    assert "warning: this is version 1 of 'greet', published with other comments or layout" in (
        darwinflow("check", "workflows/greet/v1.yaml").stdout
    )
    stored.write_bytes(text.replace("\n", "\r\n").encode())
    assert findings(darwinflow, expect=0) == []
    stored.write_text(text.replace("to: look", "to: lok", 1))
    assert findings(darwinflow, expect=1) == expected
    (found,) = json.loads(darwinflow("check", "--format", "json", expect=1).stdout)["findings"]
    (fix,) = found["fixes"]
    assert (fix["into"], [edit["text"] for edit in fix["edits"]]) == (
        "greet-v2.yaml",
        ["2", "parent: 1\n  "],
    )
    assert "fixed" not in darwinflow("check", "--fix", expect=1).stdout
    assert stored.read_text() == text.replace("to: look", "to: lok", 1)
    assert not (folder / "greet-v2.yaml").exists()
    assert darwinflow("check", "--format", "sarif", expect=1).stdout.count("fixes") == 0
    assert findings(darwinflow, "workflows", expect=1) == expected
    assert findings(darwinflow, "workflows/greet/v1.yaml", expect=1) == expected
    assert findings(darwinflow, "flows", expect=0) == []
    (folder / "flows/caller.yaml").write_text(caller("/workflows/greet/v1.yaml"))
    assert findings(darwinflow, expect=1) == expected
    said = darwinflow("check", expect=1).stdout
    assert "move the text to a draft with version 2 and parent 1, and restore this file" in said
    (folder / ".darwinflow.yaml").write_text("severity: {stored-file-edited: off}\n")
    assert findings(darwinflow, expect=0) == []


def test_what_was_not_checked_for_want_of_history_is_said(darwinflow: Run, folder: Path) -> None:
    greet = folder / "flows/greet.yaml"
    assert darwinflow("check").stdout.startswith("no findings in 1 file, ")
    assert "published" not in darwinflow("check").stdout
    greet.write_text(flow(3))
    said = darwinflow("check").stdout
    assert said.endswith(
        "Nobody here knows the published versions: version-published, parent-unknown and lineage-cycle were not checked.\n"
    )
    summary = json.loads(darwinflow("check", "--format", "json").stdout)["summary"]
    assert summary["unevaluated"] == ["version-published", "parent-unknown", "lineage-cycle"]
    greet.write_text(flow(1))
    darwinflow("publish", "flows/greet.yaml")
    assert json.loads(darwinflow("check", "--format", "json").stdout)["summary"]["unevaluated"] == []


def test_a_file_without_a_workspace_looks_at_its_own_folder_alone(
    darwinflow: Run, folder: Path, tmp_path: Path
) -> None:
    lonely = tmp_path / "lonely"
    (lonely / "below").mkdir(parents=True)
    (lonely / "a.yaml").write_text(flow(1))
    (lonely / "below/b.yaml").write_text(flow(1))
    assert findings(darwinflow, os.path.relpath(lonely / "a.yaml", folder), expect=0) == []
    (lonely / "0.yaml").write_text(flow(1))
    found = findings(darwinflow, os.path.relpath(lonely / "a.yaml", folder), expect=1)
    assert [code for _, _, code in found] == ["duplicate-version"]


def test_ids_are_found_however_they_are_written(darwinflow: Run, folder: Path) -> None:
    (folder / "flows/greet.yaml").write_text(flow(1))
    body = flow(1).partition("version: 1\n")[2]
    for text in (
        '"id": greet\nversion: 1\n' + body,
        "id: 'GREET' # loud\nversion: 1\n" + body,
        "x-id: &id greet\nid: *id\nversion: 1\n" + body,
        "# first\n---\nid: greet\nversion: 1\n" + body,
        "\ufeffid:   greet\r\nversion: 1   # one\r\n" + body.replace("\n", "\r\n"),
        '{"id": "greet", "version": 1, "nodes": [{"id": "a", "type": "HUMAN_INPUT"}], "edges": [{"from": "START", "to": "a"}, {"from": "a", "to": "END"}]}',
    ):
        (folder / "flows/other.yaml").write_bytes(text.encode())
        found = findings(darwinflow, "flows/other.yaml", expect=1)
        assert ("flows/other.yaml", "duplicate-version") in [(path, code) for path, _, code in found], text
    (folder / "flows/other.yaml").write_text("id: greet\nversion: 1\ndata: [nodes, edges]\n")
    assert findings(darwinflow, expect=0) == []


def test_what_is_torn_in_the_store_is_a_warning_and_said_once(darwinflow: Run, folder: Path) -> None:
    darwinflow("publish", "flows/greet.yaml")
    [lock] = folder.glob("workflows/*/versions.lock")
    lock.chmod(0o600)
    lock.write_bytes(lock.read_bytes()[:-30])
    said = darwinflow("check", "--no-cache").stderr.splitlines()
    assert [line for line in said if "is torn" in line] == [
        f"warning: {lock} line 1 is torn; the versions themselves are whole"
    ]
    assert all(line.startswith("warning: ") for line in said)
