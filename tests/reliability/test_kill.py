import os

import pytest

from daemon_process import DaemonProcess
from postgres.member import daemon_of
from postgres_server import new_organization, shared
from reliability.kill_loop import run_loop

KILLS = os.environ.get("DARWINFLOW_KILLS")
SEED = int(os.environ.get("DARWINFLOW_SEED", "1"))


def on_sqlite(home):
    return DaemonProcess(home)


def on_files(home):
    return DaemonProcess(home, DARWINFLOW_STORAGE_LOGS="file", DARWINFLOW_STORAGE_METRICS="file")


def on_postgres(home):
    return daemon_of(home, new_organization(), "ada", shared())


@pytest.mark.timeout(7200)
@pytest.mark.parametrize(
    ("daemon_of", "least"),
    [
        pytest.param(on_sqlite, 30, id="on sqlite"),
        pytest.param(on_files, 10, id="on files"),
        pytest.param(on_postgres, 10, id="on postgres"),
    ],
)
def test_whoever_is_killed_nothing_acknowledged_is_lost_and_every_call_arrives_once(
    tmp_path, daemon_of, least
):
    kills = int(KILLS) if KILLS else least
    found = run_loop(tmp_path, kills, SEED, daemon=daemon_of(tmp_path / "home"))
    print(f"\nseed {SEED}: {found}")
    assert found.is_whole, found
    assert found.acknowledged > kills
    assert found.said > 10 * kills


def test_a_twin_that_acknowledges_before_the_commit_is_caught(tmp_path):
    found = run_loop(tmp_path, 4, SEED, twin=True)
    print(f"\ntwin, seed {SEED}: {found}")
    assert found.missing > 0
