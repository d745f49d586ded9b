"""The daemon's end of its socket: who may connect, how many, and how it ends."""

import asyncio
import logging
import os
import socket
import sys
import time
from typing import Any

from darwinflow.rpc.answers import Answers
from darwinflow.rpc.connection import Connection
from darwinflow.rpc.errors import error_reply
from darwinflow.rpc.framing import framed
from darwinflow.rpc.methods.table import METHODS
from darwinflow.rpc.peer import peer_uid
from darwinflow.rpc.protocol import INTERNAL_ERROR
from darwinflow.rpc.routes import Routes
from darwinflow.rpc.session import Host

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 512
LONG_IDLE_S = 5.0
"""A client that has asked nothing for longer and listens for nothing gives its place to another, where all are taken."""
MOST_HELD_BYTES = 256 << 20
"""Of messages that have not come whole, over all connections."""
DRAIN_WITHIN_S = 10.0


class Server:
    """Serves sockets that are bound already; binds and removes none."""

    def __init__(self, loop: asyncio.AbstractEventLoop, host: Host) -> None:
        self.loop = loop
        self.host = host
        self.routes = Routes(METHODS)
        self.answers = Answers(loop)
        self.last_busy = time.monotonic()
        """When a connection last came or went."""
        self._connections: set[Connection] = set()
        self._listening: list[asyncio.Server] = []
        self._is_draining = False
        self._held = 0

    @property
    def connections(self) -> int:
        return len(self._connections)

    async def listen(self, bound: socket.socket) -> None:
        """Serve *bound*, and no longer what was listened on before."""
        # From Python 3.13 on asyncio would remove the path, which may be another daemon's by then.
        keep: dict[str, Any] = {"cleanup_socket": False} if sys.version_info >= (3, 13) else {}
        listening = await self.loop.create_unix_server(
            lambda: Connection(self), sock=bound, backlog=512, **keep
        )
        for old in self._listening:
            old.close()
        self._listening = [listening]

    async def drain(self) -> None:
        """Accept nothing more, answer what was begun, close every connection."""
        self._is_draining = True
        for listening in self._listening:
            listening.close()
        for connection in tuple(self._connections):
            connection.drain()
        deadline = self.loop.time() + DRAIN_WITHIN_S
        while self._connections and self.loop.time() < deadline:
            await asyncio.sleep(0.005)
        for connection in tuple(self._connections):
            connection.abort()
        await asyncio.sleep(0)
        self.answers.close()

    # What connections call

    def admit(self, connection: Connection, transport: asyncio.Transport) -> bool:
        uid = peer_uid(transport.get_extra_info("socket"))
        if uid is not None and uid != os.getuid():
            log.warning("user %d may not connect", uid)
            return False
        if self._is_draining:
            return False
        if len(self._connections) >= MOST_CONNECTIONS and not self._has_made_room():
            message = f"{MOST_CONNECTIONS} clients are at work already; end some, or try again later"
            transport.write(framed(error_reply(None, {"code": INTERNAL_ERROR, "message": message})))
            return False
        self._connections.add(connection)
        self.last_busy = time.monotonic()
        return True

    def _has_made_room(self) -> bool:
        """Whether a client was idle for long; it is connected no more."""
        idle = [connection for connection in self._connections if connection.is_idle]
        if not idle:
            return False
        longest = min(idle, key=lambda connection: connection.last_asked)
        if time.monotonic() - longest.last_asked <= LONG_IDLE_S:
            return False
        longest.drain()
        self._connections.discard(longest)
        return True

    def forget(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self.last_busy = time.monotonic()

    def hold(self, count: int) -> bool:
        """Note that a connection keeps *count* more bytes; whether that is not too much."""
        self._held += count
        return self._held <= MOST_HELD_BYTES

    def release(self, count: int) -> None:
        self._held -= count
