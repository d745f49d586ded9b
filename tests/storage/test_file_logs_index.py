"""The index of logs in files: damaged, missing or older, it changes no answer."""

import os
import random

import pytest

from contract.sample_runs import finished
from darwinflow.model.errors import (
    StoreDamaged,
)
from storage.file_logs import SEGMENT, everything, filled, ids, keep, opened


@pytest.mark.parametrize(
    "damage",
    [
        lambda index: None,
        lambda index: [each.unlink() for each in index.iterdir()],
        lambda index: (index / "index.db").write_bytes(b"garbage" * 1000),
        lambda index: (index / "index.db").write_bytes(b""),
        lambda index: os.truncate(index / "index.db", 8192),
        lambda index: (index / "seal.json").write_text("{"),
        lambda index: (index / "seal.json").unlink(),
    ],
    ids=["sound", "missing", "garbage", "empty", "cut", "seal torn", "not closed in order"],
)
def test_whatever_becomes_of_the_index_the_answers_stay(tmp_path, damage):
    expected = filled(tmp_path)
    damage(tmp_path / "index")
    store = opened(tmp_path)
    assert everything(store) == expected
    keep(store, finished("later"))
    store.close()
    again = opened(tmp_path)
    assert "later" in ids(again)
    again.close()


def test_no_flipped_bit_of_the_index_changes_an_answer(tmp_path):
    expected = filled(tmp_path)
    sound = (tmp_path / "index" / "index.db").read_bytes()
    seal = (tmp_path / "index" / "seal.json").read_text()
    rng = random.Random(5)
    for _ in range(40):
        flipped = bytearray(sound)
        flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
        (tmp_path / "index" / "index.db").write_bytes(flipped)
        (tmp_path / "index" / "seal.json").write_text(seal)
        store = opened(tmp_path)
        assert everything(store) == expected
        store.close()


def test_an_index_that_is_damaged_while_it_is_open_is_made_anew_at_the_next_start(tmp_path, caplog):
    expected = filled(tmp_path)
    store = opened(tmp_path)
    index = tmp_path / "index" / "index.db"
    with index.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(index.stat().st_size - 4096))
    with pytest.raises(StoreDamaged):
        everything(store)
    assert "made anew" in caplog.text
    store.close()
    again = opened(tmp_path)
    assert everything(again) == expected
    again.close()


def test_an_index_that_a_crash_left_behind_is_brought_up(tmp_path):
    filled(tmp_path)
    older = {each.name: each.read_bytes() for each in (tmp_path / "index").iterdir()}
    store = opened(tmp_path)
    keep(store, finished("newer"))
    expected = everything(store)
    store.close()
    for name, content in older.items():
        (tmp_path / "index" / name).write_bytes(content)
    again = opened(tmp_path)
    assert everything(again) == expected
    again.close()


def test_an_older_segment_under_a_newer_index_is_believed(tmp_path):
    filled(tmp_path)
    older = (tmp_path / SEGMENT).read_bytes()
    store = opened(tmp_path)
    keep(store, finished("gone"))
    store.close()
    (tmp_path / SEGMENT).write_bytes(older)
    again = opened(tmp_path)
    assert "gone" not in ids(again)
    keep(again, finished("later"))
    assert "later" in ids(again)
    again.close()
