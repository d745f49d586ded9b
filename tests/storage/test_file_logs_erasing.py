"""Runs that are erased from logs in files are in no segment any more, and the others stay whole."""

import json
import os
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from msgspec.structs import replace

from contract.sample_runs import STEP, finished, live
from darwinflow.model.errors import (
    StoreFull,
)
from darwinflow.model.run import RunStatus
from storage.file_logs import DAY, DONE, SEGMENT, Clock, everything, ids, ids_of, keep, opened, without_index


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


ERASER = """
import sys
from pathlib import Path
from contract.sample_runs import finished
from storage.file_logs import keep, opened

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
    for round_number in range(5):
        environment = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(__file__))}
        command = [sys.executable, "-c", ERASER, str(tmp_path / "logs"), str(round_number)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as eraser:
            assert eraser.stdout.readline() == "ready\n"
            time.sleep(rng.uniform(0.02, 0.25))
            eraser.kill()
            said = [line.split() for line in eraser.stdout.read().splitlines()]
        kept |= {line[1] for line in said if len(line) == 2 and line[0] == "kept"}
        erased |= {line[1] for line in said if len(line) == 2 and line[0] == "erased"}
        for found in (ids_of(tmp_path / "logs"), ids_of(tmp_path / "logs", index=False)):
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
