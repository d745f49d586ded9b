"""Who learns from runs is killed at any moment: each run is learned from once."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from contract.conftest import files_alone, sqlite
from darwinflow.patterns.lesson import Sign
from darwinflow.patterns.tallies import Tallies
from darwinflow.storage.learning import learn_from_some
from darwinflow.storage.recording import record
from patterns.generated import in_a_row, run

LEARNER = """
import sys
from pathlib import Path
from contract import conftest
from darwinflow.storage.learning import learn_from_some

store = getattr(conftest, sys.argv[2])(Path(sys.argv[1]))()
print("ready", flush=True)
while learn_from_some(store, store, "demo", 1):
    print("some", flush=True)
"""
KILLS = int(os.environ.get("DARWINFLOW_KILLS", "4"))
RUNS = 100 * KILLS
TESTS = str(Path(__file__).parent.parent)


def batches_before_the_kill(folder, make, pause):
    command = [sys.executable, "-c", LEARNER, str(folder), make.__name__]
    environ = {**os.environ, "PYTHONPATH": TESTS}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as learner:
        assert learner.stdout.readline() == "ready\n"
        time.sleep(pause)
        learner.kill()
        return learner.stdout.read().count("some\n")


@pytest.mark.parametrize("make", [sqlite, files_alone], ids=lambda make: make.__name__)
def test_no_run_is_learned_from_twice_or_never(make, tmp_path):
    steps = in_a_row(("load", 10), ("ask", 90))

    def keep(tx):
        for number in range(RUNS):
            record(tx, "demo", run(number, steps))

    handles = make(tmp_path)
    handles().write(keep).result(60)
    handles.close()
    dice = random.Random(5)
    batches = sum(batches_before_the_kill(tmp_path, make, dice.uniform(0, 0.2)) for _ in range(KILLS))
    assert batches, "no kill came after a commit"
    store = make(tmp_path)()
    left = len(store.read(lambda tx: tx.metrics("demo").runs_to_learn(RUNS)))
    assert 0 < left <= RUNS - batches, "no kill came before the end"
    while learn_from_some(store, store, "demo", 100):
        pass
    tallies = Tallies(store.read(lambda tx: tx.metrics("demo").get_tallies("assistant")))
    store.close()
    assert tallies.by_key[Sign.SLOW, "ask", ""].hits == RUNS
    assert [seen.run_id for seen in tallies.window] == [f"run-{RUNS - 1 - place:05}" for place in range(100)]
