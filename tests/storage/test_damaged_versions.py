"""Stored versions that somebody has edited, removed or cut: all others serve, and each is named with what to do."""

import json
import os
import shlex
import subprocess
import threading

import pytest

from contract.conftest import clock
from darwinflow.document.document import Document
from darwinflow.model.errors import StoreDamaged, StoreFull, VersionPublished, WorkflowNotFound
from darwinflow.projection.workflow import workflow_of
from darwinflow.storage.files import folder as folder_module
from darwinflow.storage.files.workflows import FileWorkflowRepository


def understood(text):
    try:
        return workflow_of(Document.parse(text.decode()))
    except UnicodeDecodeError:
        return None


def repository(path):
    return FileWorkflowRepository(str(path), now=clock, understand=understood)


def text_of(version, parent=None, prompt="Go"):
    above = "" if parent is None else f"metadata: {{parent: {parent}}}\n"
    return (
        f"id: greet\nversion: {version}\n{above}"
        f"nodes:\n  - {{id: a, type: HUMAN_INPUT, config: {{prompt: {prompt}}}}}\n"
        "edges:\n  - {from: START, to: a}\n  - {from: a, to: END}\n"
    ).encode()


def publish(path, version, parent=None, prompt="Go", comment=b""):
    text = comment + text_of(version, parent, prompt)
    return repository(path).store(understood(text), text, published_by="ada")


@pytest.fixture
def store(tmp_path):
    publish(tmp_path, 1)
    publish(tmp_path, 2, parent=1)
    publish(tmp_path, 3, parent=2)
    return tmp_path


def edit(file):
    file.chmod(0o644)
    file.write_bytes(text_of(2, 1, prompt="Stop"))


def remove(file):
    file.unlink()


def empty(file):
    file.chmod(0o644)
    file.write_bytes(b"")


def cut(file):
    file.chmod(0o644)
    os.truncate(file, 30)


def overwrite(file):
    file.chmod(0o644)
    file.write_bytes(b"\xff\x00garbage")


def replace_by_a_folder(file):
    file.unlink()
    file.mkdir()


def replace_by_a_link(file):
    file.unlink()
    file.symlink_to("v1.yaml")


KINDS = {
    edit: "edited",
    remove: "missing",
    empty: "unreadable",
    cut: "edited",
    overwrite: "unreadable",
    replace_by_a_folder: "unreadable",
    replace_by_a_link: "unreadable",
}


def test_what_is_whole_has_no_damage(store):
    assert repository(store).damages("greet") == ()
    assert repository(store).damages("unknown") == ()


@pytest.mark.parametrize(("harm", "kind"), KINDS.items(), ids=lambda part: getattr(part, "__name__", part))
def test_damage_is_named_and_the_version_stays_published(store, harm, kind):
    file = store / "greet" / "v2.yaml"
    before = repository(store).list("greet")
    harm(file)
    (damage,) = repository(store).damages("greet")
    assert (damage.version, damage.kind, damage.path) == (2, kind, str(file))
    assert "version 2 of 'greet'" in damage.message
    assert str(file) in damage.message
    assert f"git checkout -- {file}" in damage.advice
    assert repository(store).list("greet") == before
    assert repository(store).get("greet", 3)[1] == text_of(3, 2)
    with pytest.raises(VersionPublished):
        publish(store, 2, parent=1, prompt="Other")
    assert publish(store, 4, parent=3)[1]
    assert [version.version for version in repository(store).list("greet")] == [1, 2, 3, 4]
    assert [each.version for each in repository(store).damages("greet")] == [2]


@pytest.mark.parametrize(("harm", "kind"), KINDS.items(), ids=lambda part: getattr(part, "__name__", part))
def test_on_a_parent_that_is_lost_nothing_is_built_and_on_one_that_was_edited_it_is(store, harm, kind):
    file = store / "greet" / "v3.yaml"
    harm(file)
    if kind == "edited":
        assert publish(store, 4, parent=3)[1]
        return
    with pytest.raises(StoreDamaged, match="the parent is lost: version 3 of 'greet'") as told:
        publish(store, 4, parent=3)
    assert str(file) in told.value.advice
    assert [version.version for version in repository(store).list("greet")] == [1, 2, 3]


def test_the_advice_brings_a_version_back_from_git(store):
    file = store / "greet" / "v2.yaml"
    for command in ("init -q", "add .", "-c user.name=a -c user.email=a@b commit -q -m all"):
        subprocess.run(["git", *command.split()], cwd=store, check=True)
    for harm in (edit, remove, empty):
        harm(file)
        (damage,) = repository(store).damages("greet")
        command = damage.advice[damage.advice.index("git checkout") :].split(";")[0]
        subprocess.run(shlex.split(command), cwd=store, check=True, capture_output=True)
        assert repository(store).damages("greet") == ()


