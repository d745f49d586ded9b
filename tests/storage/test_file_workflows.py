"""Published workflows on files: what lies there, and what damage, links and crashes do to it."""

import fcntl
import hashlib
import json
import os
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from contract.conftest import NOW, clock, understands_nothing
from contract.sample_workflows import TEXT, workflow
from darwinflow.model.errors import Conflict, SchemaTooNew, StoreFull, StoreUnwritable, WorkflowNotFound
from darwinflow.model.workflow import Parent
from darwinflow.storage.files import folder as folder_module
from darwinflow.storage.files.workflows import FileWorkflowRepository


def repository(path, understand=understands_nothing, read_only=False):
    return FileWorkflowRepository(str(path), now=clock, understand=understand, read_only=read_only)


def publish(path, name="assistant", version=1, text=TEXT, **more):
    return repository(path).store(workflow(name, version=version, **more), text, published_by="ada")


def versions(path, name="assistant", understand=understands_nothing):
    return [version.version for version in repository(path, understand).list(name)]


def test_a_store_is_readable_with_cat_and_friendly_to_git(tmp_path):
    publish(tmp_path)
    publish(tmp_path, version=2, text=b"second", parent=Parent("assistant", 1), reasoning="größer")
    folder = tmp_path / "assistant"
    assert sorted(os.listdir(tmp_path)) == ["assistant"]
    assert sorted(os.listdir(folder)) == ["v1.yaml", "v2.yaml", "versions.lock"]
    assert (folder / "v2.yaml").read_bytes() == b"second"
    assert (folder / "v2.yaml").stat().st_mode & 0o222 == 0
    first, second = (json.loads(line) for line in (folder / "versions.lock").read_text().splitlines())
    assert first["parent"] is None
    assert second == {
        "format": 1,
        "version": 2,
        "hash": workflow("a").content_hash,
        "fileHash": hashlib.sha256(b"second").hexdigest(),
        "parent": {"id": "assistant", "version": 1},
        "createdBy": "user",
        "reasoning": "größer",
        "description": "What 2 does",
        "publishedBy": "ada",
        "publishedAt": int(NOW.timestamp()) * 1_000_000 + NOW.microsecond,
    }


def test_what_a_killed_writer_leaves_is_not_published_and_is_swept(tmp_path):
    publish(tmp_path)
    folder = tmp_path / "assistant"
    (folder / ".v2.yaml.0123456789abcdef.tmp").write_bytes(b"what was to be version 2")
    lock = folder / "versions.lock"
    lock.write_text(lock.read_text() + lock.read_text().replace('"version":1', '"version":2'))
    assert versions(tmp_path) == [1]
    with pytest.raises(WorkflowNotFound):
        repository(tmp_path).get("assistant", 2)
    told, new = publish(tmp_path, version=2, text=b"whole", reasoning="second try")
    assert new
    assert repository(tmp_path).get("assistant", 2) == (told, b"whole")
    assert sorted(os.listdir(folder)) == ["v1.yaml", "v2.yaml", "versions.lock"]
    assert [json.loads(line)["reasoning"] for line in lock.read_text().splitlines()] == ["", "second try"]
    assert repository(tmp_path).damages("assistant") == ()


def test_a_torn_line_hides_no_other_and_the_next_one_is_whole(tmp_path, caplog):
    publish(tmp_path)
    lock = tmp_path / "assistant" / "versions.lock"
    lock.write_text(lock.read_text() + '{"format":1,"versi')
    publish(tmp_path, version=2)
    assert versions(tmp_path) == [1, 2]
    assert "line 2 is torn" in caplog.text


def test_a_version_without_its_line_is_taken_from_its_text_and_said(tmp_path, caplog):
    publish(tmp_path)
    publish(tmp_path, version=2, text=b"second")
    lock = tmp_path / "assistant" / "versions.lock"
    lock.write_text(lock.read_text().splitlines()[0] + "\n<<<<<<< ours\n=======\n>>>>>>> theirs\n")
    known = workflow("assistant", version=2, reasoning="from the text")
    found = repository(tmp_path, lambda text: known if text == b"second" else None)
    told, text = found.get("assistant", 2)
    assert (told.reasoning, told.content_hash, text) == ("from the text", known.content_hash, b"second")
    assert told.published_at.tzinfo is not None
    assert "is taken from its text" in caplog.text
    assert versions(tmp_path) == [1]


