"""The questions of editors and lists, on 10 000 and 100 000 runs side by side, and with `SIZE=full` on 1 000 000.

The runs are of 40 workflows with five versions each over 60 days; every twentieth fails, each in its own way. They are
recorded through the store in large transactions, and then asked for in it and through the daemon. What is flat takes
as long among many runs as among few.
"""

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.bench.recording_sqlite import a_run

from daemon_process import COMMAND, DaemonProcess
from darwinflow.model.filter import RunFilter
from darwinflow.model.run import ExecutionLog, RunOutput, RunStatus
from darwinflow.model.trend import trend
from darwinflow.recorder.paths import Workspace
from darwinflow.storage.recording import record
from darwinflow.storage.sqlite.tenant import SqliteTenantStore

SIZES = (10_000, 100_000)
FULL = 1_000_000
WORKFLOWS = 40
TEMPLATES = 64
DAYS = 60
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
LAST = FIRST + timedelta(days=DAYS)
A_TRANSACTION = 500
ASKED = 300
LIMITS_MS = {
    "last 20 of a workflow": (0.3, 3),
    "one run, whole": (None, 3),
    "failed in a day, newest 50": (None, 15),
    "page 100 of all runs": (None, 15),
    "a frequent text in errors": (None, 15),
    "a frequent text in a workflow's errors": (None, 15),
    "a text of one error": (None, 15),
    "a text that no error has": (None, 15),
    "percentiles by day over 30 days": (None, 30),
    "summaries of a workflow": (None, None),
    "last 20 through the daemon": (None, 6),
    "trend through the daemon": (None, None),
}
"""p50 and p95, as far as they are asked for."""

Questions = dict[str, Callable[[int], object]]


class Answered(dict[str, tuple[float, float, float]]):
    """p50 and p95 in milliseconds by question, and the median of the processor's time in who asks."""


class Maker:
    """Makes runs. The same number gives the same run."""

    def __init__(self, runs: int) -> None:
        self._templates = [a_run(seed) for seed in range(TEMPLATES)]
        self._apart = timedelta(days=DAYS) / runs

    def run(self, number: int) -> ExecutionLog:
        rng = random.Random(number)
        template = self._templates[number % TEMPLATES]
        start = FIRST + number * self._apart
        failed = number % 20 == 7
        output = RunOutput(
            RunStatus.FAILED if failed else RunStatus.SUCCESS,
            start + timedelta(milliseconds=100.0 * 600.0 ** rng.random()),
            result=None if failed else "done",
            error=f"the model took longer than {number % 97} s on host-{number}" if failed else None,
        )
        workflow, version = rng.randrange(WORKFLOWS), rng.randrange(1, 6)
        return replace(
            template,
            run_id=id_of(number),
            workflow_id=f"workflow-{workflow}",
            workflow_version=version,
            workflow_hash=f"{workflow * 10 + version:064x}",
            start_time=start,
            output=output,
        )


def id_of(number: int) -> str:
    return f"0190a0b1-7c3e-7000-8000-{number:012}"


def main() -> None:
    sizes = (*SIZES, FULL) if os.environ.get("SIZE") == "full" else SIZES
    print(f"{'p50 / p95 (CPU of who asks, p50)':40s}" + "".join(f"{f'{size:,} runs':>30s}" for size in sizes))
    answers = [measured(size) for size in sizes]
    for question in answers[0]:
        limits = LIMITS_MS.get(question, (None, None))
        cells = "".join("{:10.2f} /{:7.2f} ({:5.2f}) ms".format(*answer[question]) for answer in answers)
        print(f"{question:40s}{cells}   at most {_limits(limits)}")


def _limits(limits: tuple[float | None, float | None]) -> str:
    return " / ".join("-" if limit is None else f"{limit:g}" for limit in limits)


def measured(size: int) -> Answered:
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as folder:
        daemon = DaemonProcess(Path(folder, "home"), DARWINFLOW_HONKER="")
        daemon.command = COMMAND
        daemon.start()
        try:
            workspace = Path(folder, "demo")
            workspace.mkdir()
            daemon.client(Workspace(str(workspace), None)).call("daemon/status")
            daemon.kill(15)
            (path,) = Path(daemon.home.data).glob("tenant-*.db")
            filled(str(path), size)
            answered = Answered(asked_of_store(str(path), size))
            answered |= {"first screen, cold (whole process)": cold(str(path))}
            daemon.start()
            client = daemon.client(Workspace(str(workspace), None))
            answered |= asked(
                {
                    "last 20 through the daemon": lambda n: client.call(
                        "run/query", {"workflow": f"workflow-{n % WORKFLOWS}", "limit": 20}
                    ),
                    "trend through the daemon": lambda n: client.call(
                        "metrics/trend", {"workflow": f"workflow-{n % WORKFLOWS}", "edges": days_wire()}
                    ),
                }
            )
            print(f"{size:,} runs: the daemon takes {memory_mb(daemon):.0f} MB")
        finally:
            daemon.close()
        return answered


