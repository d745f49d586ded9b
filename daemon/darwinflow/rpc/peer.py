"""Who is at the other end of a Unix socket."""

import _socket as system  # `socket` around it is slow to import
import sys

_MAC_LOCAL_PEERCRED = 1
_MAC_LOCAL_PEERPID = 2
_SOL_LOCAL = 0


def peer_uid(connection: system.socket) -> int | None:
    """The user whose process made the other end; None where the system cannot tell."""
    if hasattr(system, "SO_PEERCRED"):
        return _peer(connection)[1]
    try:
        found = connection.getsockopt(_SOL_LOCAL, _MAC_LOCAL_PEERCRED, 76)
    except OSError:
        return None
    return int.from_bytes(found[4:8], sys.byteorder)


def peer_pid(connection: system.socket) -> int | None:
    """The process that made the other end, for a client the one that listens; None where the system cannot tell."""
    try:
        if hasattr(system, "SO_PEERCRED"):
            pid = _peer(connection)[0]
        else:
            found = connection.getsockopt(_SOL_LOCAL, _MAC_LOCAL_PEERPID, 4)
            pid = int.from_bytes(found, sys.byteorder)
    except OSError:
        return None
    return pid or None  # 0: a process that is not to be seen from here


def _peer(connection: system.socket) -> tuple[int, int]:
    """Its process and its user, as Linux tells them, beside its group."""
    found = connection.getsockopt(system.SOL_SOCKET, system.SO_PEERCRED, 12)
    return int.from_bytes(found[:4], sys.byteorder), int.from_bytes(found[4:8], sys.byteorder)
