"""Recording runs through the real daemon, against raw apsw with the same durability, rows and indexes.

Five ways in: one client that waits for each answer, many clients at once, a hundred runs a message, and the recorder's
journals, of one program and of many (from the first call until all is stored). Raw is that of `recording_sqlite`: it
writes the same rows by hand in one function, without a socket, other processes, checks and values. Blocks of both are
interleaved. Clients and programs share the cores with the daemon, so what they use of them is said, too.
"""

import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.recording_sqlite import RUNS as RAW_RUNS
from tests.bench.recording_sqlite import Raw, a_run, raw_in_groups, runs

from darwinflow.model.errors import RunNotFound
from darwinflow.model.run import ExecutionLog, RunStatus
from darwinflow.recorder import record_run
from darwinflow.recorder.paths import Home, Workspace
from darwinflow.rpc.client.blocking import Client, connect
from darwinflow.rpc.wire.runs import RunLog
from darwinflow.storage.log_codec import dump_log

sys.path.insert(0, str(Path(__file__).parents[1]))

from daemon_process import COMMAND, DaemonProcess

BLOCKS = 11
RUNS = 160
"""A block."""
CROWD = 16
BATCH = 100
FLOW = "id: assistant\nversion: 3\nnodes: []\nedges: []\n"

Json = dict[str, Any]


class Used(NamedTuple):
    """Seconds a run."""

    passed: float
    cpu: float
    """Of the clients or programs."""


class Taken(NamedTuple):
    """Medians over the blocks, in seconds a run."""

    raw: float
    ours: float
    raw_cpu: float
    daemon_cpu: float
    others_cpu: float


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

    def wire_runs(self, number: int) -> list[Json]:
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
        os.environ["DARWINFLOW_HOME"] = bench.daemon.home.data
        os.environ["XDG_RUNTIME_DIR"] = bench.daemon.runtime
        try:
            print(
                f"a run is {len(dump_log(bench.template)):,} bytes of JSON; {BLOCKS} blocks of {RUNS} runs each, medians"
            )
            show("one client, one by one", "", interleaved(bench, 1, RUNS, lambda: one_by_one(bench)))
            with Crowd(serve_client, bench.daemon.home, bench.workspace) as crowd:
                taken = interleaved(bench, CROWD, RUNS, lambda: clients(bench, crowd))
                show(f"{CROWD} client processes", f" in groups of {CROWD}", taken)
            taken = interleaved(bench, BATCH, BATCH, lambda: in_one_message(bench))
            show(f"{BATCH} runs a message", f" in groups of {BATCH}", taken)
            show("the recorder's journal", " one by one", interleaved(bench, 1, RUNS, lambda: journal(bench)))
            with Crowd(serve_program, bench.flow, bench.template) as crowd:
                taken = interleaved(bench, CROWD, RUNS, lambda: programs(bench, crowd))
                show(f"the journals of {CROWD} programs", f" in groups of {CROWD}", taken)
        finally:
            bench.close()


def interleaved(bench: Bench, group: int, number: int, ours: Callable[[], Used]) -> Taken:
    """*number* of runs are recorded in each call of *ours*."""
    bench.raw_block(group), ours()
    taken = []
    for _ in range(BLOCKS):
        begun = time.process_time()
        raw = bench.raw_block(group)
        raw_cpu = (time.process_time() - begun) / RAW_RUNS
        begun = cpu_of(bench.daemon)
        used = ours()
        taken.append(Taken(raw, used.passed, raw_cpu, (cpu_of(bench.daemon) - begun) / number, used.cpu))
    return Taken(*(statistics.median(column) for column in zip(*taken, strict=True)))


def show(what: str, groups: str, taken: Taken) -> None:
    print(
        f"{what}: {taken.ours * 1e6:,.0f} us, raw{groups} {taken.raw * 1e6:,.0f} us a run: "
        f"{taken.ours / taken.raw:.2f} x raw, {taken.raw / taken.ours:.0%} of its throughput; "
        f"CPU of the daemon {taken.daemon_cpu * 1e6:,.0f} us, of who records {taken.others_cpu * 1e6:,.0f} us, "
        f"of raw {taken.raw_cpu * 1e6:,.0f} us",
        flush=True,
    )


