"""Follows what is published, also over a restart of the daemon: nothing is missed, nothing comes twice."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

from darwinflow.cli.held import warn_if_held
from darwinflow.cli.session import Place, open_session, place_of, session_again
from darwinflow.model.errors import DaemonAway
from darwinflow.rpc.client.blocking import Client


def followed(path: str | None, topic: str, begun: Callable[[Place], None]) -> Iterator[dict[str, Any]]:
    """Events of *topic* in the workspace of the file *path* from now on, for as long as they are asked for.

    *begun* is called once they are listened to, with where that is. Raises `DaemonAway` where the daemon goes and no other comes.
    """
    client = open_session(path)
    after: int | None = None
    place: Place | None = None
    while True:
        with client:
            try:
                known, place = place, place or place_of(client, path)
                after = _subscribed(client, topic, after)
                if known is None:
                    begun(place)
                    warn_if_held(client)
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
    if not answer["complete"]:
        print(
            "warning: some of what happened meanwhile is not shown; it is too long ago",
            file=sys.stderr,
            flush=True,
        )
    return int(answer["offset"]) if after is None else after
