"""Recording runs through the real daemon, against raw apsw with the same durability, rows and indexes.

Three ways in: one client that waits for each answer, eight client processes at once, and the recorder's journal
(from its first call until all is stored). Raw is that of `recording_sqlite`: it writes the same rows by hand in one
function, without a socket, another process, checks and values. Blocks of both are interleaved.
"""

import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.recording_sqlite import Raw, a_run, raw_in_groups, runs

from darwinflow.model.run import ExecutionLog, RunStatus
from darwinflow.recorder import record_run
from darwinflow.recorder.paths import Home, Workspace
from darwinflow.rpc.client.blocking import Client, connect
from darwinflow.rpc.wire.runs import RunLog
from darwinflow.storage.log_codec import dump_log

sys.path.insert(0, str(Path(__file__).parents[1]))

from daemon_process import COMMAND, DaemonProcess

BLOCKS = 9
RUNS = 128
"""A block."""
CLIENTS = 8
FLOW = "id: assistant\nversion: 3\nnodes: []\nedges: []\n"

Json = dict[str, Any]


class Taken(NamedTuple):
    """Medians over the blocks, in seconds a run."""

    raw: float
    ours: float
    raw_cpu: float
    daemon_cpu: float


class Bench:
    """A daemon with nothing else to do, and a raw database in the same folder."""

    def __init__(self, folder: str) -> None:
        self.template = a_run()
        self.numbers = count()
        self.raw = Raw(os.path.join(folder, "raw.db"), self.template)
        self.daemon = DaemonProcess(Path(folder, "home"), DARWINFLOW_HONKER="")
        self.daemon.command = COMMAND
        self.daemon.start()
        workspace = Path(folder, "demo")
        workspace.mkdir()
        self.flow = workspace / "assistant.yaml"
        self.flow.write_text(FLOW)
        self.workspace = Workspace(str(workspace), None)
        self.client = self.daemon.client(self.workspace)

    def wire_runs(self, number: int = RUNS) -> list[Json]:
        logs = runs(self.template, self.numbers)
        return [RunLog.of(next(logs), RunStatus.SUCCESS).model_dump(mode="json") for _ in range(number)]

    def raw_block(self, group: int) -> float:
        return raw_in_groups(self.raw, self.template, self.numbers, group)

    def close(self) -> None:
        self.raw.db.close()
        self.daemon.close()


def main() -> None:
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as folder:
        bench = Bench(folder)
        try:
            print(
                f"a run is {len(dump_log(bench.template)):,} bytes of JSON; {BLOCKS} blocks of {RUNS} runs each, medians"
            )
            show("one client, one by one", "", interleaved(bench, 1, lambda: one_by_one(bench)))
            with Crowd(bench.daemon.home, bench.workspace) as crowd:
                show(
                    f"{CLIENTS} client processes",
                    f" in groups of {CLIENTS}",
                    interleaved(bench, CLIENTS, lambda: crowd.record(bench)),
                )
            os.environ["DARWINFLOW_HOME"] = bench.daemon.home.data
            os.environ["XDG_RUNTIME_DIR"] = bench.daemon.runtime
            show("the recorder's journal", " one by one", interleaved(bench, 1, lambda: journal(bench)))
        finally:
            bench.close()


def interleaved(bench: Bench, group: int, ours: Callable[[], float]) -> Taken:
    bench.raw_block(group), ours()
    taken = []
    for _ in range(BLOCKS):
        begun = time.process_time()
        raw = bench.raw_block(group)
        raw_cpu = (time.process_time() - begun) / RUNS
        begun = cpu_of(bench.daemon)
        taken.append(Taken(raw, ours(), raw_cpu, (cpu_of(bench.daemon) - begun) / RUNS))
    return Taken(*(statistics.median(column) for column in zip(*taken, strict=True)))


def show(what: str, groups: str, taken: Taken) -> None:
    print(
        f"{what}: {taken.ours * 1e6:,.0f} us, raw{groups} {taken.raw * 1e6:,.0f} us a run: "
        f"{taken.ours / taken.raw:.2f} x raw, {taken.raw / taken.ours:.0%} of its throughput; "
        f"CPU of the daemon {taken.daemon_cpu * 1e6:,.0f} us, of raw {taken.raw_cpu * 1e6:,.0f} us: "
        f"{taken.daemon_cpu / taken.raw_cpu:.2f} x"
    )


def cpu_of(daemon: DaemonProcess) -> float:
    """Seconds on a core of all threads of the daemon, which keeps its threads; ticks of `stat` would be too coarse."""
    assert daemon.process is not None
    threads = Path(f"/proc/{daemon.process.pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def one_by_one(bench: Bench) -> float:
    wire = bench.wire_runs()
    begun = time.perf_counter()
    record_all(bench.client, wire)
    return (time.perf_counter() - begun) / RUNS


def record_all(client: Client, wire: list[Json]) -> None:
    for run in wire:
        client.call("run/record", {"run": run})


class Crowd:
    """Clients in processes of their own, so that they do not wait for each other's interpreter."""

    def __init__(self, home: Home, workspace: Workspace) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipes: list[Connection] = []
        self._processes = []
        for _ in range(CLIENTS):
            ours, theirs = context.Pipe()
            process = context.Process(target=serve_crowd, args=(theirs, home, workspace), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def record(self, bench: Bench) -> float:
        for pipe in self._pipes:
            pipe.send(bench.wire_runs(RUNS // CLIENTS))
        self._answers()
        begun = time.perf_counter()
        for pipe in self._pipes:
            pipe.send("go")
        self._answers()
        return (time.perf_counter() - begun) / RUNS

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join()

    def _answers(self) -> None:
        for pipe in self._pipes:
            pipe.recv()


def serve_crowd(pipe: Connection, home: Home, workspace: Workspace) -> None:
    """One of the crowd: takes runs, says that it is ready, records them when told to, and says so."""
    with connect(home, "bench") as client:
        client.open(workspace)
        while True:
            try:
                wire = pipe.recv()
            except EOFError:
                return
            pipe.send("ready")
            pipe.recv()
            record_all(client, wire)
            pipe.send("done")


def journal(bench: Bench) -> float:
    """Until the daemon gives the last run with its end: it has stored the others then, for they come in order."""
    template = bench.template
    begun = time.perf_counter()
    for _ in range(RUNS):
        recorded = record_through_journal(bench.flow, template)
    while bench.client.call("run/get", {"run": recorded})["run"]["status"] != "SUCCESS":
        time.sleep(0.001)
    return (time.perf_counter() - begun) / RUNS


def record_through_journal(flow: Path, template: ExecutionLog) -> str:
    """The calls of a program whose run looks as *template* does."""
    with record_run(flow, request=template.input.request) as run:
        for known in template.steps:
            with run.step(known.node_id, node_type=known.node_type, input=known.input) as step:
                for action in known.actions:
                    step.action(action.type, **action.details)
                step.output = known.output
        run.output = "done"
    return run.id


if __name__ == "__main__":
    main()
