"""Storage commands on a disk with no room left at all leave the daemon that still reads."""

import json
import shutil

import pytest

from cli.recorded_runs import record
from cli.test_migrate_full import home

__all__ = ["home"]


@pytest.mark.parametrize("command", [("compact",), ("export", "out.jsonl.zst")])
def test_the_daemon_that_reads_goes_on(home, darwinflow, command):
    record(darwinflow)
    before = darwinflow("runs", "list", "--json").stdout
    pid = json.loads(darwinflow("daemon", "status", "--json").stdout)["pid"]
    with (home / "other").open("wb", buffering=0) as file:
        file.write(b"\0" * shutil.disk_usage(home).free)
    said = darwinflow("storage", *command, expect=1).stderr
    assert "is full; nothing was begun, and the daemon goes on reading" in said
    assert darwinflow("runs", "list", "--json").stdout == before
    assert json.loads(darwinflow("daemon", "status", "--json").stdout)["pid"] == pid
