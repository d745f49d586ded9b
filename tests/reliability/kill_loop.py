"""Kills the daemon, and the programs that record, at random moments, and counts what must be there.

`main` prints what it found; `test_kill.py` runs it in the suite. A *twin* of the daemon that acknowledges before
the commit must lose runs here, which shows that the loop can see a loss.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

from daemon_process import DaemonProcess, a_run
from darwinflow.model.errors import DarwinFlowError
from darwinflow.recorder.paths import Workspace
from darwinflow.rpc.client.blocking import connect
from reliability.announced import Announced

CLIENTS = 3
PROGRAMS = 2
EVENTS_EVERY = 20
"""Kills. In between the store keeps all events."""
WORKING_WITHIN_S = 60.0
"""After its start, until a daemon has acknowledged something; then it is killed before long."""

PROGRAM = """
import os, sys, time, warnings
from darwinflow.recorder import record_run
warnings.simplefilter("ignore")
said = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
while True:
    run = record_run("assistant@3")
    with run:
        if run.state == "spooled":
            os.write(said, f"began {run.id}\\n".encode())
        for number in range(3):
            with run.step(f"n{number}"):
                time.sleep(0.005)
            os.write(said, f"step {run.id} {number}\\n".encode())
    os.write(said, f"ended {run.id}\\n".encode())
"""
"""Says each call that returned, by one write each, as the recorder's own lines are written."""

TWIN = """
import sys
from concurrent.futures import Future
from darwinflow.daemon.main import main
from darwinflow.storage.sqlite.tenant import SqliteTenantStore
real = SqliteTenantStore.write

def early(self, work):
    'Acknowledge at once and store a moment later, as a buffer would.'
    import threading
    done = Future()
    done.set_result(True)
    threading.Timer(0.05, lambda: real(self, work)).start()
    return done

SqliteTenantStore.write = early
sys.exit(main())
"""


class Count(NamedTuple):
    kills: int
    acknowledged: int
    missing: int
    """Acknowledged runs that are not stored."""
    stored: int
    events: int
    counted: int
    """Runs that the figures of the version have."""
    strays: int
    """Runs without any event, and events without their run."""
    said: int
    """Calls of recorders that returned."""
    unsaid: int
    """Of them, those that did not arrive exactly once."""
    lost_runs: int
    """Runs that are shown as lost: their programs were killed."""
    faults: list[str]
    """What reading all of it and adding it up again has found."""

    @property
    def is_whole(self) -> bool:
        return (
            self.missing == self.unsaid == self.strays == 0
            and self.stored == self.events == self.counted
            and not self.faults
        )


class Recorders:
    """Programs that record through journals; each is killed and replaced now and then."""

    def __init__(self, daemon: DaemonProcess, folder: Path) -> None:
        self._daemon = daemon
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []
        self._count = 0

    def fill(self) -> None:
        while len(self._running) < PROGRAMS:
            self._count += 1
            said = self._folder / f"said-{self._count}"
            command = [sys.executable, "-c", PROGRAM, str(said)]
            self._running.append(
                subprocess.Popen(
                    command, env=self._daemon.environ, cwd=self._folder, stderr=subprocess.DEVNULL
                )
            )

    def kill(self, which: int) -> None:
        program = self._running.pop(which)
        program.kill()
        program.wait()

    def close(self) -> None:
        while self._running:
            self.kill(0)

    def said(self) -> list[list[str]]:
        """What every program has said, by lines."""
        files = self._folder.glob("said-*")
        return [line.split() for file in files for line in file.read_text().splitlines()]


class Clients:
    """Threads that record through the socket and remember what was acknowledged."""

    def __init__(self, daemon: DaemonProcess, workspace: Workspace) -> None:
        self._daemon = daemon
        self._workspace = workspace
        self._over = threading.Event()
        self.acknowledged: list[list[str]] = [[] for _ in range(CLIENTS)]
        self._threads = [threading.Thread(target=self._record, args=(number,)) for number in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    @property
    def count(self) -> int:
        """Of the acknowledged runs."""
        return sum(map(len, self.acknowledged))

    def close(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _record(self, number: int) -> None:
        count = 0
        while not self._over.is_set():
            with contextlib.suppress(DarwinFlowError), connect(self._daemon.home, "kill loop") as client:
                client.open(self._workspace)
                while not self._over.is_set():
                    count += 1
                    run_id = f"client-{number}-{count:06}"
                    client.call("run/record", {"run": a_run(run_id)}, timeout=10)
                    self.acknowledged[number].append(run_id)
            time.sleep(0.002)


def run_loop(
    folder: Path, kills: int, seed: int, *, twin: bool = False, daemon: DaemonProcess | None = None
) -> Count:
    """*kills* of the daemon; about as many of the programs. Uses the empty *folder*.

    *daemon*, not started, where it is one that keeps runs elsewhere than in its own database.
    """
    rng = random.Random(seed)
    workspace_folder = folder / "ws"
    workspace_folder.mkdir()
    workspace = Workspace(str(workspace_folder), None)
    daemon = daemon or DaemonProcess(folder / "home")
    if twin:
        daemon.command = [sys.executable, "-c", TWIN]
    recorders = Recorders(daemon, workspace_folder)
    clients: Clients | None = None
    announced = Announced()
    try:
        daemon.start()
        clients = Clients(daemon, workspace)
        for number in range(kills):
            if number % EVENTS_EVERY == EVENTS_EVERY - 1:
                announced.catch_up(daemon, workspace)
            if not twin:
                recorders.fill()
            if rng.random() < 0.8:
                _wait_until_working(clients)
            time.sleep(rng.uniform(0.0, 0.3))
            if not twin and rng.random() < 0.7:
                recorders.kill(rng.randrange(PROGRAMS))
            daemon.kill(signal.SIGKILL)
            if rng.random() < 0.2:
                _kill_while_starting(daemon, rng.uniform(0.0, 0.5))
            daemon.start()
        recorders.close()
        time.sleep(0.1)
        clients.close()
        return _counted(daemon, workspace, clients, recorders, announced, kills)
    finally:
        recorders.close()
        if clients is not None:
            clients.close()
        daemon.close()


def _wait_until_working(clients: Clients) -> None:
    before, deadline = clients.count, time.monotonic() + WORKING_WITHIN_S
    while clients.count == before:
        assert time.monotonic() < deadline, "the daemon acknowledges nothing"
        time.sleep(0.005)


def _kill_while_starting(daemon: DaemonProcess, after_s: float) -> None:
    daemon.process = daemon.spawn()
    time.sleep(after_s)
    daemon.kill(signal.SIGKILL)


def _counted(
    daemon: DaemonProcess,
    workspace: Workspace,
    clients: Clients,
    recorders: Recorders,
    announced: Announced,
    kills: int,
) -> Count:
    client = daemon.client(workspace)
    deadline = time.monotonic() + 60
    while os.path.isdir(daemon.home.spool) and os.listdir(daemon.home.spool):
        assert time.monotonic() < deadline, f"journals stay: {client.call('daemon/status')}"
        time.sleep(0.02)
    headers = {}
    cursor = {}
    while True:
        page = client.call("run/query", {"limit": 500, **cursor})
        for header in page["runs"]:
            assert header["runId"] not in headers
            headers[header["runId"]] = header
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    acknowledged = [run_id for ids in clients.acknowledged for run_id in ids]
    finished = [run_id for run_id, header in headers.items() if header["status"] in ("SUCCESS", "FAILED")]
    summary = client.call("workflow/history", {"workflow": "assistant", "version": 3})["summaries"]["version"]
    said = recorders.said()
    announced.catch_up(daemon, workspace)
    return Count(
        kills=kills,
        acknowledged=len(acknowledged),
        missing=sum(run_id not in headers for run_id in acknowledged),
        stored=len(finished),
        events=len(announced.stored),
        counted=summary["runs"] if summary else 0,
        strays=len(announced.runs ^ headers.keys()),
        said=len(said),
        unsaid=sum(not _arrived(call, headers) for call in said),
        lost_runs=sum(header["status"] == "LOST" for header in headers.values()),
        faults=client.call("storage/verify", timeout=120)["faults"],
    )


def _arrived(call: list[str], headers: dict) -> bool:
    header = headers.get(call[1])
    if header is None:
        return False
    if call[0] == "ended":
        return header["status"] == "SUCCESS" and header["stepCount"] == 3
    if call[0] == "step":
        steps = [step for step in header["steps"] if step["nodeId"] == f"n{call[2]}"]
        return [step["status"] for step in steps] == ["SUCCESS"]
    return True


def main() -> None:
    import tempfile

    kills, seed = int(os.environ.get("DARWINFLOW_KILLS", "30")), int(os.environ.get("DARWINFLOW_SEED", "1"))
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(run_loop(Path(folder), kills, seed)._asdict()))


if __name__ == "__main__":
    main()
