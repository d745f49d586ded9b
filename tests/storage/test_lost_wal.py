"""A WAL that was damaged, cut or removed after a crash: SQLite says nothing of what it held, and we do."""

import os
import re
import shutil
import subprocess

import pytest

from darwinflow.model.errors import StoreDamaged
from darwinflow.storage.sqlite.acknowledged import SUFFIX
from storage.test_lost_databases import EVENTS, contents, count, home, killed, opened, tenant_file

__all__ = ["home", "killed"]  # fixtures


def remove(wal):
    wal.unlink()
    wal.with_name(wal.name.replace("-wal", "-shm")).unlink(missing_ok=True)


def cut_to_half(wal):
    os.truncate(wal, wal.stat().st_size // 2)


def cut_its_last_frame(wal):
    os.truncate(wal, wal.stat().st_size - 4096)


def empty(wal):
    os.truncate(wal, 0)


def change_a_byte_in_the_middle(wal):
    content = bytearray(wal.read_bytes())
    content[len(content) // 2] ^= 1
    wal.write_bytes(content)


def change_its_header(wal):
    content = bytearray(wal.read_bytes())
    content[20] ^= 0x40
    wal.write_bytes(content)


DAMAGES = [remove, cut_to_half, cut_its_last_frame, empty, change_a_byte_in_the_middle, change_its_header]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_a_lost_wal_held_is_missed_until_it_is_back(killed, tmp_path_factory, damage):
    path = tenant_file(killed)
    wal = killed / f"{path.name}-wal"
    whole = shutil.copy(wal, tmp_path_factory.mktemp("wal"))
    damage(wal)
    before = contents(killed)
    for _ in range(2):
        with pytest.raises(StoreDamaged, match=r"lacks the last|is cut off") as told:
            opened(killed)
        assert str(path) in str(told.value)
        assert told.value.advice
    kept = contents(killed)
    assert {name: kept[name] for name in before} == before
    shutil.copy(whole, wal)
    store, _ = opened(killed)
    assert count(store) == 2 * EVENTS
    store.close()


@pytest.mark.parametrize("damage", DAMAGES)
def test_whoever_asks_for_it_goes_on_with_what_is_there(killed, damage):
    path = tenant_file(killed)
    damage(killed / f"{path.name}-wal")
    with pytest.raises(StoreDamaged, match="lacks the last") as told:
        opened(killed)
    missed = re.search(r"lacks the last (?:(\d+) )?change", str(told.value))
    subprocess.run(["sh", "-c", told.value.advice.partition("without them: ")[2]], check=True)
    store, _ = opened(killed)
    left = count(store)
    assert left == 2 * EVENTS - int(missed[1] or 1)
    store.write(lambda tx: tx.events.publish("run", "later", {})).result(10)
    store.close()
    store, _ = opened(killed)
    assert count(store) == left + 1
    store.close()


def test_a_copy_of_before_is_named_and_can_be_gone_on_with(home, killed):
    """*home* went on after the state that lies in the copy."""
    path = tenant_file(home)
    copy = home / "copy"
    shutil.copy(path, copy)
    os.truncate(copy, 0)
    subprocess.run(["cp", path, copy], check=True)
    store, _ = opened(home)
    store.write(lambda tx: tx.events.publish("run", "one more", {})).result(10)
    store.close()
    copy.rename(path)
    with pytest.raises(StoreDamaged, match=r"lacks the last change that was stored in it"):
        opened(home)
    (home / f"{path.name}{SUFFIX}").unlink()
    store, _ = opened(home)
    store.close()


@pytest.mark.parametrize("content", [b"", b"no number", b"\xff" * 21])
def test_a_number_that_cannot_be_read_hinders_nothing(home, content):
    path = tenant_file(home)
    (home / f"{path.name}{SUFFIX}").write_bytes(content)
    store, _ = opened(home)
    store.write(lambda tx: tx.events.publish("run", "later", {})).result(10)
    assert count(store) == EVENTS + 1
    store.close()


def test_a_number_that_cannot_be_written_hinders_nothing(home, caplog):
    path = tenant_file(home)
    beside = home / f"{path.name}{SUFFIX}"
    beside.unlink()
    beside.mkdir()
    store, _ = opened(home)
    for _ in range(2):
        store.write(lambda tx: tx.events.publish("run", "later", {})).result(10)
    assert count(store) == EVENTS + 2
    store.close()
    assert caplog.text.count("so a lost WAL would not be noticed") == 1
