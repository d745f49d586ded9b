"""Retention in the background: it goes by itself, survives what is wrong, and ends when it is told to."""

import logging
import time
from datetime import UTC, datetime, timedelta

import pytest

from contract.sample_runs import finished
from daemon_process import eventually
from darwinflow.daemon.person import this_person
from darwinflow.daemon.retaining import Retaining
from darwinflow.model.errors import Refused
from darwinflow.model.filter import RunFilter
from darwinflow.model.retention import Retention, Rule, Rules
from darwinflow.recorder.paths import home_of
from darwinflow.storage.opening import open_identity, open_organization
from darwinflow.storage.recording import record

ALL = Retention(Rules(Rule(1, 0), Rule(1, 0)))


def now():
    return datetime.now(UTC)


@pytest.fixture
def home(tmp_path):
    return home_of({"DARWINFLOW_HOME": str(tmp_path)})


@pytest.fixture
def stores(home):
    identity = open_identity(home.system_db, now=now)
    own = this_person(identity).organization
    stores = open_organization(identity, own.id, home.tenant_db(own.id), announce=lambda _: None, now=now)
    identity.close()
    for number in range(300):
        log = finished(f"r{number}", at=number)
        stores.tenant.write(lambda tx, log=log: record(tx, "demo", log)).result(10)
    yield stores
    stores.close()


def count(stores):
    page = stores.tenant.read(lambda tx: tx.logs("demo").query_logs(RunFilter(limit=500)))
    return len(page.items)


def retaining(home, stores, settings):
    return Retaining(
        home,
        "abcdefgh",
        stores,
        settings,
        lambda: now() + timedelta(days=9999),
        first_after_s=0.01,
        every_s=0.05,
    )


def test_it_goes_by_itself(home, stores):
    going = retaining(home, stores, lambda: ALL._replace(archive="archive"))
    going.start()
    eventually(lambda: count(stores) == 0)
    going.stop()
    assert len(going.archive.query("demo", RunFilter(limit=500)).items) == 300
    assert going.archive.path == f"{home.data}/archive/abcdefgh"


def test_what_is_wrong_with_the_settings_is_told_and_it_goes_on_when_that_is_mended(home, stores, caplog):
    settings = [Refused("config.yaml, line 2: 'retention' has no 'succeded'")]

    def asked():
        if isinstance(settings[0], Exception):
            raise settings[0]
        return settings[0]

    going = retaining(home, stores, asked)
    with caplog.at_level(logging.ERROR):
        going.start()
        eventually(lambda: "line 2" in caplog.text)
    assert count(stores) == 300
    settings[0] = ALL
    eventually(lambda: count(stores) == 0)
    going.stop()
    assert "Traceback" not in caplog.text


def test_it_ends_soon_in_the_middle_and_nothing_is_half_done(home, stores):
    going = retaining(home, stores, lambda: ALL)
    going.start()
    eventually(lambda: count(stores) < 300)
    begun = time.monotonic()
    going.stop()
    assert time.monotonic() - begun < 5
    left = count(stores)
    time.sleep(0.1)
    assert count(stores) == left


def test_one_that_was_never_started_can_be_stopped(home, stores):
    retaining(home, stores, lambda: ALL).stop()
    assert count(stores) == 300
