"""The writer when things go wrong: a commit that fails, a full disk, a database that is held by another."""

import os
import subprocess
import sys
import threading
from concurrent.futures import wait

import apsw
import pytest

from contract.sample_runs import finished, live, running
from darwinflow.model.errors import OutcomeUnknown, StoreError, StoreFull, StoreUnwritable
from darwinflow.model.filter import RunFilter
from darwinflow.model.run import RunOutput, RunStatus
from darwinflow.storage.recording import record, record_finish, record_start, record_steps
from darwinflow.storage.sqlite.acknowledged import Acknowledged
from darwinflow.storage.sqlite.connection import TENANT, connect
from darwinflow.storage.sqlite.tenant import SqliteTenantStore, SqliteTransaction
from darwinflow.storage.sqlite.writer import Writer


@pytest.fixture
def store(tmp_path):
    opened = SqliteTenantStore(str(tmp_path / "t.db"))
    yield opened
    opened.close()


def keep(store, name):
    return store.write(lambda tx: record(tx, "demo", finished(name)))


def kept(store):
    page = store.read(lambda tx: tx.logs("demo").query_logs(RunFilter(limit=500)))
    return sorted(header.run_id for header in page.items)


def keep_and_break_the_commit(tx):
    record(tx, "demo", finished("torn"))
    tx.connection.set_commit_hook(lambda: True)


def test_what_waits_shares_one_commit(store):
    commits, gate = [], threading.Event()

    def committing():
        commits.append(1)
        return False

    store.write(lambda tx: tx.connection.set_commit_hook(committing)).result(10)
    commits.clear()
    first = store.write(lambda tx: gate.wait(10))
    futures = [keep(store, f"r{number}") for number in range(100)]
    gate.set()
    wait([first, *futures], 10)
    assert all(future.result() for future in futures)
    assert len(commits) <= 2


def test_a_commit_that_fails_is_unknown_and_the_next_one_works(store):
    keep(store, "before").result(10)
    failed = store.write(keep_and_break_the_commit).exception(10)
    assert isinstance(failed, OutcomeUnknown)
    assert "send the same again" in str(failed)
    assert keep(store, "torn").result(10)
    assert kept(store) == ["before", "torn"]


def test_nobody_is_told_of_what_did_not_take_effect(tmp_path):
    told = []
    store = SqliteTenantStore(str(tmp_path / "t.db"), announce=told.extend)
    store.write(keep_and_break_the_commit).exception(10)
    keep(store, "b").result(10)
    store.close()
    assert [event.key for event in told] == ["b"]


def test_a_transaction_that_is_undone_takes_all_that_shared_it(store):
    gate = threading.Event()

    def lose_everything(tx):
        tx.connection.execute("ROLLBACK")
        raise apsw.FullError("as SQLite does on a full disk")

    store.write(lambda tx: gate.wait(10))
    before, culprit, behind = keep(store, "before"), store.write(lose_everything), keep(store, "behind")
    gate.set()
    assert isinstance(culprit.exception(10), StoreFull)
    assert isinstance(before.exception(10), StoreFull)
    assert behind.result(10)
    assert kept(store) == ["behind"]


def test_a_database_that_another_program_holds_is_waited_for_and_then_named(store, tmp_path):
    script = """
import apsw, sys, time
db = apsw.Connection(sys.argv[1])
db.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""
    store.write(lambda tx: tx.connection.set_busy_timeout(100)).result(10)
    command = [sys.executable, "-c", script, str(tmp_path / "t.db")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        waiting = keep(store, "a")
        assert isinstance(waiting.exception(20), StoreUnwritable)
        assert "another program" in str(waiting.exception())
        assert kept(store) == []
        holder.communicate("")
    assert keep(store, "a").result(10)


def test_work_that_was_cancelled_while_it_waited_is_not_done(store):
    gate = threading.Event()
    first = store.write(lambda tx: gate.wait(10))
    cancelled, other = keep(store, "cancelled"), keep(store, "other")
    assert cancelled.cancel()
    gate.set()
    wait([first, other], 10)
    assert kept(store) == ["other"]


def test_work_that_ends_its_own_savepoint_and_fails_leaves_nothing_behind(store):
    def work(tx):
        record(tx, "demo", finished("half"))
        tx.connection.execute("RELEASE job")
        raise LookupError("after all")

    gate = threading.Event()
    waiting = store.write(lambda tx: gate.wait(10))
    first, broken = keep(store, "first"), store.write(work)
    gate.set()
    waiting.exception(10)
    assert isinstance(broken.exception(10), LookupError)
    assert isinstance(first.exception(10), StoreError)
    keep(store, "next").result(10)
    assert kept(store) == ["next"]


class Unsound(SqliteTransaction):
    """A connection that goes away at the beginning of a transaction."""

    def begun(self):
        self.connection.close()
        raise ValueError("a fault of its own")


def test_a_fault_in_the_writer_is_told_and_is_not_its_end(store, tmp_path):
    def opened(kind):
        db = connect(str(tmp_path / "t.db"), TENANT)
        return kind(db, lambda events: None, Acknowledged(str(tmp_path / "t.db")))

    writer = Writer(str(tmp_path / "t.db"), opened(Unsound), lambda: opened(SqliteTransaction))
    assert isinstance(writer.write(lambda tx: None).exception(10), ValueError)
    assert writer.write(lambda tx: 7).result(10) == 7
    writer.close()


WITH_A_LIMIT = """
import resource, sys
sys.path.insert(0, sys.argv[2])
from storage.test_sqlite_writer import keep, kept
from darwinflow.model.errors import StoreFull
from darwinflow.storage.sqlite.tenant import SqliteTenantStore
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), unlimited))
store = SqliteTenantStore(sys.argv[1])
acknowledged = []
failed = None
while failed is None:
    name = f"r{len(acknowledged)}"
    failed = keep(store, name).exception(10)
    if failed is None:
        acknowledged.append(name)
