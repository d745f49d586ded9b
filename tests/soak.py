"""`make soak`: the suite's loops in their long form. Prints date, seed and versions first.

Each loop reads its count from the environment, so one of them can be run alone:
`DARWINFLOW_KILLS=200 .venv/bin/pytest tests/reliability`.
"""

import os
import platform
import random
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version

LONG = {
    "DARWINFLOW_KILLS": "200",
    "DARWINFLOW_FAULTS_EVERY": "1",
    "DARWINFLOW_FAULT_WAYS": "once,for ever,full once,full for ever,short,power cut",
    "DARWINFLOW_FLIPS": "10000",
    "DARWINFLOW_POSTGRES_KILLS": "200",
    "DARWINFLOW_FUZZ_EDITS": "100000",
    "DARWINFLOW_LAYOUTS": "5000",
    "DARWINFLOW_FUZZ_DOCUMENTS": "200000",
    "DARWINFLOW_FUZZ_CONNECTIONS": "20000",
    "DARWINFLOW_STARTS": "200",
    "DARWINFLOW_MIGRATION_KILLS": "20",
    "DARWINFLOW_MIGRATION_RUNS": "20000",
    "DARWINFLOW_VERDICTS": "5000",
}
LOOPS = (
    "tests/reliability",
    "tests/recorder",
    "tests/document",
    "tests/check",
    "tests/daemon",
    "tests/server",
    "tests/storage",
    "tests/cli/test_migrate_kill.py",
    "tests/postgres/test_postgres_kill.py",
)


def main() -> int:
    seed = os.environ.get("DARWINFLOW_SEED", str(random.SystemRandom().randrange(10**6)))
    print(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, seed {seed}, Python {platform.python_version()}, apsw {version('apsw')}"
    )
    print(", ".join(f"{name}={os.environ.get(name, count)}" for name, count in LONG.items()), flush=True)
    environ = {**LONG, **os.environ, "DARWINFLOW_SEED": seed}
    command = [sys.executable, "-m", "pytest", "-q", "-s", "--timeout=7200", *(sys.argv[1:] or LOOPS)]
    return subprocess.run(command, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
