"""A disk that is full or fails under logs in files: what was acknowledged is there, what was refused is not."""

import os
import resource
import shutil
import subprocess
import sys

import pytest
from msgspec.structs import replace

from contract.sample_runs import finished
from darwinflow.model.errors import (
    StoreFull,
)
from darwinflow.storage.files.log_records import record_in
from storage.file_logs import SEGMENT, everything, ids, ids_of, keep, lines, opened, without_index


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


FAULTY = """
import sys
from contract.sample_runs import finished
from darwinflow.model.errors import StoreError
from storage.file_logs import ids, opened
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
    for found in (set(said[-1][1:]), set(ids_of(folder)), set(ids_of(folder, index=False))):
        assert acknowledged <= found
        assert not refused & found
