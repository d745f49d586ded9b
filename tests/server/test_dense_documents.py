"""Much text in few lines, and many long edits: read and checked beside the loop, so that no other document waits."""

import time

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.document.document import Document
from sample_flow import WORKFLOW
from server.client import Refusal
from server.conftest import OTHER

DENSE = "untitled:dense"
ANSWERED_WITHIN_S = 0.2
MAX_WAIT_S = 1.0
"""Once in a while, where other programs keep the processor busy."""


def dense_text(nodes=5_000):
    """All nodes in one line, all edges in the next, and the last of those leads to none of the nodes."""
    node = "{{id: n{0}, type: FILE_READ, config: {{path: a.md}}}}"
    listed = ", ".join([node.format(number) for number in range(nodes)])
    names = ", ".join([f"n{number}" for number in range(nodes)])
    edges = f"{{from: START, to: [{names}]}}, {{from: [{names}], to: END}}, {{from: n0, to: nowhere}}"
    return f"id: dense\nversion: 1\nnodes: [{listed}]\nedges: [{edges}]\n"


def findings_of(text):
    """What a fresh check finds, as far as a client can tell; all of it is ASCII."""
    found = check(Document.parse(text), Catalog.bundled()).findings()
    return [(one.code, one.span.line, one.span.column) for one in found]


def published(message):
    return [
        (one["code"], one["range"]["start"]["line"], one["range"]["start"]["character"])
        for one in message["params"]["diagnostics"]
    ]


def is_of(uri, version):
    def wanted(message):
        if message.get("method") != "textDocument/publishDiagnostics":
            return False
        return message["params"]["uri"] == uri and message["params"].get("version") == version

    return wanted


def span(line, character, end_line, end_character):
    return {
        "start": {"line": line, "character": character},
        "end": {"line": end_line, "character": end_character},
    }


def waits_until(client, wanted):
    """How long an edit of the other document takes to be checked, again and again until a message comes; seconds."""
    waited, version = [], 1000
    while not client.count(wanted):
        version += 1
        begun = time.monotonic()
        client.change(OTHER, version, {"text": WORKFLOW + "#" * (version % 50)})
        client.wait(is_of(OTHER, version))
        waited.append(time.monotonic() - begun)
        time.sleep(0.01)
    return sorted(waited)


