"""Logs in files: what people find in them, and what damage, crashes and clocks do to them."""

import json
import os
import random
import resource
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from contract.sample_runs import FULL, START, STEP, finished, live, running
from darwinflow.model.errors import (
    RunNotFound,
    SchemaTooNew,
    StoreDamaged,
    StoreFull,
    StoreUnwritable,
)
from darwinflow.model.filter import RunFilter
from darwinflow.model.run import RunOutput, RunStatus
from darwinflow.storage.files.log_records import line_of, record_in
from darwinflow.storage.files.log_segments import Segments
from darwinflow.storage.files.logs import FileLogStore

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEGMENT = "2026-03-01.jsonl"
DONE = RunOutput(RunStatus.SUCCESS, START + timedelta(seconds=9), result={"x": 1})


class Clock:
    def __init__(self):
        self.moment = DAY

    def __call__(self):
        return self.moment


def opened(folder, now=lambda: DAY):
    return FileLogStore(str(folder), now=now)


def keep(store, *logs, project="demo"):
    def work(tx):
        for log in logs:
            tx.logs(project).store_log(log)
            tx.journals.advance("j.jsonl", 7)
            tx.outbox.put(project, log.run_id, "run.stored")

    store.write(work).result(10)


def everything(store):
    """All that the store answers, for comparison."""

    def ask(tx):
        logs = tx.logs("demo")
        found, cursor = [], None
        while True:
            page = logs.query_logs(RunFilter(limit=500, cursor=cursor))
            found += [(header, logs.get_log(header.run_id)) for header in page.items]
            cursor = page.next
            if cursor is None:
                return found, tx.journals.offset("j.jsonl"), tx.outbox.pending(10_000)

    return store.read(ask)


def ids(store):
    return sorted(header.run_id for header, _ in everything(store)[0])


def lines(folder, name=SEGMENT):
    return (folder / name).read_bytes().splitlines(keepends=True)


def test_a_segment_reads_with_cat_and_grep(tmp_path):
    store = opened(tmp_path)
    keep(store, finished("r1", workflow="Größe", status=RunStatus.FAILED, error="zu spät 🎉"))
    store.close()
    written = [json.loads(line) for line in lines(tmp_path)]
    assert [line["record"] for line in written] == ["run", "journal", "pending", "end"]
    run = written[0]
    assert (run["format"], run["project"], run["runId"], run["status"]) == (1, "demo", "r1", "FAILED")
    assert run["time"] == "2026-03-01T12:00:00Z"
    assert (run["log"]["workflowId"], run["log"]["steps"][0]["error"]) == ("Größe", "zu spät 🎉")
    assert "zu spät 🎉".encode() in lines(tmp_path)[0]
    assert len({line["batch"] for line in written}) == 1


def test_a_live_run_is_written_as_it_goes_and_whole_when_it_ends(tmp_path):
    store = opened(tmp_path)
    store.write(lambda tx: tx.logs("demo").start(live("r", steps=(STEP,)))).result(10)
    store.write(lambda tx: tx.logs("demo").append_step("r", 1, running("write"))).result(10)
    store.write(lambda tx: tx.logs("demo").mark_lost("r")).result(10)
    store.write(lambda tx: tx.logs("demo").finish("r", DONE)).result(10)
    expected = everything(store)
    store.close()
    kinds = [json.loads(line)["record"] for line in lines(tmp_path)]
    assert kinds == ["start", "step", "end", "step", "end", "lost", "end", "run", "end"]
    assert len(json.loads(lines(tmp_path)[-2])["log"]["steps"]) == 2
    again = without_index(tmp_path)
    assert everything(again) == expected
    again.close()


def without_index(folder):
    for name in os.listdir(folder / "index"):
        (folder / "index" / name).unlink()
    return opened(folder)


def filled(folder):
    """A store with some of everything, closed; what it answers."""
    store = opened(folder)
    keep(store, FULL, finished("a"))
    keep(store, finished("b", at=3, error="Timeout", status=RunStatus.FAILED))
    store.write(lambda tx: tx.logs("demo").start(live("live", steps=(STEP,)))).result(10)
    store.write(lambda tx: tx.outbox.settle(1)).result(10)
    keep(store, finished("c", at=9))
    answers = everything(store)
    store.close()
    return answers


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


