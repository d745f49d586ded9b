"""Opening a database: what is made, what is refused, and that refusing changes nothing."""

import os
import random
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from darwinflow.model.errors import SchemaTooNew, StoreDamaged, StoreUnwritable
from darwinflow.storage.sqlite import connection
from darwinflow.storage.sqlite.connection import SYSTEM, TENANT, connect
from darwinflow.storage.sqlite.tenant import SqliteTenantStore


def raw(path: Path) -> apsw.Connection:
    return apsw.Connection(str(path))


def all_bytes(folder: Path) -> dict[str, bytes]:
    """What is in the files; the index of the WAL and an empty WAL hold nothing."""
    found = {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file()}
    return {name: content for name, content in found.items() if content and not name.endswith("-shm")}


def test_a_new_database_is_ours_alone_and_of_the_newest_schema(tmp_path):
    before = os.umask(0)
    try:
        db = connect(str(tmp_path / "t.db"), TENANT)
    finally:
        os.umask(before)
    assert db.pragma("journal_mode") == "wal"
    assert db.pragma("synchronous") == 2
    assert db.pragma("foreign_keys") == 1
    assert db.pragma("user_version") == len(TENANT.steps())
    assert db.pragma("application_id") == TENANT.application_id
    assert {oct(file.stat().st_mode & 0o777) for file in tmp_path.iterdir()} == {"0o600"}
    db.close()


@pytest.mark.parametrize(
    "statement",
    [
        "ATTACH DATABASE ':memory:' AS other",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'x'",
        'SELECT "no column"',
        "SELECT load_extension('x')",
        "INSERT INTO run_body (run, codec, body) VALUES (99, 1, x'00')",
        "INSERT INTO journal (name, taken) VALUES ('a', 'no number')",
    ],
)
def test_what_our_connection_does_not_do(tmp_path, statement):
    db = connect(str(tmp_path / "t.db"), TENANT)
    with pytest.raises(apsw.Error):
        db.execute(statement).fetchall()
    db.close()


@pytest.mark.parametrize("kind", [TENANT, SYSTEM], ids=["tenant", "system"])
def test_a_database_of_a_newer_version_is_refused_and_untouched(tmp_path, kind):
    path = tmp_path / "t.db"
    connect(str(path), kind).close()
    db = raw(path)
    # As a newer daemon that was killed leaves it: its last commit lies in the WAL.
    db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    db.pragma("user_version", 99)
    db.execute("CREATE TABLE of_tomorrow (x)")
    db.close()
    before = all_bytes(tmp_path)
    assert len(before["t.db-wal"]) > 0
    with pytest.raises(SchemaTooNew, match="schema 99") as told:
        connect(str(path), kind)
    assert "upgrade" in told.value.advice
    assert all_bytes(tmp_path) == before


def test_a_store_refuses_a_newer_database_too(tmp_path):
    path = tmp_path / "t.db"
    SqliteTenantStore(str(path)).close()
    raw(path).pragma("user_version", 99)
    before = all_bytes(tmp_path)
    with pytest.raises(SchemaTooNew):
        SqliteTenantStore(str(path))
    assert all_bytes(tmp_path) == before


def test_a_database_of_an_older_version_is_brought_up_to_date(tmp_path, monkeypatch):
    path = str(tmp_path / "t.db")
    steps = tmp_path / "schema" / "tenant"
    steps.mkdir(parents=True)
    for step in TENANT.steps()[:1]:
        (steps / Path(step).name).write_text(Path(step).read_text())
    monkeypatch.setattr(connection, "_SCHEMAS", str(tmp_path / "schema"))
    connect(path, TENANT).close()
    monkeypatch.undo()
    db = connect(path, TENANT)
    assert db.pragma("user_version") == len(TENANT.steps())
    assert db.execute("SELECT count(*) FROM journal").fetchall() == [(0,)]
    db.close()


def test_a_step_that_fails_leaves_the_older_schema_whole(tmp_path, monkeypatch):
    path = str(tmp_path / "t.db")
    connect(path, TENANT).close()
    steps = tmp_path / "schema" / "tenant"
    steps.mkdir(parents=True)
    for step in TENANT.steps():
        (steps / Path(step).name).write_text(Path(step).read_text())
    (steps / "9999_next.sql").write_text("CREATE TABLE next (x); SELECT no_such_function()")
    monkeypatch.setattr(connection, "_SCHEMAS", str(tmp_path / "schema"))
    with pytest.raises(apsw.SQLError):
        connect(path, TENANT)
    monkeypatch.undo()
    db = connect(path, TENANT)
    assert db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'next'").fetchall() == [(0,)]
    db.close()


def test_a_database_of_another_program_or_kind_is_refused_and_untouched(tmp_path):
    foreign = tmp_path / "foreign.db"
    db = raw(foreign)
    db.execute("CREATE TABLE precious (x); INSERT INTO precious VALUES (1)")
    db.close()
    connect(str(tmp_path / "system.db"), SYSTEM).close()
    before = all_bytes(tmp_path)
    for path in (foreign, tmp_path / "system.db"):
        with pytest.raises(StoreDamaged, match="not a tenant database"):
            connect(str(path), TENANT)
    assert all_bytes(tmp_path) == before


