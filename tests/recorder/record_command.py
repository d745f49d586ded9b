"""`darwinflow record` as tests call it."""

import os
import subprocess
import sys

DARWINFLOW = [sys.executable, "-m", "darwinflow.cli.main", "record"]


def record(place, *arguments: str, stdin: bytes = b"", **environ: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*DARWINFLOW, *arguments],
        cwd=place.folder,
        env={**os.environ, **environ},
        input=stdin,
        capture_output=True,
        timeout=60,
    )


def python(source: str) -> list[str]:
    return ["--", sys.executable, "-c", source]
