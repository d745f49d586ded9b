"""Migration of 100 000 runs (10 000 with `SIZE=small`) from files to SQLite, to PostgreSQL and back to files.

Each way is copied and then compared record by record, as `darwinflow storage migrate` does it, and the digest of what
has arrived must be that of what was there. Beside each copy stands what its records alone take: reading, and writing
the same bytes to a file with one sync a transaction.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import islice, pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.bench.queries import Maker

from darwinflow.ports.parts import LogStore
from darwinflow.storage.files.logs import FileLogStore
from darwinflow.storage.log_codec import dump_log
from darwinflow.storage.migrating import compare_runs, copy_runs
from darwinflow.storage.postgres.tenant import PostgresTenantStore
from darwinflow.storage.sqlite.tenant import SqliteTenantStore
from postgres_server import Server, new_organization, prepared

RUNS = 10_000 if os.environ.get("SIZE") == "small" else 100_000
A_TRANSACTION = 250
PROJECTS = ("demo",)


def main() -> None:
    server = Server(fsync=True)
    try:
        prepared(server)
        with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as folder:
            measure(server, folder)
    finally:
        server.close()


def measure(server: Server, folder: str) -> None:
    organization = new_organization(server)
    with ExitStack() as stack:
        begin = stack.enter_context(closing(FileLogStore(os.path.join(folder, "begin"))))
        there: list[tuple[str, LogStore]] = [
            ("files", begin),
            ("SQLite", stack.enter_context(closing(SqliteTenantStore(os.path.join(folder, "t.db"))))),
            (
                "PostgreSQL",
                stack.enter_context(closing(PostgresTenantStore(organization.dsn, organization.id))),
            ),
            ("files", stack.enter_context(closing(FileLogStore(os.path.join(folder, "end"))))),
        ]
        begun = time.perf_counter()
        written = sum(kept(begin, batch) for batch in batches())
        print(f"{RUNS:,} runs of {written / RUNS:,.0f} bytes kept in files: {rate(begun)}")
        print(f"the same bytes written and synced as often: {rate(plainly(folder, written))}")
        digests = set[str]()
        for (source_name, source), (target_name, target) in pairwise(there):
            begun = time.perf_counter()
            copy_runs(source, target, PROJECTS, RUNS, lambda *_: None)
            copied, begun = rate(begun), time.perf_counter()
            same = compare_runs(source, target, PROJECTS, RUNS, lambda *_: None)
            assert same.runs == RUNS
            digests.add(same.digest)
            print(f"{source_name} to {target_name}: copied {copied}, compared {rate(begun)}", flush=True)
        assert len(digests) == 1, digests
        print(f"all {RUNS:,} are the same after three ways: {digests.pop()[:16]}…")


def batches() -> Iterator[list[int]]:
    numbers = iter(range(RUNS))
    while batch := list(islice(numbers, A_TRANSACTION)):
        yield batch


_maker = Maker(RUNS)


def kept(store: LogStore, numbers: list[int]) -> int:
    """Bytes of their JSON."""
    logs = [_maker.run(number) for number in numbers]
    store.write(lambda tx: [tx.logs("demo").store_log(log) for log in logs]).result()
    return sum(len(dump_log(log)) for log in logs)


def plainly(folder: str, size: int) -> float:
    """When it was begun."""
    piece = os.urandom(size * A_TRANSACTION // RUNS)
    begun = time.perf_counter()
    with open(os.path.join(folder, "plain"), "wb", buffering=0) as file:
        for _ in range(RUNS // A_TRANSACTION):
            file.write(piece)
            os.fdatasync(file.fileno())
    return begun


def rate(begun: float) -> str:
    took = time.perf_counter() - begun
    return f"{RUNS / took:,.0f} runs a second ({took:,.1f} s)"


if __name__ == "__main__":
    main()
