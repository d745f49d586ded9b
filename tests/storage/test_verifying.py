"""Verifying looks again where figures are kept apart from the logs: they may be behind for a moment."""

import threading

import pytest

from contract.conftest import clock
from contract.sample_runs import finished
from daemon_process import eventually
from darwinflow.model.stores import FILE, SQLITE, StoreChoice, Stores
from darwinflow.storage.organization import OrganizationStores
from darwinflow.storage.recording import record
from darwinflow.storage.sqlite.tenant import SqliteTenantStore


class Held(SqliteTenantStore):
    """Takes nothing in until it is let go."""

    def __init__(self, path):
        self.go_on = threading.Event()
        self.go_on.set()
        super().__init__(path)

    def write(self, work):
        self.go_on.wait(10)
        return super().write(work)


@pytest.fixture
def opened(tmp_path):
    held = Held(str(tmp_path / "own.db"))
    stores = OrganizationStores(
        "org",
        str(tmp_path),
        lambda: held,
        lambda _: pytest.fail("there is no other database"),
        lambda _: None,
        clock,
        Stores(logs=StoreChoice(FILE), metrics=StoreChoice(SQLITE)),
        None,
    )
    yield stores, held
    held.go_on.set()
    stores.close()


def keep(stores, run_id):
    return stores.tenant.write(lambda tx: record(tx, "demo", finished(run_id)))


def test_figures_that_are_behind_for_a_moment_are_no_fault(opened):
    stores, held = opened
    keep(stores, "r1").result(10)
    held.go_on.clear()
    kept = keep(stores, "r2")
    eventually(lambda: len(stores.log_store().read(lambda tx: tx.logs("demo").find("r"))) == 2)
    threading.Timer(0.5, held.go_on.set).start()
    assert stores.verify() == (2, ())
    assert kept.result(10)


def test_figures_that_stay_wrong_are_told(opened):
    stores, held = opened
    keep(stores, "r1").result(10)
    held.write(lambda tx: tx.connection.execute("UPDATE summary SET runs = 7")).result(10)
    runs, faults = stores.verify()
    assert runs == 1
    assert any("are of 7 runs; its 1 runs add up to something else" in fault for fault in faults)
