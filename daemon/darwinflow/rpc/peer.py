"""Who is at the other end of a Unix socket."""

import socket
import struct

_MAC_LOCAL_PEERCRED = 1
_MAC_LOCAL_PEERPID = 2
_SOL_LOCAL = 0


def peer_uid(connection: socket.socket) -> int | None:
    """The user whose process made the other end; None where the system cannot tell."""
    if hasattr(socket, "SO_PEERCRED"):
        size = struct.calcsize("3i")
        return int(struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))[1])
    try:
        found = connection.getsockopt(_SOL_LOCAL, _MAC_LOCAL_PEERCRED, 76)
    except OSError:
        return None
    return int(struct.unpack_from("=II", found)[1])


def peer_pid(connection: socket.socket) -> int | None:
    """The process that made the other end, for a client the one that listens; None where the system cannot tell."""
    try:
        if hasattr(socket, "SO_PEERCRED"):
            size = struct.calcsize("3i")
            found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        else:
            found = connection.getsockopt(_SOL_LOCAL, _MAC_LOCAL_PEERPID, struct.calcsize("i"))
    except OSError:
        return None
    return int(struct.unpack_from("i", found)[0]) or None  # 0: a process that is not to be seen from here
