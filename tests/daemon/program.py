"""A program that records, as its journal shows it: any lines, at any moment, with or without an end."""

import fcntl
import os
import uuid
from pathlib import Path

from daemon_process import DaemonProcess
from darwinflow.recorder.events import line_of

START = 1_795_000_000_000_000


class Program:
    """A journal as a recorder writes it, with a lock that can be let go."""

    def __init__(self, daemon: DaemonProcess) -> None:
        os.makedirs(daemon.home.spool, mode=0o700, exist_ok=True)
        self.path = Path(daemon.home.spool) / f"{uuid.uuid4()}.jsonl"
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        fcntl.flock(self.fd, fcntl.LOCK_EX)
        self.clock = START

    def say(self, event: str, **members: object) -> None:
        os.write(self.fd, line_of(event, members))

    def say_half(self, event: str, **members: object) -> None:
        line = line_of(event, members)
        os.write(self.fd, line[: len(line) // 2])

    def of_run(self, event: str, run: str, **members: object) -> None:
        self.clock += 1000
        self.say(event, run=run, at=self.clock, **members)

    def start(self, run: str, **members: object) -> None:
        self.of_run(
            "run.started",
            run,
            **{"workflow": "assistant", "version": 3, "workspace": "/srv/shop", "settings": "project: shop"}
            | members,
        )

    def end(self) -> None:
        os.close(self.fd)
