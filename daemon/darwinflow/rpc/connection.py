"""One client on the event loop: its frames in order, its requests in flight, its replies and its subscriptions."""

import asyncio
import itertools
import logging
import threading
import time
from typing import TYPE_CHECKING

from darwinflow.model.errors import SessionMissing
from darwinflow.rpc.errors import error_reply
from darwinflow.rpc.feed import Feed
from darwinflow.rpc.framing import FrameBroken, FrameReader, framed
from darwinflow.rpc.protocol import INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR
from darwinflow.rpc.routes import Refusal, Request
from darwinflow.rpc.session import Host, Session, Standing

if TYPE_CHECKING:
    from darwinflow.rpc.server import Server

log = logging.getLogger(__name__)

HELLO_WITHIN_S = 1.0
MOST_IN_FLIGHT = 128
"""Requests that are begun and not answered; further ones wait in the client's socket."""
MOST_UNREAD_BYTES = 4 << 20
"""Of what was sent and the client has not taken; then it is cut off."""
_PAUSE_AT_BYTES = 512 << 10
_LARGE_BYTES = 256 << 10
"""A longer message is decoded in a thread, so that the others do not wait for it."""


class Connection(asyncio.Protocol):
    """Follows `session.Peer`."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        self._frames = FrameReader()
        self._transport: asyncio.Transport | None = None
        self._greeted = False
        self._waiting_for_hello: asyncio.TimerHandle | None = None
        self._in_flight = 0
        self.last_asked = time.monotonic()
        """When its last request was begun."""
        self._is_full = False
        """The client does not take what is sent: read no more requests."""
        self._is_binding = False
        """A session is being opened."""
        self._is_stalled = False
        """Reading waits until a reply is out."""
        self._is_ending = False
        self._session: Session | None = None
        self._numbers = itertools.count(1)
        self._feeds: dict[int, Feed] = {}
        self._beginning: list[tuple[Feed, int | None]] = []
        self._lock = threading.Lock()

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=_PAUSE_AT_BYTES)
        if not self._server.admit(self, transport):
            self._is_ending = True
            transport.close()
            return
        self._waiting_for_hello = self._server.loop.call_later(HELLO_WITHIN_S, self._hello_missing)

    def data_received(self, data: bytes) -> None:
        self._frames.feed(data)
        if self._server.hold(len(data)):
            self._go_on()
        else:
            self._refuse_and_end(INTERNAL_ERROR, "the daemon is given more at once than it can hold")

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        for feed in tuple(self._feeds.values()):
            feed.resume()
        self._go_on()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, _: Exception | None) -> None:
        self._is_ending = True
        if self._waiting_for_hello is not None:
            self._waiting_for_hello.cancel()
        with self._lock:
            feeds = [*self._feeds.values(), *(feed for feed, _ in self._beginning)]
            self._feeds.clear()
            self._beginning.clear()
        for feed in feeds:
            feed.close()
        self._server.release(self._frames.waiting)
        self._server.forget(self)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way and nothing will be said unasked."""
        return self._in_flight == 0 and not self._feeds and not self._beginning

    # What methods call, from any thread

    @property
    def host(self) -> Host:
        return self._server.host

    @property
    def session(self) -> Session:
        session = self._session
        if session is None:
            raise SessionMissing("send session/open first: the connection is bound to no workspace yet")
        return session

    def greet(self) -> None:
        self._greeted = True
        if self._waiting_for_hello is not None:
            self._waiting_for_hello.cancel()

    def bind(self, session: Session) -> None:
        self._session = session
        with self._lock:
            old = [feed for feed in self._feeds.values() if feed.session is not session]
            for feed in old:
                del self._feeds[feed.number]
        for feed in old:
            feed.close()

    def subscribe(self, topic: str, after: int | None) -> Standing:
        feed = Feed(next(self._numbers), topic, self.session, self._server.loop)
        with self._lock:
            if not self._is_ending:
                self._beginning.append((feed, after))
                return Standing(feed.number, feed.first, feed.offset)
        feed.close()
        return Standing(feed.number, feed.first, feed.offset)

    def unsubscribe(self, number: int) -> bool:
        with self._lock:
            feed = self._feeds.pop(number, None)
        if feed is None:
            return False
        feed.close()
        return True

    # The server's

    def drain(self) -> None:
        """Begin no further request; close when those in flight are answered."""
        self._is_ending = True
        self._close_if_over()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # Inside

    def _go_on(self) -> None:
        """Begin as many of the requests that have come as may be in flight, and read more only then."""
        transport = self._transport
        assert transport is not None
        self._is_stalled = False
        while not self._is_ending and not self._must_wait:
            waiting = self._frames.waiting
            try:
                body = self._frames.next()
            except FrameBroken as broken:
                self._refuse_and_end(PARSE_ERROR, str(broken))
                return
            self._server.release(waiting - self._frames.waiting)
            if body is None:
                transport.resume_reading()
                return
            self._in_flight += 1
            self.last_asked = time.monotonic()
            if len(body) > _LARGE_BYTES and self._greeted:
                self._begin_large(body)
            else:
                self._begin(body)
        if not self._is_ending:
            self._is_stalled = True
            transport.pause_reading()

    @property
    def _must_wait(self) -> bool:
        return self._is_full or self._is_binding or self._in_flight >= MOST_IN_FLIGHT

    def _begin(self, body: bytes) -> None:
        self._go_on_with(self._decoded(body))

    def _begin_large(self, body: bytes) -> None:
        """As `_begin`, decoding in a thread."""
        found: list[Request | Refusal | None] = []

        def decode() -> bytes:
            found.append(self._decoded(body))
            return b""

        self._server.answers.run_in_thread(decode, lambda _: self._go_on_with(found[0]))

    def _decoded(self, body: bytes) -> Request | Refusal | None:
        try:
            return self._server.routes.request_in(body)
        except Refusal as refusal:
            return refusal
        except Exception:
            log.exception("a message of %d bytes could not be decoded", len(body))
            return Refusal(None, INTERNAL_ERROR, "the daemon failed; its log says how")

    def _go_on_with(self, found: Request | Refusal | None) -> None:
        if isinstance(found, Refusal):
            self._send_reply(error_reply(found.request_id, found.error))
        else:
            self._call(found)

    def _call(self, request: Request | None) -> None:
        if request is None:
            self._in_flight -= 1
            self._close_if_over()
        elif not self._greeted and request.route.name != "hello":
            self._refuse_and_end(INVALID_REQUEST, "the first request is hello", request)
        elif request.route.name == "session/open":
            # What was sent behind it is about the session that it opens.
            self._is_binding = True
            self._server.answers.answer(request, self, self._send_binding_reply)
        else:
            self._server.answers.answer(request, self, self._send_reply)

    def _send_binding_reply(self, body: bytes) -> None:
        self._is_binding = False
        self._send_reply(body)

    def _send_reply(self, body: bytes) -> None:
        self._in_flight -= 1
        self._send(body)
        if not self._greeted:
            self._end()
            return
        with self._lock:
            beginning, self._beginning = self._beginning, []
            self._feeds.update({feed.number: feed for feed, _ in beginning})
        for feed, after in beginning:
            feed.begin(after, self._send, self._server.answers.run_in_thread, self.abort)
        self._close_if_over()
        if self._is_stalled and not self._is_ending:
            self._is_stalled = False
            self._server.loop.call_soon(self._go_on)

    def _send(self, body: bytes) -> bool:
        """Whether the client takes it fast enough for more."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return False
        if transport.get_write_buffer_size() > MOST_UNREAD_BYTES:
            log.warning("a client does not read what it is sent and is cut off")
            transport.abort()
            return False
        transport.write(framed(body))
        return not self._is_full

    def _refuse_and_end(self, code: int, message: str, request: Request | None = None) -> None:
        self._send(error_reply(None if request is None else request.id, {"code": code, "message": message}))
        self._end()

    def _end(self) -> None:
        self._is_ending = True
        if self._transport is not None:
            self._transport.close()

    def _close_if_over(self) -> None:
        if self._is_ending and self._in_flight == 0 and self._transport is not None:
            self._transport.close()

    def _hello_missing(self) -> None:
        if not self._greeted:
            self._refuse_and_end(INVALID_REQUEST, f"no hello came within {HELLO_WITHIN_S:g} s")
