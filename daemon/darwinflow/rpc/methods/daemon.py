"""The daemon itself: how it is, and its end."""

from darwinflow.rpc.methods.method import Method, Place, Table
from darwinflow.rpc.session import Peer
from darwinflow.rpc.wire.base import Instant, Wire


class Nothing(Wire):
    """No parameters, or nothing to say."""


class DaemonStatus(Wire):
    version: str
    pid: int
    home: str
    socket: str
    log: str
    started_at: Instant
    connections: int
    journals: int
    events_taken: int
    lines_refused: int
    runs_lost: int
    runs_refused: int


def status(peer: Peer, _: Nothing) -> DaemonStatus:
    """How the daemon is. Needs no session."""
    return DaemonStatus(version=peer.host.version, **peer.host.status()._asdict())


def stop(peer: Peer, _: Nothing) -> Nothing:
    """Finish what was accepted and end; the connection closes when that is done."""
    peer.host.stop()
    return Nothing()


METHODS: Table = {
    "daemon/status": Method(status, Place.LOOP),
    "daemon/stop": Method(stop, Place.LOOP),
}
