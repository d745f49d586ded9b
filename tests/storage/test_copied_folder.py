"""A copy of a folder that is brought up to date: what changed is copied, what did not is left alone."""

import os
import time

import pytest

from darwinflow.storage.copied_folder import CopiedFolder


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    (folder / "project/lock").mkdir(parents=True)
    (folder / "index").mkdir()
    for name in ("day.jsonl", "lock", "project/v1.json", "project/lock/v1.json", "index/index.db", "index/x"):
        (folder / name).write_text(name)
    (folder / "link").symlink_to(folder / "day.jsonl")
    settle(folder)
    return folder


def settle(folder):
    """As if all was written long ago."""
    for above, _, names in os.walk(folder):
        for name in names:
            os.utime(os.path.join(above, name), ns=(0, time.time_ns() - 10**10), follow_symlinks=False)


def held(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


KEPT = ("day.jsonl", "project/v1.json", "project/lock/v1.json")


def test_it_holds_the_files_without_locks_links_and_what_is_made_anew(tmp_path, source):
    copy = CopiedFolder(str(source), str(tmp_path / "copy"))
    copy.update()
    copy.sync()
    assert held(tmp_path / "copy") == {name: name for name in KEPT}
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "copy").rglob("*") if path.is_file()} == {
        0o600
    }


def test_what_was_added_changed_replaced_and_removed_is_so_in_the_copy(tmp_path, source):
    copy = CopiedFolder(str(source), str(tmp_path / "copy"))
    copy.update()
    with (source / "day.jsonl").open("a") as file:
        file.write(" and more")
    (source / "project/v1.json").unlink()
    (source / "new").mkdir()
    (source / "new/v2.json").write_text("2")
    replaced = source / "project/lock/v1.json"
    status = replaced.stat()
    (source / "other").write_text("PROJECT/LOCK/V1.JSON")
    os.utime(source / "other", ns=(status.st_atime_ns, status.st_mtime_ns))
    (source / "other").rename(replaced)
    copy.update()
    copy.sync()
    assert held(tmp_path / "copy") == {
        "day.jsonl": "day.jsonl and more",
        "new/v2.json": "2",
        "project/lock/v1.json": "PROJECT/LOCK/V1.JSON",
    }


def test_what_has_not_changed_is_not_copied_again_unless_it_is_too_young_to_tell(tmp_path, source):
    (source / "young").write_text("young")
    copy = CopiedFolder(str(source), str(tmp_path / "copy"))
    copy.update()
    for name in (*KEPT, "young"):
        (tmp_path / "copy" / name).write_text("marked")
    copy.update()
    assert held(tmp_path / "copy") == {**dict.fromkeys(KEPT, "marked"), "young": "young"}
