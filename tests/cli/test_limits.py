"""Commands in a shell that lets no file grow beyond some size: what they leave behind, and what they advise."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Said, flow

MOST_BYTES = 1024
ADVICE = "try: ulimit -f unlimited, or a shell in which files may grow so large"


@pytest.fixture
def limited(tmp_path: Path, folder: Path) -> Callable[..., Said]:
    """Calls the command with files limited to `MOST_BYTES`, its standard output going to a file of that kind."""

    def call(*arguments: str, **environ: str) -> Said:
        with (tmp_path / "out").open("wb") as out:
            said = subprocess.run(
                [sys.executable, "-m", "darwinflow.cli.main", *arguments],
                cwd=folder,
                env={**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home"), **environ},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
                timeout=60,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_BYTES, MOST_BYTES)),
            )
        assert "Traceback" not in said.stderr
        said.stdout = (tmp_path / "out").read_text()
        return said

    return call


@pytest.fixture
def large(folder: Path) -> Path:
    """A flow longer than a file may be, not in style and with a finding that has a fix."""
    path = folder / "flows/large.yaml"
    notes = "".join(f"# note {number}\n" for number in range(200))
    path.write_text(notes + flow(1).replace("version: 1", "version:   1").replace("to: look", "to: lok"))
    assert path.stat().st_size > MOST_BYTES
    return path


@pytest.mark.parametrize("words", ["fmt", "check --fix --no-cache"])
def test_a_file_that_would_grow_beyond_the_limit_is_left_as_it_is(
    limited: Callable[..., Said], folder: Path, large: Path, words: str
) -> None:
    before = large.read_text()
    said = limited(*words.split(), "flows/large.yaml")
    assert said.returncode == 1
    assert said.stderr.splitlines()[:2] == [
        "error: 'flows/large.yaml' is left as it is: it cannot be written: File too large",
        ADVICE,
    ]
    assert large.read_text() == before
    assert sorted(os.listdir(folder / "flows")) == ["greet.yaml", "large.yaml"]


def test_output_that_would_grow_beyond_the_limit_is_told(limited: Callable[..., Said]) -> None:
    said = limited("explain")
    assert said.returncode == 1
    assert said.stderr.splitlines() == ["error: standard output cannot be written: File too large", ADVICE]


def test_a_cache_that_cannot_grow_costs_no_verdict_and_leaves_nothing_behind(
    limited: Callable[..., Said], folder: Path, tmp_path: Path
) -> None:
    for number in range(12):
        (folder / f"flows/f{number}.yaml").write_text(flow(1).replace("id: greet", f"id: greet{number}"))
    for _ in range(2):
        said = limited("check")
        assert (said.returncode, said.stderr) == (0, "")
        assert said.stdout.startswith("no findings in 13 files")
    assert [path.name for path in (tmp_path / "home").rglob("*.tmp")] == []


def test_a_demo_that_cannot_be_made_says_why(limited: Callable[..., Said]) -> None:
    said = limited("demo", "new")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.splitlines() == ["error: 'new' cannot be written: File too large", ADVICE]


def test_a_fault_of_ours_that_cannot_be_kept_is_told_all_the_same(
    limited: Callable[..., Said], tmp_path: Path
) -> None:
    (tmp_path / "json.py").write_text(f"raise RuntimeError({json.dumps('x' * 2 * MOST_BYTES)})\n")
    said = limited("lineage", "x", PYTHONPATH=f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    assert said.returncode == 3
    told, advice = said.stderr.splitlines()
    assert told.startswith("error: a fault of darwinflow's own stopped 'lineage': RuntimeError; ")
    assert told.endswith("; what tells more cannot be written: File too large")
    assert advice == ADVICE
