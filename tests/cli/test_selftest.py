"""`darwinflow selftest` tries the user's disk in a folder of its own, and leaves nothing there."""

import itertools
import json
import os
import random
import resource
from functools import partial

import pytest

from cli.recorded_runs import record
from darwinflow.storage import self_testing

SECONDS = os.environ.get("DARWINFLOW_SELFTEST_SECONDS", "8")
SEED = os.environ.get("DARWINFLOW_SEED", "7")


def test_it_prints_figures_and_touches_nothing_of_the_users(darwinflow, tmp_path):
    record(darwinflow)
    before = sorted(path.name for path in tmp_path.iterdir())
    arguments = ("selftest", "--seconds", SECONDS, "--seed", SEED, "--json")
    found = json.loads(darwinflow(*arguments, within_s=60 + 2 * float(SECONDS)).stdout)
    print(f"\n{found}")
    assert found["ok"]
    assert found["seed"] == int(SEED)
    assert found["kills"]["kills"] >= 1
    assert found["kills"]["acknowledged"] >= 1
    assert found["kills"]["missing"] == found["kills"]["faults"] == 0
    assert found["flippedBits"]["tried"] >= 1
    assert found["tornFiles"]["tried"] >= 1
    assert found["fullDisks"]["tried"] >= 2
    assert found["fullDisks"]["bad"] == 0
    assert found["sync"]["p50Ms"] > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert len(json.loads(darwinflow("runs", "list", "--json").stdout)["runs"]) == 1


def test_a_number_of_seconds_beyond_bounds_is_refused(darwinflow):
    assert "is no whole number from 5 to 3600" in darwinflow("selftest", "--seconds", "1", expect=2).stderr


def test_the_loop_sees_a_store_that_has_lost_what_it_acknowledged(tmp_path):
    assert self_testing._keeps(str(tmp_path / "files"), [])
    assert not self_testing._keeps(str(tmp_path / "files"), ["run-0"])


@pytest.mark.parametrize("kind", [0, 1], ids=["database", "files"])
def test_the_loop_of_the_full_disk_sees_a_store_that_tells_nothing_or_has_lost_runs(tmp_path, kind):
    open_store = self_testing._OPENERS[kind]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    outlives = partial(self_testing._outlives_no_room, dice=random.Random(7))
    assert outlives(partial(open_store, _made(tmp_path / "sound")), room=300_000)
    assert not outlives(partial(open_store, _made(tmp_path / "never-full")), room=1 << 30)
    others = (_made(tmp_path / f"other-{number}") for number in itertools.count())
    assert not outlives(lambda: open_store(next(others)), room=300_000)
    assert resource.getrlimit(resource.RLIMIT_FSIZE) == before


def _made(folder):
    folder.mkdir()
    return str(folder)
