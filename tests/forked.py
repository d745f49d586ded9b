"""Our programs as processes of their own that have their imports behind them: forks of one that was started for that.

A test makes many of them, and starting Python anew costs more than what they do. The first of each kind in a run of the
tests is a process from the start, as are those whose encoding, arguments of Python or start are in question.
"""

import atexit
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO

import forking

CLI, DAEMON, SERVER = forking.PROGRAMS
START_S = 60.0
_LONGEST_NAME = 200
_user_s: list[float] = []
_SHAPING_PYTHON = ("PYTHON", "LC_", "LANG")
"""Variables whose names begin so are read when Python starts, and only then."""


def darwinflow(
    *arguments: str,
    cwd: Path | None = None,
    environ: Mapping[str, str],
    text: str = "",
    timeout_s: float = 60,
) -> "subprocess.CompletedProcess[str]":
    """What the command said, with *text* to read. Raises `TimeoutExpired`."""
    return finished(CLI, *arguments, cwd=cwd, environ=environ, text=text, timeout_s=timeout_s)


def finished(
    module: str,
    *arguments: str,
    cwd: Path | None = None,
    environ: Mapping[str, str],
    text: str = "",
    timeout_s: float = 60,
) -> "subprocess.CompletedProcess[str]":
    """What one of `PROGRAMS` said, with *text* to read. Raises `TimeoutExpired`."""
    temporary = tempfile.TemporaryFile
    with temporary() as given, temporary() as said, temporary() as complained:
        given.write(text.encode())
        given.seek(0)
        program = started(module, arguments, environ, cwd=cwd, stdin=given, stdout=said, stderr=complained)
        try:
            code = program.wait(timeout_s)
        except BaseException:
            program.kill()
            program.wait()
            raise
        command = [*_command_of(module), *arguments]
        return subprocess.CompletedProcess(command, code, _text(said), _text(complained))


def started(
    module: str,
    arguments: Sequence[str],
    environ: Mapping[str, str],
    *,
    cwd: Path | None = None,
    stdin: IO[bytes] | int = subprocess.DEVNULL,
    stdout: IO[bytes] | int = subprocess.DEVNULL,
    stderr: IO[bytes] | int = subprocess.PIPE,
) -> "Fork | subprocess.Popen[bytes]":
    """One of `PROGRAMS`, started just now. Its first with these words in a run of the tests is no fork."""
    kind = "-".join([module, *(word for word in arguments[:2] if word.isalpha())])
    if _is_first(kind) or _shape_of_python(environ) != _shape_of_python(os.environ):
        command = [*_command_of(module), *arguments]
        return subprocess.Popen(command, cwd=cwd, env=environ, stdin=stdin, stdout=stdout, stderr=stderr)
    return Fork(module, arguments, environ, cwd, (stdin, stdout, stderr))


def _command_of(module: str) -> list[str]:
    if module == SERVER:
        return [str(Path(sys.executable).with_name("darwinflow-lsp"))]
    return [sys.executable, "-m", module]


def _is_first(kind: str) -> bool:
    """Of all the processes that run the tests; the one that is through first takes the record away."""
    try:
        (_begun() / kind[:_LONGEST_NAME]).touch(exist_ok=False)
    except (FileExistsError, FileNotFoundError):
        return False
    return True


@cache
def _begun() -> Path:
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or os.getpid()
    folder = Path(tempfile.gettempdir(), f"darwinflow-tests-{run}")
    folder.mkdir(exist_ok=True)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def user_s() -> float:
    """Seconds of processor time in user mode, of all programs that this process has started and that have ended."""
    return os.times().children_user + sum(_user_s)


def _shape_of_python(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.startswith(_SHAPING_PYTHON)}


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode().replace("\r\n", "\n")


class Fork:
    """A running program; what tests ask of `Popen` and no more."""

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        environ: Mapping[str, str],
        cwd: Path | None,
        streams: tuple[IO[bytes] | int, IO[bytes] | int, IO[bytes] | int],
    ) -> None:
        self.returncode: int | None = None
        self._line, life = socket.socketpair()
        ours: list[IO[bytes] | None] = []
        theirs: list[int] = []
        for number, stream in enumerate(streams):
            if stream == subprocess.PIPE:
                reading, writing = os.pipe()
                ours.append(os.fdopen(reading, "rb") if number else os.fdopen(writing, "wb"))
                theirs.append(writing if number else reading)
            else:
                ours.append(None)
                nothing = stream == subprocess.DEVNULL
                theirs.append(os.open(os.devnull, os.O_RDWR) if nothing else os.dup(stream.fileno()))
        self.stdin, self.stdout, self.stderr = ours
        request = {"module": module, "arguments": list(arguments), "environ": dict(environ)}
        with life:
            _forks(module.partition(".")[0]).begin(
                request | {"cwd": str(cwd or Path.cwd())}, [*theirs, life.fileno()]
            )
        for number in theirs:
            os.close(number)
        self.pid, _ = self._told(START_S)

    def poll(self) -> int | None:
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            self.returncode, user_s = self._told(timeout)
            self._line.close()
            _user_s.append(user_s)
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[None, bytes]:
        """Waits for the end of a program of which only standard error is a pipe; what it said there."""
        assert self.stderr is not None
        with self.stderr:
            self.wait(timeout)
            return None, self.stderr.read()

    def __enter__(self) -> "Fork":
        return self

    def __exit__(self, *_exc: object) -> None:
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream is not None:
                stream.close()
        self.wait()

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _told(self, timeout: float | None) -> tuple[int, float]:
        if not select.select([self._line], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("a fork", timeout or 0)
        told = self._line.recv(forking.TOLD.size)
        assert told, "the process that forks has ended"
        number, user_s = forking.TOLD.unpack(told)
        return number, user_s


class _Forks:
    """The process that forks what one of our packages has."""

    def __init__(self, package: str) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, forking.__file__, package, str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()])

    def begin(self, request: Mapping[str, object], streams: Sequence[int]) -> None:
        body = json.dumps(request).encode()
        socket.send_fds(self._socket, [len(body).to_bytes(4, "big")], streams)
        self._socket.sendall(body)

    def close(self) -> None:
        self._socket.close()
        self._process.wait(10)


@cache
def _forks(package: str) -> _Forks:
    forks = _Forks(package)
    atexit.register(forks.close)
    return forks
