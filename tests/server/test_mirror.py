"""The server's text is the client's text, whatever is typed, pasted or sent in a wrong order."""

import json
import os
import random

import pytest

from darwinflow_lsp.border.params import changes_in
from darwinflow_lsp.checks import Checks
from darwinflow_lsp.documents import Documents
from darwinflow_lsp.opening import Openings
from sample_flow import WORKFLOW
from server.client import column

URI = "untitled:mirror"
SEED = int(os.environ.get("SEED", "20261114"))
EDITS = 2000
ODD = [
    "\u2028",
    "\u2029",
    "\u0085",
    "\v",
    "\f",
    "\x1c",
    "\x1e",
    "🎉",
    "é",
    "\ud83d",
    "\ufeff",
    "\t",
    "'",
    '"',
    "{",
    "[",
    "#",
    ": ",
]
ENDS = ["\n", "\r\n", "\r"]
WORDS = [*ODD, *ENDS, "a", "id: x", "  - ", "nodes:", "x" * 50, "", "- {from: START, to: one}\n"]


def lines_of(text):
    """The lines of *text* as LSP counts them, each with its end."""
    lines, at = [""], 0
    while at < len(text):
        end = next((end for end in ("\r\n", "\n", "\r") if text.startswith(end, at)), "")
        lines[-1] += end or text[at]
        if end:
            lines.append("")
        at += len(end) or 1
    return lines


def place(text, index, encoding):
    """The position of character number *index*."""
    before = lines_of(text[:index])
    # Between \r and \n there is no line yet: LSP has no position there.
    return {"line": len(before) - 1, "character": column(before[-1], len(before[-1]), encoding)}


def chosen(text, generator):
    """A place in *text* that LSP can name."""
    index = generator.randrange(len(text) + 1)
    return index - 1 if text[index - 1 : index + 1] == "\r\n" else index


