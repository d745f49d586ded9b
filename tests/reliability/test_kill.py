import os

import pytest

from reliability.kill_loop import run_loop

KILLS = int(os.environ.get("DARWINFLOW_KILLS", "30"))
SEED = int(os.environ.get("DARWINFLOW_SEED", "1"))


@pytest.mark.timeout(3600)
def test_whoever_is_killed_nothing_acknowledged_is_lost_and_every_call_arrives_once(tmp_path):
    found = run_loop(tmp_path, KILLS, SEED)
    print(f"\nseed {SEED}: {found}")
    assert found.is_whole, found
    assert found.acknowledged > 5 * KILLS
    assert found.said > 20 * KILLS


def test_a_twin_that_acknowledges_before_the_commit_is_caught(tmp_path):
    found = run_loop(tmp_path, 4, SEED, twin=True)
    print(f"\ntwin, seed {SEED}: {found}")
    assert found.missing > 0