for error in (failed, keep(store, "still").exception(10)):
    assert isinstance(error, StoreFull), error
    assert "cannot grow: no file may be larger than" in str(error), error
    assert "ulimit -f" in error.advice
    assert "disk" not in str(error) + error.advice
assert kept(store) == sorted(acknowledged)
resource.setrlimit(resource.RLIMIT_FSIZE, (unlimited, unlimited))
keep(store, "again").result(10)
store.close()
assert kept(SqliteTenantStore(sys.argv[1])) == sorted([*acknowledged, "again"])
print(len(acknowledged))
"""


@pytest.mark.parametrize("limit", [600_000, 1 << 20])
def test_a_limit_of_file_sizes_is_said_and_nothing_acknowledged_is_lost(tmp_path, limit):
    tests = os.path.dirname(os.path.dirname(__file__))
    command = [sys.executable, "-c", WITH_A_LIMIT, str(tmp_path / "t.db"), tests, str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 2


@pytest.mark.parametrize("limit", [0, 4096, 20_000, 33_000])
def test_a_limit_that_leaves_no_room_to_begin_is_said(tmp_path, limit):
    script = """
import resource, sys
from darwinflow.storage.sqlite.tenant import SqliteTenantStore
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
try:
    SqliteTenantStore(sys.argv[1])
except Exception as error:
    print(type(error).__name__, error, error.advice)
"""
    command = [sys.executable, "-c", script, str(tmp_path / "t.db"), str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert "StoreFull" in done.stdout, done.stdout + done.stderr
    assert "ulimit -f" in done.stdout
    SqliteTenantStore(str(tmp_path / "t.db")).close()


@pytest.mark.parametrize("small_disk", ["1536k"], indirect=True)
@pytest.mark.parametrize("with_extension", [False, True])
def test_a_full_disk_is_said_nothing_acknowledged_is_lost_and_writing_comes_back(
    small_disk, request, with_extension
):
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 150_000)
    extension = request.getfixturevalue("honker") if with_extension else None
    store = SqliteTenantStore(str(small_disk / "t.db"), extension=extension)
    acknowledged, failed = [], None
    for number in range(2_000):
        try:
            keep(store, f"r{number}").result(10)
            acknowledged.append(f"r{number}")
        except StoreError as error:
            failed = error
            break
    assert isinstance(failed, StoreFull)
    assert len(acknowledged) > 5
    assert isinstance(keep(store, "still").exception(10), StoreFull)
    assert kept(store) == sorted(acknowledged)
    ballast.unlink()
    for name in ("again1", "again2"):
        keep(store, name).result(10)
    store.close()
    store = SqliteTenantStore(str(small_disk / "t.db"), extension=extension)
    assert kept(store) == sorted([*acknowledged, "again1", "again2"])
    assert len(store.read(lambda tx: tx.events.read_since("run", 0, 9_999))) == len(acknowledged) + 2
    store.close()


def statements_of(store, work):
    """How many statements *work* takes, those of its transaction and savepoint left out."""
    counted = []

    def begin(tx):
        tx.connection.trace_v2(
            apsw.SQLITE_TRACE_STMT,
            lambda event: counted.append(event["sql"]) if not event["trigger"] else None,
        )

    def end(tx):
        tx.connection.trace_v2(0, None)

    store.write(begin).result(10)
    counted.clear()
    store.write(work).result(10)
    found = [sql for sql in counted if not sql.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT"))]
    store.write(end).result(10)
    return found


def test_a_finished_run_takes_a_counted_number_of_statements(store):
    keep(store, "warm").result(10)
    found = statements_of(store, lambda tx: record(tx, "demo", finished("a", nodes=tuple("abcdefghij"))))
    # run and body; the marker; sums and bucket of version and of text; the hour; both read back; the event and its row;
    # and before the commit the number of changes.
    assert len(found) <= 14, found


def test_a_live_run_takes_a_counted_number_of_statements(store):
    store.write(lambda tx: record_start(tx, "demo", live("r"))).result(10)
    one = statements_of(store, lambda tx: record_steps(tx, "demo", "r", [(0, running("a"))]))
    assert len(one) <= 8, one
    many = [(number, running(str(number))) for number in range(10)]
    found = statements_of(store, lambda tx: record_steps(tx, "demo", "r", many))
    # As many as for one, beside the rows of steps, and for the first, which was another: what was there, and the log.
    assert len(found) <= len(one) - 1 + 10 + 3, found
    done = RunOutput(RunStatus.SUCCESS, live("r").start_time)
    found = statements_of(store, lambda tx: record_finish(tx, "demo", "r", done))
    assert len(found) <= 22, found
