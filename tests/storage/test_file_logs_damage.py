"""Damaged segments: what is cut off, flipped or no record at all costs itself alone, and is told of."""

import os
import random

import pytest

from contract.sample_runs import STEP, finished, live
from darwinflow.model.errors import (
    RunNotFound,
    StoreDamaged,
)
from darwinflow.ports.journals import Taken
from darwinflow.storage.files.log_segments import Segments
from storage.file_logs import DONE, SEGMENT, everything, filled, ids, keep, lines, opened, without_index

FLIPS = int(os.environ.get("DARWINFLOW_FLIPS", "100"))
SEED = int(os.environ.get("DARWINFLOW_SEED", "3"))


def test_wherever_the_last_batch_is_cut_off_what_was_whole_before_is_kept(tmp_path, caplog):
    store = opened(tmp_path)
    keep(store, finished("a"), finished("b"))
    size = (tmp_path / SEGMENT).stat().st_size
    store.close()
    store = opened(tmp_path)
    store.write(lambda tx: _both(tx, "c", "d")).result(10)
    expected = {header.run_id: (header, log) for header, log in everything(store)[0]}
    store.close()
    whole = (tmp_path / SEGMENT).read_bytes()
    behind = [whole.index(b"\n", whole.index(f'"runId":"{run}"'.encode(), size)) for run in ("c", "d")]
    journal = whole.index(b'"record":"journal"', size)
    assert len(whole) > journal > behind[1] > behind[0]
    cuts = [
        size,
        size + 1,
        *range(size + 2, len(whole), 41),
        *behind,
        *(at - 1 for at in behind),
        len(whole) - 2,
    ]
    for cut in cuts:
        (tmp_path / SEGMENT).write_bytes(whole[:cut])
        caplog.clear()
        store = without_index(tmp_path)
        found = {header.run_id: (header, log) for header, log in everything(store)[0]}
        there = {"a", "b", *(run for run, at in zip("cd", behind, strict=True) if cut >= at)}
        assert found == {run: expected[run] for run in there}, cut
        assert store.damage() == ()
        assert store.read(lambda tx: tx.journals.taken("j.jsonl")).offset == 7, "what it said is read again"
        lines_end = max(whole.rfind(b"\n", 0, cut) + 1, size)
        is_line = cut - lines_end in (
            0,
            len(whole[lines_end : whole.index(b"\n", lines_end)]) if cut < len(whole) else 0,
        )
        told = [record for record in caplog.records if "cut off" in record.message]
        assert len(told) == (not is_line), cut
        keep(store, finished("after"))
        after = everything(store)
        store.close()
        again = without_index(tmp_path)
        assert everything(again)[:2] == after[:2], "a run may be announced again"
        assert again.damage() == ()
        again.close()


def _both(tx, *names):
    """In one batch, with how far a journal is."""
    for name in names:
        assert tx.logs("demo").store_log(finished(name, error="größer"))
    tx.journals.advance("j.jsonl", Taken(99))


def test_at_every_byte_of_the_last_batch_a_cut_is_seen_as_that(tmp_path):
    store = opened(tmp_path)
    keep(store, finished("a"))
    store.close()
    size = (tmp_path / SEGMENT).stat().st_size
    store = opened(tmp_path)
    keep(store, finished("c"), finished("d", error="größer \ud83d", nodes=("größe 🎉",)))
    store.close()
    whole = (tmp_path / SEGMENT).read_bytes()
    segments = Segments(str(tmp_path))
    for cut in range(size + 1, len(whole) - 1):
        os.truncate(tmp_path / SEGMENT, cut)
        first, last = segments.groups(SEGMENT, 0)
        assert (first.is_whole, first.end) == (True, size)
        assert (last.is_torn, last.is_whole, last.start, last.end) == (True, False, size, cut), cut
        (tmp_path / SEGMENT).write_bytes(whole)
    os.truncate(tmp_path / SEGMENT, len(whole) - 1)  # all but the end of its last line: nothing is missing
    assert [group.is_whole for group in segments.groups(SEGMENT, 0)] == [True, True]


def test_of_all_flipped_bits_each_costs_its_own_record_alone(tmp_path):
    store = opened(tmp_path)
    for number in range(12):
        keep(store, finished(f"r{number:02}", at=number, nodes=("a", "b")))
    expected = {header.run_id: (header, log) for header, log in everything(store)[0]}
    store.close()
    whole = (tmp_path / SEGMENT).read_bytes()
    rng = random.Random(SEED)
    lost = 0
    for _ in range(FLIPS):
        flipped = bytearray(whole)
        at = rng.randrange(len(flipped))
        flipped[at] ^= 1 << rng.randrange(8)
        (tmp_path / SEGMENT).write_bytes(flipped)
        store = without_index(tmp_path)
        found = {header.run_id: (header, log) for header, log in everything(store)[0]}
        damage = store.damage()
        store.close()
        missing = expected.keys() - found.keys()
        assert len(missing) <= 1, at
        assert all(found[name] == expected[name] for name in found)
        assert len(damage) == 1, (at, damage)
        assert damage[0].offset <= at <= damage[0].offset + damage[0].length
        lost += len(missing)
    print(f"\nseed {SEED}: {FLIPS} flips in a file of logs, each told; {lost} runs lost, one a flip at most")
    assert FLIPS * 2 / 3 < lost < FLIPS