def test_wherever_the_last_batch_is_cut_off_all_of_it_is_gone_and_nothing_else(tmp_path, caplog):
    store = opened(tmp_path)
    keep(store, finished("a"), finished("b"))
    before = everything(store)
    store.close()
    size = (tmp_path / SEGMENT).stat().st_size
    store = opened(tmp_path)
    keep(store, finished("c"), finished("d", error="größer"))
    store.write(lambda tx: tx.journals.advance("j.jsonl", 99)).result(10)
    store.close()
    whole = (tmp_path / SEGMENT).read_bytes()
    last = size + whole[size:].index(b'"record":"end"')
    end_of_first = whole.index(b"\n", last) + 1
    for cut in [size, size + 1, *range(size + 2, end_of_first - 1, 41), end_of_first - 2]:
        (tmp_path / SEGMENT).write_bytes(whole[:cut])
        caplog.clear()
        store = without_index(tmp_path)
        assert everything(store) == before, cut
        assert store.damage() == ()
        told = [record for record in caplog.records if "cut off" in record.message]
        assert len(told) == (cut > size), cut
        assert (tmp_path / SEGMENT).stat().st_size == size
        keep(store, finished("after"))
        after = everything(store)
        store.close()
        again = without_index(tmp_path)
        assert everything(again) == after
        again.close()


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


def test_of_three_hundred_flipped_bits_each_costs_its_own_record_alone(tmp_path):
    store = opened(tmp_path)
    for number in range(12):
        keep(store, finished(f"r{number:02}", at=number, nodes=("a", "b")))
    expected = {header.run_id: (header, log) for header, log in everything(store)[0]}
    store.close()
    whole = (tmp_path / SEGMENT).read_bytes()
    rng = random.Random(3)
    lost = 0
    for _ in range(300):
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
    assert 200 < lost < 300


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
    store.write(lambda tx: tx.journals.advance("j.jsonl", 3)).result(10)
    keep(store, finished("a"), finished("b"))
    store.close()
    raw = (tmp_path / SEGMENT).read_bytes()
    (tmp_path / SEGMENT).write_bytes(raw.replace(b'"runId":"a"', b'"runId":"X"', 1))
    store = without_index(tmp_path)
    assert ids(store) == ["b"]
    assert store.read(lambda tx: tx.journals.offset("j.jsonl")) == 3
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


def test_each_day_has_its_segment_and_a_run_may_go_on_over_midnight(tmp_path):
    clock = Clock()
    store = opened(tmp_path, clock)
    store.write(lambda tx: tx.logs("demo").start(live("r"))).result(10)
    clock.moment = DAY + timedelta(days=1)
    store.write(lambda tx: tx.logs("demo").append_step("r", 0, STEP)).result(10)
    store.write(lambda tx: tx.logs("demo").finish("r", DONE)).result(10)
    keep(store, finished("a"))
    expected = everything(store)
    store.close()
    assert sorted(each.name for each in tmp_path.glob("*.jsonl")) == [SEGMENT, "2026-03-02.jsonl"]
    again = without_index(tmp_path)
    assert everything(again) == expected
    again.close()


def test_a_clock_that_goes_back_over_midnight_changes_no_answer(tmp_path):
    clock = Clock()
    store = opened(tmp_path, clock)
    store.write(lambda tx: tx.logs("demo").start(live("r"))).result(10)
    for day, index in ((1, 0), (0, 1), (-1, 2), (1, 3), (0, 1)):
        clock.moment = DAY + timedelta(days=day)
        store.write(
            lambda tx, at=index, day=day: tx.logs("demo").append_step("r", at, running(f"{at} {day}"))
        ).result(10)
        keep(store, finished(f"r{day}-{index}"))
    store.write(lambda tx: tx.journals.advance("j.jsonl", 2)).result(10)
    expected = everything(store)
    store.close()
    assert len(list(tmp_path.glob("*.jsonl"))) == 3
    again = without_index(tmp_path)
    assert everything(again) == expected
    keep(again, finished("later"))
    again.close()


