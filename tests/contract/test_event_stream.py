"""What `EventStream` means: in memory, on our adapter, and on Honker's own extension."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from contract.conftest import NOW
from darwinflow.model.event import TRIM_EVERY
from darwinflow.storage.sqlite.tenant import SqliteTenantStore

EVENT_MODULES = [f"darwinflow.storage.{name}.events" for name in ("memory", "sqlite", "postgres")]
PAYLOAD = {"text": "größe 🎉", "deep": [1, 2.5, None, {"a": True}]}


def publish(store, topic="run", key="k", payload=PAYLOAD):
    return store.write(lambda tx: tx.events.publish(topic, key, payload)).result(10)


def since(store, offset=0, topic="run", limit=100):
    return store.read(lambda tx: tx.events.read_since(topic, offset, limit))


def test_an_event_reads_back_as_it_was_published(open_tenant):
    offset = publish(open_tenant())
    publish(open_tenant(), key=None, payload={})
    first, second = since(open_tenant())
    assert (first.offset, first.topic, first.key, first.payload) == (offset, "run", "k", PAYLOAD)
    assert (second.key, second.payload) == (None, {})
    assert first.created_at.tzinfo is UTC


def test_it_is_dated_by_the_clock(tmp_path):
    store = SqliteTenantStore(str(tmp_path / "tenant.db"))
    publish(store)
    assert abs(since(store)[0].created_at - datetime.now(UTC)) < timedelta(seconds=60)
    store.close()


def test_offsets_ascend_over_all_topics(open_tenant):
    store = open_tenant()
    assert store.read(lambda tx: tx.events.last_offset()) == 0
    offsets = [publish(store, topic=topic) for topic in ("run", "workflow", "run")]
    assert offsets == sorted(set(offsets))
    assert store.read(lambda tx: tx.events.last_offset()) == offsets[-1]
    assert [event.offset for event in since(store)] == [offsets[0], offsets[2]]
    assert since(store, topic="unknown") == ()


def test_reading_goes_on_behind_an_offset_and_stops_at_the_limit(open_tenant):
    store = open_tenant()
    offsets = [publish(store) for _ in range(5)]
    assert [event.offset for event in since(store, offsets[1], limit=2)] == offsets[2:4]
    assert since(store, offsets[-1]) == ()
    assert since(store, limit=0) == ()
    assert since(store, limit=-1) == ()


def test_a_rollback_publishes_nothing_and_tells_nobody(open_tenant):
    told = []
    store = open_tenant(told.append)

    def publish_and_fail(tx):
        tx.events.publish("run", "k", PAYLOAD)
        raise ValueError("changed my mind")

    with pytest.raises(ValueError, match="changed my mind"):
        store.write(publish_and_fail).result(10)
    assert since(store) == ()
    kept = publish(store)
    store.close()
    assert [event.offset for events in told for event in events] == [kept]


def test_a_commit_is_told_of_once_in_order_with_what_was_published(open_tenant):
    told = []
    store = open_tenant(told.extend)
    offsets = [store.write(partial(publish_two, n)).result(10) for n in range(20)]
    store.close()
    assert [event.offset for event in told] == [offset for pair in offsets for offset in pair]
    assert told[0].payload == {"n": 0}
    # The second may tick between the row and the telling of it.
    stored = since(open_tenant())
    assert [replace(event, created_at=NOW) for event in told] == [
        replace(event, created_at=NOW) for event in stored
    ]


def publish_two(number, tx):
    return tx.events.publish("run", "a", {"n": number}), tx.events.publish("run", None, {"n": number})


def test_a_fault_of_the_one_who_is_told_stops_no_writing(tmp_path, caplog):
    def faulty(events):
        raise ValueError("a fault of ours")

    store = SqliteTenantStore(str(tmp_path / "tenant.db"), announce=faulty)
    publish(store)
    publish(store)
    store.close()
    assert len(caplog.records) == 2


def test_a_consumer_remembers_how_far_it_came_and_never_goes_back(open_tenant):
    store = open_tenant()

    def save(offset, consumer="lens", topic="run"):
        return store.write(lambda tx: tx.events.save_offset(consumer, topic, offset)).result(10)

    def saved(consumer="lens", topic="run"):
        return open_tenant().read(lambda tx: tx.events.saved_offset(consumer, topic))

    assert saved() == 0
    assert [save(5), save(5), save(3), save(8)] == [True, True, False, True]
    assert saved() == 8
    assert saved("other") == 0
    assert saved(topic="workflow") == 0


def test_eight_threads_publish_without_a_gap(open_tenant):
    store = open_tenant()
    with ThreadPoolExecutor(8) as pool:
        offsets = list(pool.map(lambda _: publish(store), range(80)))
    assert sorted(offsets) == list(range(1, 81))
    assert [event.offset for event in since(store)] == list(range(1, 81))


@pytest.mark.parametrize("adapter_first", [True, False])
def test_extension_and_adapter_read_what_the_other_wrote(tmp_path, honker, adapter_first):
    path = str(tmp_path / "tenant.db")
    order = [None, honker, None] if adapter_first else [honker, None, honker]
    for number, extension in enumerate(order, start=1):
        store = SqliteTenantStore(path, extension=extension)
        assert publish(store, payload={"n": number}) == number
        assert [event.payload["n"] for event in since(store)] == list(range(1, number + 1))
        assert store.write(lambda tx, n=number: tx.events.save_offset("c", "run", n)).result(10)
        assert store.read(lambda tx: tx.events.saved_offset("c", "run")) == number
        store.close()


def test_what_was_erased_is_read_no_more_and_offsets_go_on(open_tenant):
    store = open_tenant()
    offsets = [publish(store, key=key) for key in ("a", "b", "a", None)]
    publish(store, topic="other", key="a")
    last = publish(store, key="a")
    assert store.write(lambda tx: tx.events.erase("run", ["a", "unknown", "\udcff"])).result(10) == 3
    assert [event.offset for event in since(open_tenant())] == [offsets[1], offsets[3]]
    assert [event.key for event in since(store, topic="other")] == ["a"]
    assert store.read(lambda tx: tx.events.last_offset()) == last
    assert store.write(lambda tx: tx.events.erase("run", [])).result(10) == 0
    assert publish(store, key="a") > last


def test_the_newest_events_stay_and_older_ones_go_a_few_at_a_time(open_tenant, monkeypatch):
    for module in EVENT_MODULES:
        monkeypatch.setattr(f"{module}.KEPT_EVENTS", 100)
        monkeypatch.setattr(f"{module}.TRIMMED_AT_ONCE", 40)
    store = open_tenant()
    assert store.read(lambda tx: tx.events.first_offset()) == 1
    seen = []
    for at in range(3 * TRIM_EVERY):
        last = publish(store, topic=("run", "workflow")[at % 2], key=str(at))
        seen.append(store.read(lambda tx: tx.events.first_offset()))
    assert last == 3 * TRIM_EVERY
    # At the second mark 28 are beyond the newest hundred, at the third more than may go at once.
    assert sorted(set(seen)) == [1, 29, 69]
    assert [seen.index(first) + 1 for first in (1, 29, 69)] == [1, 2 * TRIM_EVERY, 3 * TRIM_EVERY]
    again = open_tenant()
    offsets = sorted(
        event.offset for topic in ("run", "workflow") for event in since(again, topic=topic, limit=999)
    )
    assert offsets == list(range(69, last + 1))
    assert again.read(lambda tx: tx.events.last_offset()) == last


def test_where_all_is_erased_the_next_event_is_the_first(open_tenant):
    store = open_tenant()
    last = [publish(store, key="a") for _ in range(3)][-1]
    store.write(lambda tx: tx.events.erase("run", ["a"])).result(10)
    assert store.read(lambda tx: tx.events.first_offset()) == last + 1
    assert publish(store) == last + 1
