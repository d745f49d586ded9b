"""Runs a command on a terminal of its own, and gives what a person would see."""

import os
import pty
import subprocess
import sys
import termios
from pathlib import Path


def shown(cwd: Path, environ: dict[str, str], *arguments: str, columns: int = 80) -> str:
    """Standard output and error of `darwinflow ARGUMENTS` on a terminal of *columns*, line ends as `\\n`."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, columns))
    own = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    process = subprocess.Popen(
        [sys.executable, "-m", "darwinflow.cli.main", *arguments],
        cwd=cwd,
        env={**own, "TERM": "xterm", "PYTHONUTF8": "1", **environ},
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    pieces = []
    try:
        while piece := os.read(master, 1 << 16):
            pieces.append(piece)
    except OSError:
        pass  # EIO: nobody holds the other end any more
    finally:
        os.close(master)
        process.wait(60)
    return b"".join(pieces).decode().replace("\r\n", "\n")
