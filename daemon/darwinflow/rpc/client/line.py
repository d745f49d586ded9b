"""One connection of an event loop to the daemon: calls out, answers and events in."""

import asyncio
import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any

from darwinflow.model.errors import DaemonAway
from darwinflow.rpc.errors import error_of
from darwinflow.rpc.framing import FrameBroken, FrameReader, framed
from darwinflow.rpc.protocol import EVENT_PUBLISHED

Json = dict[str, Any]


class Line(asyncio.Protocol):
    def __init__(self, on_event: Callable[[Json], None]) -> None:
        self.lost = asyncio.Event()
        self._on_event = on_event
        self._frames = FrameReader()
        self._transport: asyncio.Transport | None = None
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Json]] = {}

    async def call(self, method: str, params: Mapping[str, object], timeout: float) -> Json:
        """Raises the daemon's error, `DaemonAway` where the connection is or gets lost, `TimeoutError`."""
        if self._transport is None or self._transport.is_closing():
            raise DaemonAway("the daemon has hung up")
        number = next(self._ids)
        answer = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        self._transport.write(
            framed(json.dumps(request, separators=(",", ":"), allow_nan=False).encode("ascii"))
        )
        try:
            async with asyncio.timeout(timeout):
                result: Json = await answer
                return result
        finally:
            del self._waiting[number]

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._frames.feed(data)
        try:
            while (body := self._frames.next()) is not None:
                self._take(json.loads(body))
        except (FrameBroken, ValueError):
            self.hang_up()

    def connection_lost(self, _: Exception | None) -> None:
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(DaemonAway("the daemon has hung up"))
        self.lost.set()

    def _take(self, message: Json) -> None:
        if message.get("method") == EVENT_PUBLISHED:
            self._on_event(message["params"])
            return
        answer = self._waiting.get(message.get("id") or 0)
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(error_of(message["error"]))
        else:
            answer.set_result(message["result"])
