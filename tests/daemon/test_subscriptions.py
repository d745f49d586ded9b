"""What is published reaches subscribers: in order, once, and from where they were."""

import signal
import statistics
import time
from pathlib import Path

import pytest

from daemon_process import DaemonProcess, a_run
from darwinflow.model.errors import DaemonAway
from darwinflow.model.event import KEPT_EVENTS, TRIM_EVERY
from darwinflow.recorder.paths import Workspace
from darwinflow.storage.sqlite.tenant import SqliteTenantStore, SqliteTransaction
from sample_flow import flow


def test_a_recorded_run_is_pushed_with_all_that_a_lens_shows(shared: DaemonProcess):
    writer, reader = shared.client(), shared.client()
    events = reader.subscribe(["run"])
    writer.call("run/record", {"run": a_run("r1", error="boom")})
    event = next(events)
    assert (event["topic"], event["key"]) == ("run", "r1")
    payload = event["payload"]
    assert payload["kind"] == "run.stored"
    assert payload["run"] == writer.call("run/get", {"run": "r1"})["run"]
    history = writer.call(
        "workflow/history", {"workflow": "assistant", "version": 3, "workflowHash": "ab" * 32}
    )
    assert payload["summaries"] == {name: history["summaries"][name] for name in ("version", "text")}
    assert history["offset"] >= event["offset"]


def test_a_published_version_is_pushed(shared: DaemonProcess, tmp_path: Path):
    client = shared.client(Workspace(str(tmp_path), f"project: {shared.workspace.folder}"))
    events = client.subscribe(["workflow"])
    client.call("workflow/publish", {"text": flow()})
    client.call("workflow/publish", {"text": flow()})
    client.call("workflow/publish", {"text": flow(2)})
    first, second = next(events), next(events)
    assert first["payload"]["version"] == {
        name: value
        for name, value in client.call("workflow/list")["versions"][0].items()
        if name not in ("summary", "damage")
    }
    assert (first["key"], second["payload"]["version"]["version"]) == ("triage", 2)
    assert client.next_event(0.1) is None


def test_what_is_stored_again_is_not_announced_again(shared: DaemonProcess):
    client = shared.client()
    events = client.subscribe(["run"])
    for _ in range(3):
        client.call("run/record", {"run": a_run("r1")})
    client.call("run/record", {"run": a_run("r2")})
    assert [next(events)["key"] for _ in range(2)] == ["r1", "r2"]


def test_a_subscription_says_where_what_it_asks_for_is_gone(daemon: DaemonProcess):
    """Events beyond the newest are dropped: whoever was away for longer asks anew."""
    client = daemon.client()
    assert client.call("event/subscribe", {"topic": "run", "after": 0})["complete"] is True
    client.call("run/record", {"run": a_run("r1")})
    daemon.hang_up()
    daemon.kill(signal.SIGTERM)
    (path,) = Path(daemon.home.data).glob("tenant-*.db")
    store = SqliteTenantStore(str(path))

    def publish(tx: SqliteTransaction) -> int:
        return [tx.events.publish("run", str(at), {}) for at in range(KEPT_EVENTS + 2 * TRIM_EVERY)][-1]

    last = store.write(publish).result(60)
    first = store.read(lambda tx: tx.events.first_offset())
    store.close()
    assert KEPT_EVENTS <= last - first + 1 < KEPT_EVENTS + TRIM_EVERY
    client = daemon.start().client()
    said = {
        after: client.call("event/subscribe", {"topic": "run", "after": after})["complete"]
        for after in (0, first - 2, first - 1, last)
    }
    assert said == {0: False, first - 2: False, first - 1: True, last: True}


def test_a_subscription_goes_on_behind_the_offset_that_it_names(shared: DaemonProcess):
    writer = shared.client()
    before = writer.call("workflow/history", {"workflow": "assistant"})["offset"]
    for number in range(300):
        writer.call("run/record", {"run": a_run(f"r{number}")})
    reader = shared.client()
    events = reader.subscribe(["run"], after=before)
    seen = [next(events) for _ in range(200)]
    reader.close()
    again = shared.client()
    events = again.subscribe(["run"], after=seen[-1]["offset"])
    writer.call("run/record", {"run": a_run("last")})
    seen += [next(events) for _ in range(101)]
    assert [event["key"] for event in seen] == [*(f"r{number}" for number in range(300)), "last"]
    offsets = [event["offset"] for event in seen]
    assert offsets == sorted(set(offsets))
    assert again.next_event(0.05) is None