def test_a_lock_of_a_newer_version_is_refused_and_untouched(tmp_path):
    publish(tmp_path)
    lock = tmp_path / "assistant" / "versions.lock"
    lock.write_text(lock.read_text().replace('"format":1', '"format":2'))
    before = lock.read_bytes()
    for act in (lambda: versions(tmp_path), lambda: publish(tmp_path, version=2)):
        with pytest.raises(SchemaTooNew):
            act()
    assert lock.read_bytes() == before
    assert sorted(os.listdir(lock.parent)) == ["v1.yaml", "versions.lock"]


def test_no_link_leads_out_of_the_store(tmp_path):
    store, outside = tmp_path / "store", tmp_path / "outside"
    publish(outside, "secret")
    publish(store)
    (store / "linked").symlink_to(outside / "secret")
    (store / "assistant" / "v2.yaml").symlink_to(outside / "secret" / "v1.yaml")
    os.mkfifo(store / "assistant" / "v3.yaml")
    assert versions(store) == [1]
    assert versions(store, "linked") == []
    assert [version.workflow for version in repository(store).list_all()] == ["assistant"]
    with pytest.raises(StoreUnwritable):
        publish(store, "linked", version=2)
    assert sorted(os.listdir(outside / "secret")) == ["v1.yaml", "versions.lock"]
    (store / "linked-lock").mkdir()
    (store / "linked-lock" / "versions.lock").symlink_to(outside / "target")
    with pytest.raises(StoreUnwritable):
        publish(store, "linked-lock")
    assert not (outside / "target").exists()
    assert os.listdir(store / "linked-lock") == ["versions.lock"]


def test_a_name_that_begins_a_path_reads_nothing(tmp_path):
    publish(tmp_path / "store")
    publish(tmp_path, "outside")
    for name in ("..", "../outside", "assistant/../../outside", str(tmp_path / "outside"), ""):
        assert repository(tmp_path / "store").list(name) == ()


def test_folders_that_no_workflow_can_be_named_by_are_not_listed(tmp_path):
    publish(tmp_path)
    for name in (b".git", b"with blank", b"no \xff utf-8"):
        (tmp_path / os.fsdecode(name)).mkdir()
        (tmp_path / os.fsdecode(name) / "v1.yaml").write_bytes(TEXT)
    found = repository(tmp_path, lambda text: workflow("any")).list_all()
    assert [version.workflow for version in found] == ["assistant"]


def test_a_store_for_reading_makes_and_changes_nothing(tmp_path):
    reader = repository(tmp_path / "missing", read_only=True)
    assert reader.list_all() == ()
    assert reader.list("assistant") == ()
    with pytest.raises(StoreUnwritable):
        reader.store(workflow("assistant"), TEXT, published_by="ada")
    assert not (tmp_path / "missing").exists()


def test_a_file_in_the_place_of_the_store_is_said(tmp_path):
    (tmp_path / "store").write_text("a file")
    assert repository(tmp_path / "store").list_all() == ()
    with pytest.raises(StoreUnwritable):
        publish(tmp_path / "store")


PUBLISHER = """
import sys
from datetime import UTC, datetime
from contract.sample_workflows import workflow
from darwinflow.storage.files.workflows import FileWorkflowRepository

store = FileWorkflowRepository(sys.argv[1], now=lambda: datetime.now(UTC), understand=lambda text: None)
print("ready", flush=True)
for version in range(1, 100_000):
    store.store(workflow("assistant", version=version), b"text %d\\n" % version * 1000, published_by="ada")
    print(version, flush=True)
"""


