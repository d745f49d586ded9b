"""A client that waits for each answer: for commands and tests. Imports little, so that a command starts fast."""

import json
import os
import time
from _socket import AF_UNIX, SOCK_STREAM, socket  # `socket` around it takes as long as reading a page of runs
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from darwinflow.model.errors import (
    DaemonAway,
    DaemonBusy,
    DaemonFault,
    DaemonHung,
    DarwinFlowError,
    HomeUnsafe,
    ProtocolMismatch,
)
from darwinflow.recorder.ids import RECORDER_VERSION
from darwinflow.recorder.paths import Home, Workspace, bound_socket
from darwinflow.rpc.client.hung import (
    AT_WORK_WITHIN_S,
    HELLO_WITHIN_S,
    REACHED_WITHIN_S,
    at_work,
    hung,
    lock_holder,
)
from darwinflow.rpc.client.workspace import session_of
from darwinflow.rpc.errors import error_of
from darwinflow.rpc.framing import FrameBroken, FrameReader, framed
from darwinflow.rpc.peer import peer_pid, peer_uid
from darwinflow.rpc.protocol import EVENT_PUBLISHED, PROTOCOL

Json = dict[str, Any]
"""`Any` because it is JSON; the models behind the method table say what is in it."""

SEND_WITHIN_S = 10.0
ANSWER_WITHIN_S = 60.0
START_WITHIN_S = 20.0
_LOOK_EVERY_S = 0.02


