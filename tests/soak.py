"""`make soak`: the loops of the suite in their long form, one after the other, each with its time and what it has done.

`DARWINFLOW_SOAK=kills,flips` runs some of them, in this order; a count in the environment goes before the one here, and
a loop whose first count is 0 is left out: `DARWINFLOW_FLIPS=500 DARWINFLOW_KILLS=0 make soak`.
"""

import os
import platform
import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from typing import NamedTuple

from tests.postgres_server import binaries


class Loop(NamedTuple):
    counts: dict[str, str]
    """By variable; the first is what there are many of."""
    tests: tuple[str, ...]
    about: str
    """How long it takes on two cores that others use, too."""


LOOPS = {
    "kills": Loop(
        {"DARWINFLOW_KILLS": "200"},
        ("tests/reliability/test_kill.py", "tests/recorder/test_kills.py"),
        "a daemon on each back end, and programs: 1 h",
    ),
    "store-kills": Loop(
        {"DARWINFLOW_KILLS": "200"},
        (
            "tests/storage/test_sqlite_kill.py",
            "tests/storage/test_composed_kill.py",
            "tests/storage/test_learning_kill.py",
            "tests/daemon/test_publish_kill.py",
        ),
        "writers of SQLite, of files and of both: 1 h",
    ),
    "postgres-kills": Loop(
        {"DARWINFLOW_POSTGRES_KILLS": "200"}, ("tests/postgres/test_postgres_kill.py",), "30 min"
    ),
    "faults": Loop(
        {
            "DARWINFLOW_FAULTS_EVERY": "1",
            "DARWINFLOW_FAULT_WAYS": "once,for ever,full once,full for ever,short,power cut",
        },
        ("tests/reliability/test_faults.py",),
        "every operation on the disk, six ways: 2 h",
    ),
    "flips": Loop(
        {"DARWINFLOW_FLIPS": "10000"},
        ("tests/storage/test_page_checksums.py", "tests/storage/test_file_logs_damage.py"),
        "30 min",
    ),
    "full-disk": Loop(
        {"DARWINFLOW_SELFTEST_SECONDS": "600"},
        ("tests/cli/test_selftest.py", "tests/reliability/test_disk_full.py"),
        "15 min",
    ),
    "migration-kills": Loop(
        {"DARWINFLOW_MIGRATION_KILLS": "20", "DARWINFLOW_MIGRATION_RUNS": "20000"},
        ("tests/cli/test_migrate_kill.py",),
        "1 h",
    ),
    "edits": Loop(
        {"DARWINFLOW_FUZZ_EDITS": "100000"},
        (
            "tests/document/test_incremental.py",
            "tests/document/test_linking.py",
            "tests/check/test_incremental.py",
            "tests/check/test_fixes.py",
        ),
        "2 h",
    ),
    "documents": Loop({"DARWINFLOW_FUZZ_DOCUMENTS": "200000"}, ("tests/document/test_fuzz.py",), "2 h"),
    "layouts": Loop({"DARWINFLOW_LAYOUTS": "5000"}, ("tests/document/test_formatting.py",), "20 min"),
    "verdicts": Loop({"DARWINFLOW_VERDICTS": "5000"}, ("tests/reliability/test_same_verdict.py",), "20 min"),
    "connections": Loop(
        {"DARWINFLOW_FUZZ_CONNECTIONS": "20000"}, ("tests/daemon/test_malformed.py",), "10 min"
    ),
    "starts": Loop({"DARWINFLOW_STARTS": "200"}, ("tests/daemon/test_one_daemon.py",), "20 min"),
}


def main() -> int:
    """The exit code: 1 where a loop has failed, 2 for a name that none has."""
    seed = os.environ.get("DARWINFLOW_SEED", str(random.SystemRandom().randrange(10**6)))
    named = [name for name in os.environ.get("DARWINFLOW_SOAK", "").replace(",", " ").split() if name]
    unknown = [name for name in named if name not in LOOPS]
    if unknown:
        print(f"error: DARWINFLOW_SOAK cannot be '{unknown[0]}'; it may be {', '.join(LOOPS)}")
        return 2
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, seed {seed}, {_versions()}", flush=True)
    told = []
    for name in named or LOOPS:
        loop = LOOPS[name]
        counts = {variable: os.environ.get(variable, count) for variable, count in loop.counts.items()}
        if next(iter(counts.values())) == "0":
            continue
        said = ", ".join(f"{variable}={count}" for variable, count in counts.items())
        print(f"\n== {name}: {said} (in full: {loop.about})", flush=True)
        begun = time.monotonic()
        has_failed = _run(loop, {**counts, "DARWINFLOW_SEED": seed})
        took = time.monotonic() - begun
        told.append(f"{name:<16} {'FAILED' if has_failed else 'passed':<7} {took / 60:7.1f} min   {said}")
        print(told[-1], flush=True)
    print("\n" + "\n".join(told))
    return int(any(" FAILED " in line for line in told))


def _run(loop: Loop, counts: dict[str, str]) -> bool:
    """Whether it has failed. Its prints say what was done."""
    # One process and in order: the loops keep both cores busy by themselves.
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-n", "0", "--timeout=20000", *loop.tests]
    return subprocess.run(command, env={**os.environ, **counts}, check=False).returncode != 0


def _versions() -> str:
    import apsw

    postgres = subprocess.run(
        [binaries() / "postgres", "--version"], capture_output=True, text=True, check=False
    ).stdout.split()
    return (
        f"Python {platform.python_version()}, apsw {version('apsw')}, SQLite {apsw.sqlite_lib_version()}, "
        f"PostgreSQL {postgres[2] if len(postgres) > 2 else 'none'}, {os.cpu_count()} cores, {platform.platform()}"
    )


if __name__ == "__main__":
    sys.exit(main())
