"""A segment that was cut, changed or removed: the index knew more, and what it knew is told."""

import os

import pytest

from contract.sample_runs import finished
from darwinflow.storage.files.mending import mend_logs
from storage.file_logs import SEGMENT, ids, keep, opened


@pytest.fixture
def whole(tmp_path):
    """What the segment has of ten runs, a batch each."""
    store = opened(tmp_path)
    for number in range(10):
        keep(store, finished(f"run-{number}", at=number))
    store.close()
    return (tmp_path / SEGMENT).read_bytes()


def _ends_behind_run(text: bytes) -> bool:
    """Whether no record of a run is cut off."""
    return b'"record":"run"' not in text[text.rfind(b"\n") + 1 :]


def test_each_byte_that_a_cut_may_end_at_is_told_with_exactly_the_runs_behind_it(tmp_path, whole):
    for size in (*range(0, len(whole), 397), len(whole) - 2):
        (tmp_path / SEGMENT).write_bytes(whole[:size])
        store = opened(tmp_path)
        left = ids(store)
        assert left == [f"run-{number}" for number in range(len(left))]
        assert len(left) == whole[:size].count(b'"record":"run"') - (not _ends_behind_run(whole[:size]))
        if len(left) == 10:  # what was cut off were the last words of the last batch
            assert store.missing() == ()
            store.close()
            continue
        (said,) = store.missing()
        assert f"{tmp_path / SEGMENT} was cut: it has {size} of {len(whole)} bytes" in said
        assert f"lacks {10 - len(left)} run" in said
        assert f"run-{len(left)}" in said
        assert said in store.verify()
        assert said in store.inspect().faults
        store.close()
        (tmp_path / SEGMENT).write_bytes(whole)
        again = opened(tmp_path)
        assert (len(ids(again)), again.missing()) == (10, ())
        again.close()


def test_it_is_told_until_somebody_was_told_for_good_also_while_runs_go_on(tmp_path, whole):
    os.truncate(tmp_path / SEGMENT, len(whole) // 2)
    store = opened(tmp_path)
    told = store.missing()
    keep(store, finished("later", at=99))
    store.close()
    again = opened(tmp_path)
    assert again.missing() == told
    assert again.acknowledge() == told
    again.close()
    last = opened(tmp_path)
    assert (last.missing(), last.verify()) == ((), ())
    assert "later" in ids(last)
    last.close()


def test_a_segment_that_is_gone_and_runs_that_are_back_are_told_as_they_are(tmp_path, whole):
    (tmp_path / SEGMENT).unlink()
    store = opened(tmp_path)
    (said,) = store.missing()
    assert f"{tmp_path / SEGMENT} is gone, and with it 10 runs: run-0" in said
    keep(store, *(finished(f"run-{number}", at=number) for number in range(9)))
    (said,) = store.missing()
    assert said.endswith("1 run: run-9")
    keep(store, finished("run-9", at=9))
    assert store.missing() == ()
    store.close()


def test_mending_names_the_runs_whose_records_it_takes_out(tmp_path, whole):
    at = whole.index(b'"runId":"run-4"')
    (tmp_path / SEGMENT).write_bytes(whole[:at] + b"#" + whole[at + 1 :])
    mend_logs(str(tmp_path), dry_run=False)
    store = opened(tmp_path)
    (said,) = store.missing()
    assert said.endswith("lacks 1 run: run-4")
    assert len(ids(store)) == 9
    store.close()