def random_edit(text, generator, encoding):
    """A change as a client sends it, and the client's text after it."""
    start, end = chosen(text, generator), chosen(text, generator)
    start, end = min(start, end), min(max(start, end), min(start, end) + generator.choice([0, 0, 1, 3, 40]))
    if text[end - 1 : end + 1] == "\r\n":
        end += 1
    new = "".join(generator.choices(WORDS, k=generator.choice([0, 1, 1, 2])))
    span = {"start": place(text, start, encoding), "end": place(text, end, encoding)}
    # A lone half of a pair is one unit on the wire, and is kept as the character that stands for it.
    return {"range": span, "text": new}, text[:start] + new.replace("\ud83d", "\ufffd") + text[end:]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_random_edits_leave_the_text_that_the_client_has(encoding):
    generator = random.Random(SEED)
    documents = Documents(Checks(), Openings(lambda _key, _checked: None), lambda _: None)
    text = WORKFLOW
    key = documents.open(URI, 1, text)
    for version in range(2, EDITS + 2):
        change, text = random_edit(text, generator, encoding)
        documents.change(URI, version, changes_in({"contentChanges": [change]}), encoding)
        opened = documents.get(key)
        assert opened.snapshot.document.lines.text() == text
        if len(text) > 4000:
            text = WORKFLOW
            documents.change(URI, version, changes_in({"contentChanges": [{"text": text}]}), encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_after_random_edits_the_server_says_what_it_says_of_the_same_text_opened_afresh(client, encoding):
    generator = random.Random(SEED + 1)
    client.initialize(encoding, initializationOptions={"trusted": False})
    text, version = WORKFLOW, 1
    client.open(URI, text)
    for round_ in range(15):
        for _ in range(generator.choice([1, 3, 40])):
            change, text = random_edit(text, generator, encoding)
            version += 1
            client.change(URI, version, change)
        if generator.random() < 0.3:
            text, version = WORKFLOW, version + 1
            client.change(URI, version, {"text": text})
        fresh = f"untitled:fresh{round_}"
        client.open(fresh, text)
        same(client, URI, version, fresh)
        client.notify("textDocument/didClose", {"textDocument": {"uri": fresh}})
    assert client.stderr == b""


def same(client, one, version, other):
    mine, fresh = client.diagnostics(one, version), client.diagnostics(other, 1)
    assert json.loads(json.dumps(mine).replace(one, "")) == json.loads(json.dumps(fresh).replace(other, ""))
    symbols = [
        client.request("textDocument/documentSymbol", {"textDocument": {"uri": uri}}) for uri in (one, other)
    ]
    assert symbols[0] == symbols[1]


PLACES = [
    ("reversed", (0, 7), (0, 4), "b", "id: b345\n"),
    ("far behind the line", (0, 4), (0, 2**31 - 1), "b", "id: b\n"),
    ("far behind the text", (2**31 - 1, 5), (2**31 - 1, 9), "b", "id: a12345\nb"),
    ("absurdly large", (10**30, 0), (10**30, 0), "b", "id: a12345\nb"),
]


@pytest.mark.parametrize(
    ("start", "end", "new", "expected"), [case[1:] for case in PLACES], ids=[case[0] for case in PLACES]
)
def test_places_outside_the_text_are_its_ends(client, start, end, new, expected):
    client.initialize(initializationOptions={"trusted": False})
    client.open(URI, "id: a12345\n")
    span = {
        "start": {"line": start[0], "character": start[1]},
        "end": {"line": end[0], "character": end[1]},
    }
    client.change(URI, 2, {"range": span, "text": new})
    # What follows shows the text: two more keys make it a workflow whose id is hovered.
    client.change(
        URI,
        3,
        {
            "range": {"start": {"line": 9, "character": 0}, "end": {"line": 9, "character": 0}},
            "text": "\nversion: 1\nnodes: []\nedges: []\n",
        },
    )
    value = client.ask_at("textDocument/hover", URI, 0, 5)["contents"]["value"]
    assert value.startswith(f"**{expected.split(chr(10))[0][4:]}**")


def test_a_change_may_have_many_parts_and_a_version_may_go_back(client):
    client.initialize(initializationOptions={"trusted": False})
    client.open(URI, "", 5)
    parts = [
        {
            "range": {"start": {"line": at, "character": 0}, "end": {"line": at, "character": 0}},
            "text": line + "\n",
        }
        for at, line in enumerate(WORKFLOW.split("\n"))
    ]
    client.change(URI, 3, *parts)
    assert client.diagnostics(URI, 3) == []
    client.change(
        URI,
        4,
        {"text": "id: [\n"},
        {"range": {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 5}}, "text": "a"},
    )
    assert client.diagnostics(URI, 4) == []


def test_a_file_under_two_spellings_is_one_document(client, workspace):
    client.initialize(initializationOptions={"trusted": False})
    plain = workspace.path.with_name("grüße 🎉.yaml").as_uri()
    spelled = "file://" + str(workspace.path.with_name("grüße 🎉.yaml")).replace("/work/", "/work/./")
    client.open(plain, WORKFLOW)
    assert client.ask_at("textDocument/hover", spelled, 0, 5) is not None
    client.notify("textDocument/didClose", {"textDocument": {"uri": spelled}})
    assert client.ask_at("textDocument/hover", plain, 0, 5) is None


def test_edits_that_come_together_are_answered_with_one_publication(client):
    client.initialize(initializationOptions={"trusted": False})
    client.open(URI, WORKFLOW)
    client.diagnostics(URI)
    where = {"start": {"line": 2, "character": 13}, "end": {"line": 2, "character": 13}}
    sent = b""
    for version in range(2, 40):
        params = {
            "textDocument": {"uri": URI, "version": version},
            "contentChanges": [{"range": where, "text": "x"}],
        }
        body = json.dumps({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": params}).encode()
        sent += b"Content-Length: %d\r\n\r\n" % len(body) + body
    client.send_bytes(sent)
    client.diagnostics(URI, 39)
    assert client.count(lambda message: message.get("method") == "textDocument/publishDiagnostics") < 10
