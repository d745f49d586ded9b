"""Documents and folders that mean harm: the server answers, stays small, and touches nothing it was not given."""

import json
import os
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from sample_flow import WORKFLOW
from server.client import Client, Refusal
from server.conftest import Workspace

URI = "untitled:hostile"
LAUGHS = "".join(f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]\n" for i in range(1, 12))
MERGES = "".join(f"m{i}: &m{i}\n  <<: [{', '.join([f'*m{i - 1}'] * 9)}]\n  k{i}: 1\n" for i in range(1, 9))
HOSTILE = {
    "billion laughs": "id: a\nversion: 1\nl0: &l0 x\n" + LAUGHS + "nodes: *l11\nedges: []\n",
    "a bomb of merges": "id: a\nm0: &m0 {k: 1}\n" + MERGES + "nodes: []\nedges: []\n",
    "an alias to itself": "id: a\nnodes: &n [*n]\nedges: *n\n",
    "deep flow": "id: a\nnodes: " + "[" * 100_000,
    "deep dashes": "id: a\nnodes:\n" + "- " * 50_000 + "x\n",
    "deep keys": "id: a\nnodes:\n" + "".join(f"{' ' * i}k:\n" for i in range(1, 2000)),
    "question marks": "id: a\nnodes: []\n" + "? " * 10_000,
    "one long scalar": "id: a\nnodes: []\nedges: '" + "x" * 4_000_000 + "'\n",
    "many keys": "id: a\nnodes: []\n" + "".join(f"k{i}: 1\n" for i in range(50_000)),
    "many faults": "id: a\nnodes:\n" + "  - {id: [}\n" * 5_000,
    "too many bytes": "id: a\nnodes: []\n# " + "x" * (9 << 20),
    "too many lines": "id: a\nnodes: []\n" + "\n" * 200_010,
    "control characters": "id: a\nnodes: ['\x00\x07\x1b[31m']\nedges: []\n",
    "an id that is markdown": "id: '[x](command:rm) <img src=x> ` \u202e **'\nversion: 1\nnodes: []\nedges: []\n",
    "quotes without end": 'id: a\nnodes: "\n' + "x\n" * 5_000,
    "numbers of thousands of digits": "id: a\nversion: " + "9" * 100_000 + "\nnodes: []\nedges: []\n",
    "tags of other worlds": "id: a\nnodes: !!python/object/apply:os.system ['true']\nedges: []\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_answered_and_the_next_edit_works(client, name):
    client.initialize(initializationOptions={"trusted": False})
    begun = time.monotonic()
    client.open(URI, HOSTILE[name])
    client.diagnostics(URI, 1, 30)
    for method in ("hover", "completion", "definition", "references"):
        client.ask_at(f"textDocument/{method}", URI, 1, 8)
    for method in ("documentSymbol", "codeLens"):
        client.request(f"textDocument/{method}", {"textDocument": {"uri": URI}})
    span = {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 4}}
    client.change(URI, 2, {"range": span, "text": "b"})
    client.diagnostics(URI, 2, 30)
    assert time.monotonic() - begun < 20
    client.change(URI, 3, {"text": WORKFLOW})
    assert client.diagnostics(URI, 3) == []
    memory = int(Path(f"/proc/{client.process.pid}/status").read_text().split("VmHWM:")[1].split()[0])
    assert memory < 600_000
    assert client.stderr == b""


