"""The daemon itself: how it is, and its end."""

from darwinflow.rpc.methods.method import Method, Place, Table
from darwinflow.rpc.session import Peer
from darwinflow.rpc.wire.base import Instant, Wire


class Nothing(Wire):
    """No parameters, or nothing to say."""


class HeldJournals(Wire):
    """The store takes nothing for now: journals wait in the spool, since when and why."""

    since: Instant
    message: str
    hint: str | None


class KeptRoom(Wire):
    """The ballast: room on the home's disk for when that is full, in bytes."""

    wanted: int
    kept: int
    is_given_up: bool
    """The disk is full: what is recorded waits until there is room."""


class DaemonStatus(Wire):
    version: str
    pid: int
    home: str
    socket: str
    log: str
    started_at: Instant
    connections: int
    journals: int
    journals_left_alone: int
    events_taken: int
    lines_refused: int
    runs_lost: int
    runs_refused: int
    held: HeldJournals | None
    room: KeptRoom
    durability: str
    """What a stored run survives: `power`, `process` (the end of any process, no power cut) or `nothing`."""
    lacks: list[str]
    """Of runs that were stored and were gone when the daemon began, a sentence for each place."""


def status(peer: Peer, _: Nothing) -> DaemonStatus:
    """How the daemon is. Needs no session."""
    found = peer.host.status()
    held = None if found.held is None else HeldJournals(**found.held._asdict())
    room = KeptRoom(**found.room._asdict())
    return DaemonStatus(
        version=peer.host.version, **{**found._asdict(), "held": held, "room": room, "lacks": [*found.lacks]}
    )


def stop(peer: Peer, _: Nothing) -> Nothing:
    """Finish what was accepted and end; the connection closes when that is done."""
    peer.host.stop()
    return Nothing()


METHODS: Table = {
    "daemon/status": Method(status, Place.LOOP),
    "daemon/stop": Method(stop, Place.LOOP),
}
