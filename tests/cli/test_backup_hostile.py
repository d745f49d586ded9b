"""`darwinflow storage restore` of a backup that somebody has made to write elsewhere, or to read something else."""

import hashlib
import json

import pytest

from cli.recorded_runs import record

PLACES = [
    "/elsewhere",
    "../planted",
    "config.yaml",
    "spool",
    "system.db/x",
    "logs",
    "set-aside",
    "",
    ".",
    "a\nb",
]
NAMES = ["../victim", "1-a/../../victim", "/etc/passwd", "manifest.json", "..", "", "2-gone"]


@pytest.fixture
def copy(darwinflow, tmp_path):
    record(darwinflow, 2)
    darwinflow("storage", "backup", str(tmp_path / "copy"))
    darwinflow("daemon", "stop")
    (tmp_path / "victim").write_text("secret")
    return tmp_path / "copy"


def add(copy, name, place):
    """Another part, with its hash."""
    content = b"of somebody else"
    (copy / "9-x").write_bytes(content)
    entry = {"path": "9-x", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    change(
        copy, lambda said: (said["items"].append({"name": name, "place": place}), said["files"].append(entry))
    )


def change(copy, how):
    said = json.loads((copy / "manifest.json").read_text())
    how(said)
    (copy / "manifest.json").write_text(json.dumps(said))


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".log"}


def refused(darwinflow, copy, tmp_path):
    """What is said of it, by the check alone and by who restores."""
    before = contents(tmp_path)
    checked = darwinflow("storage", "restore", str(copy), "--dry-run", expect=1)
    restored = darwinflow("storage", "restore", str(copy), "--replace", expect=1)
    assert checked.stdout == restored.stdout == ""
    assert contents(tmp_path) == before
    assert checked.stderr == restored.stderr
    return checked.stderr


@pytest.mark.parametrize("place", PLACES)
def test_a_backup_writes_where_this_home_keeps_the_like_and_nowhere_else(darwinflow, copy, tmp_path, place):
    place = str(tmp_path / "elsewhere") if place == "/elsewhere" else place
    add(copy, "9-x", place)
    said = refused(darwinflow, copy, tmp_path)
    assert "where this home keeps nothing" in said or "is no place" in said
    assert len(said.splitlines()) <= 2


def test_two_parts_of_a_backup_do_not_have_one_place(darwinflow, copy, tmp_path):
    add(copy, "9-x", "system.db")
    assert "holds two things for" in refused(darwinflow, copy, tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_a_part_of_a_backup_is_in_it(darwinflow, copy, tmp_path, name):
    change(copy, lambda said: said["items"][0].update(name=name))
    said = refused(darwinflow, copy, tmp_path)
    assert "is not the name of a part of a backup" in said or "is missing since the backup was made" in said


@pytest.mark.parametrize("is_folder", [False, True])
def test_links_are_no_backup(darwinflow, copy, tmp_path, is_folder):
    target = tmp_path / ("home" if is_folder else "victim")
    (copy / "9-link").symlink_to(target, target_is_directory=is_folder)
    assert "is neither a file nor a folder, and no backup holds others" in refused(darwinflow, copy, tmp_path)


@pytest.mark.parametrize(
    "said",
    [
        "[]",
        "5",
        "null",
        '"x"',
        "{",
        "[" * 200_000,
        '{"format": "1"}',
        '{"format": true}',
        '{"format": 1, "madeAt": 5, "home": "", "items": [], "files": []}',
        '{"format": 1, "madeAt": "", "home": "", "items": [{"name": 5, "place": 6}], "files": []}',
        '{"format": 1, "madeAt": "", "home": "", "items": {"a": 1}, "files": []}',
        '{"format": 1, "madeAt": "", "home": "", "items": [], "files": [[]]}',
        '{"format": 1, "madeAt": "", "home": "", "items": [], "files": [], "lacks": 7}',
    ],
)
def test_what_is_no_manifest_is_said_to_be_none(darwinflow, copy, tmp_path, said):
    (copy / "manifest.json").write_text(said)
    assert "manifest.json cannot be read: " in refused(darwinflow, copy, tmp_path)


def with_workflows(darwinflow, copy, index):
    """A backup of one workflow whose index says *index* of it."""
    darwinflow("publish", "flows/greet.yaml")
    darwinflow("storage", "backup", str(copy))
    darwinflow("daemon", "stop")
    path = copy / "workflows/index.json"
    path.write_text(json.dumps(index(json.loads(path.read_text()))))
    content = path.read_bytes()
    entry = {
        "path": "workflows/index.json",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    change(
        copy,
        lambda said: said.update(
            files=[entry if one["path"] == entry["path"] else one for one in said["files"]]
        ),
    )


def test_workflows_go_back_only_to_folders_that_the_home_knows(darwinflow, tmp_path):
    copy, planted = tmp_path / "copy", tmp_path / "planted"
    with_workflows(darwinflow, copy, lambda parts: [{**part, "place": str(planted)} for part in parts])
    said = darwinflow("storage", "restore", str(copy), "--replace")
    assert not planted.exists()
    assert "warning: not restored: workflows of " in said.stderr
    assert f"are files in {copy}/workflows/1: copy them to their workspace" in said.stderr


@pytest.mark.parametrize(
    "wrong",
    [
        5,
        [5],
        [{"folder": "../..", "project": "p", "place": None}],
        [{"folder": 1, "project": "p", "place": None}],
    ],
)
def test_an_index_of_workflows_that_is_none_is_refused_before_anything_is_restored(
    darwinflow, tmp_path, wrong
):
    copy = tmp_path / "copy"
    with_workflows(darwinflow, copy, lambda _: wrong)
    assert "workflows/index.json " in refused(darwinflow, copy, tmp_path)