def test_a_payload_of_ten_megabytes_comes_back(tmp_path):
    big = replace(finished("big"), metadata={"text": "größe " * 1_700_000})
    store = opened(tmp_path)
    keep(store, big, finished("small"))
    assert store.read(lambda tx: tx.logs("demo").get_log("big")) == big
    store.close()
    again = without_index(tmp_path)
    assert again.read(lambda tx: tx.logs("demo").get_log("big")) == big
    assert ids(again) == ["big", "small"]
    again.close()


def test_a_segment_of_a_newer_version_is_refused_and_left_alone(tmp_path):
    filled(tmp_path)
    newer = line_of(99, "run").replace(b'"format":1', b'"format":2')
    body = newer[: newer.index(b',"checksum"')]
    from zlib import crc32

    newer = b'%b,"checksum":"%08x"}\n' % (body, crc32(body))
    with (tmp_path / SEGMENT).open("ab") as segment:
        segment.write(newer)
    raw = (tmp_path / SEGMENT).read_bytes()
    with pytest.raises(SchemaTooNew, match=SEGMENT):
        opened(tmp_path)
    with pytest.raises(SchemaTooNew):
        without_index(tmp_path)
    assert (tmp_path / SEGMENT).read_bytes() == raw


def test_another_process_is_refused(tmp_path):
    store = opened(tmp_path)
    script = f"from darwinflow.storage.files.logs import FileLogStore; FileLogStore({str(tmp_path)!r})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "StoreUnwritable" in done.stderr
    assert f"{tmp_path} is in use by another program" in done.stderr
    store.close()
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_handles_in_one_process_share_what_is_open(tmp_path):
    one, other = opened(tmp_path), opened(tmp_path / ".." / tmp_path.name)
    keep(one, finished("a"))
    assert ids(other) == ["a"]
    one.close()
    with pytest.raises(RuntimeError):
        one.write(lambda tx: None)
    keep(other, finished("b"))
    assert ids(other) == ["a", "b"]
    other.close()
    again = opened(tmp_path)
    assert ids(again) == ["a", "b"]
    again.close()


def test_a_full_disk_is_told_of_and_loses_nothing_that_was_acknowledged(small_disk):
    store = opened(small_disk)
    acknowledged = []
    trouble = None
    for number in range(400):
        log = replace(finished(f"r{number}"), metadata={"text": "x" * 20_000})
        trouble = store.write(lambda tx, log=log: tx.logs("demo").store_log(log)).exception(10)
        if trouble is not None:
            break
        acknowledged.append(log.run_id)
    assert isinstance(trouble, StoreFull)
    assert ids(store) == sorted(acknowledged)
    store.close()
    assert acknowledged
    (small_disk / "index" / "index.db").unlink()
    for ballast in small_disk.glob("index/*"):
        ballast.unlink()
    raw = lines(small_disk, SEGMENT)
    assert sum(b'"record":"run"' in line for line in raw) == len(acknowledged)
    assert all(record_in(line[:-1]) for line in raw)


def test_a_limit_on_the_size_of_files_is_told_of_and_takes_back_the_batch(tmp_path):
    store = opened(tmp_path)
    keep(store, finished("a"))
    before = everything(store)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    log = replace(finished("big"), metadata={"text": "x" * 3_000_000})
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        trouble = store.write(lambda tx: tx.logs("demo").store_log(log)).exception(10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert isinstance(trouble, StoreFull)
    assert everything(store) == before
    keep(store, log)
    assert ids(store) == ["a", "big"]
    store.close()
    again = without_index(tmp_path)
    assert ids(again) == ["a", "big"]
    again.close()


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


def test_what_is_no_plain_file_is_no_segment(tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"")
    (tmp_path / SEGMENT).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreUnwritable):
        opened(tmp_path)
    assert (tmp_path / "elsewhere").read_bytes() == b""


def test_files_are_for_their_owner_alone(tmp_path):
    store = opened(tmp_path / "logs")
    keep(store, finished("a"))
    store.close()
    assert (tmp_path / "logs").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "logs" / SEGMENT).stat().st_mode & 0o777 == 0o600


def test_settling_alone_waits_for_no_disk_and_is_kept(tmp_path):
    store = opened(tmp_path)
    keep(store, finished("a"), finished("b"))
    store.write(lambda tx: tx.outbox.settle(1)).result(10)
    store.close()
    again = without_index(tmp_path)
    assert [row.run_id for row in again.read(lambda tx: tx.outbox.pending(10))] == ["b"]
    again.close()