def test_a_missing_version_is_there_again_once_the_same_content_is_published(store):
    file = store / "greet" / "v2.yaml"
    before = repository(store).list("greet")
    lock = (store / "greet" / "versions.lock").read_bytes()
    file.unlink()
    with pytest.raises(WorkflowNotFound, match="is missing"):
        repository(store).get("greet", 2)
    told, new = publish(store, 2, parent=1, comment=b"# as I have it\n")
    assert (told, new) == (before[1], False)
    assert repository(store).get("greet", 2) == (before[1], b"# as I have it\n" + text_of(2, 1))
    assert repository(store).damages("greet") == ()
    assert (store / "greet" / "versions.lock").read_bytes() == lock


def test_an_edit_is_not_overwritten_by_the_content_that_was_published(store):
    file = store / "greet" / "v2.yaml"
    edit(file)
    assert publish(store, 2, parent=1)[1] is False
    assert file.read_bytes() == text_of(2, 1, prompt="Stop")
    assert [damage.kind for damage in repository(store).damages("greet")] == ["edited"]


def test_comments_and_line_ends_that_git_may_change_are_no_damage(store):
    file = store / "greet" / "v2.yaml"
    file.chmod(0o644)
    file.write_bytes(b"# checked out\r\n" + text_of(2, 1).replace(b"\n", b"\r\n"))
    assert repository(store).damages("greet") == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_version_that_may_not_be_read_says_so(store):
    (store / "greet" / "v2.yaml").chmod(0)
    (damage,) = repository(store).damages("greet")
    assert damage.kind == "unreadable"
    assert damage.advice.startswith("give yourself the right")


def test_a_line_that_is_gone_is_told_and_where_to_bring_it_from(store):
    lock = store / "greet" / "versions.lock"
    lines = lock.read_text().splitlines(keepends=True)
    lock.write_text(lines[0] + lines[2])
    (damage,) = repository(store).damages("greet")
    assert (damage.version, damage.kind) == (2, "unlisted")
    assert f"git checkout -- {lock}" in damage.advice


def test_a_version_is_the_one_that_its_file_is_named_for(store):
    (store / "greet" / "v2.yaml").rename(store / "greet" / "v9.yaml")
    assert [version.version for version in repository(store).list("greet")] == [1, 2, 3, 9]
    assert [(each.version, each.kind) for each in repository(store).damages("greet")] == [
        (2, "missing"),
        (9, "unlisted"),
    ]


HOSTILE = [
    {"version": 0},
    {"version": -3},
    {"version": 1 << 60},
    {"version": True},
    {"hash": "../../etc"},
    {"hash": None},
    {"createdBy": 7},
    {"parent": {"id": "", "version": 1}},
    {"parent": {"id": "a", "version": 0}},
    {"publishedAt": 10**30},
    {"publishedAt": None},
]


@pytest.mark.parametrize("change", HOSTILE, ids=json.dumps)
def test_a_line_that_says_nonsense_counts_as_torn(store, change):
    lock = store / "greet" / "versions.lock"
    line = json.loads(lock.read_text().splitlines()[-1]) | {"version": 7} | change
    with lock.open("a") as file:
        file.write(json.dumps(line) + "\n")
    assert [version.version for version in repository(store).list("greet")] == [1, 2, 3]


def test_lines_that_are_nested_without_end_or_hold_half_a_character_do_no_harm(store):
    lock = store / "greet" / "versions.lock"
    line = json.loads(lock.read_text().splitlines()[-1]) | {"version": 7, "reasoning": "half \ud800"}
    with lock.open("a") as file:
        file.write("[" * 200_000 + "\n" + json.dumps(line) + "\n")
    found = repository(store).list("greet")
    assert [version.version for version in found] == [1, 2, 3, 7]
    assert found[-1].reasoning == "half ?"


def test_a_publisher_that_fails_at_the_last_moment_leaves_no_trace(store, monkeypatch):
    def refuse(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder_module.os, "rename", refuse)
    with pytest.raises(StoreFull):
        publish(store, 4, parent=3)
    monkeypatch.undo()
    assert repository(store).damages("greet") == ()
    assert sorted(os.listdir(store / "greet")) == ["v1.yaml", "v2.yaml", "v3.yaml", "versions.lock"]
    assert len((store / "greet" / "versions.lock").read_text().splitlines()) == 3
    assert publish(store, 4, parent=3)[1]


def test_who_reads_while_versions_are_published_sees_no_damage(store):
    done = threading.Event()

    def work():
        for version in range(4, 60):
            publish(store, version, parent=version - 1)
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    looks = 0
    while not done.is_set():
        assert repository(store).damages("greet") == ()
        looks += 1
    thread.join()
    assert looks > 5
