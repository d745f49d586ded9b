"""`make bench`: every figure that an issue asks for, each with its baseline in the same run.

One module a subject, each with a `main()` that prints its table; name some to run only those.
"""

import importlib
import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version

SUBJECTS = (
    "recorder",
    "recording_sqlite",
    "recording_postgres",
    "queries",
    "retention",
    "migration",
    "recording_daemon",
    "document",
    "edits",
    "check",
    "server",
    "yaml_language_server",
)


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # What is measured starts as it does for users: compiled.
    wanted = sys.argv[1:] or SUBJECTS
    print(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    print(", ".join(f"{name} {version(name)}" for name in ("apsw", "pydantic", "jsonschema-rs", "pygls")))
    for subject in wanted:
        print(f"\n== {subject}", flush=True)
        importlib.import_module(f"tests.bench.{subject}").main()


if __name__ == "__main__":
    main()
