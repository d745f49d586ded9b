"""One subscription of one connection: what is published is sent in order, each event once, none left out.

Lives on the event loop. Live events come from the hub; what was published before, or dropped by the hub because
the loop was busy, is read from the store page by page, no faster than the client takes it.
"""

import asyncio
import json
import logging
from collections.abc import Callable

from darwinflow.events.hub import Subscription
from darwinflow.events.run_events import instant_wire
from darwinflow.model.event import Event
from darwinflow.rpc.protocol import EVENT_PUBLISHED
from darwinflow.rpc.session import Session

log = logging.getLogger(__name__)

PAGE = 128

RunInThread = Callable[[Callable[[], bytes], Callable[[bytes], None]], None]


class Feed:
    def __init__(self, number: int, topic: str, session: Session, loop: asyncio.AbstractEventLoop) -> None:
        self.number = number
        self.session = session
        self._topic = topic
        self._loop = loop
        self._send: Callable[[bytes], bool] | None = None
        self._run_in_thread: RunInThread | None = None
        self._cut: Callable[[], None] | None = None
        self._last = 0
        self._behind = False
        self._is_reading = False
        self._is_paused = False
        self._closed = False
        # Before the stream's offset is asked for, so that nothing falls between the two.
        self._live: Subscription = session.hub.subscribe(topic, self._wake)
        try:
            self.first, self.offset = session.tenant.read(
                lambda tx: (tx.events.first_offset(), tx.events.last_offset())
            )
            """Of the oldest event that is there, and of the last one."""
        except BaseException:
            self._live.close()
            raise

    def begin(
        self,
        after: int | None,
        send: Callable[[bytes], bool],
        run_in_thread: RunInThread,
        cut: Callable[[], None],
    ) -> None:
        """On the loop, once: send what lies above *after*, or what comes.

        *send* says whether more may follow; *cut* ends the connection where the store cannot be read.
        """
        self._send = send
        self._run_in_thread = run_in_thread
        self._cut = cut
        self._last = self.offset if after is None else min(after, self.offset)
        self._behind = self._last < self.offset
        self._go_on()

    def resume(self) -> None:
        """The client has taken what was sent."""
        self._is_paused = False
        self._go_on()

    def close(self) -> None:
        self._closed = True
        self._live.close()

    def _wake(self) -> None:
        """In the thread that committed."""
        try:
            self._loop.call_soon_threadsafe(self._go_on)
        except RuntimeError:
            self._live.close()  # the loop has ended

    def _go_on(self) -> None:
        if self._closed or self._send is None or self._is_reading:
            return
        if self._behind:
            if not self._is_paused:
                self._read_page()
            return
        taken = self._live.take()
        for event in taken.events:
            self._push(event)
        if taken.resync:
            self._behind = True
            self._go_on()

    def _read_page(self) -> None:
        assert self._run_in_thread is not None
        self._is_reading = True
        pages: list[tuple[Event, ...]] = []

        def read() -> bytes:
            try:
                pages.append(
                    self.session.tenant.read(lambda tx: tx.events.read_since(self._topic, self._last, PAGE))
                )
            except Exception:
                log.exception("events of a subscription could not be read")
            return b""

        self._run_in_thread(read, lambda _: self._take_page(pages[0] if pages else None))

    def _take_page(self, page: tuple[Event, ...] | None) -> None:
        self._is_reading = False
        if self._closed:
            return
        if page is None:
            assert self._cut is not None
            self._cut()
            return
        for event in page:
            self._push(event)
        self._behind = len(page) == PAGE
        self._go_on()

    def _push(self, event: Event) -> None:
        if event.offset <= self._last or self._closed:
            return
        self._last = event.offset
        if event.payload.get("project") == self.session.project:
            assert self._send is not None
            self._is_paused = not self._send(_notification(self.number, event)) or self._is_paused


def _notification(number: int, event: Event) -> bytes:
    return json.dumps(
        {
            "jsonrpc": "2.0",
            "method": EVENT_PUBLISHED,
            "params": {
                "subscription": number,
                "offset": event.offset,
                "topic": event.topic,
                "key": event.key,
                "payload": event.payload,
                "createdAt": instant_wire(event.created_at),
            },
        },
        separators=(",", ":"),
    ).encode("ascii")
