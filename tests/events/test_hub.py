"""Subscribers hear of every commit, in order, or are told to read on in the store."""

import threading
from datetime import UTC, datetime

from darwinflow.events.hub import Hub
from darwinflow.model.event import Event


def event(offset, topic="run"):
    return Event(offset, topic, None, {}, datetime(2026, 1, 1, tzinfo=UTC))


def offsets(subscription):
    return [one.offset for one in subscription.take().events]


def test_a_subscriber_is_woken_once_for_what_waits_and_takes_it_in_order():
    hub, wakes = Hub(), []
    subscription = hub.subscribe("run", lambda: wakes.append(1))
    hub.announce((event(1), event(2)))
    hub.announce((event(3),))
    assert len(wakes) == 1
    assert offsets(subscription) == [1, 2, 3]
    assert offsets(subscription) == []
    hub.announce((event(4),))
    assert len(wakes) == 2
    assert offsets(subscription) == [4]


def test_only_the_topic_that_was_asked_for_is_told():
    hub, wakes = Hub(), []
    subscription = hub.subscribe("run", lambda: wakes.append(1))
    hub.announce((event(1, "workflow"),))
    assert wakes == []
    hub.announce((event(2, "workflow"), event(3)))
    assert offsets(subscription) == [3]


def test_a_slow_subscriber_is_told_to_resync_and_then_goes_on():
    hub, wakes = Hub(), []
    subscription = hub.subscribe("run", lambda: wakes.append(1), most=3)
    for offset in range(1, 6):
        hub.announce((event(offset),))
    taken = subscription.take()
    assert taken.resync
    assert [one.offset for one in taken.events] == [5]
    assert len(wakes) == 1
    hub.announce((event(6),))
    taken = subscription.take()
    assert (taken.resync, [one.offset for one in taken.events]) == (False, [6])


def test_who_has_closed_is_told_no_more_and_others_are():
    hub = Hub()
    gone, here = hub.subscribe("run", lambda: None), hub.subscribe("run", lambda: None)
    gone.close()
    gone.close()
    hub.announce((event(1),))
    assert offsets(gone) == []
    assert offsets(here) == [1]


def test_nothing_is_lost_between_a_thread_that_tells_and_one_that_takes():
    hub, woken, seen = Hub(), threading.Event(), []
    subscription = hub.subscribe("run", woken.set, most=5_000)

    def take_all():
        while len(seen) < 5_000 and woken.wait(10):
            woken.clear()
            seen.extend(offsets(subscription))

    taker = threading.Thread(target=take_all)
    taker.start()
    for offset in range(1, 5_001):
        hub.announce((event(offset),))
    taker.join(10)
    assert seen == list(range(1, 5_001))
