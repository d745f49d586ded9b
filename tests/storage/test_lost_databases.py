"""A database that was emptied, removed, cut or overwritten: it is said, nothing is made in its place, nothing is lost."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime

import apsw
import pytest

from darwinflow.model.errors import StoreDamaged
from darwinflow.storage.opening import open_identity, open_organization
from darwinflow.storage.sqlite.lost import BESIDE
from darwinflow.storage.sqlite.tenant import SqliteTenantStore
from darwinflow.tenancy.personal import personal

EVENTS = 60


def now():
    return datetime.now(UTC)


def opened(home, new_id=lambda: os.urandom(8).hex()):
    """As the daemon opens them; the tenant's store, and the path of its file."""
    with closing(open_identity(str(home / "system.db"), now=now)) as identity:
        own = personal(identity, 1000, "ada", new_id).organization.id
        path = home / f"tenant-{own}.db"
        stores = open_organization(identity, own, str(path), announce=lambda _: None, now=now)
        return stores.tenant, path


def count(store):
    return len(store.read(lambda tx: tx.events.read_since("run", 0, 1000)))


@pytest.fixture
def home(tmp_path):
    """With a history, left by a daemon that has stopped."""
    store, _ = opened(tmp_path)
    for number in range(EVENTS):
        store.write(lambda tx, n=number: tx.events.publish("run", str(n), {"x": "y" * 900})).result(10)
    store.close()
    return tmp_path


@pytest.fixture
def killed(home, tmp_path_factory):
    """The same, left by a daemon that was killed: nearly everything lies in the WAL."""
    store, path = opened(home)
    for number in range(EVENTS):
        store.write(lambda tx, n=number: tx.events.publish("run", str(n), {"x": "y" * 900})).result(10)
    left = tmp_path_factory.mktemp("killed")
    subprocess.run(
        ["cp", "-r", f"{home}/.", str(left)], check=True
    )  # another process, as closing drops locks
    store.close()
    assert os.path.getsize(left / f"{path.name}-wal") > 0
    return left


def tenant_file(home):
    return next(path for path in home.iterdir() if re.fullmatch(r"tenant-.*\.db", path.name))


def contents(home):
    return {
        path.name: path.read_bytes() for path in home.iterdir() if path.is_file() and "-shm" not in path.name
    }


def refused(home, path, words):
    """What is said; opening it again says it again, and no file has changed."""
    before = contents(home)
    for _ in range(2):
        with pytest.raises(StoreDamaged, match=words) as told:
            opened(home)
        assert str(path) in str(told.value)
    assert contents(home) == before
    return told.value.advice


@pytest.mark.parametrize("name", ["tenant", "system"])
@pytest.mark.parametrize("damage", ["empty", "missing", "cut at a page", "cut in a page", "garbage"])
def test_a_database_that_is_lost_is_refused_as_it_lies_until_a_copy_is_back(
    home, tmp_path_factory, name, damage
):
    path = tenant_file(home) if name == "tenant" else home / "system.db"
    copy = shutil.copy(path, tmp_path_factory.mktemp("copy"))
    size = path.stat().st_size
    if damage == "missing":
        path.unlink()
    elif damage == "garbage":
        path.write_bytes(os.urandom(size))
    else:
        os.truncate(path, {"empty": 0, "cut at a page": size - 4096, "cut in a page": size - 100}[damage])
    words = {"empty": "is empty", "missing": "is missing", "garbage": "not a database"}.get(
        damage, "is cut off"
    )
    advice = refused(home, path, words)
    assert "put a copy of it in its place" in advice
    shutil.copy(copy, path)
    store, _ = opened(home)
    assert count(store) == EVENTS
    store.close()


@pytest.mark.parametrize("cut", [0, 4096, 5 * 4096, -4096])
def test_a_file_that_is_cut_under_its_wal_is_refused_and_the_wal_is_kept(killed, cut):
    path = tenant_file(killed)
    size = path.stat().st_size
    os.truncate(path, cut if cut >= 0 else size + cut)
    advice = refused(killed, path, "is empty" if cut == 0 else "is cut off")
    assert f"without {path.name}-wal" in advice


def test_what_a_killed_daemon_leaves_is_whole(killed):
    store, _ = opened(killed)
    assert count(store) == 2 * EVENTS
    store.close()


def test_an_empty_file_with_a_wal_is_lost_also_where_nobody_knows_of_it(killed, tmp_path):
    path = tenant_file(killed)
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(f"{path}-wal", alone / "t.db-wal")
    for _ in range(2):
        with pytest.raises(StoreDamaged, match="is missing"):
            SqliteTenantStore(str(alone / "t.db"))
        assert (alone / "t.db-wal").read_bytes() == (killed / f"{path.name}-wal").read_bytes()


@pytest.mark.parametrize("damage", ["empty", "missing", "garbage"])
def test_whoever_asks_for_it_begins_anew_and_what_was_left_is_set_aside(killed, damage):
    path = tenant_file(killed)
    wal = (killed / f"{path.name}-wal").read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(b"" if damage == "empty" else b"garbage" * 1000)
    words = {"empty": "is empty", "missing": "is missing", "garbage": "is cut off"}[damage]
    with pytest.raises(StoreDamaged, match=words) as told:
        opened(killed)
    subprocess.run(["sh", "-c", told.value.advice.partition("set aside: ")[2]], check=True)
    store, again = opened(killed)
    assert again == path
    assert count(store) == 0
    store.close()
    (aside,) = (killed / "set-aside").iterdir()
    assert (aside / f"{path.name}-wal").read_bytes() == wal
    if damage == "garbage":
        assert (aside / path.name).read_bytes() == b"garbage" * 1000
    store, _ = opened(killed)  # and it is not begun anew a second time
    store.close()
    assert len(list((killed / "set-aside").iterdir())) == 1


