"""A link to the daemon that keeps itself up, for programs with an event loop.

It connects, comes back after a loss, goes on with its subscriptions where they were, and says what state it is in.
Nothing here blocks the loop, and a daemon that hangs counts as one that is away.
"""

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import Enum
from typing import Any

from darwinflow.model.errors import DaemonAway, DaemonHung, DarwinFlowError
from darwinflow.recorder.ids import RECORDER_VERSION
from darwinflow.recorder.paths import Home, Workspace, bound_socket
from darwinflow.rpc.client.hung import HELLO_WITHIN_S, at_work, hung, lock_holder
from darwinflow.rpc.client.line import Line
from darwinflow.rpc.client.starting import Starting, start
from darwinflow.rpc.client.workspace import session_of
from darwinflow.rpc.peer import peer_pid, peer_uid
from darwinflow.rpc.protocol import PROTOCOL

Json = dict[str, Any]
"""`Any` because it is JSON; the models behind the method table say what is in it."""

ANSWER_WITHIN_S = 10.0
ASK_EVERY_S = 15.0
"""One that is connected and says nothing is asked whether it still answers."""
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
        """*on_state* is also called where a daemon that was away turns out to hang. *on_event* gets the
        parameters of `event/published`. *starts_daemon*: where none serves at first, start one.

        A daemon that goes away later is not started again: somebody may have stopped it. `connected` does that.
        """
        self.state = LinkState.CONNECTING
        self._trouble: DarwinFlowError | None = None
        self._is_hung = False
        """That it hangs was told by `on_state`."""
        self._home = home
        self._workspace = workspace
        self._hello = {
            "protocol": PROTOCOL,
            "client": name,
            "clientVersion": RECORDER_VERSION,
            "home": home.data,
        }
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

    @property
    def problem(self) -> str | None:
        """Why it is away, in the words of who knows; of a daemon that hangs also what can be done."""
        if isinstance(self._trouble, DaemonHung):
            return f"{self._trouble}; try: {self._trouble.advice}"
        return str(self._trouble) if self._trouble is not None else None

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

        Raises `DaemonAway` with the cause: as soon as a daemon cannot be started, at the latest after *within_s*;
        `DaemonHung` where one lives and does not answer.
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
            raise self._error() from None

    async def call(
        self, method: str, params: Mapping[str, object] | None = None, timeout: float = ANSWER_WITHIN_S
    ) -> Json:
        """The result. Raises the daemon's error as it was raised there; at once where it is away `DaemonAway`, or
        `DaemonHung`.
        """
        line = self._line
        if line is None or self.state is not LinkState.CONNECTED:
            raise self._error()
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
                self._trouble = _trouble_of(error)
                may_start, self._may_start = self._may_start, False
                if may_start and not isinstance(error, DaemonHung) and await self._started():
                    continue
            else:
                pause, self._may_start, self._trouble = FIRST_PAUSE_S, False, None
                self._line = line
                self._enter(LinkState.CONNECTED)
                await self._until_lost(line)
                self._line = None
                self._trouble = DaemonAway("the daemon has hung up")
            self._enter(LinkState.AWAY)
            await self._wait_for_news(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _until_lost(self, line: Line) -> None:
        """Until the daemon has hung up or answers no more."""
        while not line.lost.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(ASK_EVERY_S):
                    await line.lost.wait()
                    return
            try:
                await line.call("hello", self._hello, HELLO_WITHIN_S)
            except (DarwinFlowError, TimeoutError):
                line.hang_up()
                await line.lost.wait()

    def _error(self) -> DarwinFlowError:
        """A new one for each who wants something of a daemon that is away."""
        if self._trouble is None:
            return DaemonAway("the daemon does not answer")
        kind = DaemonHung if isinstance(self._trouble, DaemonHung) else DaemonAway
        return kind(str(self._trouble), hint=self._trouble.advice, **self._trouble.facts)

    async def _connected(self) -> Line:
        path = bound_socket(self._home)
        if path is None:
            raise self._unreachable()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(HELLO_WITHIN_S):
                transport, line = await loop.create_unix_connection(lambda: Line(self._take_event), path)
        except OSError:
            raise self._unreachable() from None
        try:
            connection = transport.get_extra_info("socket")
            uid = peer_uid(connection)
            if uid is not None and uid != os.getuid():
                raise DaemonAway(f"the socket {path} is served by another user")  # noqa: TRY301 - closed below
            try:
                greeting = await line.call("hello", self._hello, HELLO_WITHIN_S)
            except TimeoutError:
                raise hung(self._home, peer_pid(connection), HELLO_WITHIN_S) from None
            if greeting["home"] != self._home.data:
                raise DaemonAway(f"the daemon serves {greeting['home']}")  # noqa: TRY301
            await line.call("session/open", session_of(self._workspace), ANSWER_WITHIN_S)
            for topic in self._offsets:
                await self._subscribe_on(line, topic)
        except BaseException:
            line.hang_up()
            raise
        return line

    def _unreachable(self) -> DarwinFlowError:
        holder = lock_holder(self._home)
        if holder is None:
            return DaemonAway(f"no daemon serves {self._home.data}")
        return at_work(self._home) or DaemonAway(
            f"the daemon of {self._home.data}, process {holder}, is starting or ending, or hangs",
            hint="darwinflow daemon status",
        )

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
        hangs = state is LinkState.AWAY and isinstance(self._trouble, DaemonHung)
        if state is not self.state or (hangs and not self._is_hung):
            self.state, self._is_hung = state, hangs
            self._on_state(state)
        waiting, self._waiting = self._waiting, []
        for outcome in waiting:
            if outcome.done():
                continue  # gave up
            if state is LinkState.CONNECTED:
                outcome.set_result(None)
            else:
                outcome.set_exception(self._error())

    async def _started(self) -> bool:
        """Start a daemon and wait for it; whether one may answer now."""
        self._starting = await asyncio.to_thread(start, self._home)
        deadline = asyncio.get_running_loop().time() + _START_WITHIN_S
        seen = self._seen()
        try:
            while asyncio.get_running_loop().time() < deadline:
                await asyncio.sleep(_LOOK_WHILE_STARTING_S)
                problem = self._starting.problem()
                if problem is not None:
                    self._trouble = problem
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


def _trouble_of(error: DarwinFlowError | OSError | TimeoutError) -> DarwinFlowError:
    if isinstance(error, DarwinFlowError):
        return error
    return DaemonAway(str(error) or "the daemon does not answer")
