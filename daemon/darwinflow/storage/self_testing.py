"""Short forms of the suite's loops on stores, for a disk that is not ours: flipped bits, torn ends, no room, the cost of a sync.

Everything lies in a folder that the caller has made and removes.
"""

import os
import random
import shutil
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

from darwinflow.model.errors import DarwinFlowError, StoreError, StoreFull
from darwinflow.model.run import ExecutionLog, RunInput, RunOutput, RunStatus, StepLog
from darwinflow.ports.parts import LogTransaction
from darwinflow.ports.tenant import TenantStore
from darwinflow.storage.adding_up import headers_of
from darwinflow.storage.files.logs import FileLogStore
from darwinflow.storage.log_codec import same_content
from darwinflow.storage.opening import open_tenant
from darwinflow.storage.size_limit import limited_to

_PROJECT = "selftest"
_START = datetime(2026, 1, 2, 3, tzinfo=UTC)
_RUNS = 12
_SYNCS = 100
_LEAST_ROOM, _MOST_ROOM = 200_000, 600_000
_LONG = 4_000
"""Bytes of a run that does not compress."""

IsOver = Callable[[], bool]
Store = TenantStore | FileLogStore


class Syncs(NamedTuple):
    """Milliseconds that a write of 4 KiB takes until the disk says that it has it."""

    made: int
    p50_ms: float
    p95_ms: float


class Harms(NamedTuple):
    tried: int
    bad: int
    """Wrong data served, or what was acknowledged lost, without a word."""


