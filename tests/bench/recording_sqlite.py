"""Recording finished runs in the store, against raw apsw with the same durability, rows and indexes.

Both write the same run: header, body (zstd), sums and histograms, the event, one commit acknowledged at
`synchronous=FULL`. Raw does it in one function on one connection, without ports, checks, threads and values:
what the disk and SQLite alone take. It has the same schema, so the same indexes, and its body is compressed with the
same dictionary and lies in the same pieces. Blocks of both are interleaved, since the machine is never quiet.
"""

import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import Any

import zstandard
from msgspec.structs import replace

from darwinflow.model.histogram import bucket_of
from darwinflow.model.metric import metric_of
from darwinflow.model.run import ActionLog, ExecutionLog, RunInput, RunOutput, RunStatus, StepLog, header_of
from darwinflow.storage.brief import brief_of
from darwinflow.storage.compression import NEWEST_DICTIONARY, shipped_dictionary
from darwinflow.storage.instants import to_micros
from darwinflow.storage.log_codec import dump_log
from darwinflow.storage.packed_nodes import packed_nodes
from darwinflow.storage.recording import record
from darwinflow.storage.sqlite import honker
from darwinflow.storage.sqlite.connection import TENANT, connect
from darwinflow.storage.sqlite.hours import packed
from darwinflow.storage.sqlite.tenant import SqliteTenantStore
from darwinflow.storage.sums import Nodes, with_steps

BLOCKS = 11
RUNS = 150
"""A block."""
THREADS = 16
PIECE_BYTES = 492
"""As the store parts a body."""
Json = dict[str, Any]
START = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = (
    "classify the request and act on it",
    "read docs/vision.md",
    "the change was made and tested",
    "Core",
)


def a_run(seed: int = 1) -> ExecutionLog:
    """10 steps, about 7 KB of JSON that compresses as prose does; *seed* makes other words of it."""
    rng = random.Random(seed)
    vocabulary = ["".join(rng.choices("aeinorstlcdu", k=rng.randint(2, 9))) for _ in range(400)]

    def words(number: int) -> str:
        return " ".join(rng.choices(vocabulary, k=number))

    def step(number: int) -> StepLog:
        start = START + timedelta(milliseconds=number * 100)
        return StepLog(
            step_id=f"step-{number:04}",
            node_id=f"node_{number}",
            node_type="TOOL_CALL",
            start_time=start,
            end_time=start + timedelta(milliseconds=93),
            status=RunStatus.SUCCESS,
            input={"prompt": words(30), "context": [f"node_{number - 1}.output"]},
            output={"decision": "Core", "text": words(30)},
            actions=(ActionLog("LLM_CALL", start, {"model": "m-1", "tokens": 812 + number, "cost": 0.01}),),
        )

    return ExecutionLog(
        run_id="",
        workflow_id="assistant",
        workflow_version=3,
        workflow_hash="5f" * 32,
        start_time=START,
        input=RunInput(request="add a retry"),
        output=RunOutput(RunStatus.SUCCESS, START + timedelta(seconds=1.2), result="done"),
        steps=tuple(step(number) for number in range(10)),
        metadata={"host": "machine", "user": "ada", "commit": "0123abcd", "recorder": "python"},
    )


def runs(template: ExecutionLog, numbers: Iterator[int]) -> Iterator[ExecutionLog]:
    """Each lasts differently, so that the histograms are those of real runs."""
    for number in numbers:
        output = RunOutput(RunStatus.SUCCESS, START + timedelta(milliseconds=lasts(number)), result="done")
        yield replace(
            template,
            run_id=f"0190a0b1-7c3e-7000-8000-{number:012}",
            start_time=START,
            output=output,
            steps=tuple(
                replace(step, end_time=step.start_time + timedelta(milliseconds=lasts(number + place) / 10))
                for place, step in enumerate(template.steps)
            ),
        )


def lasts(number: int) -> float:
    """Milliseconds, between a tenth of a second and a minute."""
    return 100.0 * 600.0 ** (number * 0.618 % 1.0)


def a_day_of_nodes(template: ExecutionLog) -> bytes:
    """The row of all nodes of a version and day, after some hundred runs."""
    nodes: Nodes = {}
    for log in runs(template, iter(range(300))):
        metric = metric_of(log)
        assert metric is not None
        nodes = with_steps(nodes, [metric])
    return packed_nodes(nodes)


