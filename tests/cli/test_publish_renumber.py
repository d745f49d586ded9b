"""Two branches publish the same version; git marks the conflict, and `publish --renumber` solves it."""

import json
import subprocess

from cli.conftest import flow


def git(folder, *arguments, expect=0):
    said = subprocess.run(
        ["git", "-c", "user.name=ada", "-c", "user.email=ada@example.org", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == expect, said.stdout + said.stderr


def contents(folder):
    return {path: path.read_bytes() for path in (folder / "workflows").rglob("*") if path.is_file()}


def publish(darwinflow, folder, *versions, reasoning):
    for version in versions:
        (folder / "flows/greet.yaml").write_text(flow(version, reasoning))
        darwinflow("publish", "flows/greet.yaml")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", reasoning)


def test_both_sides_are_kept_and_the_merged_one_gets_the_next_numbers(darwinflow, folder):
    git(folder, "init", "-q", "-b", "main")
    publish(darwinflow, folder, 1, reasoning="First")
    git(folder, "checkout", "-qb", "other")
    publish(darwinflow, folder, 2, 3, reasoning="Theirs")
    git(folder, "checkout", "-q", "main")
    publish(darwinflow, folder, 2, reasoning="Ours")
    git(folder, "merge", "other", expect=1)
    assert b"<<<<<<<" in (folder / "workflows/greet/v2.yaml").read_bytes()
    assert b"<<<<<<<" in (folder / "workflows/greet/versions.lock").read_bytes()
    before = contents(folder)
    would = darwinflow("publish", "--renumber", "greet", "--dry-run").stdout
    assert would == (
        "greet v2 of the merged branch would become v4\ngreet v3 of the merged branch would become v5\n"
    )
    moved = {"workflow": "greet", "renumbered": [{"from": 2, "to": 4}, {"from": 3, "to": 5}]}
    said = json.loads(darwinflow("publish", "--renumber", "greet", "--dry-run", "--json").stdout)
    assert said == {**moved, "done": False}
    assert contents(folder) == before
    said = json.loads(darwinflow("publish", "--renumber", "greet", "--json").stdout)
    assert said == {**moved, "done": True}
    told = json.loads(darwinflow("lineage", "greet", "--json").stdout)["versions"]
    assert [(one["version"], one["reasoning"], one["damage"]) for one in told] == [
        (1, "First", None),
        (2, "Ours", None),
        (4, "Theirs", None),
        (5, "Theirs", None),
    ]
    assert "Ours" in darwinflow("workflow", "show", "greet@2").stdout
    parents = [one["parent"] and one["parent"]["version"] for one in told]
    assert parents == [None, 1, 1, 4]
    assert "version: 4" in darwinflow("workflow", "show", "greet@4").stdout
    assert darwinflow("publish", "--renumber", "greet").stdout == "greet has no conflict\n"
    (folder / "flows/greet.yaml").write_text(flow(6))
    assert darwinflow("publish", "flows/greet.yaml").stdout.startswith("published greet v6")


def test_a_side_that_is_no_workflow_is_refused_with_nothing_changed(darwinflow, folder):
    (folder / "flows/greet.yaml").write_text(flow(1))
    darwinflow("publish", "flows/greet.yaml")
    stored = folder / "workflows/greet/v1.yaml"
    stored.chmod(0o644)
    torn = f"<<<<<<< main\n{flow(1)}=======\nid: [\n>>>>>>> other\n"
    stored.write_text(torn)
    lock = (stored.parent / "versions.lock").read_bytes()
    for more in (("--dry-run",), ()):
        said = darwinflow("publish", "--renumber", "greet", *more, expect=1)
    assert "is no whole version 1" in said.stderr
    assert stored.read_text() == torn
    assert (stored.parent / "versions.lock").read_bytes() == lock
    assert "is not published" in darwinflow("publish", "--renumber", "nobody", expect=1).stderr


def test_publishing_itself_has_no_dry_run(darwinflow, folder):
    said = darwinflow("publish", "flows/greet.yaml", "--dry-run", expect=2).stderr
    assert said.startswith("error: --dry-run needs --renumber\n")
    assert not (folder / "workflows").exists()
