"""Tells subscribers in this process what a commit has made durable. Nobody polls."""

import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from darwinflow.model.event import Event

MOST_WAITING = 1_024
"""Events that are kept for a subscriber that does not take them. One more, and it reads from the store instead."""


class Taken(NamedTuple):
    events: tuple[Event, ...]
    """In the order of their offsets."""
    resync: bool
    """Some were dropped: read on in the store behind the last event that was seen."""


class Subscription:
    """What one subscriber has not taken yet. Closing it ends the telling."""

    def __init__(self, hub: "Hub", topic: str, wake: Callable[[], None], most: int) -> None:
        self.topic = topic
        self._hub = hub
        self._wake = wake
        self._waiting: deque[Event] = deque()
        self._most = most
        self._dropped = False
        self._lock = threading.Lock()

    def take(self) -> Taken:
        """Everything that waits; never blocks."""
        with self._lock:
            taken = Taken(tuple(self._waiting), self._dropped)
            self._waiting.clear()
            self._dropped = False
        return taken

    def close(self) -> None:
        """No wake follows, except one that is under way. May be called again."""
        self._hub.forget(self)

    def offer(self, events: tuple[Event, ...]) -> None:
        """Called by the hub, in the thread that committed."""
        with self._lock:
            was_idle = not self._waiting and not self._dropped
            self._waiting.extend(events)
            if len(self._waiting) > self._most:
                self._waiting.clear()
                self._dropped = True
        if was_idle:
            self._wake()


class Hub:
    """Give `announce` to a tenant's store; it is called there after each commit, in order."""

    def __init__(self) -> None:
        self._subscriptions: tuple[Subscription, ...] = ()
        self._lock = threading.Lock()

    def subscribe(self, topic: str, wake: Callable[[], None], most: int = MOST_WAITING) -> Subscription:
        """Hear of *topic* from the next commit on.

        *wake* is called once for all that then waits, in the thread that committed: it must return at once, and
        typically schedules a `take` on an event loop.
        """
        subscription = Subscription(self, topic, wake, most)
        with self._lock:
            self._subscriptions = (*self._subscriptions, subscription)
        return subscription

    def announce(self, events: tuple[Event, ...]) -> None:
        """Give *events* to those who asked for their topics."""
        for subscription in self._subscriptions:
            wanted = tuple(event for event in events if event.topic == subscription.topic)
            if wanted:
                subscription.offer(wanted)

    def forget(self, subscription: Subscription) -> None:
        with self._lock:
            self._subscriptions = tuple(known for known in self._subscriptions if known is not subscription)
