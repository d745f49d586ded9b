"""What the suite says of itself: the versions it ran on, and the counts and seeds that its loops have printed."""

import os
import platform
import signal
from importlib.metadata import version

import pytest

from darwinflow.storage.sqlite.checksums import checking_vfs

# What a test changes in a database by hand has checksums: apsw's connections take the VFS that keeps them from here on.
checking_vfs()

# Many homes would keep much room for when the disk is full; tests of that say how much.
os.environ.setdefault("DARWINFLOW_BALLAST_MIB", "0")

# Where the suite is started in the background, Ctrl-C is ignored, and every program of a test would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Lines that passing tests have printed: how much they tried, with which seed, and what came out."""
    printed = [
        (report.nodeid, report.capstdout.strip())
        for report in terminalreporter.stats.get("passed", [])
        if report.capstdout.strip()
    ]
    if not printed:
        return
    terminalreporter.section("counts, seeds and figures")
    versions = ", ".join(f"{name} {version(name)}" for name in ("apsw", "psycopg", "pygls", "jsonschema-rs"))
    terminalreporter.write_line(f"Python {platform.python_version()}, {versions}; {platform.platform()}")
    for test, text in sorted(printed):
        terminalreporter.write_line(test.removeprefix("tests/"))
        for line in text.splitlines():
            terminalreporter.write_line(f"    {line}")
