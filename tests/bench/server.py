"""The language server through its standard streams: start, keystroke to diagnostics, hover.

Keys are typed while a document is still being opened, and again when all of it was checked. Those stand beside a
fresh parse and check of the same text in this process, in turns, as a ratio.
"""

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.document.document import Document

sys.path.insert(0, str(Path(__file__).parents[1]))

from server.client import SERVER, Client, Refusal

URI = "untitled:bench"
SIZES = (50, 1_000, 10_000)
STARTS = 12
ROUNDS = {50: 60, 1_000: 40, 10_000: 20}
FRESH_ROUNDS = {50: 20, 1_000: 5, 10_000: 2}
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def workflow(nodes: int) -> str:
    """About ten lines a node, each node decided upon by the one before."""
    lines = ["id: bench", "version: 1", "description: A workflow of some size", "nodes:"]
    for at in range(nodes):
        lines += [
            f"  - id: step_{at}",
            "    type: LLM_DECISION",
            f"    description: Step number {at}",
            "    config:",
            '      prompt: "Which way: left or right?"',
            "      options: [left, right]",
            "      model: small",
            "    retry: {attempts: 3, delay: 2}",
        ]
    lines += ["edges:", "  - {from: START, to: step_0}"]
    for at in range(nodes - 1):
        lines.append(f"  - {{from: step_{at}, to: step_{at + 1}}}")
        if at % 3 == 0 and at + 2 < nodes:
            lines.append(
                f"  - {{from: step_{at}, to: step_{at + 2}, condition: \"output.decision == 'left'\"}}"
            )
    lines.append(f"  - {{from: step_{nodes - 1}, to: END}}")
    return "\n".join(lines) + "\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        _starts(Path(home))
        for nodes in SIZES:
            _edits(Path(home), nodes)


def _starts(home: Path) -> None:
    text = workflow(50)
    replies, firsts, cpus, bare = [], [], [], []
    for _ in range(STARTS):
        begun = time.monotonic()
        subprocess.run([sys.executable, "-c", ""], check=True)
        bare.append(time.monotonic() - begun)
        begun = time.monotonic()
        with Client(home, command=(SERVER,)) as client:
            client.send(_INITIALIZE)
            replies.append(client.wait_timed(lambda message: message.get("id") == 1)[0] - begun)
            client.notify("initialized", {})
            client.open(URI, text)
            at, _ = client.wait_timed(
                lambda message: message.get("method") == "textDocument/publishDiagnostics"
            )
            cpus.append(_cpu_s(client.process.pid))
            firsts.append(at - begun)
    print(
        f"{SERVER.rsplit('/', 1)[-1]}: spawn to `initialize` reply   {_ms(replies)} wall (bare Python {_ms(bare)})"
    )
    print(f"spawn to first diagnostics, 50 nodes        {_ms(firsts)} wall, {_ms(cpus)} CPU of 10 ms ticks")


def _edits(home: Path, nodes: int) -> None:
    """Keys while the rest of the document is still being checked, and in the same session keys after that."""
    typing = _Typing(nodes)
    with Client(home, command=(SERVER,)) as client:
        client.initialize(initializationOptions={"trusted": False})
        _settle(client)
        begun = time.monotonic()
        client.open(URI, typing.text)
        first = client.wait_timed(_publication(1))[0] - begun
        hasty = typing.keys(client, ROUNDS[nodes])
        _wait_for_the_whole_check(client)
        whole = time.monotonic() - begun
        calm = typing.keys(client, ROUNDS[nodes], FRESH_ROUNDS[nodes])
    ratio = statistics.median(calm.fresh) / statistics.median(calm.wall)
    print(
        f"{nodes:>6} nodes, {len(typing.lines):>6} lines: first findings {first * 1000:6.0f} ms; "
        f"keys while it opens {_ms(hasty.wall)} wall, {hasty.cpu_ms:.2f} ms CPU a key, its share of the opening included; "
        f"all findings {whole * 1000:6.0f} ms, the keys included"
    )
    print(
        f"{'':>6} keys afterwards {_ms(calm.wall)} wall, {calm.cpu_ms:.2f} ms CPU with a hover; "
        f"hover {_ms(calm.hovers)}; fresh parse and check {_ms(calm.fresh)}: {ratio:,.0f} times a key"
    )


class _Keys(NamedTuple):
    """What some keystrokes took, in seconds."""

    wall: list[float]
    hovers: list[float]
    """Empty where none was asked for: while a document is being opened they wait."""
    fresh: list[float]
    cpu_ms: float
    """Of the server, a key."""


class _Typing:
    """One document and the keys that are typed into it."""

    def __init__(self, nodes: int) -> None:
        self.text = workflow(nodes)
        self.lines = self.text.split("\n")
        self._nodes = nodes
        self._version = 1
        self._generator = random.Random(7)
        self._catalog = Catalog.bundled()

    def keys(self, client: Client, count: int, fresh_count: int = 0) -> _Keys:
        """Type *count* keys, with a hover and a fresh check after each where *fresh_count* is given, as far as it goes."""
        wall: list[float] = []
        hovers: list[float] = []
        fresh: list[float] = []
        cpu_before = _cpu_s(client.process.pid)
        for turn in range(count):
            at = 4 + 8 * self._generator.randrange(self._nodes) + 2
            self._version += 1
            place = {"line": at, "character": len(self.lines[at])}
            begun = time.monotonic()
            client.change(URI, self._version, {"range": {"start": place, "end": place}, "text": "x"})
            said, _ = client.wait_timed(_publication(self._version), after=max(client.said - 4, 0))
            wall.append(said - begun)
            self.lines[at] += "x"
            if fresh_count:
                begun = time.monotonic()
                client.ask_at("textDocument/hover", URI, at - 2, 10)
                hovers.append(time.monotonic() - begun)
            if turn < fresh_count:
                text = "\n".join(self.lines)
                begun = time.monotonic()
                check(Document.parse(text), self._catalog).findings()
                fresh.append(time.monotonic() - begun)
        cpu = _cpu_s(client.process.pid) - cpu_before
        return _Keys(wall, hovers, fresh, cpu * 1000 / count)


def _wait_for_the_whole_check(client: Client) -> None:
    """What is asked about a document is answered when all of it is checked, and its findings are published before."""
    client.ask_at("textDocument/hover", URI, 0, 5)


_INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "processId": None,
        "rootUri": None,
        "capabilities": {},
        "initializationOptions": {"trusted": False},
    },
}


def _publication(version: int) -> Callable[[dict[str, object]], bool]:
    def wanted(message: dict[str, object]) -> bool:
        params = message.get("params")
        return (
            message.get("method") == "textDocument/publishDiagnostics"
            and isinstance(params, dict)
            and params.get("version") == version
        )

    return wanted


def _settle(client: Client) -> None:
    """Wait until pygls is imported, which would be in the way of the first keys: it alone refuses what nobody knows."""
    with suppress(Refusal):
        client.request("no/such")


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def _ms(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return f"{statistics.median(ordered) * 1000:.2f} (p95 {p95 * 1000:.2f})"
