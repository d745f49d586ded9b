"""Two storage commands at once: the second is told which one has the home for itself, since when, and its process."""

import os
import re
import subprocess
import sys

import pytest

from cli.recorded_runs import record
from darwinflow.daemon.lock import HomeLock
from darwinflow.recorder.paths import home_of

FILES = "storage: {logs: {type: file}, metrics: {type: file}}\n"
COMMANDS = (
    "export out.jsonl.zst",
    "import {copy}.jsonl.zst",
    "compact",
    "backup {copy}-again",
    "restore {copy} --replace",
    "repair",
    "migrate --to sqlite",
)


@pytest.fixture
def kept(darwinflow, tmp_path):
    """A home on files, a backup of it and an export."""
    (tmp_path / "home").mkdir(mode=0o700)
    (tmp_path / "home/config.yaml").write_text(FILES)
    record(darwinflow)
    darwinflow("storage", "backup", str(tmp_path / "copy"))
    darwinflow("storage", "export", str(tmp_path / "copy.jsonl.zst"))
    darwinflow("daemon", "stop")
    return home_of({"DARWINFLOW_HOME": str(tmp_path / "home")})


def test_the_second_says_what_the_first_is(kept, darwinflow, tmp_path):
    lock = HomeLock.taken(kept)
    lock.tell("darwinflow storage export")
    for command in COMMANDS:
        said = darwinflow("storage", *command.format(copy=tmp_path / "copy").split(), expect=1).stderr
        assert re.match(
            rf"error: 'darwinflow storage export', process {os.getpid()}, has {re.escape(kept.data)} for itself "
            r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d; what is recorded meanwhile is kept, and waits\n"
            r"try: do it again when that has ended\n$",
            said,
        ), said
    lock.release()


@pytest.mark.parametrize("command", COMMANDS)
def test_each_says_its_own_name(kept, darwinflow, tmp_path, command):
    """Once it has the home, before it has done anything: each names itself in the lock."""
    words = command.format(copy=tmp_path / "copy").split()
    watching = (
        "import sys; from darwinflow.daemon import lock; from darwinflow.cli.main import main\n"
        "tell = lock.HomeLock.tell\n"
        "def told(self, command): print(command, file=sys.stderr); tell(self, command)\n"
        "lock.HomeLock.tell = told; sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", watching, "storage", *words],
        env={**os.environ, "DARWINFLOW_HOME": kept.data},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    told = [line for line in done.stderr.splitlines() if line.startswith("darwinflow ")]
    assert set(told) == {f"darwinflow storage {words[0]}"}, done.stderr
