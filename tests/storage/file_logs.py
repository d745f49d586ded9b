"""Stores of logs in files for the tests: what is put in, all that they answer, and what stands in a segment."""

import os
from datetime import UTC, datetime, timedelta

from contract.sample_runs import FULL, START, STEP, finished, live
from darwinflow.model.filter import RunFilter
from darwinflow.model.run import RunOutput, RunStatus
from darwinflow.ports.journals import Taken
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
            tx.journals.advance("j.jsonl", Taken(7))
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
                return found, tx.journals.taken("j.jsonl").offset, tx.outbox.pending(10_000)

    return store.read(ask)


def ids(store):
    return sorted(header.run_id for header, _ in everything(store)[0])


def lines(folder, name=SEGMENT):
    return (folder / name).read_bytes().splitlines(keepends=True)


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


def ids_of(folder, *, index=True):
    store = opened(folder) if index else without_index(folder)
    found = ids(store)
    store.close()
    return found
