"""Whole daemons on one organization in PostgreSQL: chosen by configuration, each on a machine (a home) of its own."""

import pytest

from daemon.program import Program
from daemon_process import a_run, eventually
from postgres.member import daemon_of
from postgres_server import new_organization, shared


@pytest.fixture
def daemons(tmp_path, organization):
    """Two of them, of two members, serving."""
    both = [daemon_of(tmp_path / role, organization, role, shared()) for role in ("ada", "bob")]
    yield [daemon.start() for daemon in both]
    for daemon in both:
        daemon.close()


def test_what_one_machine_records_the_other_shows_and_tells(daemons):
    ours, theirs = daemons
    reader = theirs.client()
    events = reader.subscribe(["run"])
    ours.client().call("run/record", {"run": a_run("r1", error="no such file")})
    event = next(events)
    assert (event["key"], event["payload"]["kind"]) == ("r1", "run.stored")
    assert event["payload"]["run"] == ours.client().call("run/get", {"run": "r1"})["run"]
    theirs.client().call("run/record", {"run": a_run("r2")})
    assert next(events)["key"] == "r2"
    for daemon in daemons:
        client = daemon.client()
        assert {run["runId"] for run in client.call("run/query")["runs"]} == {"r1", "r2"}
        assert [run["runId"] for run in client.call("run/query", {"text": "SUCH"})["runs"]] == ["r1"]
        history = client.call("workflow/history", {"workflow": "assistant", "version": 3})
        assert history["summaries"]["version"]["runs"] == 2
    assert ours.client().call("run/record", {"run": a_run("r2")})["created"] is False
    assert [daemon.complaints() for daemon in daemons] == [[], []]


def test_journals_wait_while_the_server_is_away_and_come_in_order_when_it_is_back(tmp_path, server):
    daemon = daemon_of(tmp_path / "home", new_organization(server), "ada", server)
    try:
        daemon.start()
        program = Program(daemon)
        program.start("r1")
        eventually(lambda: daemon.client().call("run/get", {"run": "r1"})["run"]["status"] == "RUNNING")
        server.stop()
        program.of_run("step.started", "r1", step="s1", index=0, node="read")
        program.of_run("step.finished", "r1", step="s1", status="SUCCESS")
        program.of_run("run.finished", "r1", status="SUCCESS")
        for number in range(2, 20):
            program.start(f"r{number}")
            program.of_run("run.finished", f"r{number}", status="SUCCESS")
        eventually(lambda: any("journals cannot be taken in" in line for line in daemon.complaints()))
        # Killed while it waits, and begun again while there is no server.
        daemon.hang_up()
        daemon.kill()
        daemon.start()
        server.start()
        eventually(lambda: daemon.client().call("run/query", {"status": "SUCCESS", "limit": 50})["runs"][18:])
        client = daemon.client()
        history = client.call("workflow/history", {"workflow": "assistant", "version": 3})
        assert history["summaries"]["version"]["runs"] == 19
        stored = []
        events = client.subscribe(["run"], 0)
        while len(stored) < 19:
            event = next(events)
            if event["payload"]["kind"] == "run.stored":
                stored.append(event["key"])
        assert stored == [f"r{number}" for number in range(1, 20)]
        assert [entry for entry in daemon.log() if "traceback" in entry] == []
    finally:
        daemon.close()
