"""Tells of commits, each once and in order, those of other daemons on the same database included.

What this daemon commits is told at once where nothing else came in between; else, and for what others commit, a
thread that listens reads on from the last event that was told.
"""

import logging
import select
import socket
import threading
from collections.abc import Callable

import psycopg
from psycopg import Notify

from darwinflow.model.errors import StoreError
from darwinflow.model.event import Event
from darwinflow.storage.postgres.database import Database, Link
from darwinflow.storage.postgres.events import events_after
from darwinflow.storage.postgres.faults import is_lost

log = logging.getLogger(__name__)

Announce = Callable[[tuple[Event, ...]], None]
"""Called in the order of commits, by one thread at a time. Must not block."""

LOOK_AGAIN_S = 30.0
"""For notifications that were lost with a connection that nobody knows to be."""

_PATIENCE_S = (0.1, 0.5, 2.0, 5.0)
_AT_ONCE = 500
"""Events that are read and told together."""


class Follower:
    """One a store that somebody subscribes to. Its connection is made, and made again, in its own thread."""

    def __init__(self, database: Database, handle: str, announce: Announce, told: int | None) -> None:
        """*handle* marks the commits of this store, of which `committed` is told.

        *told* is the last event's number, which is not to be told of; None where nobody knows: the server is away."""
        self._database = database
        self._handle = handle
        self._announce = announce
        self._told = told
        self._telling = threading.Lock()
        self._news = True
        self._stopping = threading.Event()
        self._waker, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, name=f"follower of {database.place}", daemon=True)
        self._thread.start()

    def committed(self, before: int, events: tuple[Event, ...]) -> None:
        """This store has committed *events*; *before* is the number of the last one before them.

        Without events: nobody knows whether it has.
        """
        with self._telling:
            if self._told is None:
                self._told = before
            if events and self._told == before:
                self._told = events[-1].offset
                self._announce(events)
                return
        self._wake()

    def close(self) -> None:
        """May be called again."""
        self._stopping.set()
        self._wake()
        self._thread.join()
        self._waker.close()
        self._woken.close()

    def _wake(self) -> None:
        try:
            self._waker.send(b"!")
        except OSError:
            log.debug("the follower of %s has ended", self._database.place)

    def _serve(self) -> None:
        tries = 0
        while not self._stopping.is_set():
            try:
                link = self._database.connect()
                tries = 0
                try:
                    self._follow(link)
                finally:
                    link.close()
            except (psycopg.Error, StoreError) as error:
                if tries == 0 and not (isinstance(error, psycopg.Error) and not is_lost(error)):
                    log.warning("%s is not followed for now: %s", self._database.place, error)
                elif tries == 0:
                    log.exception("following %s failed", self._database.place)
                self._stopping.wait(_PATIENCE_S[min(tries, len(_PATIENCE_S) - 1)])
                tries += 1

    def _follow(self, link: Link) -> None:
        link.add_notify_handler(self._noted)
        link.execute(f"LISTEN {self._database.channel}".encode())
        self._news = True
        while not self._stopping.is_set():
            while self._news and not self._stopping.is_set():
                self._news = False
                self._catch_up(link)
            readable, _, _ = select.select([link.fileno(), self._woken.fileno()], [], [], LOOK_AGAIN_S)
            if self._woken.fileno() in readable:
                self._woken.recv(1024)
                self._news = True
            if not readable:
                self._news = True
            link.pgconn.consume_input()
            while (notify := link.pgconn.notifies()) is not None:
                self._noted(Notify(notify.relname.decode(), notify.extra.decode(), notify.be_pid))

    def _noted(self, notify: Notify) -> None:
        """In the follower's thread, also while it reads."""
        last, _, handle = notify.payload.partition(" ")
        if handle != self._handle:
            self._news |= self._told is None or not last.isdecimal() or int(last) > self._told

    def _catch_up(self, link: Link) -> None:
        """Tell of all events above the last that was told."""
        told = self._told
        if told is None:
            told = self._begin(link)
        more = True
        while more and not self._stopping.is_set():
            read = self._read(link, told)
            more = len(read) == _AT_ONCE
            with self._telling:
                told = self._told = max(told, self._told or 0)
                events = tuple(event for event in read if event.offset > told)
                if events:
                    told = self._told = events[-1].offset
                    try:
                        self._announce(events)
                    except Exception:
                        log.exception("announcing %d events failed", len(events))

    def _begin(self, link: Link) -> int:
        """The last event at the first look: from there on it is told."""
        link.execute(self._database.begin_reading)
        try:
            row = link.execute(
                "SELECT events FROM darwinflow.counter WHERE organization = %(organization)s",
                {"organization": self._database.organization},
            ).fetchone()
            return row[0] if row else 0
        finally:
            if not link.closed:
                link.execute("ROLLBACK")

    def _read(self, link: Link, told: int) -> tuple[Event, ...]:
        """The next that come after *told*."""
        link.execute(self._database.begin_reading)
        try:
            return events_after(link, self._database.organization, told, _AT_ONCE)
        finally:
            if not link.closed:
                link.execute("ROLLBACK")
