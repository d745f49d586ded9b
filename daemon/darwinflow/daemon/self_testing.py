"""Kills a daemon of a home of its own while runs are recorded, and counts what must be there afterwards."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from darwinflow.model.errors import DarwinFlowError, RunNotFound
from darwinflow.recorder.paths import Home
from darwinflow.rpc.client.blocking import Client, connect, connect_or_start

IsOver = Callable[[], bool]

_CLIENTS = 2


class Kills(NamedTuple):
    kills: int
    acknowledged: int
    missing: int
    """Acknowledged runs that are not stored."""
    faults: int
    """That `storage/verify` finds afterwards."""
    slowest_answer_s: float
    """From the start of a daemon after a kill to its first answer."""


def killed_daemons(home: Home, dice: random.Random, is_over: IsOver, most: int) -> Kills:
    """*home* must be that of this process's environment, and nobody's. At least one kill, whatever *is_over* says."""
    kills, slowest, missing = 0, 0.0, 0
    acknowledged: list[str] = []
    while kills < most and not (kills and is_over()):
        with _opened(connect_or_start(home), home) as client:
            pid = client.call("daemon/status")["pid"]
        round_: list[str] = []
        writers = [
            threading.Thread(target=_record, args=(home, f"r{kills}-{number}", round_))
            for number in range(_CLIENTS)
        ]
        for writer in writers:
            writer.start()
        _wait_for_first(round_, until=time.monotonic() + 10)
        time.sleep(dice.uniform(0.0, 0.3))
        os.kill(pid, signal.SIGKILL)
        for writer in writers:
            writer.join()
        kills += 1
        acknowledged += round_
        begun = time.monotonic()
        with _opened(connect_or_start(home), home) as client:
            slowest = max(slowest, time.monotonic() - begun)
            missing += sum(not _is_there(client, run_id) for run_id in round_)
    with _opened(connect_or_start(home), home) as client:
        faults = len(client.call("storage/verify", timeout=600)["faults"])
        client.call("daemon/stop")
    return Kills(kills, len(acknowledged), missing, faults, slowest)


def _record(home: Home, name: str, acknowledged: list[str]) -> None:
    """Until the daemon is gone."""
    try:
        with _opened(connect(home), home) as client:
            for number in range(1_000_000):
                run_id = f"{name}-{number}"
                client.call("run/record", {"run": _run(run_id)})
                acknowledged.append(run_id)
    except DarwinFlowError:
        return


def _is_there(client: Client, run_id: str) -> bool:
    try:
        client.call("run/get", {"run": run_id})
    except RunNotFound:
        return False
    return True


def _run(run_id: str) -> dict[str, Any]:
    at = datetime.now(UTC).isoformat()
    return {
        "runId": run_id,
        "workflowId": "selftest",
        "workflowVersion": 1,
        "startTime": at,
        "output": {"status": "SUCCESS", "endTime": at, "result": "x" * 200},
        "steps": [
            {"stepId": f"s{number}", "nodeId": "n", "startTime": at, "endTime": at, "status": "SUCCESS"}
            for number in range(5)
        ],
    }


def _opened(client: Client, home: Home) -> Client:
    client.call("session/open", {"workspace": home.data, "settings": None})
    return client


def _wait_for_first(acknowledged: list[str], until: float) -> None:
    while not acknowledged and time.monotonic() < until:
        time.sleep(0.002)
