"""A server that is killed at any moment under load: what was acknowledged is there, whole, counted and announced once.

The loop runs longer with `DARWINFLOW_POSTGRES_KILLS`. Its twin asks for commits that are not waited for, and must
lose some: the loop can see a loss.
"""

import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from contract.sample_runs import HASH, finished
from darwinflow.model.errors import StoreError
from darwinflow.model.filter import RunFilter
from darwinflow.storage.postgres.tenant import PostgresTenantStore
from darwinflow.storage.recording import record
from postgres_server import new_organization

KILLS = int(os.environ.get("DARWINFLOW_POSTGRES_KILLS", "10"))
WRITERS = 4


def kept_until_killed(server, organization, round_number, pause, *, careless=False):
    """Ids of the runs that were acknowledged; the store lives on through the kill."""
    store = PostgresTenantStore(organization.dsn, organization.id)
    stop = threading.Event()

    def keep(run_id, tx):
        if careless:
            tx.connection.execute("SET LOCAL synchronous_commit = off")
        return record(tx, "demo", finished(run_id))

    def keep_on(worker):
        acknowledged = []
        for number in range(1_000_000):
            run_id = f"{round_number}-{worker}-{number}"
            try:
                store.write(lambda tx, run_id=run_id: keep(run_id, tx)).result(30)
            except StoreError:
                return acknowledged
            acknowledged.append(run_id)
            if stop.is_set():
                return acknowledged
        return acknowledged

    with ThreadPoolExecutor(WRITERS) as pool:
        workers = [pool.submit(keep_on, worker) for worker in range(WRITERS)]
        time.sleep(pause)
        server.kill()
        stop.set()
        acknowledged = [run_id for worker in workers for run_id in worker.result(60)]
    store.close()
    server.start()
    return acknowledged


def everything(tx):
    runs, cursor = [], None
    while True:
        page = tx.logs("demo").query_logs(RunFilter(limit=500, cursor=cursor))
        runs += [header.run_id for header in page.items]
        cursor = page.next
        if cursor is None:
            break
    events = tx.events.read_since("run", 0, 1_000_000)
    summary = tx.metrics("demo").get_text_summary("assistant", HASH)
    logs = [tx.logs("demo").get_log(run_id) for run_id in runs]
    return runs, events, 0 if summary is None else summary.runs, logs


@pytest.mark.timeout(60 + 20 * KILLS)
def test_nothing_acknowledged_is_missing_and_each_run_is_counted_and_announced_once(server):
    organization = new_organization(server)
    rng = random.Random(int(os.environ.get("DARWINFLOW_SEED", "11")))
    acknowledged = []
    for round_number in range(KILLS):
        acknowledged += kept_until_killed(server, organization, round_number, rng.uniform(0.05, 0.5))
        store = PostgresTenantStore(organization.dsn, organization.id)
        runs, events, counted, logs = store.read(everything)
        store.close()
        assert set(acknowledged) <= set(runs)
        assert sorted(event.key for event in events) == sorted(runs)
        assert [event.offset for event in events] == list(range(1, len(runs) + 1))
        assert counted == len(runs) == len(logs)
    print(f"{KILLS} kills, {len(acknowledged)} runs acknowledged, 0 missing, {len(runs)} stored")
    assert len(acknowledged) > KILLS


@pytest.mark.timeout(200)
def test_a_twin_that_does_not_wait_for_its_commits_loses_some(server):
    organization = new_organization(server)
    for round_number in range(10):
        acknowledged = kept_until_killed(server, organization, round_number, 0.4, careless=True)
        store = PostgresTenantStore(organization.dsn, organization.id)
        runs = set(store.read(everything)[0])
        store.close()
        if not set(acknowledged) <= runs:
            return
    pytest.fail("no run was lost: the loop sees no loss")
