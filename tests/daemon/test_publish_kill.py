"""A daemon that is killed while versions are published: each that is stored is announced once, whatever store has it."""

import os
import random
import threading
import time
from collections import Counter
from contextlib import suppress

import pytest

from daemon_process import DaemonProcess
from darwinflow.model.errors import DarwinFlowError
from darwinflow.recorder.paths import Workspace
from sample_flow import flow

KILLS = int(os.environ.get("DARWINFLOW_KILLS", "6"))
SEED = int(os.environ.get("DARWINFLOW_SEED", "5"))
MIXES = {
    "files": {},
    "files, runs too": {"DARWINFLOW_STORAGE_LOGS": "file", "DARWINFLOW_STORAGE_METRICS": "file"},
    "the database of events": {"DARWINFLOW_STORAGE_WORKFLOWS": "sqlite"},
}


@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("mix", MIXES)
def test_each_version_that_is_stored_is_announced_once(tmp_path, mix):
    dice = random.Random(SEED)
    daemon = DaemonProcess(tmp_path / "home", **MIXES[mix])
    daemon.workspace = Workspace(str(tmp_path / "shop"), "project: shop\n")
    (tmp_path / "shop").mkdir()
    unanswered = 0
    try:
        for version in range(1, KILLS + 1):
            answered = killed_while_publishing(daemon.start(), version, dice)
            client = daemon.start().client()
            there = {
                one["version"] for one in client.call("workflow/lineage", {"workflow": "triage"})["versions"]
            }
            assert version in there or not answered
            unanswered += version in there and not answered
            client.call("workflow/publish", {"text": flow(version)})
            assert announced(client) == Counter(range(1, version + 1))
            daemon.hang_up()
            daemon.kill()
    finally:
        daemon.close()
    print(f"\n{mix}, seed {SEED}: {KILLS} kills, {unanswered} between what was stored and the answer")


def killed_while_publishing(daemon: DaemonProcess, version: int, dice: random.Random) -> bool:
    """Whether it had answered."""
    client = daemon.client()
    with suppress(DarwinFlowError):  # what is refused brings the rules in, and takes no time after that
        client.call("workflow/publish", {"text": flow(version).replace("from: look", "from: lok")})
    answers = []

    def publish():
        with suppress(DarwinFlowError):
            answers.append(client.call("workflow/publish", {"text": flow(version)}))

    publishing = threading.Thread(target=publish)
    publishing.start()
    time.sleep(dice.uniform(0.0, 0.06))
    daemon.kill()
    publishing.join()
    daemon.hang_up()
    return bool(answers)


def announced(client) -> "Counter[int]":
    """How often each version was."""
    last = client.call("workflow/history", {"workflow": "triage"})["offset"]
    client.subscribe(["workflow"], after=0)
    found, offset = Counter(), 0
    while offset < last and (event := client.next_event(10)) is not None:
        offset = event["offset"]
        found[event["payload"]["version"]["version"]] += 1
    return found
