"""A writer that is killed at any moment: what was acknowledged is there, whole, counted and announced once."""

import os
import random
import subprocess
import sys
import time

import pytest

from contract.sample_runs import HASH
from darwinflow.model.filter import RunFilter
from darwinflow.storage.sqlite.tenant import SqliteTenantStore

WRITER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from contract.sample_runs import finished
from darwinflow.storage.recording import record
from darwinflow.storage.sqlite.tenant import SqliteTenantStore

store = SqliteTenantStore(sys.argv[1])
print("ready", flush=True)

def record_for_ever(worker):
    for number in range(1_000_000):
        name = f"{sys.argv[2]}-{worker}-{number}"
        store.write(lambda tx: record(tx, "demo", finished(name))).result()
        sys.stdout.write(name + "\\n")
        sys.stdout.flush()

with ThreadPoolExecutor(4) as pool:
    list(pool.map(record_for_ever, range(4)))
"""
ROUNDS = int(os.environ.get("DARWINFLOW_KILLS", "8"))
SEED = int(os.environ.get("DARWINFLOW_SEED", "11"))


def acknowledged_before_the_kill(path, round_number, pause):
    command = [sys.executable, "-c", WRITER, path, str(round_number)]
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(__file__))}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as writer:
        assert writer.stdout.readline() == "ready\n"
        time.sleep(pause)
        writer.kill()
        return [line.strip() for line in writer.stdout.read().split("\n")[:-1]]


def everything(tx):
    runs, cursor = [], None
    while True:
        page = tx.logs("demo").query_logs(RunFilter(limit=500, cursor=cursor))
        runs += [header.run_id for header in page.items]
        cursor = page.next
        if cursor is None:
            break
    events = tx.events.read_since("run", 0, 1_000_000)
    summary = tx.metrics("demo").get_text_summary("assistant", HASH)
    (integrity,) = tx.connection.execute("PRAGMA integrity_check").fetchall()
    logs = [tx.logs("demo").get_log(run_id) for run_id in runs]
    return runs, [event.key for event in events], summary.runs if summary else 0, integrity, logs


@pytest.mark.timeout(7_200)
def test_nothing_acknowledged_is_missing_and_each_run_has_one_event(tmp_path):
    path = str(tmp_path / "t.db")
    rng = random.Random(SEED)
    acknowledged = []
    for round_number in range(ROUNDS):
        acknowledged += acknowledged_before_the_kill(path, round_number, rng.uniform(0.005, 0.2))
        store = SqliteTenantStore(path)
        runs, events, counted, integrity, logs = store.read(everything)
        store.close()
        assert integrity == ("ok",)
        assert set(acknowledged) <= set(runs)
        assert sorted(events) == sorted(runs)
        assert counted == len(runs) == len(logs)
    print(f"\nseed {SEED}: {ROUNDS} kills, {len(acknowledged)} runs acknowledged, none missing")
    assert len(acknowledged) > ROUNDS
