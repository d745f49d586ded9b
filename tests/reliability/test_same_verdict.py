"""A hostile text has one verdict: what the editor shows, what CI prints and what the daemon refuses is the same.

Parsers that differ in a tab, a BOM or U+2028 let a text pass in one place and run in another.
"""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from daemon_process import DaemonProcess
from darwinflow.document.document import Document
from darwinflow.model.errors import WorkflowFaulty
from darwinflow.projection.detect import graph_type_of, was_meant
from darwinflow.recorder.paths import Workspace
from document.damage import damaged
from sample_flow import flow
from server.client import Client

COUNT = int(os.environ.get("DARWINFLOW_VERDICTS", "250"))
SEED = int(os.environ.get("DARWINFLOW_SEED", "1"))
_AT = len(flow().split("description")[0])
PLANTED = tuple(
    flow()[:_AT] + piece + flow()[_AT:]
    for piece in (
        "x: a\u2028b: c\n",
        "x: a\x85b: c\n",
        "\ufeffx: 1\n",
        "id: other\n",
        "x: {a: 1, a: 2}\n",
        "\tx: 1\n",
        "x:\n\t- 1\n",
        "x: !!python/object:os.system {}\n",
        "x: 2024-99-99\n",
        'x: "\\ud800"\n',
        "x: \0\n",
        "x: " + "9" * 5000 + "\n",
        "x: .inf\n",
        "x: 0o777\n",
        "<<: {version: 9}\n",
        "x: &a [*a]\n",
        "x: *nowhere\n",
        "x: " + "[" * 200 + "]" * 200 + "\n",
        "%YAML 1.1\n---\n",
        "---\nid: second\n---\n",
        "...\n",
        "x: yes\r\ny: 1\r",
        "? [a, b]\n: 1\n",
        "x: |\n a\x0cb\n",
    )
)

Found = Counter[tuple[str, str, int, int, int, int]]
"""Code, severity, and the place in lines and code points from 0."""


class Text(NamedTuple):
    folder: Path
    text: str

    @property
    def path(self) -> Path:
        return self.folder / "flow.yaml"


@pytest.fixture
def texts(tmp_path: Path) -> list[Text]:
    """Each in a workspace of its own, so that none is another's neighbour."""
    rng = random.Random(SEED)
    made = list(PLANTED)
    while len(made) < COUNT:
        text = flow()
        for _ in range(rng.choice([1, 1, 2, 4])):
            text = damaged(text, rng)
        if len(text) < 100_000 and _is_whole(text):
            made.append(text)
    kept = []
    for number, text in enumerate(made):
        folder = tmp_path / "w" / str(number)
        folder.mkdir(parents=True)
        (folder / ".darwinflow.yaml").write_text(f"project: p{number}\n")
        kept.append(Text(folder, text))
        kept[-1].path.write_bytes(text.encode())
    return kept


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[DaemonProcess]:
    daemon = DaemonProcess(tmp_path / "home")
    yield daemon.start()
    daemon.close()


def test_editor_terminal_and_daemon_agree(texts: list[Text], tmp_path: Path, daemon: DaemonProcess) -> None:
    printed = _printed(texts, tmp_path, daemon)
    differences = []
    with Client(tmp_path / "home", daemon.environ) as client:
        client.initialize("utf-32")
        for one in texts:
            shown = _shown(client, one, printed[one.path])
            if shown != printed[one.path] and not _is_other(one.text):
                differences.append((one.text, shown - printed[one.path], printed[one.path] - shown))
    faulty = {path for path, found in printed.items() if any(key[1] == "error" for key in found)}
    faulty |= {one.path for one in texts if _is_other(one.text)}
    refused = _refused(texts, daemon)
    print(
        f"\nseed {SEED}: {len(texts)} texts, {len(faulty)} with errors, {len(refused)} refused by the daemon"
    )
    for t, a, b in differences:
        print(
            "----",
            repr(t[:150]),
            "\n  editor more:",
            sorted(a.items())[:6],
            "\n  cli more:",
            sorted(b.items())[:6],
        )
    for path in refused ^ faulty:
        print("~~~~", path in refused, repr(path.read_text()[:200]), sorted(printed[path])[:5])
    assert not differences, differences[:3]
    assert len(faulty) > len(texts) // 3
    assert refused ^ faulty == set(), [path.read_text() for path in refused ^ faulty][:3]


def _is_other(text: str) -> bool:
    """Whether it is some other YAML: a walk through the folder passes it by, the editor shows its YAML."""
    document = Document.parse(text)
    types = [graph_type_of(document, at) for at in range(len(document.roots))]
    return bool(types) and not any(types) and not was_meant(document)


def _printed(texts: list[Text], tmp_path: Path, daemon: DaemonProcess) -> dict[Path, Found]:
    command = [sys.executable, "-m", "darwinflow.cli.main", "check", "--format", "json"]
    done = subprocess.run(
        [*command, *(str(one.folder) for one in texts)],
        cwd=tmp_path,
        env=daemon.environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    found: dict[Path, Found] = {one.path: Counter() for one in texts}
    for each in json.loads(done.stdout)["findings"]:
        place = (each["line"] - 1, each["column"] - 1, each["endLine"] - 1, each["endColumn"] - 1)
        found[tmp_path / each["path"]][(each["code"], each["severity"], *place)] += 1
    return found


def _shown(client: Client, one: Text, expected: Found) -> Found:
    """What the server comes to say of *one*: the last word where it is not what is expected."""
    uri = one.path.as_uri()
    client.open(uri, one.text)
    shown = Counter(_of_editor(each) for each in client.diagnostics(uri, 1))
    for _ in range(20):
        if shown == expected:
            break
        said = client.said
        try:
            message = client.wait(lambda message: _is_about(message, uri), 0.5, said)
        except TimeoutError:
            break
        shown = Counter(_of_editor(each) for each in message["params"]["diagnostics"])
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    return shown


def _is_about(message, uri: str) -> bool:
    return message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri


_SEVERITIES = {1: "error", 2: "warning", 3: "hint", 4: "hint"}


def _of_editor(each) -> tuple[str, str, int, int, int, int]:
    start, end = each["range"]["start"], each["range"]["end"]
    place = (start["line"], start["character"], end["line"], end["character"])
    return (each["code"], _SEVERITIES[each["severity"]], *place)


def _refused(texts: list[Text], daemon: DaemonProcess) -> set[Path]:
    found = set()
    for one in texts:
        with daemon.client_without_session() as client:
            client.open(Workspace(str(one.folder), (one.folder / ".darwinflow.yaml").read_text()))
            try:
                client.call("workflow/publish", {"text": one.text, "path": str(one.path)})
            except WorkflowFaulty:
                found.add(one.path)
    return found
