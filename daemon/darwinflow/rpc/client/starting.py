"""Starts a daemon for a home, detached from who asked for it."""

import os
import select
import subprocess
import sys
import time

from darwinflow.model.errors import DaemonAway
from darwinflow.model.exit_codes import ENDED_WITH
from darwinflow.recorder.paths import Home, environ_for_elsewhere
from darwinflow.rpc.protocol import EXIT_OTHER_SERVES


class Starting:
    """A daemon process that was asked for and does not answer yet."""

    def __init__(self, process: "subprocess.Popen[bytes]", log_path: str) -> None:
        self._process = process
        self._log_path = log_path
        self._said = b""

    @property
    def pid(self) -> int:
        return self._process.pid

    def problem(self) -> DaemonAway | None:
        """Why it has ended without serving; None while it may come, also where another one serves already."""
        self._listen()
        code = self._process.poll()
        if code is None or code in (0, EXIT_OTHER_SERVES):
            return None
        self._listen()
        return _problem_in(self._said.decode("utf-8", "replace"), code, f"look into {self._log_path}")

    @property
    def is_over(self) -> bool:
        """The process has ended; where another daemon serves, that is as it should be."""
        return self._process.poll() is not None

    @property
    def found_another(self) -> bool:
        """The process has ended since another daemon holds the home."""
        return self._process.poll() == EXIT_OTHER_SERVES

    def close(self) -> None:
        assert self._process.stderr is not None
        self._process.stderr.close()
        if self._process.poll() is None:
            # The daemon outlives us: that nobody waits for it is meant so.
            self._process.returncode = 0

    def _listen(self) -> None:
        stream = self._process.stderr
        assert stream is not None
        while not stream.closed and select.select([stream], [], [], 0)[0]:
            data = os.read(stream.fileno(), 4096)
            if not data:
                return
            self._said += data


def start(home: Home) -> Starting:
    """Returns at once. The daemon will serve *home*, which must be that of this process's environment."""
    process = subprocess.Popen(
        [sys.executable, "-m", "darwinflow.daemon.main", "--on-demand"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        cwd="/",
        env=environ_for_elsewhere(os.environ),
    )
    return Starting(process, home.log_path)


def pause(tries: int) -> None:
    """Between two looks at whether the daemon has come."""
    time.sleep(0.005 if tries < 100 else 0.05)


def _problem_in(text: str, code: int, otherwise: str) -> DaemonAway:
    """The daemon's own error and advice, as it has printed them; *otherwise* where it has given none."""
    lines = text.strip().splitlines()
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    advice = [line.removeprefix("try: ") for line in lines if line.startswith("try: ")]
    if errors:
        return DaemonAway(errors[-1], hint=advice[-1] if advice else otherwise, **{ENDED_WITH: code})
    return DaemonAway(
        f"the daemon ended with code {code}{': ' + lines[-1] if lines else ''}",
        hint=otherwise,
        **{ENDED_WITH: code},
    )