def test_it_goes_on_over_the_death_of_a_daemon(daemon: DaemonProcess):
    reader = daemon.client()
    reader.call("event/subscribe", {"topic": "run", "after": 0})
    daemon.client().call("run/record", {"run": a_run("r1")})
    last = reader.next_event(5)
    assert last is not None
    daemon.kill()
    with pytest.raises(DaemonAway):
        reader.next_event(5)
    daemon.start()
    daemon.client().call("run/record", {"run": a_run("r2")})
    reader = daemon.client()
    events = reader.subscribe(["run"], after=last["offset"])
    assert next(events)["key"] == "r2"


def test_an_offset_from_the_future_means_from_now_on(shared: DaemonProcess):
    client = shared.client()
    events = client.subscribe(["run"], after=1 << 40)
    client.call("run/record", {"run": a_run("r1")})
    assert next(events)["key"] == "r1"


def test_events_of_other_projects_are_not_told(shared: DaemonProcess):
    here, there = shared.client(), shared.client(Workspace(shared.workspace.folder + "x", None))
    events = here.subscribe(["run"])
    there.call("run/record", {"run": a_run("theirs")})
    here.call("run/record", {"run": a_run("ours")})
    assert next(events)["key"] == "ours"


def test_an_ended_subscription_says_nothing(shared: DaemonProcess):
    client = shared.client()
    number = client.call("event/subscribe", {"topic": "run"})["subscription"]
    assert client.call("event/unsubscribe", {"subscription": number}) == {"known": True}
    assert client.call("event/unsubscribe", {"subscription": number}) == {"known": False}
    client.call("run/record", {"run": a_run("r1")})
    assert client.next_event(0.1) is None


def test_another_session_ends_the_subscriptions_of_the_one_before(shared: DaemonProcess):
    client = shared.client()
    client.call("event/subscribe", {"topic": "run"})
    client.open(Workspace(shared.workspace.folder + "y", None))
    shared.client().call("run/record", {"run": a_run("r1")})
    assert client.next_event(0.1) is None


def test_two_subscriptions_of_one_connection_are_told_apart(shared: DaemonProcess):
    client = shared.client()
    numbers = {client.call("event/subscribe", {"topic": "run"})["subscription"] for _ in range(2)}
    client.call("run/record", {"run": a_run("r1")})
    events = [client.next_event(5), client.next_event(5)]
    assert {event["subscription"] for event in events if event} == numbers


def test_a_subscriber_that_never_reads_is_cut_off_and_resumes_without_a_gap(shared: DaemonProcess):
    writer = shared.client()
    before = writer.call("workflow/history", {"workflow": "assistant"})["offset"]
    lazy = shared.raw().hello()
    lazy.request(
        "session/open", {"workspace": shared.workspace.folder, "settings": shared.workspace.settings}, 0
    )
    lazy.request("event/subscribe", {"topic": "run"}, 1)
    assert lazy.reply()["id"] == 0
    assert lazy.reply()["id"] == 1
    count = 0
    while writer.call("daemon/status")["connections"] == 2:
        writer.call("run/record", {"run": a_run(f"r{count}", steps=300)})
        count += 1
        assert count < 1000
    reader = shared.client()
    events = reader.subscribe(["run"], after=before)
    assert [next(events)["key"] for _ in range(count)] == [f"r{number}" for number in range(count)]
    print(f"\ncut off after {count} unread events")


def test_a_new_run_reaches_a_subscriber_soon(shared: DaemonProcess):
    writer, reader = shared.client(), shared.client()
    reader.subscribe(["run"])
    took = []
    for number in range(200):
        began = time.perf_counter()
        writer.call("run/record", {"run": a_run(f"r{number}", steps=10)})
        assert reader.next_event(5)
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    print(
        f"\nsend of run/record to its event: median {statistics.median(took):.1f} ms, p95 {took[189]:.1f} ms"
    )
    assert statistics.median(took) < 100
