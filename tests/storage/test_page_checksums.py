"""A bit that has flipped in a database's file, wherever it is: it is told, and never a wrong answer.

`DARWINFLOW_FLIPS` says how many; a twin without checksums shows that such answers would be given.
"""

import os
import random
import shutil
from collections import Counter
from contextlib import closing

import apsw
import pytest

from contract.sample_runs import HASH, finished
from darwinflow.model.errors import NotFound, StoreDamaged, StoreError, StoreUnwritable
from darwinflow.model.filter import RunFilter
from darwinflow.storage.recording import record
from darwinflow.storage.sqlite import checksums, connection
from darwinflow.storage.sqlite.checksums import checking_vfs, has_checksums
from darwinflow.storage.sqlite.compacting import compact_database
from darwinflow.storage.sqlite.connection import connect_reader
from darwinflow.storage.sqlite.copying import copy_database
from darwinflow.storage.sqlite.tenant import SqliteTenantStore

FLIPS = int(os.environ.get("DARWINFLOW_FLIPS", "150"))
SEED = int(os.environ.get("DARWINFLOW_SEED", "1"))
RUNS = 120


def filled(path):
    with closing(SqliteTenantStore(str(path))) as store:
        kept = [store.write(lambda tx, n=n: record(tx, "demo", run(n))) for n in range(RUNS)]
        assert all(future.result(30) for future in kept)
        gone = [f"run-{n}" for n in range(0, RUNS, 10)]
        store.write(lambda tx: [tx.logs("demo").delete(name, for_good=True) for name in gone]).result(10)


def run(number):
    # A long text that cannot be packed goes on in pages that overflow.
    error = random.Random(number).randbytes(3_000).hex() if number % 7 == 0 else f"no {number}"
    return finished(f"run-{number}", at=number, error=error)


def answers(path):
    """What reading all of it says. Raises `StoreError`."""
    with closing(SqliteTenantStore(str(path))) as store:
        return store.read(everything)


def everything(tx):
    logs = tx.logs("demo")
    headers = logs.query_logs(RunFilter(limit=500)).items
    return (
        headers,
        [logs.get_log(header.run_id) for header in headers],
        [header.run_id for header in logs.query_logs(RunFilter(limit=500, text="no 1")).items],
        # One letter is looked for in every error.
        [header.run_id for header in logs.query_logs(RunFilter(limit=500, text="z")).items],
        logs.get_recent("assistant", 1, 20),
        logs.erased(),
        tx.metrics("demo").get_text_summary("assistant", HASH),
        tx.metrics("demo").list_summaries(None),
        tx.events.read_since("run", 0, 1_000),
    )


def kinds_of_pages(path):
    """For each page, what it is a part of."""
    kinds = {}
    with closing(connect_reader(str(path))) as db:
        db.execute("PRAGMA schema_version").fetchall()
        for number, kind, name in db.execute("SELECT pageno, pagetype, name FROM dbstat"):
            kinds[number] = f"{'index' if 'index' in name or 'auto' in name else 'table'} {kind}"
        pages = os.path.getsize(path) // 4096
    return {number: kinds.get(number, "free or map") for number in range(1, pages + 1)}


def flipped(whole, rng, page):
    content = bytearray(whole)
    content[(page - 1) * 4096 + rng.randrange(4096)] ^= 1 << rng.randrange(8)
    return content


def test_a_flipped_bit_is_told_and_never_served(tmp_path):
    path = tmp_path / "t.db"
    filled(path)
    whole, expected = path.read_bytes(), answers(path)
    kinds = kinds_of_pages(path)
    by_kind = {kind: [page for page in kinds if kinds[page] == kind] for kind in set(kinds.values())}
    assert len(by_kind) >= 5, by_kind
    rng = random.Random(SEED)
    told, unread, missed = Counter(), Counter(), []
    for number in range(FLIPS):
        kind = sorted(by_kind)[number % len(by_kind)]
        path.write_bytes(flipped(whole, rng, rng.choice(by_kind[kind])))
        try:
            found = answers(path)
        except StoreDamaged:
            told[kind] += 1
        else:
            assert found == expected, kind
            unread[kind] += 1
            with closing(connect_reader(str(path))) as db:
                missed += [] if faults(db) else [kind]
    print(f"\nseed {SEED}: {FLIPS} flips, 0 wrong answers; told {dict(told)}, not read {dict(unread)}")
    # Of a free page nothing is ever read, so its bits are nobody's.
    assert set(missed) <= {"free or map"}
    assert set(told) >= set(by_kind) - {"free or map"}


