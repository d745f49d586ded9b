"""Recording finished runs in PostgreSQL, against raw psycopg with the same durability, rows and indexes.

Both write the same rows into the same tables of a server of their own with fsync, over a Unix socket. Raw does it in
one function on one connection, as a superuser whom row security does not concern: a statement a row, prepared, and a
commit, without ports, checks, threads and values. Blocks of both are interleaved, since the machine is never quiet.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from pathlib import Path

import psycopg
import zstandard
from msgspec.structs import replace

sys.path.insert(0, str(Path(__file__).parent.parent))  # the suite's server

from tests.bench.recording_sqlite import START, a_day_of_nodes, a_run, interleaved, lasts, runs, show

from darwinflow.model.filter import RunFilter
from darwinflow.model.histogram import bucket_of
from darwinflow.model.run import ExecutionLog, RunStatus, header_of
from darwinflow.storage.brief import brief_of
from darwinflow.storage.instants import to_micros
from darwinflow.storage.log_codec import dump_log
from darwinflow.storage.packed_durations import packed
from darwinflow.storage.postgres.tenant import PostgresTenantStore
from darwinflow.storage.recording import record
from postgres_server import Server, new_organization, prepared

RUNS = 100
"""A block."""
THREADS = 16
IMPORTED = 5_000
READ_RUNS = 100_000
QUESTIONS = 200


class Raw:
    """The same rows by hand. The values of a row that do not change are made once."""

    def __init__(self, dsn: str, organization: str, template: ExecutionLog, event: dict[str, object]) -> None:
        self.link = psycopg.connect(dsn, autocommit=True, prepare_threshold=0)
        self._organization = organization
        self._zstd = zstandard.ZstdCompressor(level=3)
        self._body = json.loads(dump_log(replace(template, run_id="x")))
        self._brief = brief_of(template, header_of(template))
        self._event = event
        self._number = 0
        self._hour: dict[int, int] = {}
        self._nodes = a_day_of_nodes(template)

    def record(self, number: int) -> None:
        """Inside a transaction."""
        execute, organization = self.link.execute, self._organization
        run_id = f"0190a0b1-7c3e-7000-9000-{number:012}"
        started, ms = to_micros(START), lasts(number)
        self._body["runId"] = run_id
        body = self._zstd.compress(json.dumps(self._body, separators=(",", ":")).encode())
        execute(
            "INSERT INTO darwinflow.run VALUES "
            "(%s, 'demo', %s, %s, 'assistant', 3, %s, 'SUCCESS', %s, %s, NULL, %s::jsonb, 1, %s)",
            (
                organization,
                run_id,
                run_id[:-13:-1],
                "5f" * 32,
                started,
                started + int(ms * 1_000),
                self._brief,
                body,
            ),
        )
        execute("INSERT INTO darwinflow.counted_run VALUES (%s, 'demo', %s)", (organization, run_id))
        for subject in ("version 3", "text " + "5f" * 32):
            row = execute(
                """
                INSERT INTO darwinflow.summary AS known
                    (organization, project, workflow, subject, runs, successes, total_ms, tokens, cost, updated)
                VALUES (%s, 'demo', 'assistant', %s, 1, 1, %s, 8165, 0.1, %s)
                ON CONFLICT (organization, project, workflow, subject) DO UPDATE SET
                    runs = known.runs + 1, successes = known.successes + 1,
                    total_ms = known.total_ms + excluded.total_ms, tokens = known.tokens + excluded.tokens,
                    cost = known.cost + excluded.cost, updated = greatest(known.updated, excluded.updated)
                RETURNING number
                """,
                (organization, subject, ms, started),
            ).fetchone()
            assert row is not None
            execute(
                """
                INSERT INTO darwinflow.summary_duration AS known VALUES (%s, %s, %s, 1)
                ON CONFLICT (organization, summary, bucket) DO UPDATE SET runs = known.runs + 1
                """,
                (organization, row[0], bucket_of(ms)),
            )
        bucket = bucket_of(ms)
        self._hour[bucket] = self._hour.get(bucket, 0) + 1
        execute(
            """
            INSERT INTO darwinflow.hour_sums AS known VALUES
                (%s, 'demo', 'assistant', 490896, 3, 1, 1, %s, 8165, 0.1, %s, %s)
            ON CONFLICT (organization, project, workflow, hour, version) DO UPDATE SET
                runs = known.runs + 1, successes = known.successes + 1,
                total_ms = known.total_ms + excluded.total_ms, tokens = known.tokens + excluded.tokens,
                cost = known.cost + excluded.cost, updated = greatest(known.updated, excluded.updated),
                durations = excluded.durations
            """,
            (organization, ms, started, packed(self._hour)),
        )
        self._number += 1
        self._event["run"]["runId"] = run_id  # type: ignore[index]
        execute(
            "INSERT INTO darwinflow.event VALUES (%s, %s, 'run', %s, %s, 1767225600)",
            (organization, self._number, run_id, json.dumps(self._event)),
        )

    def settle(self) -> None:
        """Before the commit: what the store writes once a transaction. A few bytes of it change."""
        self.link.execute(
            """
            INSERT INTO darwinflow.node_sums VALUES (%s, 'demo', 'assistant', 20454, 3, %s)
            ON CONFLICT (organization, project, workflow, day, version) DO UPDATE SET nodes = excluded.nodes
            """,
            (self._organization, self._nodes + self._number.to_bytes(8, "big")),
        )


def main() -> None:
    server = Server(fsync=True)
    try:
        prepared(server)
        measure(server)
    finally:
        server.close()


def measure(server: Server) -> None:
    with psycopg.connect(server.dsn()) as link:
        print(f"PostgreSQL {link.info.server_version / 10_000:.4f}, psycopg {psycopg.__version__}, fsync on")
    template, numbers = a_run(), count()
    ours, raws = new_organization(server), new_organization(server)
    store = PostgresTenantStore(ours.dsn, ours.id, announce=lambda _: None)
    store.write(lambda tx: record(tx, "sample", replace(template, run_id="x"))).result()
    (event,) = store.read(lambda tx: tx.events.read_since("run", 0, 1))
    raw = Raw(server.dsn(), raws.id, template, dict(event.payload))
    print(f"a run is {len(dump_log(template)):,} bytes of JSON; blocks of {RUNS} runs each, medians")
    show(
        "one by one, acknowledged",
        *interleaved(lambda: in_groups(raw, numbers, 1), lambda: one_by_one(store, template, numbers)),
    )
    show(
        f"{THREADS} threads on the store, raw in groups of {THREADS}",
        *interleaved(lambda: in_groups(raw, numbers, THREADS), lambda: in_threads(store, template, numbers)),
    )
    show(
        f"{RUNS} runs in one transaction",
        *interleaved(lambda: in_groups(raw, numbers, RUNS), lambda: in_one_work(store, template, numbers)),
    )
    raw.link.close()
    imported(store, template)
    multiplied(server)
    read(store)
    store.close()


def imported(store: PostgresTenantStore, template: ExecutionLog) -> None:
    """Every twentieth fails, each in its own way."""
    begun = time.perf_counter()
    for first in range(0, IMPORTED, 1_000):
        logs = runs(template, iter(range(first, first + 1_000)))
        store.import_logs("read", [varied(log, first + n) for n, log in enumerate(logs)]).result()
    took = time.perf_counter() - begun
    print(
        f"import of {IMPORTED:,} runs by COPY: {IMPORTED / took:,.0f} runs a second, making of them included"
    )


def varied(log: ExecutionLog, number: int) -> ExecutionLog:
    log = replace(
        log, workflow_id=f"workflow-{number % 40}", start_time=log.start_time + timedelta(seconds=number)
    )
    if number % 20:
        return log
    assert log.output is not None
    failed = replace(
        log.output, status=RunStatus.FAILED, error=f"timeout after {number % 97} s at host-{number}"
    )
    return replace(log, output=failed)


def multiplied(server: Server) -> None:
    """The imported runs many times over, made by the server."""
    with psycopg.connect(server.dsn(), autocommit=True) as link:
        link.execute(
            """
            INSERT INTO darwinflow.run
            SELECT organization, project, id || '-' || n, reverse(right(id || '-' || n, 12)), workflow, version, hash,
                status, started + n * %s * 1000000::bigint, ended + n * %s * 1000000::bigint, errors, brief, codec, body
            FROM darwinflow.run, generate_series(1, %s) AS n WHERE project = 'read'
            """,
            (IMPORTED, IMPORTED, READ_RUNS // IMPORTED - 1),
        )
        link.execute("VACUUM ANALYZE darwinflow.run")
        row = link.execute(
            "SELECT pg_total_relation_size('darwinflow.run'), count(*) FROM darwinflow.run"
        ).fetchone()
        assert row is not None
        print(
            f"{row[0] / row[1]:,.0f} bytes a run in the table of runs, indexes included, of {row[1]:,} runs"
        )


def read(store: PostgresTenantStore) -> None:
    def listed(wanted: RunFilter) -> object:
        return store.read(lambda tx: tx.logs("read").query_logs(wanted))

    questions: dict[str, Callable[[int], object]] = {
        "last 20 of a workflow": lambda n: listed(RunFilter(workflow=f"workflow-{n % 40}", limit=20)),
        "failed, newest 50": lambda _: listed(RunFilter(status=RunStatus.FAILED)),
        "failed in a day": lambda _: listed(
            RunFilter(status=RunStatus.FAILED, since=START, until=START + timedelta(days=1))
        ),
        "frequent text in errors, newest 50": lambda n: listed(RunFilter(text=f"AFTER {n % 97} s")),
        "text that no error has": lambda _: listed(RunFilter(text="unheard of")),
        "one run, whole": lambda n: store.read(
            lambda tx: tx.logs("read").get_log(f"0190a0b1-7c3e-7000-8000-{n:012}")
        ),
    }
    for name, ask in questions.items():
        ask(0)
        took = sorted(timed(ask, n) for n in range(QUESTIONS))
        print(
            f"{name}: p50 {statistics.median(took) * 1e3:.2f} ms, p95 {took[int(QUESTIONS * 0.95)] * 1e3:.2f} ms"
        )


def timed(ask: Callable[[int], object], number: int) -> float:
    begun = time.perf_counter()
    ask(number)
    return time.perf_counter() - begun


def in_groups(raw: Raw, numbers: Iterator[int], size: int) -> float:
    begun = time.perf_counter()
    for first in range(0, RUNS, size):
        raw.link.execute("BEGIN")
        for _ in range(first, min(first + size, RUNS)):
            raw.record(next(numbers))
        raw.settle()
        raw.link.execute("COMMIT")
    return (time.perf_counter() - begun) / RUNS


def some_runs(template: ExecutionLog, numbers: Iterator[int]) -> list[ExecutionLog]:
    return [next(runs(template, numbers)) for _ in range(RUNS)]


def one_by_one(store: PostgresTenantStore, template: ExecutionLog, numbers: Iterator[int]) -> float:
    logs = some_runs(template, numbers)
    begun = time.perf_counter()
    for log in logs:
        store.write(lambda tx, log=log: record(tx, "demo", log)).result()
    return (time.perf_counter() - begun) / RUNS


def in_threads(store: PostgresTenantStore, template: ExecutionLog, numbers: Iterator[int]) -> float:
    logs = some_runs(template, numbers)

    def record_some(worker: int) -> None:
        for log in logs[worker::THREADS]:
            store.write(lambda tx, log=log: record(tx, "demo", log)).result()

    with ThreadPoolExecutor(THREADS) as pool:
        begun = time.perf_counter()
        list(pool.map(record_some, range(THREADS)))
        return (time.perf_counter() - begun) / RUNS


def in_one_work(store: PostgresTenantStore, template: ExecutionLog, numbers: Iterator[int]) -> float:
    logs = some_runs(template, numbers)
    begun = time.perf_counter()
    store.write(lambda tx: [record(tx, "demo", log) for log in logs]).result()
    return (time.perf_counter() - begun) / RUNS