def content(folder):
    return b"".join(each.read_bytes() for each in folder.glob("*.jsonl"))


def test_an_erased_run_is_in_no_segment_and_the_others_stay(tmp_path):
    clock = Clock()
    store = opened(tmp_path, clock)
    store.write(lambda tx: tx.logs("demo").start(live("secret", steps=(STEP,)))).result(10)
    keep(store, finished("a"), finished("b"))
    store.write(lambda tx: tx.logs("demo").start(live("goes-on"))).result(10)
    clock.moment = DAY + timedelta(days=1)
    store.write(lambda tx: tx.logs("demo").finish("secret", DONE)).result(10)
    store.write(lambda tx: tx.logs("demo").finish("goes-on", DONE)).result(10)
    keep(store, finished("secret"), finished("c"), project="other")
    before = everything(store)
    kept = [pair for pair in before[0] if pair[0].run_id != "secret"]
    store.erase("demo", ["secret", "unknown"])
    assert everything(store) == (kept, *before[1:])
    mine = [line for line in content(tmp_path).splitlines() if b'"secret"' in line and b'"demo"' in line]
    assert [json.loads(line)["record"] for line in mine] == ["erased"]
    assert store.read(lambda tx: tx.logs("other").get_log("secret")) == finished("secret")
    keep(store, finished("later"))
    after = everything(store)
    store.close()
    again = without_index(tmp_path)
    assert everything(again) == after
    assert again.damage() == ()
    again.close()


def test_who_reads_while_runs_are_erased_reads_on(tmp_path):
    store = opened(tmp_path)
    for number in range(60):
        keep(store, finished(f"r{number:02}"), finished(f"x{number:02}"))
    stop = threading.Event()
    seen = []

    def read_on():
        while not stop.is_set():
            for number in range(0, 60, 7):
                seen.append(
                    store.read(lambda tx, n=number: tx.logs("demo").get_log(f"r{n:02}"))
                    == finished(f"r{number:02}")
                )

    def write_on():
        number = 0
        while not stop.is_set():
            keep(store, finished(f"w{number:04}"))
            number += 1

    with ThreadPoolExecutor(3) as pool:
        tasks = [pool.submit(read_on), pool.submit(read_on), pool.submit(write_on)]
        for number in range(0, 60, 5):
            store.erase("demo", [f"x{number:02}"])
        stop.set()
        for task in tasks:
            task.result(10)
    assert seen
    assert all(seen)
    expected = everything(store)
    assert [name for name in ids(store) if name.startswith("x")] == [f"x{n:02}" for n in range(60) if n % 5]
    store.close()
    again = without_index(tmp_path)
    assert everything(again) == expected
    again.close()


def test_a_damaged_line_of_an_erased_run_goes_with_it(tmp_path):
    store = opened(tmp_path)
    keep(store, finished("a"), finished("secret", error="hidden", status=RunStatus.FAILED), finished("b"))
    store.close()
    raw = (tmp_path / SEGMENT).read_bytes()
    (tmp_path / SEGMENT).write_bytes(raw.replace(b"hidden", b"hiddEn", 1))
    store = without_index(tmp_path)
    assert len(store.damage()) == 1
    store.erase("demo", ["secret"])
    assert store.damage() == ()
    assert b"hiddEn" not in (tmp_path / SEGMENT).read_bytes()
    assert ids(store) == ["a", "b"]
    store.close()


def test_erasing_on_a_full_disk_says_so_and_can_be_done_later(small_disk):
    store = opened(small_disk)
    keep(store, finished("a"), replace(finished("secret"), metadata={"text": "x" * 300_000}))
    room = os.statvfs(small_disk)
    (small_disk / "ballast").write_bytes(b"x" * (room.f_bavail * room.f_frsize - 200_000))
    keep(store, finished("b"))
    big = replace(finished("c"), metadata={"text": "y" * 2_000})
    keep(store, big)
    with pytest.raises(StoreFull):
        store.erase("demo", ["a"])
    assert ids(store) == ["b", "c", "secret"]
    (small_disk / "ballast").unlink()
    store.erase("demo", ["a", "secret"])
    assert ids(store) == ["b", "c"]
    assert b"xxxx" not in (small_disk / SEGMENT).read_bytes()
    store.close()
    again = opened(small_disk)
    assert ids(again) == ["b", "c"]
    again.close()