def test_a_publisher_that_is_killed_leaves_whole_versions(tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(__file__))}
    done = 0
    for pause in (0.01, 0.02, 0.03, 0.04, 0.05, 0.06):
        path = tmp_path / f"store{pause}"
        command = [sys.executable, "-c", PUBLISHER, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as writer:
            assert writer.stdout.readline() == "ready\n"
            time.sleep(pause)
            writer.kill()
            told = [int(line) for line in writer.stdout.read().split("\n")[:-1]]
        found = repository(path).list("assistant")
        assert [version.version for version in found][: len(told)] == told
        for version in found:
            assert repository(path).get("assistant", version.version)[1] == (
                b"text %d\n" % version.version * 1000
            )
        publish(path, version=len(found) + 1)
        assert not [name for name in os.listdir(path / "assistant") if name.startswith(".")]
        done += len(told)
    assert done > 0


def test_racing_publishers_of_eight_versions_keep_each_line_whole(tmp_path):
    def race(number):
        for version in range(1, 9):
            try:
                publish(tmp_path, version=version, content=f"{number}")
            except Conflict:
                continue

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(race, range(8)))
    lines = (tmp_path / "assistant" / "versions.lock").read_text().splitlines()
    numbers = [json.loads(line)["version"] for line in lines]
    assert numbers == versions(tmp_path)
    assert numbers[-1] == 8


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_every_folder_that_was_changed_is_synced(tmp_path, monkeypatch):
    synced = []
    fsync = os.fsync

    def noting(fd):
        synced.append(os.readlink(f"/proc/self/fd/{fd}"))
        fsync(fd)

    monkeypatch.setattr(os, "fsync", noting)
    store = tmp_path / "flows" / "store"
    publish(store)
    for folder in (tmp_path, tmp_path / "flows", store, store / "assistant"):
        assert str(folder) in synced
    assert synced[-1] == str(store / "assistant")
    assert str(store / "assistant" / "versions.lock") in synced


def test_a_lock_that_another_program_never_lets_go_of_is_said(tmp_path, monkeypatch):
    publish(tmp_path)
    monkeypatch.setattr(folder_module, "LOCKED_WITHIN_S", 0.2)
    fd = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        with pytest.raises(StoreUnwritable, match="another program holds the lock"):
            publish(tmp_path, version=2)
    finally:
        os.close(fd)
    publish(tmp_path, version=2)
    assert versions(tmp_path) == [1, 2]


def test_a_full_disk_is_said_publishes_nothing_and_is_no_end(small_disk):
    publish(small_disk)
    (small_disk / "ballast").write_bytes(b"x" * 900_000)
    with pytest.raises(StoreFull):
        publish(small_disk, version=2, text=b"y" * 300_000)
    assert versions(small_disk) == [1]
    assert sorted(os.listdir(small_disk / "assistant")) == ["v1.yaml", "versions.lock"]
    (small_disk / "ballast").unlink()
    publish(small_disk, version=2, text=b"y" * 300_000)
    assert versions(small_disk) == [1, 2]


def test_a_limit_of_file_sizes_is_said_and_publishes_nothing(tmp_path):
    publish(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    for limit, size in ((50_000, 60_000), (300, 200)):  # too small for the text, and for the line in the lock
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
        try:
            with pytest.raises(StoreFull, match="cannot grow") as told:
                publish(tmp_path, version=2, text=b"y" * size, reasoning="z" * 300)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert "ulimit -f" in told.value.advice
        assert versions(tmp_path) == [1]
        assert sorted(os.listdir(tmp_path / "assistant")) == ["v1.yaml", "versions.lock"]
    publish(tmp_path, version=2, text=b"y" * 60_000)
    assert versions(tmp_path) == [1, 2]


@pytest.mark.parametrize("size", range(0, 4096 * 3, 256))
def test_wherever_the_disk_gets_full_a_version_is_whole_or_not_there(small_disk, size):
    publish(small_disk)
    free = os.statvfs(small_disk).f_bavail * 4096
    (small_disk / "ballast").write_bytes(b"x" * (free - 4096 * 2))
    try:
        publish(small_disk, version=2, text=b"y" * size, reasoning="z" * (4096 - size % 4096))
    except StoreFull:
        assert versions(small_disk) == [1]
    else:
        assert repository(small_disk).get("assistant", 2)[1] == b"y" * size
    (small_disk / "ballast").unlink()
    publish(small_disk, version=3)
    assert versions(small_disk)[-1] == 3
    lines = (small_disk / "assistant" / "versions.lock").read_text().splitlines()
    assert all(json.loads(line) for line in lines)


def test_a_file_of_no_sensible_size_is_not_read(tmp_path):
    publish(tmp_path)
    folder = tmp_path / "assistant"
    for name in ("v2.yaml", "versions.lock"):
        with (folder / name).open("ab") as file:
            file.truncate(20 << 30)
    asked = []
    assert versions(tmp_path, understand=lambda text: asked.append(text)) == []
    assert asked == [TEXT]
