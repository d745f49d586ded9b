"""What a `darwinflow storage backup` that is killed leaves, and what is done about it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.recorded_runs import record

THAT_STANDS_STILL = """
import os, sys, time
from darwinflow.daemon import keeping
from darwinflow.recorder.paths import home_of

def still(work):
    print("begun", flush=True)
    time.sleep(600)

home = home_of(os.environ)
keeping.back_up(home, keeping.kept_places(home, os.environ), sys.argv[1], still)
"""


@pytest.fixture
def begun(darwinflow, tmp_path):
    """A backup that is being made into `first`; and who makes it."""
    record(darwinflow)
    environ = {**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home")}
    command = (sys.executable, "-c", THAT_STANDS_STILL, str(tmp_path / "first"))
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        yield process
        process.kill()


def test_what_it_leaves_goes_with_the_next_one_wherever_that_is_made(darwinflow, begun, tmp_path: Path):
    begun.kill()
    begun.wait()
    assert (tmp_path / "first.unfinished").is_dir()
    darwinflow("storage", "backup", str(tmp_path / "second"))
    assert not (tmp_path / "first.unfinished").exists()
    assert (tmp_path / "second/manifest.json").exists()


def test_one_that_is_being_made_is_left_alone(darwinflow, begun, tmp_path: Path):
    darwinflow("storage", "backup", str(tmp_path / "second"))
    assert (tmp_path / "first.unfinished").is_dir()
    assert begun.poll() is None
