"""The daemon while it serves: its sockets, its server, its intake, and the order in which they end.

Built in `main`; lives on the event loop.
"""

import asyncio
import logging
import os
import re
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime

from darwinflow.daemon.ballast import Ballast
from darwinflow.daemon.intake import Intake
from darwinflow.daemon.lock import HomeLock
from darwinflow.daemon.sessions import Sessions
from darwinflow.daemon.sockets import BoundSockets
from darwinflow.daemon.upkeep import Upkeep
from darwinflow.model.errors import DarwinFlowError
from darwinflow.ports.tenant import TenantStore
from darwinflow.recorder.ids import RECORDER_VERSION
from darwinflow.recorder.paths import Home
from darwinflow.rpc.server import Server
from darwinflow.rpc.session import Session, Status

log = logging.getLogger(__name__)

WATCH_EVERY_S = 1.0
_MANY_POKES = 8
"""Linux queues ten datagrams by default: so many at once mean that some were dropped."""
_MAX_POKE_BYTES = 256
_POKE = re.compile(rb"[A-Za-z0-9.-]{1,100}\.jsonl")


class Service:
    """Follows `rpc.session.Host`."""

    def __init__(
        self,
        home: Home,
        lock: HomeLock,
        bind: Callable[[], BoundSockets],
        tenant: TenantStore,
        make_room: Callable[[], None],
        sessions: Sessions,
        intake: Intake,
        upkeep: Sequence[Upkeep],
        ballast: Ballast,
        durability: str,
        now: Callable[[], datetime],
        idle_s: float | None,
    ) -> None:
        self._home = home
        self._lock = lock
        self._bind = bind
        self._tenant = tenant
        self._make_room = make_room
        self._sessions = sessions
        self._intake = intake
        self._upkeep = upkeep
        self._ballast = ballast
        self._durability = durability
        self._started_at = now()
        self._idle_s = idle_s
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._server = Server(self._loop, self)
        self._sockets = bind()

    async def serve(self, ready: Callable[[str], None]) -> None:
        """Until told to stop. *ready* is called with the socket's path once clients are answered."""
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self.stop)
        await self._listen()
        self._intake.start()
        for each in self._upkeep:
            each.start()
        ready(self._sockets.path)
        log.info("serving %s at %s", self._home.data, self._sockets.path)
        watching = asyncio.create_task(self._watch())
        await self._stopping.wait()
        watching.cancel()
        await self._end()

    # What methods ask; see `Host`

    @property
    def home(self) -> str:
        return self._home.data

    @property
    def version(self) -> str:
        return RECORDER_VERSION

    def open_session(self, workspace: str, settings: str | None) -> Session:
        return self._sessions.open(workspace, settings)

    def behind(self) -> "Future[None] | None":
        return self._intake.behind()

    def status(self) -> Status:
        return Status(
            pid=os.getpid(),
            home=self._home.data,
            socket=self._sockets.path,
            log=self._home.log_path,
            started_at=self._started_at,
            connections=self._server.connections,
            journals=self._intake.journals,
            journals_left_alone=self._intake.journals_left_alone,
            events_taken=self._intake.events_taken,
            lines_refused=self._intake.lines_refused,
            runs_lost=self._intake.runs_lost,
            runs_refused=self._intake.runs_refused,
            held=self._intake.held,
            room=self._ballast.room,
            durability=self._durability,
            lacks=self._sessions.lacks,
        )

    def stop(self) -> None:
        self._stopping.set()

    # Inside

    async def _listen(self) -> None:
        await self._server.listen(self._sockets.stream)
        self._loop.add_reader(self._sockets.pokes, self._take_pokes)
        self._lock.publish(self._sockets.path)

    def _take_pokes(self) -> None:
        names: list[str] = []
        count = 0
        while count < _MANY_POKES * 8:
            try:
                poke = self._sockets.pokes.recv(_MAX_POKE_BYTES)
            except OSError:
                break
            count += 1
            if _POKE.fullmatch(poke):
                names.append(poke.decode("ascii"))
        self._intake.poke(names, scan=count >= _MANY_POKES)

    async def _watch(self) -> None:
        while not self._stopping.is_set():
            await asyncio.sleep(WATCH_EVERY_S)
            if self._ballast.is_due:
                await self._loop.run_in_executor(None, self._look_after_room)
            if not self._lock.is_there:
                log.error("%s was removed or replaced: this daemon ends", self._lock.path)
                self.stop()
            elif not self._sockets.are_there:
                await self._bind_again()
            elif self._is_idle():
                log.info("nobody needs the daemon: it ends")
                self.stop()

    def _look_after_room(self) -> None:
        if self._ballast.act():
            try:
                self._make_room()
            except DarwinFlowError as error:
                log.warning("the room that a WAL takes is not given back: %s", error)

    async def _bind_again(self) -> None:
        try:
            sockets = self._bind()
        except DarwinFlowError as error:
            log.warning("the socket has vanished and cannot be made again: %s", error)
            return
        log.warning("the socket %s has vanished; serving at %s", self._sockets.path, sockets.path)
        self._loop.remove_reader(self._sockets.pokes)
        self._sockets.pokes.close()
        self._sockets = sockets
        await self._listen()
        self._intake.poke((), scan=True)

    def _is_idle(self) -> bool:
        return (
            self._idle_s is not None
            and not self._server.connections
            and not self._intake.journals
            and time.monotonic() - self._server.last_busy > self._idle_s
        )

    async def _end(self) -> None:
        """Accept nothing, answer what was begun, store what was read, let go of the files; the lock goes last."""
        log.info("stopping")
        # First the paths: a client that comes now waits for the next daemon.
        self._sockets.remove()
        self._loop.remove_reader(self._sockets.pokes)
        await self._server.drain()
        for each in self._upkeep:
            await self._loop.run_in_executor(None, each.stop)
        await self._loop.run_in_executor(None, self._intake.stop)
        await self._loop.run_in_executor(None, self._tenant.close)
        self._sockets.pokes.close()
        log.info("stopped")