def cpu_of(daemon: DaemonProcess) -> float:
    """Seconds on a core of all threads of the daemon, which keeps its threads; ticks of `stat` would be too coarse."""
    assert daemon.process is not None
    threads = Path(f"/proc/{daemon.process.pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def measured(work: Callable[[], object], number: int) -> Used:
    """Of *work* in this process, which records *number* of runs."""
    begun, cpu = time.perf_counter(), time.process_time()
    work()
    return Used((time.perf_counter() - begun) / number, (time.process_time() - cpu) / number)


def one_by_one(bench: Bench) -> Used:
    wire = bench.wire_runs(RUNS)
    return measured(lambda: record_all(bench.client, wire), RUNS)


def in_one_message(bench: Bench) -> Used:
    wire = bench.wire_runs(BATCH)
    return measured(lambda: bench.client.call("run/import", {"runs": wire}), BATCH)


def record_all(client: Client, wire: list[Json]) -> None:
    for run in wire:
        client.call("run/record", {"run": run})


class Crowd:
    """Processes of their own, so that they do not wait for each other's interpreter. Each is given work and told to go."""

    def __init__(self, serve: Callable[..., None], *arguments: object) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipes: list[Connection] = []
        self._processes = []
        for _ in range(CROWD):
            ours, theirs = context.Pipe()
            process = context.Process(target=serve, args=(theirs, *arguments), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def go(self, work: Sequence[object], then: Callable[[list[Any]], None]) -> Used:
        """*then* gets what each has said, and its time counts."""
        for pipe, one in zip(self._pipes, work, strict=True):
            pipe.send(one)
        self._answers()
        begun = time.perf_counter()
        for pipe in self._pipes:
            pipe.send("go")
        answers = self._answers()
        then([said for said, _ in answers])
        return Used((time.perf_counter() - begun) / RUNS, sum(cpu for _, cpu in answers) / RUNS)

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join()

    def _answers(self) -> list[Any]:
        return [pipe.recv() for pipe in self._pipes]


def answer(pipe: Connection, work: Callable[[Any], object]) -> None:
    """Takes what there is to do, says that it is ready, does it when told to, and says what came of it and its CPU."""
    while True:
        try:
            given = pipe.recv()
        except EOFError:
            return
        pipe.send("ready")
        pipe.recv()
        begun = time.process_time()
        said = work(given)
        pipe.send((said, time.process_time() - begun))


def serve_client(pipe: Connection, home: Home, workspace: Workspace) -> None:
    with connect(home, "bench") as client:
        client.open(workspace)
        answer(pipe, lambda wire: record_all(client, wire))


def serve_program(pipe: Connection, flow: Path, template: ExecutionLog) -> None:
    answer(pipe, lambda number: record_through_journal(flow, template, number))


def clients(bench: Bench, crowd: Crowd) -> Used:
    return crowd.go([bench.wire_runs(RUNS // CROWD) for _ in range(CROWD)], lambda _: None)


def programs(bench: Bench, crowd: Crowd) -> Used:
    return crowd.go([RUNS // CROWD] * CROWD, lambda last: wait_for(bench, last))


def journal(bench: Bench) -> Used:
    def work() -> None:
        wait_for(bench, [record_through_journal(bench.flow, bench.template, RUNS)])

    return measured(work, RUNS)


def wait_for(bench: Bench, last: list[str]) -> None:
    """Until the daemon gives each program's *last* run with its end: it has stored the others then, for they come in order."""
    for run in last:
        while not has_ended(bench, run):
            time.sleep(0.001)


def has_ended(bench: Bench, run: str) -> bool:
    try:
        return bool(bench.client.call("run/get", {"run": run})["run"]["status"] == "SUCCESS")
    except RunNotFound:  # not taken in yet, where there is much
        return False


def record_through_journal(flow: Path, template: ExecutionLog, number: int) -> str:
    """The calls of a program whose runs look as *template* does; the id of the last."""
    for _ in range(number):
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
