"""A commit of which nobody knows whether it took effect: who asked is answered, and nothing happens twice."""

import json
import os
import subprocess
import sys

import pytest

from daemon_process import a_run
from darwinflow.rpc.settled import settled
from darwinflow.storage.recording import record
from postgres.conftest import open_store, organization
from postgres.member import daemon_of
from postgres.test_postgres_writer import behind, finished, keep, proxy, state

__all__ = ["behind", "open_store", "organization", "proxy"]  # fixtures

EACH_POINT = """
import json, logging, os, sys
from reliability.faulty_disk import FaultyDisk
from contract.sample_runs import finished
from darwinflow.model.errors import OutcomeUnknown
from darwinflow.rpc.settled import settled
from darwinflow.storage.recording import record
from darwinflow.storage.sqlite.tenant import SqliteTenantStore

logging.disable()
disk = FaultyDisk()
count = {"tried": 0, "unknown": 0, "answered": 0, "took effect": 0, "wrong": []}

def tried(folder, at, asks):
    path = os.path.join(folder, f"{at}-{asks}.db")
    store = SqliteTenantStore(path)
    store.write(lambda tx: record(tx, "demo", finished("before"))).result(10)
    disk.begin(at, "once")
    run = finished("r", error="x" * 3_000)
    work = lambda tx: record(tx, "demo", run)
    future = settled(store, work) if asks else store.write(work)
    error = future.exception(10)
    done = disk.done
    disk.mend()
    kept = lambda tx: [event.key for event in tx.events.read_since("run", 0, 9)]
    events = store.read(kept)
    if asks and error is None:
        count["answered"] += 1
        if future.result() is not True or events != ["before", "r"]:
            count["wrong"].append([at, disk.hit, future.result(), events])
    if isinstance(error, OutcomeUnknown):
        count["wrong" if asks else "unknown"] += [[at, disk.hit]] if asks else 1
        count["took effect"] += events == ["before", "r"]
        if store.write(work).exception(10) or store.read(kept) != ["before", "r"]:
            count["wrong"].append([at, disk.hit, "sent again"])
    store.close()
    count["tried"] += 1
    return done

most = tried(sys.argv[1], 10_000, True)
for at in range(1, most + 1):
    for asks in (True, False):
        tried(sys.argv[1], at, asks)
print(json.dumps(count))
"""


def test_at_each_failure_of_a_commit_whoever_asks_again_is_answered(tmp_path):
    tests = os.path.dirname(os.path.dirname(__file__))
    done = subprocess.run(
        [sys.executable, "-c", EACH_POINT, str(tmp_path)], cwd=tests, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    count = json.loads(done.stdout)
    print(f"\n{count}")
    assert count["wrong"] == []
    assert count["unknown"] > 0
    assert count["answered"] >= count["unknown"]


@pytest.mark.parametrize("forwards_it", [True, False], ids=["the answer is lost", "the commit is lost"])
def test_a_connection_that_is_lost_at_the_commit_is_no_matter_to_who_asked(behind, proxy, forwards_it):
    keep(behind, "before").result(10)
    proxy.cut_at(b"COMMIT\0", forwards_it=forwards_it)
    assert settled(behind, lambda tx: record(tx, "demo", finished("r"))).result(10)
    assert proxy.cuts == 1
    assert state(behind) == (["before", "r"], ["before", "r"], 2)


def test_a_daemon_whose_server_goes_away_at_the_commit_answers_its_client(tmp_path, organization, proxy):
    daemon = daemon_of(tmp_path / "home", organization, "ada", proxy).start()
    try:
        client = daemon.client()
        client.call("run/record", {"run": a_run("before")})
        for number, forwards_it in enumerate([True, False]):
            proxy.cut_at(b"COMMIT\0", forwards_it=forwards_it)
            recorded = client.call("run/record", {"run": a_run(f"r{number}")})
            assert recorded["created"] is True
        assert proxy.cuts == 2
        sent = {"runs": [a_run("r1"), a_run("r2")]}
        proxy.cut_at(b"COMMIT\0", forwards_it=True)
        imported = client.call("run/import", sent)["runs"]
        assert [run["outcome"] for run in imported] == ["known", "new"]
        proxy.cut_at(b"COMMIT\0", forwards_it=True)
        assert client.call("run/pin", {"runs": ["r2"], "pinned": True})["changed"] == ["r2"]
        history = client.call("workflow/history", {"workflow": "assistant", "version": 3})
        assert history["summaries"]["version"]["runs"] == 4
    finally:
        daemon.close()
