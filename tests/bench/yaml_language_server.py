"""What a keystroke costs our server and yaml-language-server, side by side: the same documents, the same protocol.

The peer comes from npm with a Node of its own (22 or newer), into a folder that is removed afterwards; one that
is there already is named by `DARWINFLOW_YAML_LANGUAGE_SERVER` (the folder that holds `node_modules`). It is given
the schema of our workflows. Processor time is that of all threads of the server's process.
"""

import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from darwinflow.catalog.catalog import Catalog

sys.path.insert(0, str(Path(__file__).parents[1]))

from server.client import SERVER, Client

from .documents import workflow

SIZES = (50, 1_000, 10_000)
OURS = {50: 100, 1_000: 100, 10_000: 100}
THEIRS = {50: 10, 1_000: 5, 10_000: 2}
"""Keystrokes that are measured."""
WAIT_S = 300.0
SILENCE_S, SILENCE_MS = 1.0, 10.0
"""A server that uses no more processor time than this in that time is silent."""
FOLDER = "DARWINFLOW_YAML_LANGUAGE_SERVER"


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        peer = _peer(Path(home))
        if isinstance(peer, str):
            print(f"skipped: {peer}")
            return
        print(
            f"{'nodes':>7} {'lines':>8} {'ours':>12} {'theirs':>12} {'ratio':>9}   CPU ms a keystroke to its diagnostics"
        )
        for nodes in SIZES:
            text = workflow(nodes)
            path = Path(home) / f"flow-{nodes}.yaml"
            with Client(Path(home), command=(SERVER,)) as client:
                client.initialize(initializationOptions={"trusted": False})
                ours = keystroke_ms(client, path.as_uri(), text, OURS[nodes])
            with Client(Path(home), command=peer) as client:
                _begin_peer(client, Path(home))
                theirs = keystroke_ms(client, path.as_uri(), text, THEIRS[nodes])
            ratio = theirs / ours
            lines = text.count("\n")
            print(f"{nodes:>7} {lines:>8} {ours:>9.2f} ms {theirs:>9.1f} ms {ratio:>8,.0f}x", flush=True)


def keystroke_ms(client: Client, uri: str, text: str, count: int) -> float:
    """The median processor time that a character in a value takes the server, to the diagnostics it brings."""
    place = client.said
    client.open(uri, text)
    client.wait(_published(uri), WAIT_S, after=place)
    # Ours tells of the first lines at once and answers this when all of the document is checked.
    client.ask_at("textDocument/hover", uri, 0, 5, wait_s=WAIT_S)
    _wait_for_silence(client)
    lines = text.split("\n")
    values = [at for at, line in enumerate(lines) if line.startswith("    description: ")]
    rng = random.Random(3)
    costs = []
    for version in range(2, count + 4):
        line = rng.choice(values)
        column = len("    description: ") + 3
        here = {"line": line, "character": column}
        before, place = cpu_ms(client.process.pid), client.said
        client.change(uri, version, {"range": {"start": here, "end": here}, "text": "x"})
        client.wait(_published(uri), WAIT_S, after=place)
        costs.append(cpu_ms(client.process.pid) - before)
    return statistics.median(costs[2:])


def _wait_for_silence(client: Client) -> None:
    """Until the server has nothing more to do of its own accord."""
    used = -1.0
    while (now := cpu_ms(client.process.pid)) - used > SILENCE_MS:
        used = now
        time.sleep(SILENCE_S)


def cpu_ms(pid: int) -> float:
    """Time that the threads of a process have spent on a core, to the nanosecond."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6


def _published(uri: str) -> Callable[[dict[str, object]], bool]:
    def wanted(message: dict[str, object]) -> bool:
        params = message.get("params")
        is_it = message.get("method") == "textDocument/publishDiagnostics"
        return is_it and isinstance(params, dict) and params.get("uri") == uri

    return wanted


def _begin_peer(client: Client, home: Path) -> None:
    schema = home / "workflow.schema.json"
    schema.write_text(json.dumps(_schema()), encoding="utf-8")
    client.request("initialize", {"processId": None, "rootUri": home.as_uri(), "capabilities": {}}, WAIT_S)
    client.notify("initialized", {})
    yaml = {"schemas": {schema.as_uri(): "/*.yaml"}, "schemaStore": {"enable": False}, "validate": True}
    client.notify("workspace/didChangeConfiguration", {"settings": {"yaml": yaml}})


def _schema() -> dict[str, object]:
    """Our schema of a whole document, with those of nodes and edges in their lists."""
    workflows = Catalog.bundled().graph_type("workflow")
    nodes = [node.schema for node in workflows.node_types.values()]
    edges = [edge.schema for edge in workflows.edge_types.values()]
    whole = json.loads(json.dumps(workflows.document))
    whole["properties"]["nodes"]["items"] = {"anyOf": nodes}
    whole["properties"]["edges"]["items"] = {"anyOf": edges}
    assert isinstance(whole, dict)
    return whole


def _peer(home: Path) -> list[str] | str:
    """The command that starts yaml-language-server; else why there is none."""
    named = os.environ.get(FOLDER)
    folder = Path(named) if named else home / "npm"
    if not named:
        npm = shutil.which("npm")
        if npm is None:
            return "there is no npm here"
        folder.mkdir()
        command = [
            npm,
            "install",
            "--no-audit",
            "--no-fund",
            "--prefix",
            str(folder),
            "node@22",
            "yaml-language-server",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
        if done.returncode:
            return f"npm cannot install node@22 and yaml-language-server: {done.stderr.strip()[-200:]}"
    commands = folder / "node_modules" / ".bin"
    node, server = commands / "node", commands / "yaml-language-server"
    if not node.exists() or not server.exists():
        return f"{commands} has no node and yaml-language-server"
    versions = [
        subprocess.run([str(node), "--version"], capture_output=True, text=True, check=True).stdout.strip(),
        json.loads((folder / "node_modules/yaml-language-server/package.json").read_text())["version"],
    ]
    print(f"Node {versions[0]}, yaml-language-server {versions[1]}")
    return [str(node), str(server.resolve()), "--stdio"]


if __name__ == "__main__":
    main()
