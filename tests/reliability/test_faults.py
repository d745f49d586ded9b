"""Every so many-th operation on the disk fails, in one way or another: `reliability.fault_loop` says what must hold."""

import json
import os
import subprocess
import sys

import pytest

from reliability.fault_loop import Count
from reliability.faulty_disk import IMAGES

EVERY = os.environ.get("DARWINFLOW_FAULTS_EVERY", "20")
WAYS = os.environ.get("DARWINFLOW_FAULT_WAYS", "")
SEED = os.environ.get("DARWINFLOW_SEED", "1")


def found(*options: str) -> Count:
    """Of a process of its own: the faulty disk must be there before SQLite's checksums lie upon it."""
    command = [sys.executable, "-m", "reliability.fault_loop", "--seed", SEED, *options]
    done = subprocess.run(
        command, cwd=os.path.dirname(os.path.dirname(__file__)), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return Count(**json.loads(done.stdout))


@pytest.mark.timeout(20_000)
def test_wherever_the_disk_fails_nothing_acknowledged_is_lost_and_all_can_be_sent_again():
    count = found("--every", EVERY, *(["--ways", WAYS] if WAYS else []))
    print(f"\nevery {EVERY}. point: {count}")
    assert count.is_whole, count
    assert count.points > 1_000
    assert count.tried >= count.points // int(EVERY)
    assert count.images >= len(IMAGES) * (count.points // int(EVERY))
    assert count.told > count.tried // 2


@pytest.mark.timeout(300)
def test_a_twin_that_does_not_sync_loses_runs_at_power_cuts():
    count = found("--every", "150", "--ways", "power cut", "--twin")
    print(f"\ntwin: lost {count.lost}, corrupt {count.corrupt} of {count.images} images")
    assert count.lost > 0
    assert count.corrupt > 0