def test_a_file_that_is_no_database_is_refused_and_untouched(tmp_path):
    path = tmp_path / "t.db"
    path.write_bytes(b"these are my notes\n" * 500)
    before = all_bytes(tmp_path)
    with pytest.raises(StoreDamaged):
        connect(str(path), TENANT)
    assert all_bytes(tmp_path) == before


def test_a_link_is_not_followed(tmp_path):
    connect(str(tmp_path / "real.db"), TENANT).close()
    (tmp_path / "link.db").symlink_to("real.db")
    with pytest.raises(StoreUnwritable, match="symbolic link"):
        connect(str(tmp_path / "link.db"), TENANT)
    (tmp_path / "dangling.db").symlink_to("nowhere.db")
    with pytest.raises(StoreUnwritable, match="symbolic link"):
        connect(str(tmp_path / "dangling.db"), TENANT)
    assert not (tmp_path / "nowhere.db").exists()
    (tmp_path / "second.db").hardlink_to(tmp_path / "real.db")
    with pytest.raises(StoreUnwritable, match="second name"):
        connect(str(tmp_path / "second.db"), TENANT)


def test_a_folder_that_is_reached_through_a_link_serves(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "home").symlink_to("real")
    connect(str(tmp_path / "home" / "t.db"), TENANT).close()
    assert (tmp_path / "real" / "t.db").is_file()


def test_a_pipe_or_a_folder_is_no_database(tmp_path):
    os.mkfifo(tmp_path / "pipe.db")
    (tmp_path / "folder.db").mkdir()
    for name in ("pipe.db", "folder.db", "missing/t.db"):
        with pytest.raises(StoreUnwritable):
            connect(str(tmp_path / name), TENANT)


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a file away needs root")
def test_a_file_of_another_user_is_refused(tmp_path):
    connect(str(tmp_path / "t.db"), TENANT).close()
    os.chown(tmp_path / "t.db", 65534, 65534)
    with pytest.raises(StoreUnwritable, match="another user"):
        connect(str(tmp_path / "t.db"), TENANT)


def test_an_old_sqlite_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "LEAST_SQLITE", (99, 0, 0))
    with pytest.raises(StoreUnwritable, match="may lose commits"):
        connect(str(tmp_path / "t.db"), TENANT)
    assert not (tmp_path / "t.db").exists()


def test_damage_is_said_and_is_no_crash(tmp_path):
    path = tmp_path / "t.db"
    store = SqliteTenantStore(str(path))
    for number in range(50):
        store.write(lambda tx, n=number: tx.events.publish("run", str(n), {"x": "y" * 900})).result(10)
    store.close()
    whole = path.read_bytes()
    seed = random.Random(3)
    told = 0
    for _ in range(20):
        broken = bytearray(whole)
        start = seed.randrange(4096, len(whole) - 4096)
        broken[start : start + 4096] = seed.randbytes(4096)
        path.write_bytes(broken)
        try:
            store = SqliteTenantStore(str(path))
        except StoreDamaged:
            told += 1
            continue
        try:
            store.read(lambda tx: tx.events.read_since("run", 0, 100))
        except StoreDamaged:
            told += 1
        store.close()
    assert told >= 5  # the other times the damage lay in a page that nothing is read from
    path.write_bytes(whole)
    store = SqliteTenantStore(str(path))
    assert len(store.read(lambda tx: tx.events.read_since("run", 0, 100))) == 50
    store.close()


ONE_SQLITE = """
import sys
from contextlib import closing
from darwinflow.storage.sqlite.tenant import SqliteTenantStore
extension = sys.argv[2] if len(sys.argv) > 2 else None
store = SqliteTenantStore(sys.argv[1], extension=extension)
store.write(lambda tx: tx.events.publish("run", "k", {})).result(10)
assert not {"_sqlite3", "sqlite3", "aiosqlite", "honker"} & set(sys.modules)
libraries = set()
for line in open("/proc/self/maps"):
    path = line.split(maxsplit=5)[5].strip() if len(line.split(maxsplit=5)) > 5 else ""
    if path.startswith("/") and ".so" in path:
        libraries.add(path)
parses_sql = b"unknown join type: "
print(*sorted(path for path in libraries if parses_sql in open(path, "rb").read()))
store.close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("with_extension", [False, True])
def test_there_is_one_sqlite_in_the_process(tmp_path, with_extension, request):
    extension = [request.getfixturevalue("honker")] if with_extension else []
    command = [sys.executable, "-c", ONE_SQLITE, str(tmp_path / "t.db"), *extension]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert [Path(path).parent.name for path in done.stdout.split()] == ["apsw"]


@pytest.mark.parametrize("name", ["-shm", "-wal"])
def test_what_lies_beside_a_database_is_no_longer_read_only_than_the_database(tmp_path: Path, name: str):
    """SQLite makes both with the mode of the database, also while that cannot be written for a moment."""
    path = tmp_path / "t.db"
    connect(str(path), TENANT).close()
    beside = tmp_path / f"t.db{name}"
    beside.touch(mode=0o400)
    with closing(connect(str(path), TENANT)) as db:
        assert stat.S_IMODE(beside.stat().st_mode) == 0o600
        db.execute("BEGIN IMMEDIATE; COMMIT")
