"""What tests ask about runs that came through the spool."""

import os

from daemon_process import DaemonProcess
from darwinflow.model.errors import RunNotFound
from darwinflow.recorder.paths import REFUSED_FOLDER


def header(daemon: DaemonProcess, run: str):
    client = daemon.client()
    try:
        return client.call("run/get", {"run": run})["run"]
    except RunNotFound:
        return None
    finally:
        client.close()


def status_of(daemon: DaemonProcess, run: str):
    found = header(daemon, run)
    return found and found["status"]


def journals(daemon: DaemonProcess) -> list[str]:
    return sorted(name for name in os.listdir(daemon.home.spool) if name != REFUSED_FOLDER)