def faults(db):
    try:
        said = db.execute("PRAGMA integrity_check").fetchall()
    except apsw.Error:
        return True
    return said != [("ok",)]


def test_a_twin_without_checksums_serves_what_is_wrong(tmp_path, monkeypatch):
    path = tmp_path / "t.db"
    monkeypatch.setattr(connection, "ask_for_checksums", lambda db: None)
    filled(path)
    whole, expected = path.read_bytes(), answers(path)
    rng = random.Random(SEED)
    wrong = 0
    for _ in range(60):
        path.write_bytes(flipped(whole, rng, rng.randrange(2, len(whole) // 4096)))
        try:
            wrong += answers(path) != expected
        except NotFound:
            wrong += 1  # a run that is listed by another name than it has
        except (StoreError, ValueError, TypeError, AssertionError):
            continue  # not served: what is read has not even the type that it had
    assert wrong > 0


def test_a_database_without_checksums_has_them_once_it_is_compacted(tmp_path, monkeypatch):
    path = str(tmp_path / "t.db")
    with monkeypatch.context() as older:
        older.setattr(connection, "ask_for_checksums", lambda db: None)
        with closing(SqliteTenantStore(path)) as store:
            store.write(lambda tx: record(tx, "demo", finished("a"))).result(10)
    assert answers(path)[0][0].run_id == "a"
    with closing(connect_reader(path)) as db:
        assert not has_checksums(db)
    compact_database(path, is_system=False)
    with closing(connect_reader(path)) as db:
        assert has_checksums(db)
    assert answers(path)[0][0].run_id == "a"


def test_a_copy_has_checksums_and_a_damaged_database_is_not_copied(tmp_path):
    path = tmp_path / "t.db"
    filled(path)
    copy_database(str(path), str(tmp_path / "copy.db"))
    assert answers(tmp_path / "copy.db") == answers(path)
    with closing(connect_reader(str(tmp_path / "copy.db"))) as db:
        assert has_checksums(db)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 8
    path.write_bytes(content)
    with pytest.raises(StoreDamaged, match="does not fit its checksum"):
        copy_database(str(path), str(tmp_path / "second.db"))


def test_where_the_library_is_missing_a_database_with_checksums_is_refused_and_untouched(
    tmp_path, monkeypatch
):
    path = tmp_path / "t.db"
    filled(path)
    before = path.read_bytes()
    monkeypatch.setattr(checksums, "_VFS", "none-such")
    monkeypatch.setattr(checksums, "_LIBRARY", str(tmp_path / "cksumvfs"))
    assert checking_vfs() is None
    with pytest.raises(StoreUnwritable, match="library that keeps them is missing") as told:
        SqliteTenantStore(str(path))
    assert told.value.advice
    assert path.read_bytes() == before
    with closing(SqliteTenantStore(str(shutil.copytree(tmp_path, tmp_path / "n") / "new.db"))):
        pass  # a new one is made, without


def test_a_large_database_is_copied_whole_while_its_wal_holds_all_of_it(tmp_path):
    """What a copy's cache cannot hold is written before the first page, which says that pages have checksums."""
    path, copied = tmp_path / "a.db", tmp_path / "copy.db"
    path.touch()
    with closing(apsw.Connection(str(path), vfs=checking_vfs())) as writer:
        checksums.ask_for_checksums(writer)
        for name, value in (
            ("auto_vacuum", "incremental"),
            ("journal_mode", "wal"),
            ("wal_autocheckpoint", 0),
        ):
            writer.pragma(name, value)
        writer.execute("CREATE TABLE kept(id INTEGER PRIMARY KEY, bytes)")
        with writer:
            writer.executemany("INSERT INTO kept(bytes) VALUES (randomblob(?))", [(2_000,)] * 3_000)
        assert os.path.getsize(f"{path}-wal") > 5 << 20
        copy_database(str(path), str(copied))
        rows = writer.execute("SELECT * FROM kept").fetchall()
    with closing(connect_reader(str(copied))) as db:
        assert has_checksums(db)
        assert db.execute("SELECT * FROM kept").fetchall() == rows
