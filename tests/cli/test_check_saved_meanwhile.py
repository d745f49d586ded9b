"""A file that somebody saves while `check --fix` or `fmt` is at work: what was saved stays."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.documents import workflow
from darwinflow.cli.rewriting import ChangedMeanwhile, rewrite

from .conftest import flow

SLIP = flow(1).replace("FILE_READ", "FILE_RAED")
COMMENT = "# written by hand, while others are checked\n"


def test_what_is_saved_during_a_long_check_is_mended_and_kept(folder: Path, tmp_path: Path) -> None:
    path = folder / "flows/a.yaml"
    (folder / "flows/greet.yaml").unlink()
    path.write_text(SLIP)
    for number in range(120):
        text = workflow(40, seed=number)
        (folder / f"flows/b{number:03}.yaml").write_text(text.replace("id: ", f"id: w{number}-", 1))
    environ = {**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "darwinflow.cli.main", "check", "--fix", "--no-cache", "flows"]
    check = subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.PIPE, text=True)
    time.sleep(1)
    is_at_work = check.poll() is None
    path.write_text(COMMENT + SLIP)
    said = check.communicate(timeout=120)[0]
    assert is_at_work
    assert path.read_text() == COMMENT + flow(1)
    assert "1 fixed" in said


def test_a_file_that_is_not_what_was_read_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(COMMENT + SLIP)
    with pytest.raises(ChangedMeanwhile, match="it was saved by somebody else meanwhile"):
        rewrite(str(path), SLIP.encode(), flow(1), str(tmp_path))
    assert path.read_text() == COMMENT + SLIP
    assert os.listdir(tmp_path) == ["a.yaml"]
    rewrite(str(path), (COMMENT + SLIP).encode(), flow(1), str(tmp_path))
    assert path.read_text() == flow(1)