def test_a_lost_system_database_begun_anew_finds_the_history_again(home):
    path = home / "system.db"
    path.write_bytes(b"")
    advice = refused(home, path, "is empty")
    assert f"touch {shlex.quote(str(path))}.anew" in advice
    (home / "system.db.anew").touch()
    store, _ = opened(home)
    assert count(store) == EVENTS
    store.close()


def test_a_file_that_vanishes_while_it_is_open_is_not_made_again(home):
    store, path = opened(home)
    path.unlink()
    with pytest.raises(StoreDamaged, match="is missing"):
        store._open_writer()
    assert not path.exists()
    store.close()


def test_damage_that_only_reading_shows_names_the_file_and_what_to_do(home):
    path = tenant_file(home)
    db = apsw.Connection(str(path))
    db.execute("UPDATE _honker_stream SET payload = replace(payload, 'yyyyyy', 'yyy' || char(1) || 'yyy')")
    db.close()
    store, _ = opened(home)
    with pytest.raises(StoreDamaged) as told:
        count(store)
    assert str(told.value).startswith(f"{path} is damaged: a stored event cannot be read")
    assert "put a copy of it in its place" in told.value.advice
    store.close()


def remove(path):
    path.unlink()


def empty(path):
    os.truncate(path, 0)


def move(path):
    path.rename(path.with_suffix(".moved"))


def replace(path):
    copy = path.with_suffix(".copy")
    subprocess.run(["cp", path, copy], check=True)  # another process, as closing drops SQLite's locks
    copy.rename(path)


@pytest.mark.parametrize("harm", [remove, empty, move, replace])
def test_nothing_is_acknowledged_that_goes_into_a_file_which_is_there_no_more(home, harm):
    store, path = opened(home)
    store.write(lambda tx: tx.events.publish("run", "one more", {})).result(10)
    harm(path)
    error = store.write(lambda tx: tx.events.publish("run", "lost", {})).exception(10)
    assert isinstance(error, StoreDamaged)
    assert f"{path} was removed, emptied or replaced while it was open" in str(error)
    if harm is move:
        path.with_suffix(".moved").rename(path)
        store.write(lambda tx: tx.events.publish("run", "again", {})).result(10)
        assert count(store) == EVENTS + 2
    store.close()


def test_a_reader_that_cannot_end_its_transaction_is_let_go(home):
    store, _ = opened(home)

    def work(tx):
        tx.connection.close()

    for _ in range(6):
        with pytest.raises(apsw.ConnectionClosedError):
            store.read(work)
    assert count(store) == EVENTS
    store.close()


FILLED = """
import sys
from darwinflow.storage.sqlite.tenant import SqliteTenantStore
store = SqliteTenantStore(sys.argv[1])
for number in range(1_000):
    store.write(lambda tx: tx.events.publish("run", str(number), {"x": "y" * 900})).result()
    print(number, flush=True)
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace, to kill at a given system call")
@pytest.mark.parametrize("page", [3, 20, 100])
def test_a_kill_amid_a_checkpoint_leaves_a_short_file_that_is_no_damage(tmp_path, page):
    path = tmp_path / "t.db"
    command = [
        *("strace", "-f", "-qq", "-o", "/dev/null", "-P", str(path)),
        *("-e", "trace=pwrite64", "-e", f"inject=pwrite64:signal=KILL:when={page}"),
        *(sys.executable, "-c", FILLED, str(path)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == -9
    store = SqliteTenantStore(str(path))
    acknowledged = len(done.stdout.split())
    assert acknowledged > 100
    assert acknowledged <= count(store) <= acknowledged + 1
    store.close()


FIRST_START = """
import os, sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from storage.test_lost_databases import opened
store, _ = opened(Path(sys.argv[1]), lambda: "abcdefgh")
store.close()
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace, to kill at a given system call")
def test_a_first_start_that_was_killed_anywhere_is_made_up_for(tmp_path):
    """At every 26th system call that changes one of its files, until it is through."""
    calls = "openat,pwrite64,ftruncate,unlink,fsync,fdatasync"
    codes = []
    for step in range(1, 1000, 26):
        home = tmp_path / f"home{step}"
        home.mkdir()
        files = [
            f"{home}/{name}{suffix}" for name in ("system.db", "tenant-abcdefgh.db") for suffix in BESIDE
        ]
        command = [
            *("strace", "-f", "-qq", "-o", "/dev/null", "-P", str(home)),
            *(part for file in files for part in ("-P", file)),
            *("-e", f"trace={calls}", "-e", f"inject={calls}:signal=KILL:when={step}"),
            *(sys.executable, "-c", FIRST_START, str(home), os.path.dirname(os.path.dirname(__file__))),
        ]
        codes.append(subprocess.run(command, check=False, timeout=60).returncode)
        store, _ = opened(home, lambda: "abcdefgh")
        store.close()
        if codes[-1] == 0:
            break
    assert codes[-1] == 0
    assert len(codes) > 4
    assert set(codes[:-1]) == {-9}