@pytest.mark.parametrize(
    "garbage", [b"rubbish\n", b"\n\n", b"{}\n", b"\x00" * 600 + b"\n", b'{"format":1}\n']
)
@pytest.mark.parametrize("place", ["first", "in a batch", "between", "last"])
def test_lines_that_are_no_records_hide_none(tmp_path, garbage, place, caplog):
    expected = filled(tmp_path)
    written = lines(tmp_path)
    at = {"first": 0, "in a batch": 1, "between": 7, "last": len(written)}[place]
    (tmp_path / SEGMENT).write_bytes(b"".join([*written[:at], garbage, *written[at:]]))
    store = without_index(tmp_path)
    assert everything(store) == expected
    is_nothing = not garbage.strip()
    assert len(store.damage()) == (0 if is_nothing else 1)
    assert ("no record any more" in caplog.text) is not is_nothing
    keep(store, finished("later"))
    store.close()
    again = without_index(tmp_path)
    assert "later" in ids(again)
    again.close()


def test_zeros_behind_the_last_batch_are_cut_off_and_kept_aside(tmp_path):
    expected = filled(tmp_path)
    size = (tmp_path / SEGMENT).stat().st_size
    with (tmp_path / SEGMENT).open("ab") as segment:
        segment.write(b"\x00" * 4096)
    store = opened(tmp_path)
    assert everything(store) == expected
    store.close()
    assert (tmp_path / SEGMENT).stat().st_size == size
    assert (tmp_path / "set-aside" / f"{SEGMENT}-{size}").read_bytes() == b"\x00" * 4096


def test_a_damaged_record_is_told_of_when_its_run_is_asked_for_and_the_others_answer(tmp_path):
    filled(tmp_path)
    raw = (tmp_path / SEGMENT).read_bytes()
    at = raw.index(b'"runId":"b"')
    store = opened(tmp_path)
    with (tmp_path / SEGMENT).open("r+b") as segment:
        segment.seek(at)
        segment.write(b"X")
    with pytest.raises(StoreDamaged, match=SEGMENT):
        store.read(lambda tx: tx.logs("demo").get_log("b"))
    assert store.read(lambda tx: tx.logs("demo").header("b")).run_id == "b"
    assert store.read(lambda tx: tx.logs("demo").get_log("a")) == finished("a")
    store.close()


def test_what_is_damaged_while_it_is_open_is_found_by_reading_all_again(tmp_path):
    filled(tmp_path)
    store = opened(tmp_path)
    assert store.damage_anew() == store.damage() == ()
    raw = (tmp_path / SEGMENT).read_bytes()
    at = raw.index(b'"runId":"b"')
    with (tmp_path / SEGMENT).open("r+b") as segment:
        segment.seek(at)
        segment.write(b"X")
    (found,) = store.damage_anew()
    assert found.segment == SEGMENT
    assert found.offset < at < found.offset + found.length
    assert store.damage() == ()
    store.close()


def test_where_a_record_of_a_batch_is_damaged_the_journal_is_read_again_from_before(tmp_path):
    store = opened(tmp_path)
    store.write(lambda tx: tx.journals.advance("j.jsonl", Taken(3))).result(10)
    keep(store, finished("a"), finished("b"))
    store.close()
    raw = (tmp_path / SEGMENT).read_bytes()
    (tmp_path / SEGMENT).write_bytes(raw.replace(b'"runId":"a"', b'"runId":"X"', 1))
    store = without_index(tmp_path)
    assert ids(store) == ["b"]
    assert store.read(lambda tx: tx.journals.taken("j.jsonl").offset) == 3
    store.close()


def test_where_the_outbox_of_a_batch_is_damaged_its_runs_are_pending_again(tmp_path):
    store = opened(tmp_path)
    keep(store, finished("a"))
    store.write(lambda tx: tx.outbox.settle(1)).result(10)
    keep(store, finished("b"))
    store.close()
    written = lines(tmp_path)
    for number, line in enumerate(written):
        if b'"record":"pending"' in line:
            written[number] = line.replace(b'"kind"', b'"kInd"')
    (tmp_path / SEGMENT).write_bytes(b"".join(written))
    store = without_index(tmp_path)
    pending = store.read(lambda tx: tx.outbox.pending(10))
    assert [(row.project, row.run_id, row.kind) for row in pending] == [("demo", "b", "run.stored")]
    store.close()
    again = opened(tmp_path)
    assert again.read(lambda tx: tx.outbox.pending(10)) == pending
    again.close()


def test_a_run_whose_beginning_is_damaged_is_there_when_it_has_finished(tmp_path):
    store = opened(tmp_path)
    store.write(lambda tx: tx.logs("demo").start(live("r"))).result(10)
    store.write(lambda tx: tx.logs("demo").append_step("r", 0, STEP)).result(10)
    store.write(lambda tx: tx.logs("demo").finish("r", DONE)).result(10)
    expected = everything(store)
    store.close()
    raw = (tmp_path / SEGMENT).read_bytes()
    for kind in (b'"record":"start"', b'"record":"step"'):
        (tmp_path / SEGMENT).write_bytes(raw.replace(kind, kind.upper(), 1))
        store = without_index(tmp_path)
        assert everything(store) == expected
        assert len(store.damage()) == 1
        store.close()


def test_a_segment_that_is_gone_under_a_running_store_is_told_of(tmp_path):
    store = opened(tmp_path)
    keep(store, finished("a"))
    (tmp_path / SEGMENT).unlink()
    with pytest.raises(StoreDamaged, match="missing"):
        store.read(lambda tx: tx.logs("demo").get_log("a"))
    with pytest.raises(StoreDamaged):
        keep(store, finished("b"))
    store.close()
    again = opened(tmp_path)
    with pytest.raises(RunNotFound):
        again.read(lambda tx: tx.logs("demo").get_log("a"))
    again.close()