def filled(path: str, size: int) -> None:
    begun, store, maker = time.perf_counter(), SqliteTenantStore(path, is_known=True), Maker(size)

    def keep(first: int) -> None:
        logs = [maker.run(number) for number in range(first, min(first + A_TRANSACTION, size))]
        store.write(lambda tx: [record(tx, "demo", log) for log in logs]).result()

    for first in range(0, size, A_TRANSACTION):
        keep(first)
    # As the daemon does it while nothing is recorded: what patterns were to be looked for in is not part of a run.
    store.write(lambda tx: tx.connection.execute("DELETE FROM to_learn").fetchall()).result()
    while store.give_back(10_000):
        pass
    store.close()
    took = time.perf_counter() - begun
    size_now = sum(os.path.getsize(path + suffix) for suffix in ("", "-wal") if os.path.exists(path + suffix))
    print(
        f"{size:,} runs kept in {took:,.0f} s; {size_now / size:,.0f} bytes a run on disk, everything included"
    )


def asked_of_store(path: str, size: int) -> Answered:
    store = SqliteTenantStore(path, is_known=True)

    def listed(wanted: RunFilter) -> object:
        return store.read(lambda tx: tx.logs("demo").query_logs(wanted))

    def page_100() -> str:
        cursor = None
        for _ in range(100):
            cursor = store.read(
                lambda tx, cursor=cursor: tx.logs("demo").query_logs(RunFilter(limit=50, cursor=cursor))
            ).next
        assert cursor is not None
        return cursor

    far = page_100()
    edges = [LAST - timedelta(days=30) + timedelta(days=day) for day in range(31)]

    def day(number: int) -> datetime:
        return FIRST + timedelta(days=number % DAYS)

    questions: Questions = {
        "last 20 of a workflow": lambda n: store.read(
            lambda tx: tx.logs("demo").get_recent(f"workflow-{n % WORKFLOWS}", None, 20)
        ),
        "one run, whole": lambda n: store.read(lambda tx: tx.logs("demo").get_log(id_of(n * 7919 % size))),
        "failed in a day, newest 50": lambda n: listed(
            RunFilter(status=RunStatus.FAILED, since=day(n), until=day(n) + timedelta(days=1), limit=50)
        ),
        "page 100 of all runs": lambda _: listed(RunFilter(limit=50, cursor=far)),
        "a frequent text in errors": lambda n: listed(RunFilter(text=f"longer than {n % 97} s", limit=50)),
        "a frequent text in a workflow's errors": lambda n: listed(
            RunFilter(workflow=f"workflow-{n % WORKFLOWS}", text=f"longer than {n % 97} s", limit=50)
        ),
        "a text of one error": lambda n: listed(RunFilter(text=f"HOST-{n * 7919 % (size // 20) * 20 + 7}")),
        "a text that no error has": lambda _: listed(RunFilter(text="unheard of")),
        "percentiles by day over 30 days": lambda n: trend(
            store.read(
                lambda tx: tx.metrics("demo").get_hours(f"workflow-{n % WORKFLOWS}", edges[0], edges[-1])
            ),
            edges,
            by_version=False,
        ),
        "summaries of a workflow": lambda n: store.read(
            lambda tx: tx.metrics("demo").list_summaries(f"workflow-{n % WORKFLOWS}")
        ),
    }
    try:
        return asked(questions)
    finally:
        store.close()


def asked(questions: Questions) -> Answered:
    answered = Answered()
    for name, ask in questions.items():
        ask(0)
        took, worked, until = list[float](), list[float](), time.perf_counter() + 10
        for number in range(1, ASKED + 1):
            begun, work_begun = time.perf_counter(), time.thread_time()
            ask(number)
            worked.append((time.thread_time() - work_begun) * 1e3)
            took.append((time.perf_counter() - begun) * 1e3)
            if time.perf_counter() > until:
                break
        answered[name] = (
            statistics.median(took),
            sorted(took)[int(len(took) * 0.95)],
            statistics.median(worked),
        )
    return answered


_COLD = """
import sys, time
from darwinflow.storage.sqlite.tenant import SqliteTenantStore
begun, work_begun = time.perf_counter(), time.process_time()
store = SqliteTenantStore(sys.argv[1], is_known=True)
runs = store.read(lambda tx: tx.logs("demo").get_recent("workflow-3", None, 20))
figures = store.read(lambda tx: tx.metrics("demo").list_summaries("workflow-3"))
assert len(runs) == 20 and figures
print((time.perf_counter() - begun) * 1e3, (time.process_time() - work_begun) * 1e3)
"""


def cold(path: str) -> tuple[float, float, float]:
    """Opening the store, last 20 and summaries of a workflow, each time in a new process."""
    told = [
        subprocess.run([sys.executable, "-c", _COLD, path], check=True, capture_output=True).stdout.split()
        for _ in range(9)
    ]
    took = sorted(float(wall) for wall, _ in told)
    return statistics.median(took), took[-1], statistics.median(float(work) for _, work in told)


def days_wire() -> list[str]:
    return [(LAST - timedelta(days=30 - day)).isoformat().replace("+00:00", "Z") for day in range(31)]


def memory_mb(daemon: DaemonProcess) -> float:
    """Resident now, of all the daemon."""
    assert daemon.process is not None
    status = Path(f"/proc/{daemon.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
