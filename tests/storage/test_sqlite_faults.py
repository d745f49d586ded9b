"""Every so many-th operation on the disk fails: callers hear an error they can act on, nothing acknowledged is lost."""

import itertools
from contextlib import contextmanager

import apsw
import pytest

from contract.sample_runs import HASH, finished
from darwinflow.model.errors import StoreError
from darwinflow.model.filter import RunFilter
from darwinflow.storage.recording import record
from darwinflow.storage.sqlite.tenant import SqliteTenantStore

EVERY = 23
"""`EVERY = 1` takes each point; it was run so, and takes a minute or two."""

SOUND = apsw.vfs_names()[0]
"""The system's own, on which the faulty one lies."""


class Plan:
    """Which operation fails: the one of number *at*, or all from it on until `mend`."""

    def __init__(self, at=None, code=apsw.SQLITE_IOERR_WRITE, lasting=False):
        self.at, self.code, self.lasting = at, code, lasting
        self.done = 0
        self.hits = 0

    def __call__(self):
        self.done += 1
        if self.at is not None and (self.done == self.at or (self.lasting and self.done > self.at)):
            self.hits += 1
            raise apsw.exception_for(self.code)

    def mend(self):
        self.at = None


class FaultyFile(apsw.VFSFile):
    def __init__(self, plan, name, flags):
        self._plan = plan
        super().__init__(SOUND, name, flags)

    def xWrite(self, data, offset):  # noqa: N802 - as apsw calls it
        self._plan()
        return super().xWrite(data, offset)

    def xSync(self, flags):  # noqa: N802 - as apsw calls it
        self._plan()
        return super().xSync(flags)

    def xTruncate(self, size):  # noqa: N802 - as apsw calls it
        self._plan()
        return super().xTruncate(size)


class FaultyDisk(apsw.VFS):
    def __init__(self, plan):
        self._plan = plan
        super().__init__("faulty", SOUND, makedefault=True)

    def xOpen(self, name, flags):  # noqa: N802 - as apsw calls it
        return FaultyFile(self._plan, name, flags)


@contextmanager
def faulty(plan):
    """What is opened inside lies on a disk that fails by *plan*."""
    disk = FaultyDisk(plan)
    try:
        yield
    finally:
        disk.unregister()


def everything(tx):
    runs = tx.logs("demo").query_logs(RunFilter(limit=5_000)).items
    events = tx.events.read_since("run", 0, 5_000)
    summary = tx.metrics("demo").get_text_summary("assistant", HASH)
    (integrity,) = tx.connection.execute("PRAGMA integrity_check").fetchall()
    return (
        sorted(header.run_id for header in runs),
        sorted(event.key for event in events),
        summary.runs if summary else 0,
        integrity[0],
    )


def keep(store, name):
    return store.write(lambda tx: record(tx, "demo", finished(name, error="x" * 3_000)))


def work_through(path):
    """The standard workload. Returns what was acknowledged, and what the callers heard of."""
    acknowledged, heard = [], []
    try:
        store = SqliteTenantStore(path)
    except StoreError as error:
        return [], [error], None
    for number in range(4):
        names = [f"{number}-{at}" for at in range(4)]
        futures = [keep(store, name) for name in names]
        for name, future in zip(names, futures, strict=True):
            error = future.exception(10)
            (heard if error else acknowledged).append(error or name)
    return acknowledged, heard, store


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "until mended"])
@pytest.mark.parametrize(
    "code",
    [apsw.SQLITE_IOERR_WRITE, apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_FULL],
    ids=["write", "sync", "full"],
)
def test_wherever_the_disk_fails_what_was_acknowledged_is_there(tmp_path, code, lasting):
    counting = Plan()
    with faulty(counting):
        _, _, store = work_through(str(tmp_path / "count.db"))
        store.close()
    assert counting.done > 50
    hit = said = 0
    for at in itertools.chain(range(1, counting.done, EVERY), [counting.done - 1]):
        path = str(tmp_path / f"{at}.db")
        plan = Plan(at, code, lasting)
        with faulty(plan):
            acknowledged, heard, store = work_through(path)
            plan.mend()
            if store is not None:
                assert keep(store, "after").exception(10) is None
                acknowledged.append("after")
                store.close()
        hit += plan.hits
        said += len(heard)
        assert all(isinstance(error, StoreError) for error in heard), heard
        store = SqliteTenantStore(path)
        runs, events, counted, integrity = store.read(everything)
        store.close()
        assert integrity == "ok"
        assert set(acknowledged) <= set(runs)
        assert events == runs
        assert counted == len(runs)
    assert hit > 0
    assert said > 0
