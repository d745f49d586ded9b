"""Asks the daemon whether it has a run. The one connection that the recorder ever makes, and only when asked to wait.

An id alone does not tell: a program may give one that an earlier run has, and the history keeps the earlier. So the
answer counts only where it is a run of this id, whole, that began at the same microsecond.
"""

import json
import os
import socket
import struct
import time

from darwinflow.recorder.ids import RECORDER_VERSION
from darwinflow.recorder.paths import Home, Workspace, bound_socket

PROTOCOL = 1
_NOT_THERE = (1101, 1303)
"""No run of this id; none of exactly this id, but several that begin or end with it."""
DELETED, ARCHIVED = "deleted", "archived"
"""The fact `gone` of that error where the run was there: it was deleted for good, or retention has put it into the archive."""
_FIRST_PAUSE_S = 0.002
_LONGEST_PAUSE_S = 0.1
_MAX_REPLY_BYTES = 32 << 20


class Away(Exception):
    """No daemon answers, or it does not speak as expected."""


class OtherRun(Exception):
    """The history has another run of this id, so it does not take this one."""


class DeletedRun(OtherRun):
    """The run was deleted for good, so the history does not take it again."""


class Wanted:
    """The run that is asked for."""

    __slots__ = ("pid", "run", "started_at", "with_end")

    def __init__(self, run: str, started_at: int | None, *, with_end: bool, pid: object = None) -> None:
        self.run = run
        self.started_at = started_at
        """Microseconds since 1970; None where that is another program's to know."""
        self.with_end = with_end
        self.pid = pid
        """As its metadata has it, where the times are given from outside and so tell less; else None."""


def waited_for(home: Home, workspace: Workspace, wanted: Wanted, timeout: float) -> bool:
    """Whether the daemon has *wanted* within *timeout* seconds. Waits for a daemon, too. Raises `OtherRun`, `DeletedRun`."""
    deadline = time.monotonic() + timeout
    pause = _FIRST_PAUSE_S
    line: _Line | None = None
    try:
        while True:
            try:
                if line is None:
                    line = _Line(home, workspace, deadline)
                if line.has(wanted):
                    return True
            except (Away, OSError, ValueError):
                if line is not None:
                    line.close()
                line = None
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(pause, left))
            pause = min(pause * 2, _LONGEST_PAUSE_S)
    finally:
        if line is not None:
            line.close()


def answers(home: Home) -> bool:
    """Whether a daemon listens at the home's socket."""
    path = bound_socket(home)
    if path is None:
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.1)
        try:
            probe.connect(path)
        except OSError:
            return False
    return True


class _Line:
    """One connection: `hello`, `session/open`, then as many questions as needed."""

    __slots__ = ("_buffer", "_deadline", "_id", "_socket")

    def __init__(self, home: Home, workspace: Workspace, deadline: float) -> None:
        path = bound_socket(home)
        if path is None:
            raise Away("no daemon has been started")
        self._buffer = b""
        self._deadline = deadline
        self._id = 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(max(deadline - time.monotonic(), 0.01))
            self._socket.connect(path)
            _check_peer(self._socket)
            me: dict[str, object] = {"client": "recorder", "clientVersion": RECORDER_VERSION}
            self._call("hello", {"protocol": PROTOCOL, "home": home.data, **me})
            self._call("session/open", {"workspace": workspace.folder, "settings": workspace.settings})
        except BaseException:
            self._socket.close()
            raise

    def has(self, wanted: Wanted) -> bool:
        reply = self._call("run/get", {"run": wanted.run})
        if reply is not None and reply.get("gone") == ARCHIVED:
            return True
        run = None if reply is None else reply.get("run")
        if not isinstance(run, dict) or run.get("runId") != wanted.run:
            return False  # `run/get` also takes a part of an id
        began = _micros(run.get("startTime"))
        is_other = wanted.started_at is not None and began != wanted.started_at
        if is_other or (wanted.pid is not None and wanted.pid != _pid_in(reply)):
            raise OtherRun(
                f"the history has another run {wanted.run}, which began {run.get('startTime')}; this one is refused"
            )
        return not wanted.with_end or run.get("status") in ("SUCCESS", "FAILED", "CANCELLED")

    def close(self) -> None:
        self._socket.close()

    def _call(self, method: str, params: dict[str, object]) -> dict[str, object] | None:
        """The result; None where the daemon knows no such run. Raises `Away` for any other error."""
        self._id += 1
        body = json.dumps({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params}).encode()
        self._socket.settimeout(max(self._deadline - time.monotonic(), 0.01))
        self._socket.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        while True:
            reply = json.loads(self._message())
            if isinstance(reply, dict) and reply.get("id") == self._id:
                break
        if "error" in reply:
            if reply["error"].get("code") in _NOT_THERE:
                data = reply["error"].get("data")
                if isinstance(data, dict) and data.get("gone") == DELETED:
                    raise DeletedRun(str(reply["error"].get("message")))
                return data if isinstance(data, dict) and data.get("gone") == ARCHIVED else None
            raise Away(str(reply["error"].get("message")))
        result = reply.get("result")
        return result if isinstance(result, dict) else {}

    def _message(self) -> bytes:
        while b"\r\n\r\n" not in self._buffer:
            self._receive()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        length = next(
            (
                int(value)
                for name, _, value in (line.partition(b":") for line in head.split(b"\r\n"))
                if name.lower() == b"content-length"
            ),
            -1,
        )
        if not 0 <= length <= _MAX_REPLY_BYTES:
            raise Away("it does not speak the protocol")
        while len(self._buffer) < length:
            self._receive()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return body

    def _receive(self) -> None:
        self._socket.settimeout(max(self._deadline - time.monotonic(), 0.01))
        data = self._socket.recv(1 << 16)
        if not data:
            raise Away("it hung up")
        self._buffer += data


def _pid_in(reply: dict[str, object] | None) -> object:
    log = (reply or {}).get("log")
    metadata = log.get("metadata") if isinstance(log, dict) else None
    return metadata.get("pid") if isinstance(metadata, dict) else None


def _micros(instant: object) -> int | None:
    """Microseconds since 1970 of an RFC 3339 text."""
    from datetime import UTC, datetime, timedelta

    if not isinstance(instant, str):
        return None
    return (datetime.fromisoformat(instant) - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)


def _check_peer(connection: socket.socket) -> None:
    """Refuse a daemon of another user. Where this cannot be asked, only its owner may enter the socket's folder."""
    if hasattr(socket, "SO_PEERCRED"):
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        if struct.unpack("3i", credentials)[1] != os.getuid():
            raise Away("the socket is another user's")
