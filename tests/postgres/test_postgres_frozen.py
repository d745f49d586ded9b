"""A server that is there and answers nobody."""

import time
from contextlib import suppress

import pytest

from contract.sample_runs import finished
from daemon.program import Program
from daemon_process import eventually
from darwinflow.model.errors import OutcomeUnknown, StoreAway
from darwinflow.storage.postgres.watched import PATIENCE_S
from darwinflow.storage.recording import record
from postgres.member import daemon_of
from postgres_server import new_organization

SOON_S = 6 * PATIENCE_S


def test_who_asks_a_frozen_server_is_told_soon_and_served_when_it_goes_on(server, open_store):
    organization = new_organization(server)
    store = open_store(organization.dsn, organization.id)
    store.write(lambda tx: record(tx, "demo", finished("r1"))).result(20)
    assert store.read(lambda tx: tx.logs("demo").header("r1")).run_id == "r1"
    server.freeze()
    try:
        asked = time.monotonic()
        with pytest.raises(StoreAway, match="cannot be reached"):
            store.read(lambda tx: tx.logs("demo").header("r1"))
        assert time.monotonic() - asked < SOON_S
        with pytest.raises((StoreAway, OutcomeUnknown)):
            store.write(lambda tx: record(tx, "demo", finished("r2"))).result(SOON_S)
    finally:
        server.thaw()
    with suppress(StoreAway):
        store.write(lambda tx: record(tx, "demo", finished("r2"))).result(30)
    assert store.write(lambda tx: record(tx, "demo", finished("r2"))).result(30) is False
    summary = store.read(lambda tx: tx.metrics("demo").list_summaries(None))
    assert [one.summary.runs for one in summary] == [2]


def test_a_question_that_takes_long_is_waited_for(server, open_store):
    organization = new_organization(server)
    store = open_store(organization.dsn, organization.id)
    slept = f"SELECT pg_sleep({PATIENCE_S + 1}), 7"
    assert store.read(lambda tx: tx.connection.execute(slept).fetchone())[1] == 7


def test_status_says_that_journals_wait_for_a_frozen_server(tmp_path, server):
    daemon = daemon_of(tmp_path / "home", new_organization(server), "ada", server)
    try:
        daemon.start()
        program = Program(daemon)
        program.start("r1")
        program.of_run("run.finished", "r1", status="SUCCESS")
        eventually(lambda: daemon.client().call("run/query")["runs"])
        server.freeze()
        try:
            program.start("r2")
            program.of_run("run.finished", "r2", status="SUCCESS")
            held = eventually(lambda: daemon.client().call("daemon/status")["held"], SOON_S)
            assert "cannot be reached" in held["message"]
        finally:
            server.thaw()
        eventually(lambda: len(daemon.client().call("run/query", {"status": "SUCCESS"})["runs"]) == 2, 30)
    finally:
        daemon.close()
