"""`darwinflow` as a process of its own that has its imports behind it: a fork of one that was started for that.

A test of what a command says makes many of them, and starting Python anew costs more than what they do. The first call
of each command in a run of the tests is a process from the start, as are those whose encoding or start is in question.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import IO

COMMAND = (sys.executable, "-m", "darwinflow.cli.main")
_STREAMS = 3
_begun: set[tuple[str, ...]] = set()


def darwinflow(
    *arguments: str, cwd: Path, environ: Mapping[str, str], timeout_s: float = 60
) -> "subprocess.CompletedProcess[str]":
    """What the command said, with nothing to read. Raises `TimeoutError` or `TimeoutExpired`."""
    words = tuple(word for word in arguments[:2] if word.isalpha())
    if words not in _begun:
        _begun.add(words)
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=cwd,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
        )
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        code = _forks().run(arguments, cwd, environ, (said, complained), timeout_s)
        return subprocess.CompletedProcess([*COMMAND, *arguments], code, _text(said), _text(complained))


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode().replace("\r\n", "\n")


class _Forks:
    """The process that forks."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())], pass_fds=[theirs.fileno()]
            )
        self._socket = ours

    def run(
        self,
        arguments: tuple[str, ...],
        cwd: Path,
        environ: Mapping[str, str],
        outputs: tuple[IO[bytes], IO[bytes]],
        timeout_s: float,
    ) -> int:
        self._socket.settimeout(timeout_s)
        request = json.dumps({"arguments": arguments, "cwd": str(cwd), "environ": dict(environ)}).encode()
        with open(os.devnull, "rb") as nothing:
            streams = [nothing.fileno(), *(each.fileno() for each in outputs)]
            socket.send_fds(self._socket, [len(request).to_bytes(4, "big")], streams)
            self._socket.sendall(request)
        try:
            answer = self._socket.recv(4)
        except TimeoutError:
            self._process.kill()
            _forks.cache_clear()
            raise
        assert len(answer) == 4, "the process that forks has ended"
        return int.from_bytes(answer, "big", signed=True)

    def close(self) -> None:
        self._socket.close()
        self._process.wait(10)


@cache
def _forks() -> _Forks:
    forks = _Forks()
    atexit.register(forks.close)
    return forks


def _serve(line: socket.socket) -> None:
    """Answers with the exit code of one command after the other; returns in a fork, to be one."""
    while True:
        length, streams, _, _ = socket.recv_fds(line, 4, _STREAMS)
        if not length:
            os._exit(0)
        size, request = int.from_bytes(length, "big"), b""
        while len(request) < size:
            request += line.recv(size - len(request))
        child = os.fork()
        if not child:
            line.close()
            _become(json.loads(request), streams)
            return
        for stream in streams:
            os.close(stream)
        line.sendall(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]).to_bytes(4, "big", signed=True))


def _become(request: dict[str, object], streams: list[int]) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(str(request["cwd"]))
    environ = request["environ"]
    assert isinstance(environ, dict)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv[1:] = request["arguments"]
    sys.path[0] = os.getcwd()
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _main() -> None:
    import gc
    import pkgutil
    import runpy
    from importlib import import_module

    for package in ("darwinflow.cli", "darwinflow.check"):
        for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
            if ".demo.files" not in module.name:
                import_module(module.name)
    del sys.modules["darwinflow.cli.main"]
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as line:
        _serve(line)
    runpy.run_module("darwinflow.cli.main", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _main()
