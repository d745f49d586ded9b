"""Retention of a fifth of the runs while four programs record, with what these wait for beside a time without it.

Logs, figures and events in one SQLite database, `synchronous=FULL`, runs of 10 steps; retention archives what it deletes
and gives the space back. A writer's wait is from asking until the run is stored and durable.
"""

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

from msgspec.structs import replace
from tests.bench.recording_sqlite import START, a_run

from darwinflow.model.retention import Retention, Rule, Rules
from darwinflow.storage.archive import Archive
from darwinflow.storage.recording import record
from darwinflow.storage.retention import Pass
from darwinflow.storage.sqlite.tenant import SqliteTenantStore

RUNS = 100_000 if os.environ.get("SIZE") == "full" else 10_000
WRITERS = 4
QUIET_S = 10.0
"""Of recording without retention, before it and after."""
_A_BATCH = 200


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteTenantStore(str(Path(folder, "t.db")))
        fill(store)
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        before, during, after = list[float](), list[float](), list[float]()
        with recording(store, before):
            time.sleep(QUIET_S)
        archive = Archive(str(Path(folder, "archive")))
        going = Pass(store, store, archive, rest)
        fifth = START + timedelta(seconds=RUNS // 5)
        begun = time.perf_counter()
        with recording(store, during):
            going.run(["old"], Retention(Rules(Rule(0, RUNS - RUNS // 5))), fifth + timedelta(days=1000))
        took = time.perf_counter() - begun
        with recording(store, after):
            time.sleep(QUIET_S)
        print(
            f"{RUNS} runs, {size / RUNS:.0f} bytes each; {going.removed} went in {took:.1f} s, {going.removed / took:.0f}/s"
        )
        quiet = sorted(before + after)
        for name, waits in (("without", quiet), ("with retention", sorted(during))):
            print(
                f"  {name:15} {len(waits):6} runs recorded by {WRITERS}, wait p50 {_ms(waits, 50)}, "
                f"p95 {_ms(waits, 95)}, p99 {_ms(waits, 99)}, most {waits[-1] * 1000:.1f} ms"
            )
        ratio = _at(sorted(during), 99) / _at(quiet, 99)
        print(f"  p99 with retention is {ratio:.2f} times that without (at most 4), in ms at most 50")
        archived = sum(path.stat().st_size for path in Path(archive.path).iterdir())
        print(f"  archive {archived / max(going.removed, 1):.0f} bytes a run, index included")
        store.close()


def rest(seconds: float) -> bool:
    time.sleep(seconds)
    return True


def fill(store: SqliteTenantStore) -> None:
    """In the project `old`, a second apart."""
    run = a_run()
    for first in range(0, RUNS, _A_BATCH):
        some = [
            replace(run, run_id=f"old-{number:07}", start_time=START + timedelta(seconds=number))
            for number in range(first, min(first + _A_BATCH, RUNS))
        ]
        store.write(lambda tx, some=some: [record(tx, "old", one) for one in some]).result()


_numbers = count()


@contextmanager
def recording(store: SqliteTenantStore, waits: list[float]) -> Iterator[None]:
    """Four threads, each recording one run after the other, for as long as the block lasts."""
    run, stop = a_run(), threading.Event()

    def record_on() -> None:
        while not stop.is_set():
            one = replace(run, run_id=f"new-{next(_numbers):07}")
            begun = time.perf_counter()
            store.write(lambda tx, one=one: record(tx, "new", one)).result()
            waits.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=record_on) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _at(waits: list[float], percent: int) -> float:
    return statistics.quantiles(waits, n=100, method="inclusive")[percent - 1]


def _ms(waits: list[float], percent: int) -> str:
    return f"{_at(waits, percent) * 1000:.2f}"


if __name__ == "__main__":
    main()