def test_while_one_long_line_is_read_and_edited_another_document_is_checked_at_once(at_work):
    client, text = at_work, dense_text()
    assert text.count("\n") == 4
    client.open(DENSE, text)
    waited = waits_until(client, is_of(DENSE, 1))
    assert published(client.wait(is_of(DENSE, 1))) == findings_of(text)
    middle = text.split("\n")[2].index("n3000,")
    client.change(DENSE, 2, {"range": span(2, middle, 2, middle + 5), "text": "n1"})
    waited = sorted(waited + waits_until(client, is_of(DENSE, 2)))
    whole = published(client.wait(is_of(DENSE, 2)))
    assert whole == findings_of(text.replace("n3000,", "n1,", 1))
    assert "duplicate-node-id" in [code for code, _, _ in whole]
    assert len(waited) > 20
    assert waited[len(waited) * 9 // 10] < ANSWERED_WITHIN_S
    assert waited[-1] < MAX_WAIT_S


def test_a_dense_document_may_be_the_first(client):
    text = dense_text()
    client.initialize(initializationOptions={"trusted": False})
    client.open(DENSE, text)
    client.open(OTHER, WORKFLOW)
    assert client.diagnostics(OTHER) == []
    assert client.count(is_of(DENSE, 1)) == 0
    assert published(client.wait(is_of(DENSE, 1))) == findings_of(text)
    assert client.close() == 0
    assert client.stderr == b""


def test_edits_that_wait_for_a_long_one_are_checked_together(at_work):
    """As when a block of a thousand nodes is taken out and put back again and again."""
    client = at_work
    nodes = [
        f"  - id: n{number}\n    type: FILE_READ\n    config: {{path: a.md}}\n" for number in range(4_000)
    ]
    text = "id: long\nversion: 1\nnodes:\n" + "".join(nodes) + "edges: [{from: START, to: nowhere}]\n"
    client.open(DENSE, text)
    client.wait(lambda message: is_of(DENSE, 1)(message) and message["params"]["diagnostics"])
    block = "".join(nodes[:1_000])
    for version in range(2, 42):
        if version % 2:
            client.change(DENSE, version, {"range": span(3, 0, 3, 0), "text": block})
        else:
            client.change(DENSE, version, {"range": span(3, 0, 3_003, 0), "text": ""})
    client.change(DENSE, 42, {"range": span(0, 4, 0, 8), "text": "other"})
    begun = time.monotonic()
    client.change(OTHER, 2, {"text": WORKFLOW + "#"})
    client.wait(is_of(OTHER, 2))
    assert time.monotonic() - begun < MAX_WAIT_S
    expected = findings_of(text.replace("id: long", "id: other", 1))
    client.wait(lambda message: is_of(DENSE, 42)(message) and published(message) == expected)
    versions = [
        message["params"]["version"]
        for _, message in client.messages
        if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == DENSE
    ]
    assert versions == sorted(versions)
    assert len([version for version in versions if 1 < version < 42]) <= 3


def test_settings_that_change_meanwhile_hold(client, workspace):
    text = dense_text()
    client.initialize(initializationOptions={"trusted": False})
    client.open(OTHER, WORKFLOW)
    client.diagnostics(OTHER)
    with pytest.raises(Refusal):
        client.request("no/such")
    client.open(workspace.uri, text)
    settings = workspace.folder / ".darwinflow.yaml"
    for version, severity, number in ((1, "hint", 4), (2, "warning", 2)):
        settings.write_text(f"project: demo\nseverity: {{edge-unknown-node: {severity}}}\n")
        client.notify("textDocument/didSave", {"textDocument": {"uri": settings.as_uri()}})
        hover = {"textDocument": {"uri": workspace.uri}, "position": {"line": 0, "character": 5}}
        assert "dense" in client.request("textDocument/hover", hover)["contents"]["value"]
        last = [message for _, message in client.messages if is_of(workspace.uri, version)(message)][-1]
        said = {
            one["severity"] for one in last["params"]["diagnostics"] if one["code"] == "edge-unknown-node"
        }
        assert said == {number}
        client.change(workspace.uri, version + 1, {"text": text})
    assert client.close() == 0
    assert client.stderr == b""


def test_an_edit_that_changes_what_all_of_a_long_document_means_keeps_no_other_waiting(at_work):
    """It follows edits that took no time: how long the last one took says nothing of this one."""
    client = at_work
    nodes = "".join(
        [f"  - id: n{at}\n    type: FILE_READ\n    config: {{path: a.md}}\n" for at in range(6_000)]
    )
    edges = "".join([f"  - {{from: n{at}, to: n{at + 1}}}\n" for at in range(5_999)])
    text = f"id: long\nversion: 1\nnodes:\n{nodes}edges:\n  - {{from: START, to: n0}}\n{edges}"
    client.open(DENSE, text)
    client.wait(lambda message: is_of(DENSE, 1)(message) and message["params"]["diagnostics"])
    for version in (2, 3):
        client.change(DENSE, version, {"range": span(0, 8, 0, 8), "text": "x"})
        client.wait(is_of(DENSE, version))
    client.change(DENSE, 4, {"range": span(2, 6, 2, 6), "text": " ["})
    waited = waits_until(client, is_of(DENSE, 4))
    assert waited[-1] < MAX_WAIT_S
    torn = text.replace("id: long", "id: longxx", 1).replace("nodes:", "nodes: [", 1)
    assert published(client.wait(is_of(DENSE, 4))) == findings_of(torn)


def test_the_session_ends_at_once_while_a_long_text_is_checked(at_work):
    """Nobody waits for the check of a text that nobody looks at any more."""
    at_work.open(DENSE, dense_text(30_000))
    time.sleep(0.5)
    assert at_work.count(is_of(DENSE, 1)) == 0
    begun = time.monotonic()
    assert at_work.close() == 0
    assert time.monotonic() - begun < MAX_WAIT_S
