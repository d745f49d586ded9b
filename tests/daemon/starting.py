"""Daemons that cannot start, and what they say of it."""

import forked
from daemon_process import DaemonProcess

STARTER = """
import os, sys
from darwinflow.recorder.paths import home_of
from darwinflow.rpc.client.blocking import connect_or_start
sys.stdin.readline()
with connect_or_start(home_of(os.environ)) as client:
    print(client.call("daemon/status")["pid"])
"""


def failed_start(daemon: DaemonProcess) -> tuple[int, str]:
    done = forked.finished(forked.DAEMON, environ=daemon.environ, timeout_s=20)
    return done.returncode, done.stderr


def assert_one_message(said: str) -> None:
    """`error:` and perhaps `try:`, and no traceback."""
    lines = said.splitlines()
    assert lines[0].startswith("error: ")
    assert [line.split(" ")[0] for line in lines[1:]] in ([], ["try:"])
