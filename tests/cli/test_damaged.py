"""What `lineage` and `publish` say of stored versions that somebody has edited or removed, and of lost databases."""

import json
from pathlib import Path

from cli.conftest import Run, flow


def published(darwinflow: Run, folder: Path, versions: int) -> Path:
    """The folder of the stored versions."""
    for version in range(1, versions + 1):
        (folder / "flows/greet.yaml").write_text(flow(version))
        darwinflow("publish", "flows/greet.yaml")
    return folder / "workflows/greet"


def test_lineage_goes_on_and_names_what_was_edited_or_removed(darwinflow: Run, folder: Path):
    stored = published(darwinflow, folder, 3)
    (stored / "v1.yaml").chmod(0o644)
    (stored / "v1.yaml").write_text(flow(1).replace("names.txt", "other.txt"))
    (stored / "v2.yaml").unlink()
    said = darwinflow("lineage", "greet")
    assert [mark in said.stdout for mark in ("v1", "v2", "v3", "(edited)", "(missing)")] == [True] * 5
    first, first_advice, second, second_advice = said.stderr.splitlines()
    assert first.startswith("warning: version 1 of 'greet'")
    assert f"{stored / 'v1.yaml'} was edited" in first
    assert f"git checkout -- {stored / 'v1.yaml'}" in first_advice
    assert f"{stored / 'v2.yaml'} is missing" in second
    assert f"git checkout -- {stored / 'v2.yaml'}" in second_advice
    told = json.loads(darwinflow("lineage", "greet", "--json").stdout)["versions"]
    assert [version["damage"] and version["damage"]["kind"] for version in told] == [
        "edited",
        "missing",
        None,
    ]


def test_publishing_warns_of_damage_and_refuses_a_parent_that_is_gone(darwinflow: Run, folder: Path):
    stored = published(darwinflow, folder, 2)
    (stored / "v1.yaml").unlink()
    (folder / "flows/greet.yaml").write_text(flow(3))
    said = darwinflow("publish", "flows/greet.yaml")
    assert said.stdout.startswith("published greet v3")
    assert said.stderr.startswith("warning: version 1 of 'greet'")
    (stored / "v3.yaml").unlink()
    (folder / "flows/greet.yaml").write_text(flow(4))
    refused = darwinflow("publish", "flows/greet.yaml", expect=1)
    assert "error: the parent is lost: version 3 of 'greet'" in refused.stderr
    (folder / "flows/greet.yaml").write_text(flow(3))
    darwinflow("publish", "flows/greet.yaml")
    (folder / "flows/greet.yaml").write_text(flow(4))
    assert darwinflow("publish", "flows/greet.yaml").stdout.startswith("published greet v4")


def test_an_emptied_database_is_told_by_every_command_that_needs_it(darwinflow: Run, tmp_path: Path):
    darwinflow("daemon", "start")
    darwinflow("daemon", "stop")
    (database,) = (tmp_path / "home").glob("tenant-*.db")
    database.write_bytes(b"")
    for command in (("daemon", "start"), ("runs", "list")):
        said = darwinflow(*command, expect=1)
        assert f"error: {database} is empty (0 bytes), though history was stored in it" in said.stderr
        assert f"touch {database}.anew" in said.stderr
    assert database.read_bytes() == b""
