"""Logs in files: what people find in them, and who may open them."""

import json
import subprocess
import sys
from datetime import timedelta
from zlib import crc32

import pytest
from msgspec.structs import replace

from contract.sample_runs import STEP, finished, live, running
from darwinflow.model.errors import (
    SchemaTooNew,
    StoreUnwritable,
)
from darwinflow.model.run import RunStatus
from darwinflow.ports.journals import Taken
from darwinflow.storage.files.log_records import line_of
from storage.file_logs import (
    DAY,
    DONE,
    SEGMENT,
    Clock,
    everything,
    filled,
    ids,
    keep,
    lines,
    opened,
    without_index,
)


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
    store.write(lambda tx: tx.journals.advance("j.jsonl", Taken(2))).result(10)
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
