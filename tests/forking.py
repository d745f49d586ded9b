"""The process that forks: it has imported what our programs import, and becomes one of them whenever it is asked to."""

import atexit
import gc
import json
import os
import pkgutil
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from types import CodeType, ModuleType
from typing import Any, NoReturn

PROGRAMS = CLI, DAEMON, SERVER = "darwinflow.cli.main", "darwinflow.daemon.main", "darwinflow_lsp.main"
TOLD = struct.Struct("!id")
"""A process and nothing, or the exit code of one and the seconds that it has used."""
_STREAMS = 3
_code: dict[str, CodeType] = {}


def _serve(line: socket.socket) -> str:
    """Says of each fork its process, and later its end. Returns in a fork: the program that it is to be."""
    waking, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken)
    running: dict[int, int] = {}
    while True:
        ready = select.select([line, waking], [], [])[0]
        if waking in ready:
            os.read(waking, 1 << 10)
            for child, life in list(running.items()):
                ended, status, used = os.wait4(child, os.WNOHANG)
                if ended:
                    _tell(running.pop(child), os.waitstatus_to_exitcode(status), used.ru_utime)
                    os.close(life)
        if line not in ready:
            continue
        length, given, _, _ = socket.recv_fds(line, 4, _STREAMS + 1)
        if not length:
            os._exit(0)
        size, body = int.from_bytes(length, "big"), b""
        while len(body) < size:
            body += line.recv(size - len(body))
        *streams, life = given
        child = os.fork()
        if not child:
            signal.set_wakeup_fd(-1)
            for other in (waking, woken, life, *running.values()):
                os.close(other)
            line.close()
            return _become(json.loads(body), streams)
        running[child] = life
        _tell(life, child)
        for stream in streams:
            os.close(stream)


def _tell(life: int, number: int, user_s: float = 0.0) -> None:
    with suppress(BrokenPipeError):  # nobody may be waiting for it any more
        os.write(life, TOLD.pack(number, user_s))


def _become(request: Mapping[str, Any], streams: Sequence[int]) -> str:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request["cwd"])
    if request["module"] == CLI:
        subprocess.Popen = _Popen
    _take_over(request["arguments"], request["environ"])
    return request["module"]


def _take_over(arguments: Sequence[str], environ: Mapping[str, str]) -> None:
    """What else is of the process that began this one, as it is where Python has just been started."""
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv[1:] = arguments
    sys.path[0] = os.getcwd()


def _run(module: str) -> NoReturn:
    """As `python -m` does, with the code that was imported with all the rest, and without taking all that apart."""
    loaded = sys.modules[module]
    main = sys.modules["__main__"] = ModuleType("__main__")
    vars(main).update({"__file__": loaded.__file__, "__spec__": loaded.__spec__})
    sys.argv[0] = str(loaded.__file__)
    code: object = 0
    try:
        exec(_code[module], vars(main))
    except SystemExit as end:
        code = 0 if end.code is None else end.code
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code if isinstance(code, int) else 1)


class _Popen(subprocess.Popen[Any]):
    """As a command starts the daemon: the process that it makes for that becomes one in place of starting Python."""

    def __init__(self, args: Any, *rest: Any, **named: Any) -> None:
        if list(args[:3]) == [sys.executable, "-m", DAEMON]:
            begin = partial(_become_daemon, list(args[3:]), dict(named.get("env") or os.environ))
            named |= {"preexec_fn": begin, "restore_signals": False}
        super().__init__(args, *rest, **named)


def _become_daemon(arguments: Sequence[str], environ: Mapping[str, str]) -> None:
    # What the command has made lives on in this process and must not close what has its numbers from here on.
    gc.freeze()
    os.closerange(_STREAMS, os.sysconf("SC_OPEN_MAX"))
    _take_over(arguments, environ)
    _run(DAEMON)


def _main() -> None:
    package = sys.argv[1]
    for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
        if ".demo.files" not in module.name:
            import_module(module.name)
    for name in PROGRAMS:
        if name in sys.modules:
            _code[name] = sys.modules[name].__loader__.get_code(name)
    gc.collect()
    gc.freeze()
    _run(_serve(socket.socket(fileno=int(sys.argv[2]))))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _main()
