"""A daemon that lives and does not answer: which process it is, and what can be done about it."""

import os
from datetime import datetime

from darwinflow.model.errors import DaemonAway, DaemonHung
from darwinflow.recorder.paths import Home

HELLO_WITHIN_S = 5.0
"""A daemon answers hello at once, whatever else it does: one that does not within this time hangs."""
REACHED_WITHIN_S = 10.0
"""One that starts or ends holds the home's lock and cannot be reached; for longer than this none should."""

AT_WORK_WITHIN_S = 2.0
"""Most commands that need the home for themselves have ended by then; who waits longer is told."""

_LOCKS = "/proc/locks"
_LOOKS = 3
"""The system gives its locks in pages, and leaves some out where others are taken and given back meanwhile."""
_MOST_BYTES = 4096
_STOPPED = ("T", "t")
"""States of a process that a signal or a debugger has stopped."""
_ENDED = ("Z", "X")
"""States of a process that has ended, though whoever started it has not taken note: its number still exists."""


def hung(home: Home, pid: int | None, seconds: float) -> DaemonHung:
    """The error about the daemon of *home*, the process *pid* where that is known, silent for *seconds*."""
    silent = f"has not answered for {seconds:g} s"
    if pid is None:
        return DaemonHung(
            f"the daemon of {home.data} {silent}", hint=f"kill -9 the process that holds {home.lock_path}"
        )
    if os.path.exists(_LOCKS) and lock_holder(home) is None:
        return DaemonHung(
            f"process {pid} listens at the socket of {home.data} and is no daemon of it: it {silent}",
            hint=f"kill {pid}, if it is not wanted, then darwinflow daemon start",
            pid=pid,
        )
    end = f"kill -9 {pid}; nothing that was recorded is lost"
    if _state(pid) in _STOPPED:
        return DaemonHung(
            f"the daemon of {home.data}, process {pid}, is stopped and {silent}",
            hint=f"kill -CONT {pid}, or {end}",
            pid=pid,
        )
    return DaemonHung(f"the daemon of {home.data}, process {pid}, {silent}", hint=end, pid=pid)


def at_work(home: Home) -> DaemonAway | None:
    """Where no daemon but a command has *home* for itself, as it has written into the lock: who that is."""
    try:
        with open(home.lock_path, "rb") as file:
            said = os.fsdecode(file.readline(_MOST_BYTES)).strip()
            written_at = os.fstat(file.fileno()).st_mtime
    except OSError:
        return None
    holder = lock_holder(home) if said.startswith("darwinflow ") else None
    if holder is None:
        return None
    since = datetime.fromtimestamp(written_at).astimezone()
    return DaemonAway(
        f"'{said}', process {holder}, has {home.data} for itself since {since:%Y-%m-%d %H:%M:%S}; "
        "what is recorded meanwhile is kept, and waits",
        hint="do it again when that has ended",
        pid=holder,
        command=said,
        since=since.isoformat(),
    )


def lock_holder(home: Home) -> int | None:
    """The process that holds the lock of *home*; None where none does, or the system does not tell."""
    for _ in range(_LOOKS):
        try:
            inode = os.lstat(home.lock_path).st_ino
            with open(_LOCKS, encoding="ascii") as file:
                locks = [line.split() for line in file]
        except (OSError, ValueError):
            return None
        for lock in locks:
            # 1: FLOCK  ADVISORY  WRITE 4711 fe:00:1234 0 EOF; where it waits for another, `->` follows the number
            if len(lock) == 8 and lock[1] == "FLOCK" and lock[5].rpartition(":")[2] == str(inode):
                pid = int(lock[4])
                if pid > 0 and _has_open(pid, home.lock_path):
                    return pid
    return None


def has_ended(pid: int) -> bool:
    """Whether the process is gone, or its number is another user's by now."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return True
    return _state(pid) in _ENDED


def _has_open(pid: int, path: str) -> bool:
    """Whether *pid* has *path* open: files of two disks may have the same inode."""
    folder = f"/proc/{pid}/fd"
    try:
        return any(_target(f"{folder}/{name}") == path for name in os.listdir(folder))
    except OSError:
        return False


def _target(link: str) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""


def _state(pid: int) -> str:
    """One letter, as `ps` shows it; empty where there is no such process, or the system does not tell."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0].decode()
    except (OSError, IndexError):
        return ""