@pytest.mark.parametrize(
    "name",
    ["many keys", "many faults", "deep flow", "question marks", "one long scalar", "quotes without end"],
)
def test_no_other_document_waits_for_a_hostile_one(client, name):
    """At most a second of the server's processor time goes by between a question and its answer, mostly far less."""
    client.initialize(initializationOptions={"trusted": False})
    client.open("untitled:other", WORKFLOW)
    client.diagnostics("untitled:other")
    with pytest.raises(Refusal):
        client.request("no/such")
    spent = []
    client.open(URI, HOSTILE[name])
    span = {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 4}}
    for version in (1, 2):
        if version == 2:
            client.change(URI, 2, {"range": span, "text": "b"})
        told = False
        while not told:
            told = client.count(partial(is_about, version)) > 0
            before = seconds_of(client.process.pid)
            assert client.ask_at("textDocument/hover", "untitled:other", 8, 10) is not None
            spent.append(seconds_of(client.process.pid) - before)
    assert max(spent) < 1
    assert sorted(spent)[len(spent) // 2] < 0.1


def is_about(version, message):
    if message.get("method") != "textDocument/publishDiagnostics":
        return False
    return (message["params"]["uri"], message["params"].get("version")) == (URI, version)


def seconds_of(process):
    """Of processor time."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_markdown_from_data_is_escaped(client):
    client.initialize(initializationOptions={"trusted": False})
    client.open(URI, HOSTILE["an id that is markdown"])
    value = client.ask_at("textDocument/hover", URI, 0, 8)["contents"]["value"]
    assert r"\[x\](command:rm) \<img src=x> \` \*\*" in value
    assert "\u202e" not in value


WATCHER = """
import os, sys
log = os.open(os.environ["AUDIT_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
WATCHED = ("open", "socket.connect", "socket.sendto", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.fork",
           "os.system", "os.mkdir", "os.rename", "os.remove")
def watch(event, args):
    if event in WATCHED:
        os.write(log, (event + " " + ascii(args[:3]) + "\\n").encode())
sys.addaudithook(watch)
"""


class Watched:
    """A server whose every opening, connecting and starting is written down."""

    def __init__(self, workspace: Workspace, folder: Path) -> None:
        (folder / "sitecustomize.py").write_text(WATCHER)
        self.log = folder / "audit.log"
        self.client = Client(workspace.home, {"PYTHONPATH": str(folder), "AUDIT_LOG": str(self.log)})

    def seen(self) -> list[str]:
        """What was touched outside Python's and our own packages."""
        own = (sys.prefix, sys.base_prefix, str(Path(__file__).parents[2]))
        lines = self.log.read_text().splitlines()
        return [
            line
            for line in lines
            if not any(f"'{path}" in line for path in own) and "sitecustomize" not in line
        ]


@pytest.fixture
def watched(workspace, tmp_path):
    watched = Watched(workspace, tmp_path)
    with watched.client:
        yield watched


def test_an_untrusted_workspace_starts_asks_and_writes_nothing(watched, workspace):
    client = watched.client
    client.initialize(initializationOptions={"trusted": False})
    client.open(workspace.uri, WORKFLOW)
    client.diagnostics(workspace.uri)
    client.request("textDocument/codeLens", {"textDocument": {"uri": workspace.uri}})
    with pytest.raises(Exception, match="trusted"):
        client.request(
            "workspace/executeCommand", {"command": "darwinflow.runs", "arguments": [{"uri": workspace.uri}]}
        )
    time.sleep(0.5)
    seen = watched.seen()
    assert [line for line in seen if not line.startswith("open")] == []
    assert [line for line in seen if "'w'" in line or "'a'" in line] == []
    assert not list(workspace.home.iterdir())


def test_no_file_is_read_because_a_uri_names_it(watched, workspace):
    client = watched.client
    client.initialize(initializationOptions={"trusted": False})
    secret = workspace.folder / "secret.yaml"
    secret.write_text(WORKFLOW)
    os.symlink("/etc/passwd", workspace.folder / "link.yaml")
    folder = workspace.folder.as_uri()
    uris = [
        "file:///etc/passwd",
        "file:///proc/self/environ",
        secret.as_uri(),
        f"{folder}/link.yaml",
        f"{folder}/%2e%2e/%2e%2e/etc/passwd",
        f"{folder}/..%2f..%2fetc/passwd",
        "file://host/etc/passwd",
        "file:///etc/passwd%00.yaml",
        "http://example.org/a.yaml",
    ]
    for uri in uris:
        for method in ("hover", "definition", "references", "completion"):
            assert client.ask_at(f"textDocument/{method}", uri, 0, 5) is None
        for method in ("documentSymbol", "codeLens"):
            assert client.request(f"textDocument/{method}", {"textDocument": {"uri": uri}}) is None
    client.open("file:///etc/passwd", "id: mine\nnodes: []\nedges: []\n")
    assert "mine" in client.ask_at("textDocument/hover", "file:///etc/passwd", 0, 5)["contents"]["value"]
    settings = [line for line in watched.seen() if ".darwinflow.yaml" not in line and line.startswith("open")]
    assert [line for line in settings if "passwd" in line or "environ" in line or "secret" in line] == []


def test_a_command_takes_exactly_what_it_names(client, workspace):
    client.initialize(initializationOptions={"trusted": False})
    client.open(workspace.uri, WORKFLOW)
    bad = [
        ("darwinflow.runs", [{"uri": workspace.uri, "command": "rm"}]),
        ("darwinflow.runs", [{"uri": workspace.uri}, "--upload-pack=x"]),
        ("darwinflow.runs", [{"uri": "file:///etc/passwd"}]),
        ("darwinflow.runs", []),
        ("darwinflow.runs", [[1]]),
        ("darwinflow.log", [{"run": 5}]),
        ("darwinflow.log", [{"run": "x" * 500}]),
        ("darwinflow.log", [{"run": "; rm -rf /"}]),
        ("darwinflow.log", "x"),
        ("darwinflow.delete", [{}]),
    ]
    for command, arguments in bad:
        sent = {"command": command, "arguments": arguments}
        id_ = client.begin("workspace/executeCommand", sent)
        error = client.wait(lambda message, id_=id_: message.get("id") == id_)["error"]
        assert error["code"] == -32602, (command, json.dumps(arguments), error)