def measured_syncs(folder: str, is_over: IsOver) -> Syncs:
    took: list[float] = []
    fd = os.open(os.path.join(folder, "syncs"), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while len(took) < _SYNCS and not (took and is_over()):
            begun = time.perf_counter()
            os.pwrite(fd, os.urandom(4096), 4096 * len(took))
            os.fdatasync(fd)
            took.append((time.perf_counter() - begun) * 1000)
    finally:
        os.close(fd)
    took.sort()
    return Syncs(len(took), took[len(took) // 2], took[len(took) * 95 // 100])


def flipped_bits(folder: str, dice: random.Random, is_over: IsOver, most: int) -> Harms:
    """One bit of a database's file each time: it is told, or what is read is what was written."""
    path = os.path.join(folder, "whole.db")
    logs = [_log(number) for number in range(_RUNS)]
    with closing(open_tenant(path, announce=lambda _: None)) as store:
        store.write(partial(_store, logs=logs)).result()
    tried = bad = 0
    harmed = os.path.join(folder, "harmed.db")
    while tried < most and not is_over():
        shutil.copyfile(path, harmed)
        _flip(harmed, dice)
        bad += not _is_told_or_right(harmed, logs)
        tried += 1
        for suffix in ("", "-wal", "-shm", "-acknowledged"):
            if os.path.lexists(harmed + suffix):
                os.unlink(harmed + suffix)
    return Harms(tried, bad)


def torn_ends(folder: str, dice: random.Random, is_over: IsOver, most: int) -> Harms:
    """A file of logs cut anywhere: all runs that were acknowledged before are there, and the next one is kept."""
    path, ends = os.path.join(folder, "files"), list[int]()
    with closing(FileLogStore(path, now=lambda: _START)) as files:
        for number in range(_RUNS):
            files.write(partial(_store, logs=[_log(number)])).result()
            ends.append(os.path.getsize(_segment(path)))
    tried = bad = 0
    cut = os.path.join(folder, "cut")
    while tried < most and not is_over():
        at = dice.randrange(1, ends[-1] + 1)
        os.makedirs(cut)
        shutil.copyfile(_segment(path), _segment(cut))
        os.truncate(_segment(cut), at)
        wanted = [f"run-{number}" for number, end in enumerate(ends) if end <= at]
        bad += not _keeps(cut, wanted)
        tried += 1
        shutil.rmtree(cut)
    return Harms(tried, bad)


def full_disks(folder: str, dice: random.Random, is_over: IsOver, most: int) -> Harms:
    """No file can grow any more, as where the disk is full, at some moment while runs are stored, in a database and in files in turn.

    One clear error, everything acknowledged can be read meanwhile, and the next run is kept once files may grow again.
    """
    tried = bad = 0
    full = os.path.join(folder, "full")
    while tried < most and (tried < len(_OPENERS) or not is_over()):
        os.makedirs(full)
        open_store = partial(_OPENERS[tried % len(_OPENERS)], full)
        bad += not _outlives_no_room(open_store, dice, dice.randrange(_LEAST_ROOM, _MOST_ROOM))
        tried += 1
        shutil.rmtree(full)
    return Harms(tried, bad)


def _outlives_no_room(open_store: Callable[[], Store], dice: random.Random, room: int) -> bool:
    kept: dict[str, ExecutionLog] = {}
    try:
        with closing(open_store()) as store:
            with limited_to(room):
                is_right = _is_told_of_no_room(store, kept, dice) and _has_all(store, kept)
            _store_one(store, kept, dice)
        with closing(open_store()) as store:
            return is_right and _has_all(store, kept) and store.read(partial(_ids)) == kept.keys()
    except DarwinFlowError:
        return False


def _is_told_of_no_room(store: Store, kept: dict[str, ExecutionLog], dice: random.Random) -> bool:
    """Whether storing ended with the error that says why, twice: what is refused once is refused again."""
    told = 0
    for _ in range(_MOST_ROOM // _LONG * 2):
        try:
            _store_one(store, kept, dice)
        except StoreFull:
            told += 1
            if told == 2:
                return True
    return False


def _store_one(store: Store, kept: dict[str, ExecutionLog], dice: random.Random) -> None:
    log = _log(len(kept), dice.randbytes(_LONG // 2).hex())
    store.write(partial(_store, logs=[log])).result()
    kept[log.run_id] = log


def _has_all(store: Store, kept: dict[str, ExecutionLog]) -> bool:
    return all(same_content(store.read(partial(_read, run_id=run_id)), log) for run_id, log in kept.items())


def _open_database(folder: str) -> Store:
    return open_tenant(os.path.join(folder, "full.db"), announce=lambda _: None)


def _open_files(folder: str) -> Store:
    return FileLogStore(os.path.join(folder, "files"), now=lambda: _START)


_OPENERS = (_open_database, _open_files)


def _keeps(path: str, wanted: list[str]) -> bool:
    """Whether the runs *wanted*, and one that is stored now, are in the files below *path*."""
    with closing(FileLogStore(path, now=lambda: _START)) as files:
        files.write(partial(_store, logs=[_log(_RUNS)])).result()
    with closing(FileLogStore(path, now=lambda: _START)) as files:
        there = files.read(_ids)
    return {*wanted, f"run-{_RUNS}"} <= there


def _ids(tx: LogTransaction) -> set[str]:
    return {header.run_id for header in headers_of(tx.logs(_PROJECT))}


def _is_told_or_right(path: str, logs: list[ExecutionLog]) -> bool:
    try:
        with closing(open_tenant(path, announce=lambda _: None, is_known=True)) as store:
            return all(same_content(store.read(partial(_read, run_id=log.run_id)), log) for log in logs)
    except (StoreError, IndexError):
        return True


def _read(tx: LogTransaction, run_id: str) -> ExecutionLog:
    return tx.logs(_PROJECT).get_log(run_id)


def _store(tx: LogTransaction, logs: list[ExecutionLog]) -> None:
    for log in logs:
        tx.logs(_PROJECT).store_log(log)


def _log(number: int, result: str = "y" * 200) -> ExecutionLog:
    at = _START + timedelta(seconds=number)
    step = StepLog(
        step_id="s",
        node_id="n",
        start_time=at,
        end_time=at,
        status=RunStatus.SUCCESS,
        output={"number": number},
    )
    return ExecutionLog(
        run_id=f"run-{number}",
        workflow_id="selftest",
        workflow_version=1,
        start_time=at,
        input=RunInput(request="x" * 200, context=None),
        output=RunOutput(RunStatus.SUCCESS, at + timedelta(seconds=1), result=result),
        steps=(step,) * 5,
    )


def _flip(path: str, dice: random.Random) -> None:
    at = dice.randrange(os.path.getsize(path))
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ (1 << dice.randrange(8))]))


def _segment(path: str) -> str:
    return os.path.join(path, f"{_START:%Y-%m-%d}.jsonl")
