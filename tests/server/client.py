"""A small LSP client that drives the real server over its standard streams."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import forked

Json = Any
SERVER = str(Path(sys.executable).with_name("darwinflow-lsp"))
WAIT_S = 20.0
EVERYTHING = {
    "general": {"positionEncodings": ["utf-16"]},
    "workspace": {
        "codeLens": {"refreshSupport": True},
        "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create"]},
    },
    "textDocument": {
        "hover": {"contentFormat": ["markdown", "plaintext"]},
        "completion": {"completionItem": {"snippetSupport": True}},
        "publishDiagnostics": {"relatedInformation": True},
        "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}},
        "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
    },
}
"""Capabilities of a client that can do all we use."""


class Refusal(Exception):
    """An error reply."""

    def __init__(self, error: Json) -> None:
        super().__init__(f"{error['code']}: {error['message']}")
        self.code = error["code"]
        self.error = error


class Client:
    """One server process. Everything it sends is kept with its time of arrival."""

    def __init__(
        self, home: Path, environ: Mapping[str, str] | None = None, command: Sequence[str] | None = None
    ) -> None:
        """Without a *command*, most are forks."""
        environment = {**os.environ, "DARWINFLOW_HOME": str(home), **(environ or {})}
        environment.setdefault("XDG_RUNTIME_DIR", str(home))
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        self.process = (
            forked.started(forked.SERVER, (), environment, **pipes)
            if command is None
            else subprocess.Popen(command, env=environment, **pipes)
        )
        self.messages: list[tuple[float, Json]] = []
        self.stderr = b""
        self._changed = threading.Condition()
        self._over = False
        self._ids = 0
        self._threads = [
            threading.Thread(target=work, daemon=True) for work in (self._read, self._read_stderr)
        ]
        for thread in self._threads:
            thread.start()

    def initialize(self, encoding: str = "utf-16", capabilities: Json = None, **params: Json) -> Json:
        wanted = json.loads(json.dumps(EVERYTHING if capabilities is None else capabilities))
        if capabilities is None:
            wanted["general"]["positionEncodings"] = [encoding]
        result = self.request(
            "initialize", {"processId": None, "rootUri": None, "capabilities": wanted} | params
        )
        self.notify("initialized", {})
        return result

    def request(self, method: str, params: Json = None, wait_s: float = WAIT_S) -> Json:
        id_ = self.begin(method, params)
        return self.reply(id_, wait_s)

    def begin(self, method: str, params: Json = None) -> int:
        self._ids += 1
        message = {"jsonrpc": "2.0", "id": self._ids, "method": method}
        self.send(message if params is None else message | {"params": params})
        return self._ids

    def reply(self, id_: Json, wait_s: float = WAIT_S) -> Json:
        message = self.wait(lambda message: message.get("id") == id_ and "method" not in message, wait_s)
        if "error" in message:
            raise Refusal(message["error"])
        return message["result"]

    def notify(self, method: str, params: Json = None) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def send(self, message: Json) -> None:
        body = json.dumps(message).encode()
        self.send_bytes(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def send_bytes(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def wait(self, wanted: Callable[[Json], bool], wait_s: float = WAIT_S, after: int = 0) -> Json:
        """The first message from number *after* on that is *wanted*, as soon as it is there."""
        return self.wait_timed(wanted, wait_s, after)[1]

    def wait_timed(
        self, wanted: Callable[[Json], bool], wait_s: float = WAIT_S, after: int = 0
    ) -> tuple[float, Json]:
        deadline = time.monotonic() + wait_s
        seen = after
        with self._changed:
            while True:
                for entry in self.messages[seen:]:
                    if wanted(entry[1]):
                        return entry
                seen = len(self.messages)
                left = deadline - time.monotonic()
                if left <= 0 or self._over:
                    raise TimeoutError(
                        f"not said within {wait_s} s; the last was {self.messages[-3:]}; stderr {self.stderr[-2000:]!r}"
                    )
                self._changed.wait(left)

    def count(self, wanted: Callable[[Json], bool]) -> int:
        with self._changed:
            return sum(wanted(message) for _, message in self.messages)

    @property
    def said(self) -> int:
        """How many messages have come: the place from which to wait for a new one."""
        with self._changed:
            return len(self.messages)

    def open(self, uri: str, text: str, version: int = 1) -> None:
        document = {"uri": uri, "languageId": "yaml", "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def change(self, uri: str, version: int, *changes: Json) -> None:
        document = {"uri": uri, "version": version}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": list(changes)})

    def diagnostics(self, uri: str, version: int | None = None, wait_s: float = WAIT_S) -> list[Json]:
        """Those of *uri* at *version*, or the first ever."""

        def wanted(message: Json) -> bool:
            params = message.get("params") or {}
            return (
                message.get("method") == "textDocument/publishDiagnostics"
                and params["uri"] == uri
                and version in (None, params.get("version"))
            )

        return self.wait(wanted, wait_s)["params"]["diagnostics"]

    def ask_at(
        self, method: str, uri: str, line: int, character: int, wait_s: float = WAIT_S, **more: Json
    ) -> Json:
        place = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
        return self.request(method, place | more, wait_s)

    def settle(self) -> None:
        """Wait until all that was sent so far is dealt with."""
        with contextlib.suppress(Refusal):
            self.request(
                "textDocument/hover", {"textDocument": {"uri": "untitled:settle"}, "position": PLACE_0}
            )

    def close(self) -> int:
        """Shut down as LSP says; the exit code."""
        if self.process.poll() is None:
            with contextlib.suppress(OSError):
                self.request("shutdown")
                self.notify("exit")
        return self.ended()

    def ended(self, wait_s: float = WAIT_S) -> int:
        try:
            return self.process.wait(wait_s)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            for thread in self._threads:
                thread.join(wait_s)
            for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
                assert stream is not None
                with contextlib.suppress(OSError):
                    stream.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: object, *_rest: object) -> None:
        if kind is None:
            self.close()
        else:
            self.process.kill()
            self.ended()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while header := stream.readline():
            length = int(header.split(b":")[1])
            assert stream.readline() == b"\r\n"
            message = json.loads(stream.read(length))
            with self._changed:
                self.messages.append((time.monotonic(), message))
                self._changed.notify_all()
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def _read_stderr(self) -> None:
        assert self.process.stderr is not None
        while chunk := self.process.stderr.read1():
            self.stderr += chunk


PLACE_0 = {"line": 0, "character": 0}


def column(line: str, index: int, encoding: str) -> int:
    """The column, in units of *encoding*, of the character number *index* of *line*."""
    before = line[:index]
    if encoding == "utf-8":
        return len(before.encode())
    return len(before.encode("utf-16-le")) // 2 if encoding == "utf-16" else len(before)


def place_of(text: str, marker: str, encoding: str = "utf-16") -> tuple[str, int, int]:
    """*text* without the first *marker*, and the line and column where it stood."""
    index = text.index(marker)
    text = text[:index] + text[index + len(marker) :]
    before = text[:index].split("\n")
    return text, len(before) - 1, column(before[-1], len(before[-1]), encoding)