class Client:
    """One connection to the daemon, for one thread."""

    def __init__(self, connection: socket, home: Home, name: str) -> None:
        """Says hello on *connection*; `connect` makes it. *name* is who is calling, for the daemon's log."""
        self._socket = connection
        self._frames = FrameReader()
        self._id = 0
        self._events: deque[Json] = deque()
        self.home = home
        self.started_pid: int | None = None
        """Of the process that was started for this client. Another daemon may have been faster and serve it."""
        hello = {"protocol": PROTOCOL, "client": name, "clientVersion": RECORDER_VERSION}
        try:
            greeting = self.call("hello", hello, HELLO_WITHIN_S)
        except DaemonBusy as error:
            raise self._hung(HELLO_WITHIN_S) from error
        if not {"version", "home"} <= greeting.keys():
            raise ProtocolMismatch(f"what answers at {bound_socket(home)} does not say which home it serves")
        self.daemon_version: str = greeting["version"]
        if greeting["home"] != home.data:
            raise ProtocolMismatch(
                f"the daemon at {bound_socket(home)} serves {greeting['home']}, not {home.data}",
                hint="darwinflow daemon stop, then start",
            )

    def open(self, workspace: Workspace) -> Json:
        """Bind the connection to *workspace*: the answer names organization and project."""
        return self.call("session/open", session_of(workspace))

    def call(
        self, method: str, params: Mapping[str, object] | None = None, timeout: float = ANSWER_WITHIN_S
    ) -> Json:
        """The result. Raises the daemon's error as it was raised there, `DaemonAway` where it has gone, `DaemonBusy`
        where it takes longer than *timeout* seconds, and long before that `DaemonHung` where it does nothing at all.
        """
        self._id += 1
        request = {"jsonrpc": "2.0", "id": self._id, "method": method, "params": params or {}}
        deadline = time.monotonic() + timeout
        self._send(json.dumps(request, separators=(",", ":"), allow_nan=False).encode("ascii"), timeout)
        while True:
            left = deadline - time.monotonic()
            message = self._receive(min(left, HELLO_WITHIN_S))
            if message is None:
                if left <= HELLO_WITHIN_S:
                    raise DaemonBusy(f"the daemon has not answered {method} within {timeout:g} s")
                self._refuse_hung()
            elif "method" in message:
                self._note(message)
            elif "error" in message and message.get("id") in (self._id, None):
                raise error_of(message["error"])
            elif message.get("id") == self._id:
                result: Json = message["result"]
                return result

    def subscribe(self, topics: Sequence[str], after: int | None = None) -> Iterator[Json]:
        """Events of *topics*, above the offset *after* or from now on, for as long as they are asked for.

        The subscription stands when this returns. Raises `DaemonAway` when the daemon goes.
        """
        for topic in topics:
            self.call(
                "event/subscribe", {"topic": topic} if after is None else {"topic": topic, "after": after}
            )
        return self._follow()

    def next_event(self, timeout: float | None) -> Json | None:
        """The next event of the subscriptions; None where none came within *timeout* seconds (None: for ever)."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._events:
            message = self._receive(None if deadline is None else deadline - time.monotonic())
            if message is None:
                return None
            self._note(message)
        return self._events.popleft()

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _follow(self) -> Iterator[Json]:
        while True:
            event = self.next_event(None)
            assert event is not None
            yield event

    def _note(self, message: Json) -> None:
        if message.get("method") == EVENT_PUBLISHED:
            self._events.append(message["params"])

    def _hung(self, seconds: float) -> DaemonHung:
        return hung(self.home, peer_pid(self._socket), seconds)

    def _refuse_hung(self) -> None:
        """Raises `DaemonHung` where the daemon does not even greet another client. One that ends may finish ours."""
        try:
            connect(self.home, "probe").close()
        except DaemonHung:
            raise
        except DarwinFlowError:
            return

    def _send(self, body: bytes, timeout: float) -> None:
        within = min(timeout, SEND_WITHIN_S)
        try:
            self._socket.settimeout(within)
            self._socket.sendall(framed(body))
        except TimeoutError as error:
            raise self._hung(within) from error
        except OSError as error:
            raise DaemonAway(f"the daemon has hung up: {error.strerror or error}") from error

    def _receive(self, timeout: float | None) -> Json | None:
        """The next message; None where none came within *timeout* seconds."""
        try:
            while (body := self._frames.next()) is None:
                if timeout is not None and timeout <= 0:
                    return None
                self._socket.settimeout(timeout)
                data = self._socket.recv(1 << 18)
                if not data:
                    raise DaemonAway("the daemon has hung up")
                self._frames.feed(data)
            message: Json = json.loads(body)
        except TimeoutError:
            return None
        except OSError as error:
            raise DaemonAway(f"the daemon has hung up: {error.strerror or error}") from error
        except (FrameBroken, ValueError) as error:
            raise DaemonFault("the daemon's answer cannot be read") from error
        return message


def connect(home: Home, name: str = "darwinflow") -> Client:
    """Raises `DaemonAway` where no daemon serves *home*, `DaemonHung` where one does not answer, `HomeUnsafe` where the
    socket is another user's.
    """
    path = bound_socket(home)
    if path is None:
        raise DaemonAway(f"no daemon serves {home.data}")
    connection = socket(AF_UNIX, SOCK_STREAM)
    try:
        _reach(connection, path, home)
        _check_owner(connection, path)
        return Client(connection, home, name)
    except BaseException:
        connection.close()
        raise


def _reach(connection: socket, path: str, home: Home) -> None:
    """Raises `DaemonAway`; `DaemonHung` where so many clients wait already that the system lets no other in."""
    deadline = time.monotonic() + HELLO_WITHIN_S
    connection.settimeout(HELLO_WITHIN_S)
    while True:
        try:
            connection.connect(path)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise hung(home, lock_holder(home), HELLO_WITHIN_S) from error
        except OSError as error:
            raise DaemonAway(f"no daemon serves {home.data}") from error
        else:
            return
        time.sleep(_LOOK_EVERY_S)


def connect_if_held(home: Home, name: str = "darwinflow") -> Client:
    """As `connect`. Where a daemon holds *home* and cannot be reached, since it starts or ends, waits for the outcome.

    Raises `DaemonHung` where there is none within `REACHED_WITHIN_S`, `DaemonAway` where a command has the home for itself.
    """
    deadline = time.monotonic() + REACHED_WITHIN_S
    while True:
        try:
            return connect(home, name)
        except DaemonAway as error:
            holder = lock_holder(home)
            if holder is None:
                raise
            if time.monotonic() > deadline - REACHED_WITHIN_S + AT_WORK_WITHIN_S:
                _refuse_busy(home)
            if time.monotonic() > deadline:
                raise hung(home, holder, REACHED_WITHIN_S) from error
        time.sleep(_LOOK_EVERY_S)


def _refuse_busy(home: Home) -> None:
    """Raises `DaemonAway` where a command has *home* for itself."""
    busy = at_work(home)
    if busy is not None:
        raise busy


def _check_owner(connection: socket, path: str) -> None:
    uid = peer_uid(connection)
    if uid is not None and uid != os.getuid():
        raise HomeUnsafe(f"the socket {path} is served by another user", hint="remove it, if you can")


def connect_or_start(home: Home, name: str = "darwinflow", within: float = START_WITHIN_S) -> Client:
    """As `connect`, starting a daemon where none is. *home* must be that of this process's environment.

    However many ask at once, one daemon serves all of them. Raises `DaemonAway` with the daemon's own words where
    it cannot start, `DaemonHung` where another one holds *home* and does not answer.
    """
    try:
        return connect(home, name)
    except DaemonAway:
        pass
    from darwinflow.rpc.client.starting import pause, start

    began = time.monotonic()
    starting = start(home)
    try:
        tries = since_over = 0
        while True:
            try:
                client = connect(home, name)
            except DaemonAway as error:
                problem = starting.problem()
                if problem is not None:
                    raise problem from None
                waited = time.monotonic() - began
                if starting.found_another and waited > AT_WORK_WITHIN_S:
                    _refuse_busy(home)
                if starting.found_another and waited > REACHED_WITHIN_S:
                    raise hung(home, lock_holder(home), REACHED_WITHIN_S) from error
                if waited > within:
                    raise DaemonAway(
                        f"a daemon was started and does not answer within {within:g} s",
                        hint=f"look into {home.log_path}",
                    ) from error
            else:
                client.started_pid = starting.pid
                return client
            tries += 1
            since_over = since_over + 1 if starting.is_over else 0
            if since_over > 40:
                # Another daemon was there, and is not any more: it was just stopping.
                starting.close()
                starting, since_over = start(home), 0
            pause(tries)
    finally:
        starting.close()
