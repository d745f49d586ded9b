"""An editor small enough for a demo: it opens one file in the real language server and asks what it shows."""

import json
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from darwinflow.cli.demo.incomplete import incomplete

HISTORY_WITHIN_S = 10.0


class Editor:
    """A language server process with one open file. Positions are UTF-16, as LSP's default says."""

    def __init__(self, path: Path) -> None:
        self._uri = path.resolve().as_uri()
        self._text = path.read_text(encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "darwinflow_lsp.main"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._last_id = 0
        self._said = ""
        """The last word that the server had for its user."""

    def __enter__(self) -> Self:
        self._request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        self._notify("initialized", {})
        document = {"uri": self._uri, "languageId": "yaml", "version": 1, "text": self._text}
        self._notify("textDocument/didOpen", {"textDocument": document})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._request("shutdown", None)
            self._notify("exit", None)
        else:
            self._process.terminate()
        self._process.communicate(timeout=10)

    def lenses(self) -> list[str]:
        """The titles of the lenses above the first line, once history is there."""
        deadline = time.monotonic() + HISTORY_WITHIN_S
        while True:
            found = self._request("textDocument/codeLens", {"textDocument": {"uri": self._uri}})
            titles = [lens["command"]["title"] for lens in found if lens["range"]["start"]["line"] == 0]
            if any("run" in title for title in titles):
                return titles
            if time.monotonic() > deadline:
                raise incomplete(f"the language server shows no history: {self._said or titles}")
            time.sleep(0.05)

    def hover_on_id(self) -> str:
        """Markdown of the hover on the workflow's id, which the first line holds."""
        position = {"line": 0, "character": len("id: ")}
        found = self._request(
            "textDocument/hover", {"textDocument": {"uri": self._uri}, "position": position}
        )
        return str(found["contents"]["value"])

    def _request(self, method: str, params: object) -> Any:
        self._last_id += 1
        self._send({"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == self._last_id and "method" not in message:
                if "error" in message:
                    raise incomplete(f"the language server refused {method}: {message['error']['message']}")
                return message["result"]
            if message.get("method") == "window/logMessage":
                self._said = str(message["params"]["message"])
            if "id" in message and "method" in message:
                self._send({"jsonrpc": "2.0", "id": message["id"], "result": None})

    def _notify(self, method: str, params: object) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def _send(self, message: dict[str, object]) -> None:
        body = json.dumps(message).encode()
        stream = _piped(self._process.stdin)
        stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        stream.flush()

    def _receive(self) -> dict[str, Any]:
        stream = _piped(self._process.stdout)
        length = 0
        while (line := stream.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if not length:
            raise incomplete("the language server went away")
        message: dict[str, Any] = json.loads(stream.read(length))
        return message


def _piped(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream
