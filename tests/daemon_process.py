"""The real daemon as a process of its own, on a home below a test's folder, and raw lines to its socket."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import forked
from darwinflow.recorder.paths import Home, Workspace, bound_socket, home_of
from darwinflow.rpc.client.blocking import Client, connect
from darwinflow.rpc.framing import FrameReader, framed

WAIT_S = 20.0
COMMAND = [sys.executable, "-m", "darwinflow.daemon.main"]
SOME_WORKSPACE = Workspace("/srv/shop", "project: shop\n")


class DaemonProcess:
    """Starts, kills and asks one daemon after the other on the same home."""

    def __init__(self, home: Path, **environ: str) -> None:
        # Paths of sockets are short, those of tests are not.
        self.runtime = tempfile.mkdtemp(prefix="df")
        self.environ = {
            **os.environ,
            "DARWINFLOW_HOME": str(home),
            "XDG_RUNTIME_DIR": self.runtime,
            **environ,
        }
        self.home: Home = home_of(self.environ)
        self.command: list[str] | None = None
        """What is started for the daemon; where there is none, most are forks."""
        self.process: forked.Fork | subprocess.Popen[bytes] | None = None
        self.workspace = SOME_WORKSPACE
        """What clients are about that name no other."""
        self._clients: list[Client | RawLine] = []

    def start(self, *arguments: str) -> "DaemonProcess":
        """Returns when clients are answered."""
        self.process = self.spawn(*arguments)
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        assert line.startswith(b"darwinflowd serves"), line + self.process.stderr.read()
        return self

    def spawn(self, *arguments: str) -> "forked.Fork | subprocess.Popen[bytes]":
        if self.command is None:
            return forked.started(forked.DAEMON, arguments, self.environ)
        return subprocess.Popen([*self.command, *arguments], env=self.environ, stderr=subprocess.PIPE)

    def kill(self, number: int = signal.SIGKILL) -> int:
        """Send the signal and wait for the end; the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        assert self.process is not None
        assert self.process.stderr is not None
        code = self.process.wait(WAIT_S)
        self.process.stderr.close()
        self.process = None
        return code

    def client(self, workspace: Workspace | None = None) -> Client:
        """One with a session in *workspace*, or in `self.workspace`."""
        client = self.client_without_session()
        client.open(workspace or self.workspace)
        return client

    def client_without_session(self) -> Client:
        client = connect(self.home, "test")
        self._clients.append(client)
        return client

    def raw(self) -> "RawLine":
        line = RawLine(self.home)
        self._clients.append(line)
        return line

    def log(self) -> list[dict[str, object]]:
        with open(self.home.log_path, encoding="ascii") as file:
            return [json.loads(line) for line in file]

    def complaints(self) -> list[str]:
        """What the log holds above the level of information."""
        return [str(entry) for entry in self.log() if entry["level"] != "info"]

    def hang_up(self) -> None:
        for client in self._clients:
            client.close()
        self._clients.clear()

    def close(self) -> None:
        self.hang_up()
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.runtime, ignore_errors=True)


class RawLine:
    """A connection on which any bytes can be sent."""

    def __init__(self, home: Home) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(WAIT_S)
        path = bound_socket(home)
        assert path is not None
        self.socket.connect(path)
        self._frames = FrameReader()

    def hello(self) -> "RawLine":
        self.request("hello", {"protocol": 1, "client": "test", "clientVersion": "1"}, 0)
        assert self.reply()["result"]["protocol"] == 1
        return self

    def request(self, method: str, params: object, number: object = 1) -> None:
        self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})

    def send(self, message: object) -> None:
        self.socket.sendall(framed(message if isinstance(message, bytes) else json.dumps(message).encode()))

    def reply(self, wait_s: float = WAIT_S):
        """The next message; None where the daemon has hung up."""
        self.socket.settimeout(wait_s)
        while (body := self._frames.next()) is None:
            try:
                data = self.socket.recv(1 << 16)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self._frames.feed(data)
        return json.loads(body)

    def close(self) -> None:
        self.socket.close()


def a_run(
    run_id: str, workflow: str = "assistant", version: int = 3, *, error: str | None = None, steps: int = 2
):
    """A finished run as `run/record` takes it."""
    start = datetime(2026, 11, 24, 10, tzinfo=UTC)

    def at(ms: float) -> str:
        return (start + timedelta(milliseconds=ms)).isoformat()

    status = "FAILED" if error else "SUCCESS"
    return {
        "runId": run_id,
        "workflowId": workflow,
        "workflowVersion": version,
        "workflowHash": "ab" * 32,
        "startTime": at(0),
        "input": {"request": "add a retry"},
        "output": {
            "status": status,
            "endTime": at(100 * steps),
            "result": {"ok": error is None},
            "error": error,
        },
        "steps": [
            {
                "stepId": f"s{number}",
                "nodeId": f"node{number}",
                "startTime": at(100 * number),
                "endTime": at(100 * number + 90),
                "status": status if number == steps - 1 else "SUCCESS",
                "error": error if number == steps - 1 else None,
                "actions": [
                    {"type": "LLM_CALL", "timestamp": at(100 * number + 10), "details": {"tokens": 10}}
                ],
            }
            for number in range(steps)
        ],
        "metadata": {"host": "here"},
    }


def eventually(check, wait_s: float = WAIT_S):
    """What *check* gives once that is true."""
    deadline = time.monotonic() + wait_s
    while not (found := check()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)
    return found
