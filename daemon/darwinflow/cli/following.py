"""Follows what is published, also over a restart of the daemon: nothing is missed, nothing comes twice."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

from darwinflow.cli.session import open_session, session_again
from darwinflow.model.errors import DaemonAway
from darwinflow.rpc.client.blocking import Client


def followed(path: str | None, topic: str, begun: Callable[[], None]) -> Iterator[dict[str, Any]]:
    """Events of *topic* in the workspace of the file *path* from now on, for as long as they are asked for.

    *begun* is called once they are listened to. Raises `DaemonAway` where the daemon goes and no other comes.
    """
    client = open_session(path)
    after: int | None = None
    while True:
        with client:
            try:
                after = _subscribed(client, topic, after)
                begun()
                begun = _nothing
                while True:
                    event = client.next_event(None)
                    assert event is not None
                    after = event["offset"]
                    yield event
            except DaemonAway:
                print("the daemon has gone; waiting for the next one", file=sys.stderr, flush=True)
        client = session_again(path)


def _subscribed(client: Client, topic: str, after: int | None) -> int:
    """The offset from which on events come: *after*, where there was one."""
    place = {} if after is None else {"after": after}
    answer = client.call("event/subscribe", {"topic": topic, **place})
    return int(answer["offset"]) if after is None else after


def _nothing() -> None:
    pass