FAULTY = """
import sys
from concurrent.futures import wait
from contract.sample_runs import finished
from darwinflow.model.errors import StoreError
from storage.test_file_logs import ids, opened
from pathlib import Path

folder = Path(sys.argv[1])
store = opened(folder)
for number in range(12):
    trouble = store.write(lambda tx: tx.logs("demo").store_log(finished(f"r{number:02}"))).exception(10)
    assert trouble is None or isinstance(trouble, StoreError), trouble
    print("no" if trouble else "yes", f"r{number:02}", type(trouble).__name__, flush=True)
again = ids(store)
store.close()
print("end", *again, flush=True)
"""


@pytest.mark.parametrize("call", ["fdatasync", "pwrite64", "fsync"])
@pytest.mark.parametrize("at", [1, 2, 4, 7])
def test_where_the_disk_fails_once_what_was_acknowledged_is_there_and_what_was_refused_is_not(
    tmp_path, call, at
):
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    folder = tmp_path / "logs"
    store = opened(folder)
    keep(store, finished("before"))
    store.close()
    path = str(folder / SEGMENT)
    inject = f"{call}:error=EIO:when={at}"
    command = [
        strace,
        "-f",
        "-qq",
        "-o",
        str(tmp_path / "trace"),
        "-P",
        path,
        "-e",
        f"trace={call}",
        "-e",
        f"inject={inject}",
    ]
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(__file__))}
    done = subprocess.run(
        [*command, sys.executable, "-c", FAULTY, str(folder)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    said = [line.split() for line in done.stdout.splitlines()]
    assert said, done.stderr
    assert said[-1][0] == "end", done.stderr
    acknowledged = {line[1] for line in said if line[0] == "yes"}
    refused = {line[1] for line in said if line[0] == "no" and line[2] != "OutcomeUnknown"}
    if call != "fsync":
        assert "INJECTED" in (tmp_path / "trace").read_text()
        assert len(said) - 1 - len(acknowledged) == 1
    for found in (set(said[-1][1:]), set(_ids_of(folder)), set(_ids_of(folder, index=False))):
        assert acknowledged <= found
        assert not refused & found


def _ids_of(folder, *, index=True):
    store = opened(folder) if index else without_index(folder)
    found = ids(store)
    store.close()
    return found


ERASER = """
import sys
from pathlib import Path
from contract.sample_runs import finished
from storage.test_file_logs import keep, opened

store = opened(Path(sys.argv[1]))
print("ready", flush=True)
number = 0
while True:
    name = f"{sys.argv[2]}-{number}"
    keep(store, finished(f"secret-{name}", error="a secret"), finished(f"kept-{name}"))
    print("kept", name, flush=True)
    store.erase("demo", [f"secret-{name}"])
    print("erased", name, flush=True)
    number += 1
"""


def test_who_is_killed_while_erasing_leaves_the_other_runs_whole_and_what_was_erased_gone(tmp_path):
    rng = random.Random(8)
    kept, erased = set(), set()
    for round_number in range(8):
        environment = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(__file__))}
        command = [sys.executable, "-c", ERASER, str(tmp_path / "logs"), str(round_number)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as eraser:
            assert eraser.stdout.readline() == "ready\n"
            time.sleep(rng.uniform(0.02, 0.25))
            eraser.kill()
            said = [line.split() for line in eraser.stdout.read().splitlines()]
        kept |= {line[1] for line in said if len(line) == 2 and line[0] == "kept"}
        erased |= {line[1] for line in said if len(line) == 2 and line[0] == "erased"}
        for found in (_ids_of(tmp_path / "logs"), _ids_of(tmp_path / "logs", index=False)):
            assert {f"kept-{name}" for name in kept} <= set(found)
            assert not {f"secret-{name}" for name in erased} & set(found)
        left = {
            line["runId"]
            for line in map(json.loads, content(tmp_path / "logs").splitlines())
            if "log" in line
        }
        assert not {f"secret-{name}" for name in erased} & left
    assert erased
    assert not list((tmp_path / "logs").glob("*.tmp"))
