"""Runs that the command itself has recorded, and that are stored."""

import re

from daemon_process import eventually


def record(darwinflow, count: int = 1, command: str = "true", *, step: str | None = None) -> None:
    """Returns when they are stored, which on a busy machine takes longer than the command waits."""
    darwinflow("daemon", "start")
    for _ in range(count):
        as_step = () if step is None else ("--step", step)
        said = darwinflow(
            "record", "--workflow", "flows/greet.yaml", *as_step, "--", command, expect=None
        ).stderr
        run = re.search(r"run (\w{8}) is ", said)
        assert run, said
        eventually(lambda found=run: darwinflow("runs", "show", found[1], expect=None).returncode == 0)
