"""`check` and the workspace's own graph types: they hold for its workflows, and are checked with them."""

import json
import subprocess
import sys
from pathlib import Path

from catalog.test_workspace import SLACK, WORKFLOW
from darwinflow.check.pages import page_of

from .conftest import Run, flow

USING = WORKFLOW.replace("CHANNEL", "alerts")


def test_a_workspace_is_checked_with_its_own_graph_types(darwinflow: Run, folder: Path) -> None:
    (folder / "flows/tell.yaml").write_text(USING)
    assert "no node type is called 'SLACK'" in darwinflow("check", expect=1).stdout
    types = folder / "graph-types/slack.yaml"
    types.parent.mkdir()
    types.write_text(SLACK)
    assert "no findings in 3 files" in darwinflow("check").stdout
    # A verdict from before falls with the types, also where the workflow is as it was.
    types.write_text(SLACK.replace("[alerts, chat]", "[chat]"))
    assert "flows/tell.yaml:4:47: error:" in darwinflow("check", expect=1).stdout


def test_a_graph_type_at_fault_is_told_at_its_place_and_workflows_only_what_is_certain(
    darwinflow: Run, folder: Path
) -> None:
    (folder / "flows/tell.yaml").write_text(USING)
    types = folder / "graph-types/slack.yaml"
    types.parent.mkdir()
    types.write_text(SLACK.replace("type: object", "type: objekt"))
    said = json.loads(darwinflow("check", "--format", "json", expect=1).stdout)
    assert [(one["path"], one["line"], one["column"], one["code"]) for one in said["findings"]] == [
        ("graph-types/slack.yaml", 14, 15, "graph-type-invalid")
    ]
    # Also where somebody names the file, and where only some files are workflows.
    assert "slack.yaml:14:15" in darwinflow("check", "graph-types/slack.yaml", expect=1).stdout
    (folder / ".darwinflow.yaml").write_text("workflows: {files: ['flows/*.yaml']}\n")
    assert "slack.yaml:14:15" in darwinflow("check", expect=1).stdout


def test_who_names_a_workflow_is_told_of_graph_types_at_fault_and_what_they_hide_is_not_published(
    darwinflow: Run, folder: Path
) -> None:
    """A node type that may be one of theirs is not told to be unknown."""
    (folder / "flows/tell.yaml").write_text(USING.replace("SLACK", "SLAKC"))
    types = folder / "graph-types/slack.yaml"
    types.parent.mkdir()
    types.write_text("bad: [")
    for named in ("flows", "flows/tell.yaml"):
        assert "graph-types/slack.yaml:1:" in darwinflow("check", named, expect=1).stdout
    given = subprocess.run(
        [sys.executable, "-m", "darwinflow.cli.main", "check", "-"],
        input=USING, cwd=folder, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert given.returncode == 1
    assert "graph-types/slack.yaml:1:" in given.stdout
    said = darwinflow("publish", "flows/tell.yaml", expect=1).stderr
    assert said.startswith(
        "error: whether there is a node type 'SLAKC' is not known, as graph-types/slack.yaml has errors: line 1: "
    )
    assert "published" in darwinflow("publish", "flows/greet.yaml").stdout
    types.write_text(SLACK)
    assert "no findings in 1 file" in darwinflow("check", "flows/greet.yaml").stdout


def test_fix_mends_a_graph_type(darwinflow: Run, folder: Path) -> None:
    (folder / "flows/tell.yaml").write_text(USING)
    types = folder / "graph-types/slack.yaml"
    types.parent.mkdir()
    types.write_text(SLACK.replace("required: [channel]", "requird: [channel]"))
    darwinflow("check", "--fix")
    assert types.read_text() == SLACK
    # What only shows when another fault is gone is mended, too.
    types.write_text(SLACK.replace("title:", "titel:").replace("required: [config]", "required: [confg]"))
    darwinflow("check", "--fix")
    assert types.read_text() == SLACK


def test_the_folder_of_graph_types_is_a_setting(darwinflow: Run, folder: Path) -> None:
    (folder / "flows/tell.yaml").write_text(USING)
    (folder / "types").mkdir()
    (folder / "types/slack.yaml").write_text(SLACK)
    (folder / ".darwinflow.yaml").write_text("graph-types: types\n")
    assert "no findings in 3 files" in darwinflow("check").stdout


def test_what_check_takes_publishing_takes_too(darwinflow: Run, folder: Path) -> None:
    file = folder / "flows/tell.yaml"
    file.write_text(USING)
    assert "SLACK" in darwinflow("publish", "flows/tell.yaml", expect=1).stderr
    (folder / "graph-types").mkdir()
    (folder / "graph-types/slack.yaml").write_text(SLACK)
    darwinflow("publish", "flows/tell.yaml")
    file.write_text(flow(1).replace("FILE_READ", "FILE_RED").replace("greet", "other"))
    assert "FILE_RED" in darwinflow("publish", "flows/tell.yaml", expect=1).stderr


def test_a_document_is_of_the_type_that_a_comment_above_it_names(darwinflow: Run, folder: Path) -> None:
    page = page_of("cycle")
    assert page is not None
    (folder / "graph-types").mkdir()
    types = folder / "graph-types/pipeline.yaml"
    types.write_text(page.failing["graph-types/pipeline.yaml"])
    (folder / "flows/feeds.yaml").write_text(page.failing["flow.yaml"])
    assert "flows/feeds.yaml:9:23: error: a pipeline has no cycles" in darwinflow("check", expect=1).stdout
    # A type at fault is told alone.
    types.write_text(types.read_text().replace("COPY, LOAD]", "COPY, LOD]"))
    said = json.loads(darwinflow("check", "--format", "json", expect=1).stdout)
    assert [one["path"] for one in said["findings"]] == ["graph-types/pipeline.yaml"]
    types.unlink()
    said = json.loads(darwinflow("check", "--format", "json", expect=1).stdout)
    assert [(one["path"], one["code"]) for one in said["findings"]] == [
        ("flows/feeds.yaml", "unknown-graph-type")
    ]


def test_only_workflows_are_published(darwinflow: Run, folder: Path) -> None:
    page = page_of("cycle")
    assert page is not None
    (folder / "graph-types").mkdir()
    (folder / "graph-types/pipeline.yaml").write_text(page.failing["graph-types/pipeline.yaml"])
    text = page.mended["flow.yaml"].replace("nodes:", "id: feeds\nversion: 1\nnodes:", 1)
    (folder / "flows/feeds.yaml").write_text(text)
    darwinflow("check")
    said = darwinflow("publish", "flows/feeds.yaml", expect=1).stderr
    assert "this is a graph of the type 'pipeline', and only workflows are published" in said