class Raw:
    """The same rows by hand. The values of a row that do not change are made once."""

    def __init__(self, path: str, template: ExecutionLog) -> None:
        self.db = connect(path, TENANT)
        self.db.pragma("temp_store", 2)  # as the store's writer has it
        honker.install(self.db, None)
        self.db.execute("SELECT honker_bootstrap()").fetchall()
        content = shipped_dictionary(NEWEST_DICTIONARY)
        assert content is not None
        dictionary = zstandard.ZstdCompressionDict(content)
        self._zstd = zstandard.ZstdCompressor(level=3, write_checksum=True, dict_data=dictionary)
        self._body = dump_log(replace(template, run_id="x"))
        self._brief = brief_of(template, header_of(template))
        store = SqliteTenantStore(path + ".sample")
        store.write(lambda tx: record(tx, "demo", replace(template, run_id="x"))).result()
        (event,) = store.read(lambda tx: tx.events.read_since("run", 0, 1))
        store.close()
        self._event = dict(event.payload)
        self._hours: dict[int, dict[int, int]] = {}
        self._nodes = a_day_of_nodes(template)
        self._settled = 0

    def given(self, number: int) -> Json:
        """A run as a program would have it: values of its own, as those are that the store is given."""
        run: Json = json.loads(self._body)
        run["runId"] = f"0190a0b1-7c3e-7000-8000-{number:012}"
        return run

    def record(self, number: int, run: Json) -> None:
        """Inside a transaction."""
        db = self.db
        run_id = run["runId"]
        started, ms = to_micros(START), lasts(number)
        body = self._zstd.compress(json.dumps(run, separators=(",", ":")).encode())
        db.execute(
            "INSERT INTO run VALUES (NULL, 'demo', ?, ?, 'assistant', 3, ?, 'SUCCESS', ?, ?, 0, ?)",
            (run_id, run_id[:-13:-1], "5f" * 32, started, started + int(ms * 1_000), self._brief),
        )
        row = db.last_insert_rowid()
        db.execute("INSERT INTO run_body VALUES (?, 2, ?)", (row, body[:PIECE_BYTES]))
        pieces = [body[at : at + PIECE_BYTES] for at in range(PIECE_BYTES, len(body), PIECE_BYTES)]
        db.executemany(
            "INSERT INTO run_piece VALUES (?, ?)",
            [(row * 32 + place, piece) for place, piece in enumerate(pieces)],
        )
        db.execute("INSERT INTO counted_run VALUES ('demo', ?)", (run_id,))
        for subject in ("version 3", "text " + "5f" * 32):
            known = db.execute(
                """
                INSERT INTO summary VALUES (NULL, 'demo', 'assistant', ?, 1, 1, ?, 8165, 0.1, ?)
                ON CONFLICT DO UPDATE SET runs = runs + 1, successes = successes + 1,
                    total_ms = total_ms + excluded.total_ms, tokens = tokens + excluded.tokens,
                    cost = cost + excluded.cost, updated = max(updated, excluded.updated)
                RETURNING number
                """,
                (subject, ms, started),
            ).fetchall()
            db.execute(
                """
                INSERT INTO summary_duration VALUES (?, ?, 1)
                ON CONFLICT DO UPDATE SET runs = runs + 1
                """,
                (known[0][0], bucket_of(ms)),
            )
        ended = started + int(ms * 1_000)
        hour = self._hours.setdefault(ended // 3_600_000_000, {})
        hour[bucket_of(ms)] = hour.get(bucket_of(ms), 0) + 1
        db.execute(
            """
            INSERT INTO hour_sums VALUES ('demo', 'assistant', ?, 3, 1, 1, ?, 8165, 0.1, ?, ?)
            ON CONFLICT DO UPDATE SET runs = runs + 1, successes = successes + 1,
                total_ms = total_ms + excluded.total_ms, tokens = tokens + excluded.tokens,
                cost = cost + excluded.cost, updated = max(updated, excluded.updated), durations = excluded.durations
            """,
            (ended // 3_600_000_000, ms, ended, packed(hour)),
        )
        self._event["run"]["runId"] = run_id  # type: ignore[index]
        db.execute(
            "INSERT INTO _honker_stream (topic, key, payload) VALUES ('run', ?, ?)",
            (run_id, json.dumps(self._event)),
        )

    def settle(self) -> None:
        """Before the commit: what the store writes once a transaction. A few bytes of it change."""
        self._settled += 1
        self.db.execute(
            """
            INSERT INTO node_sums VALUES ('demo', 'assistant', 20454, 3, ?)
            ON CONFLICT DO UPDATE SET nodes = excluded.nodes
            """,
            (self._nodes + self._settled.to_bytes(8, "big"),),
        )


def main() -> None:
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as folder:
        template = a_run()
        raw = Raw(os.path.join(folder, "raw.db"), template)
        path = os.path.join(folder, "store.db")
        store = SqliteTenantStore(path)
        numbers = count()
        print(
            f"a run is {len(dump_log(template)):,} bytes of JSON; {BLOCKS} blocks of {RUNS} runs each, medians"
        )
        one_by_one = interleaved(
            lambda: raw_one_by_one(raw, template, numbers), lambda: store_one_by_one(store, template, numbers)
        )
        show("one by one, acknowledged", *one_by_one)
        together = interleaved(
            lambda: raw_in_groups(raw, template, numbers), lambda: store_in_threads(store, template, numbers)
        )
        show(f"{THREADS} threads on the store, raw in groups of {THREADS}", *together)
        batches = interleaved(
            lambda: raw_in_groups(raw, template, numbers, RUNS),
            lambda: store_in_one_work(store, template, numbers),
        )
        show(f"{RUNS} runs in one transaction", *batches)
        store.close()
        raw.db.close()
        stored = BLOCKS * RUNS * 3
        print(f"{os.path.getsize(path) / stored:,.0f} bytes a run on disk, event and indexes included")


def interleaved(raw: Callable[[], float], ours: Callable[[], float]) -> tuple[float, float]:
    """Medians over the blocks, in seconds a run."""
    raw(), ours()
    pairs = [(raw(), ours()) for _ in range(BLOCKS)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def show(what: str, raw: float, ours: float) -> None:
    print(
        f"{what}: store {ours * 1e6:,.0f} us, raw {raw * 1e6:,.0f} us a run; "
        f"{ours / raw:.2f} x raw, {raw / ours:.0%} of its throughput"
    )


def raw_one_by_one(raw: Raw, template: ExecutionLog, numbers: Iterator[int]) -> float:
    return raw_in_groups(raw, template, numbers, 1)


def raw_in_groups(raw: Raw, template: ExecutionLog, numbers: Iterator[int], size: int = THREADS) -> float:
    given = [(number, raw.given(number)) for number in islice(numbers, RUNS)]
    begun = time.perf_counter()
    for first in range(0, RUNS, size):
        raw.db.execute("BEGIN IMMEDIATE")
        for number, run in given[first : first + size]:
            raw.record(number, run)
        raw.settle()
        raw.db.execute("COMMIT")
    return (time.perf_counter() - begun) / RUNS


def store_one_by_one(store: SqliteTenantStore, template: ExecutionLog, numbers: Iterator[int]) -> float:
    logs = [next(runs(template, numbers)) for _ in range(RUNS)]
    begun = time.perf_counter()
    for log in logs:
        store.write(lambda tx, log=log: record(tx, "demo", log)).result()
    return (time.perf_counter() - begun) / RUNS


def store_in_threads(store: SqliteTenantStore, template: ExecutionLog, numbers: Iterator[int]) -> float:
    logs = [next(runs(template, numbers)) for _ in range(RUNS)]

    def record_some(worker: int) -> None:
        for log in logs[worker::THREADS]:
            store.write(lambda tx, log=log: record(tx, "demo", log)).result()

    with ThreadPoolExecutor(THREADS) as pool:
        begun = time.perf_counter()
        list(pool.map(record_some, range(THREADS)))
        return (time.perf_counter() - begun) / RUNS


def store_in_one_work(store: SqliteTenantStore, template: ExecutionLog, numbers: Iterator[int]) -> float:
    logs = [next(runs(template, numbers)) for _ in range(RUNS)]
    begun = time.perf_counter()
    store.write(lambda tx: [record(tx, "demo", log) for log in logs]).result()
    return (time.perf_counter() - begun) / RUNS
