"""All places taken: who has been idle for long gives way, who is at work or listens does not."""

import time
from contextlib import suppress

from daemon_process import DaemonProcess, RawLine, a_run
from darwinflow.rpc.server import LONG_IDLE_S, MOST_CONNECTIONS


def is_over(line: RawLine) -> bool:
    """Whether the daemon has hung up."""
    with suppress(TimeoutError):
        return line.reply(0.2) is None
    return False


def test_clients_that_do_nothing_lock_nobody_out(daemon: DaemonProcess):
    listening = daemon.client()
    events = listening.subscribe(["run"])
    idle = [RawLine(daemon.home).hello() for _ in range(MOST_CONNECTIONS - 1)]
    refused = RawLine(daemon.home)
    message = refused.reply()["error"]["message"]
    assert message == f"{MOST_CONNECTIONS} clients are at work already; end some, or try again later"
    assert refused.reply() is None
    refused.close()
    time.sleep(LONG_IDLE_S + 0.5)
    idle[0].request("daemon/status", {})
    assert "result" in idle[0].reply()
    for number in range(3):
        writer = daemon.client()
        writer.call("run/record", {"run": a_run(f"r{number}")})
        assert next(events)["key"] == f"r{number}"
    # The one that has asked meanwhile keeps its place; those that were idle for longest have lost theirs.
    idle[0].request("daemon/status", {}, 2)
    assert "result" in idle[0].reply()
    assert [is_over(line) for line in idle[1:5]] == [True, True, True, False]
    for line in idle:
        line.close()
