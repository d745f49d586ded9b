"""A daemon over several stores that is killed at any moment: nothing acknowledged is lost, nothing counts twice."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from contract.conftest import files_alone, files_then_sqlite, sqlite_then_files
from contract.sample_runs import HASH
from darwinflow.model.filter import RunFilter
from darwinflow.model.metric import metric_of

WRITER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from contract import conftest
from contract.sample_runs import finished, live, running, START
from darwinflow.model.run import RunOutput, RunStatus
from darwinflow.storage.recording import record, record_finish, record_start, record_steps

store = getattr(conftest, sys.argv[2])(Path(sys.argv[1]))()
print("ready", flush=True)

def record_for_ever(worker):
    for number in range(1_000_000):
        name = f"{sys.argv[3]}-{worker}-{number}"
        if worker % 2:
            store.write(lambda tx: record(tx, "demo", finished(name, seconds=number % 7 + 1.0))).result()
        else:
            store.write(lambda tx: record_start(tx, "demo", live(name))).result()
            store.write(lambda tx: record_steps(tx, "demo", name, [(0, running("a"))])).result()
            store.write(lambda tx: record_finish(tx, "demo", name, RunOutput(RunStatus.FAILED, START))).result()
        sys.stdout.write(name + "\\n")
        sys.stdout.flush()

with ThreadPoolExecutor(4) as pool:
    list(pool.map(record_for_ever, range(4)))
"""
ROUNDS = int(os.environ.get("DARWINFLOW_KILLS", "5"))
TESTS = str(Path(__file__).parent.parent)


def acknowledged_before_the_kill(folder, mix, round_number, pause):
    command = [sys.executable, "-c", WRITER, str(folder), mix, str(round_number)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": TESTS}
    ) as writer:
        assert writer.stdout.readline() == "ready\n"
        time.sleep(pause)
        writer.kill()
        return [line.strip() for line in writer.stdout.read().split("\n")[:-1]]


def all_logs(store):
    logs, cursor = [], None
    while True:
        wanted = RunFilter(limit=500, cursor=cursor)
        page = store.read(lambda tx, wanted=wanted: tx.logs("demo").query_logs(wanted))
        logs += [store.read(lambda tx, id_=one.run_id: tx.logs("demo").get_log(id_)) for one in page.items]
        cursor = page.next
        if cursor is None:
            return logs


@pytest.mark.timeout(3_600)
@pytest.mark.parametrize(
    "mix", [files_then_sqlite, sqlite_then_files, files_alone], ids=lambda make: make.__name__
)
def test_after_any_kill_the_figures_are_those_of_the_logs_and_each_end_is_announced_once(tmp_path, mix):
    rng = random.Random(os.environ.get("DARWINFLOW_SEED", "11"))
    acknowledged = []
    for round_number in range(ROUNDS):
        pause = rng.uniform(0.005, 0.4)
        acknowledged += acknowledged_before_the_kill(tmp_path, mix.__name__, round_number, pause)
        handles = mix(tmp_path)
        store = handles()
        store.settled(30)
        logs = all_logs(store)
        ended = {log.run_id for log in logs if log.output is not None}
        assert set(acknowledged) <= ended
        summary = store.read(lambda tx: tx.metrics("demo").get_text_summary("assistant", HASH))
        metrics = [metric for log in logs if (metric := metric_of(log)) is not None]
        assert (summary.runs if summary else 0) == len(metrics)
        if summary:
            assert summary.successes == sum(metric.success for metric in metrics)
            assert summary.average_ms == pytest.approx(sum(one.duration_ms for one in metrics) / len(metrics))
        events = store.read(lambda tx: tx.events.read_since("run", 0, 1_000_000))
        stored = Counter(event.key for event in events if event.payload["kind"] == "run.stored")
        assert stored == Counter(ended)
        started = {event.key for event in events if event.payload["kind"] == "run.started"}
        assert started == {log.run_id for log in logs if log.run_id.split("-")[1] in "02"}
        handles.close()
    print(f"\n{mix.__name__}: {ROUNDS} kills, {len(acknowledged)} runs acknowledged, none missing")
    assert len(acknowledged) > ROUNDS
