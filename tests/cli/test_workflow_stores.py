"""Published workflows on each back end that one line of configuration chooses."""

from pathlib import Path

import pytest

from cli.conftest import flow


def configure(tmp_path: Path, text: str) -> None:
    (tmp_path / "home").mkdir(mode=0o700, exist_ok=True)
    (tmp_path / "home/config.yaml").write_text(text)


@pytest.mark.parametrize(
    "choice",
    [
        "{workflows: {type: sqlite}}",
        "{workflows: {type: sqlite, path: apart}}",
        "{workflows: {type: sqlite}, logs: {type: file}, metrics: {type: file}}",
    ],
)
def test_versions_are_kept_in_the_database_across_a_restart(darwinflow, folder, tmp_path, choice):
    configure(tmp_path, f"storage: {choice}\n")
    darwinflow("publish", "flows/greet.yaml")
    text = flow(2, "Ask first")
    (folder / "flows/greet.yaml").write_text(text)
    darwinflow("daemon", "stop")
    assert "published greet v2" in darwinflow("publish", "flows/greet.yaml").stdout
    assert darwinflow("workflow", "show", "greet@1").stdout == flow(1)
    assert darwinflow("workflow", "show", "greet").stdout == text
    assert "greet" in darwinflow("workflow", "list").stdout
    assert "Ask first" in darwinflow("lineage", "greet").stdout
    assert not (folder / "workflows").exists()
    (folder / "flows/greet.yaml").write_text(flow(2, "Ask twice"))
    assert "is published with other content" in darwinflow("publish", "flows/greet.yaml", expect=1).stderr


def test_versions_in_memory_go_with_the_daemon(darwinflow, tmp_path):
    configure(tmp_path, "storage: {workflows: {type: memory}}\n")
    darwinflow("publish", "flows/greet.yaml")
    assert "greet" in darwinflow("workflow", "list").stdout
    darwinflow("daemon", "stop")
    assert "greet" not in darwinflow("workflow", "list").stdout
