"""`make soak` names its loops, and each of them reads the counts that it is said to."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def soak(**environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tests.soak"],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_every_count_of_a_loop_is_read_by_its_tests():
    sys.path.insert(0, str(ROOT))
    try:
        from tests.soak import LOOPS
    finally:
        sys.path.remove(str(ROOT))
    for name, loop in LOOPS.items():
        texts = [(ROOT / path).read_text() for path in loop.tests]
        for variable in loop.counts:
            assert any(f'"{variable}"' in text for text in texts), (name, variable)


def test_it_runs_the_loops_that_are_named_and_prints_date_seed_versions_counts_and_times():
    said = soak(
        DARWINFLOW_SOAK="documents flips", DARWINFLOW_FUZZ_DOCUMENTS="20", DARWINFLOW_FLIPS="0", DARWINFLOW_SEED="5"
    )  # fmt: skip
    assert said.returncode == 0, said.stdout + said.stderr
    for part in (
        "UTC, seed 5, Python 3",
        "apsw 3",
        "SQLite 3",
        "PostgreSQL 1",
        " cores, ",
        "SEED=5, 20 damaged documents",
    ):
        assert part in said.stdout
    assert "== flips" not in said.stdout
    assert said.stdout.splitlines()[-1].split()[:2] == ["documents", "passed"]
    assert said.stdout.endswith("min   DARWINFLOW_FUZZ_DOCUMENTS=20\n")


@pytest.mark.parametrize("name", ["kill", "Kills"])
def test_a_name_that_no_loop_has_is_refused(name):
    said = soak(DARWINFLOW_SOAK=name)
    assert said.returncode == 2
    assert f"DARWINFLOW_SOAK cannot be '{name}'; it may be kills, " in said.stdout
