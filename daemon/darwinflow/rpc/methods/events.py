"""Subscriptions: what changes is pushed as `event/published`."""

from typing import Any, Literal

from darwinflow.rpc.methods.method import Method, Place, Table
from darwinflow.rpc.session import Peer
from darwinflow.rpc.wire.base import Instant, Offset, Wire


class Subscribe(Wire):
    topic: Literal["run", "workflow"]
    after: Offset | None = None
    """Also what was published above this offset; absent: only what comes."""


class Subscribed(Wire):
    subscription: int
    offset: int
    """Of the event that was published last, whatever its topic."""
    complete: bool
    """Whether all that was published above `after` comes; where not, it is too long ago: ask anew for what you show."""


class Unsubscribe(Wire):
    subscription: int


class Unsubscribed(Wire):
    known: bool


class EventPublished(Wire):
    """The notification of a subscription. Only events of the session's project are sent."""

    subscription: int
    offset: int
    """Give the last one as `after` when subscribing again: nothing is missed, nothing comes twice."""
    topic: str
    key: str | None
    """For `run` the run's id, for `workflow` the workflow's."""
    payload: dict[str, Any]
    created_at: Instant


def subscribe(peer: Peer, params: Subscribe) -> Subscribed:
    """Have events pushed. A client that does not read them is cut off and subscribes again."""
    number, first, offset = peer.subscribe(params.topic, params.after)
    complete = params.after is None or params.after + 1 >= first
    return Subscribed(subscription=number, offset=offset, complete=complete)


def unsubscribe(peer: Peer, params: Unsubscribe) -> Unsubscribed:
    """End a subscription."""
    return Unsubscribed(known=peer.unsubscribe(params.subscription))


METHODS: Table = {
    "event/subscribe": Method(subscribe, Place.THREAD),
    "event/unsubscribe": Method(unsubscribe, Place.LOOP),
}
