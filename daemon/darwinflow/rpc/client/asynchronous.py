"""A link to the daemon that keeps itself up, for programs with an event loop.

It connects, comes back after a loss, goes on with its subscriptions where they were, and says what state it is in.
Nothing here blocks the loop, and a daemon that hangs counts as one that is away.
"""

import asyncio
import os
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from darwinflow.model.errors import DaemonAway, DarwinFlowError
from darwinflow.recorder.events import RECORDER_VERSION
from darwinflow.recorder.paths import Home, Workspace, bound_socket
from darwinflow.rpc.client.line import Line
from darwinflow.rpc.client.starting import Starting, start
from darwinflow.rpc.peer import peer_uid
from darwinflow.rpc.protocol import PROTOCOL

Json = dict[str, Any]
"""`Any` because it is JSON; the models behind the method table say what is in it."""

ANSWER_WITHIN_S = 10.0
HELLO_WITHIN_S = 5.0
LOOK_EVERY_S = 0.25
"""At the lock file, which a daemon that starts writes."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
_START_WITHIN_S = 20.0
_LOOK_WHILE_STARTING_S = 0.01


class LinkState(Enum):
    CONNECTING = "connecting"
    """It was never connected, and may be in a moment."""
    CONNECTED = "connected"
    AWAY = "away"
    """No daemon answers; the link looks out for one."""


class Link:
    """One workspace's line to the daemon. All methods and callbacks are the event loop's."""

    def __init__(
        self,
        home: Home,
        workspace: Workspace,
        *,
        name: str,
        on_state: Callable[[LinkState], None],
        on_event: Callable[[Json], None],
        starts_daemon: bool = False,
    ) -> None:
        """*on_event* gets the parameters of `event/published`. *starts_daemon*: where none serves at first, start one.

        A daemon that goes away later is not started again: somebody may have stopped it. `connected` does that.
        """
        self.state = LinkState.CONNECTING
        self.problem: str | None = None
        """Why it is away, in the words of who knows."""
        self._home = home
        self._workspace = workspace
        self._name = name
        self._on_state = on_state
        self._on_event = on_event
        self._may_start = starts_daemon
        self._starting: Starting | None = None
        self._line: Line | None = None
        self._offsets: dict[str, int | None] = {}
        """By topic: the last event that came; None: from now on."""
        self._hurry = asyncio.Event()
        self._waiting: list[asyncio.Future[None]] = []
        """Those who wait for the outcome of the try that is under way, or of the next one."""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to connect."""
        self._task = asyncio.get_running_loop().create_task(self._keep_up())

    async def close(self) -> None:
        """No callback follows."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._line is not None:
            self._line.hang_up()
        if self._starting is not None:
            self._starting.close()

    async def connected(self, within_s: float) -> None:
        """Wait until it is connected; starts a daemon if none serves.

        Raises `DaemonAway` with the cause: as soon as a daemon cannot be started, at the latest after *within_s*.
        """
        if self.state is LinkState.CONNECTED:
            return
        if self.state is LinkState.AWAY:
            self._may_start = True
            self._hurry.set()
        outcome = asyncio.get_running_loop().create_future()
        self._waiting.append(outcome)
        try:
            async with asyncio.timeout(within_s):
                await outcome
        except TimeoutError:
            raise DaemonAway(self.problem or "the daemon does not answer") from None

    async def call(
        self, method: str, params: Mapping[str, object] | None = None, timeout: float = ANSWER_WITHIN_S
    ) -> Json:
        """The result. Raises the daemon's error as it was raised there; `DaemonAway` at once where it is away."""
        line = self._line
        if line is None or self.state is not LinkState.CONNECTED:
            raise DaemonAway(self.problem or "the daemon is away")
        try:
            return await line.call(method, params or {}, timeout)
        except TimeoutError:
            line.hang_up()  # it hangs: look for one that answers
            raise DaemonAway(f"the daemon has not answered {method} within {timeout:g} s") from None

    async def subscribe(self, topic: str, after: int | None = None) -> None:
        """Have *topic*'s events above *after*, or from now on, given to `on_event`; also over losses of the daemon."""
        self._offsets[topic] = after
        if self._line is not None and self.state is LinkState.CONNECTED:
            await self._subscribe_on(self._line, topic)

    async def _keep_up(self) -> None:
        pause = FIRST_PAUSE_S
        while True:
            try:
                line = await self._connected()
            except (DarwinFlowError, OSError, TimeoutError) as error:
                self.problem = str(error) or "the daemon does not answer"
                if self._may_start:
                    self._may_start = False
                    if await self._started():
                        continue
            else:
                pause, self._may_start, self.problem = FIRST_PAUSE_S, False, None
                self._line = line
                self._enter(LinkState.CONNECTED)
                await line.lost.wait()
                self._line = None
                self.problem = "the daemon has hung up"
            self._enter(LinkState.AWAY)
            await self._wait_for_news(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _connected(self) -> Line:
        path = bound_socket(self._home)
        if path is None:
            raise DaemonAway(f"no daemon serves {self._home.data}")
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(HELLO_WITHIN_S):
            transport, line = await loop.create_unix_connection(lambda: Line(self._take_event), path)
        try:
            uid = peer_uid(transport.get_extra_info("socket"))
            if uid is not None and uid != os.getuid():
                raise DaemonAway(f"the socket {path} is served by another user")  # noqa: TRY301 - closed below
            greeting = await line.call(
                "hello",
                {
                    "protocol": PROTOCOL,
                    "client": self._name,
                    "clientVersion": RECORDER_VERSION,
                    "home": self._home.data,
                },
                HELLO_WITHIN_S,
            )
            if greeting["home"] != self._home.data:
                raise DaemonAway(f"the daemon serves {greeting['home']}")  # noqa: TRY301
            session = {"workspace": self._workspace.folder, "settings": self._workspace.settings}
            await line.call("session/open", session, ANSWER_WITHIN_S)
            for topic in self._offsets:
                await self._subscribe_on(line, topic)
        except BaseException:
            line.hang_up()
            raise
        return line

    async def _subscribe_on(self, line: Line, topic: str) -> None:
        after = self._offsets[topic]
        params: dict[str, object] = {"topic": topic} if after is None else {"topic": topic, "after": after}
        subscribed = await line.call("event/subscribe", params, ANSWER_WITHIN_S)
        if self._offsets[topic] is None:
            self._offsets[topic] = subscribed["offset"]

    def _take_event(self, event: Json) -> None:
        self._offsets[event["topic"]] = event["offset"]
        self._on_event(event)

    def _enter(self, state: LinkState) -> None:
        if state is not self.state:
            self.state = state
            self._on_state(state)
        waiting, self._waiting = self._waiting, []
        for outcome in waiting:
            if outcome.done():
                continue  # gave up
            if state is LinkState.CONNECTED:
                outcome.set_result(None)
            else:
                outcome.set_exception(DaemonAway(self.problem or "the daemon is away"))

    async def _started(self) -> bool:
        """Start a daemon and wait for it; whether one may answer now."""
        self._starting = await asyncio.to_thread(start)
        deadline = asyncio.get_running_loop().time() + _START_WITHIN_S
        seen = self._seen()
        try:
            while asyncio.get_running_loop().time() < deadline:
                await asyncio.sleep(_LOOK_WHILE_STARTING_S)
                problem = self._starting.problem()
                if problem is not None:
                    self.problem = str(problem)
                    return False
                now = self._seen()
                if self._starting.is_over or (now is not None and now != seen and now[2] > 0):
                    return True
            return False
        finally:
            self._starting.close()
            self._starting = None

    async def _wait_for_news(self, pause: float) -> None:
        """Until a daemon writes the lock file, somebody is in a hurry, or *pause* seconds have gone."""
        seen = self._seen()
        loop = asyncio.get_running_loop()
        until = loop.time() + pause
        while loop.time() < until and self._seen() == seen and not self._hurry.is_set():
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._hurry.wait()
            except TimeoutError:
                continue
        self._hurry.clear()

    def _seen(self) -> tuple[int, int, int] | None:
        """What tells one state of the lock file from the next."""
        try:
            status = os.stat(self._home.lock_path)
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size
