"""`workflow delete`, against a daemon that it starts itself."""

import json
from pathlib import Path

from .conftest import Run, flow


def publish(darwinflow: Run, folder: Path, *versions: int) -> None:
    for version in versions:
        (folder / "flows/greet.yaml").write_text(flow(version))
        darwinflow("publish", "flows/greet.yaml")


def numbers(darwinflow: Run) -> list[int]:
    found = json.loads(darwinflow("workflow", "list", "--json").stdout)["workflows"]
    return [version["version"] for one in found for version in one["versions"]]


def test_a_version_goes_for_good_and_what_follows_is_told(darwinflow: Run, folder: Path) -> None:
    publish(darwinflow, folder, 1, 2, 3)
    said = darwinflow("workflow", "delete", "greet@2", expect=2)
    assert "made from it, and without a known parent then: greet v3" in said.stderr
    assert said.stderr.splitlines()[-2:] == [
        "error: deleting for good is not done unless somebody says yes",
        "try: add --yes",
    ]
    dry = darwinflow("workflow", "delete", "greet", "--version", "2", "--dry-run").stdout
    assert dry.startswith("greet v2 would be deleted for good\n")
    assert numbers(darwinflow) == [1, 2, 3]
    done = darwinflow("workflow", "delete", "greet", "--version", "2", "--yes").stdout
    assert done.startswith("deleted for good: greet v2\n")
    assert numbers(darwinflow) == [1, 3]
    assert not list(folder.rglob("v2.yaml"))
    assert darwinflow("workflow", "show", "greet@2", expect=1).stderr.startswith(
        "error: 'greet' has no version 2"
    )
    darwinflow("lineage", "greet")


def test_all_versions_go_together_and_the_number_can_be_used_again(darwinflow: Run, folder: Path) -> None:
    publish(darwinflow, folder, 1, 2)
    found = json.loads(darwinflow("workflow", "delete", "greet", "--yes", "--json").stdout)
    assert [version["version"] for version in found["deleted"]] == [1, 2]
    assert (found["children"], found["reopened"], found["done"]) == ([], True, True)
    assert numbers(darwinflow) == []
    publish(darwinflow, folder, 1)
    assert numbers(darwinflow) == [1]


def test_what_is_not_published_is_said(darwinflow: Run, folder: Path) -> None:
    publish(darwinflow, folder, 1)
    said = darwinflow("workflow", "delete", "greet@4", "--yes", expect=1).stderr
    assert said.splitlines() == ["error: greet version 4 is not published", "try: darwinflow workflow list"]
    said = darwinflow("workflow", "delete", "greet@4", "--version", "1", "--yes", expect=2).stderr
    assert said.startswith("error: two different versions are named")
    assert numbers(darwinflow) == [1]
