"""A long document: what is wrong where it begins is told first, all of it after that, and nobody has to wait."""

import time

import pytest

from bench.documents import workflow
from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.document.document import Document
from sample_flow import WORKFLOW
from server.client import Refusal
from server.conftest import OTHER

NODES = 5_000
BIG = "untitled:big"
SYMBOLS = {"textDocument": {"uri": BIG}}
ANSWERED_WITHIN_S = 0.2
MAX_WAIT_S = 1.0
"""Once in a while, where other programs keep the processor busy."""


def long_text(nodes=NODES):
    """A chain of nodes with a fault of one node near its beginning and one of the graph at its end."""
    lines = ["id: long", "version: 1", "nodes:"]
    for number in range(nodes):
        lines += [f"  - id: n{number}", "    type: FILE_READ", f"    config: {{path: part-{number}.md}}"]
    lines[4] = "    typ: FILE_READ"
    lines += ["edges:", "  - {from: START, to: n0}"]
    lines += [f"  - {{from: n{number}, to: n{number + 1}}}" for number in range(nodes)]
    return "\n".join(lines) + "\n"


def findings_of(text):
    """What a fresh check finds, as far as a client can tell; all of it is ASCII."""
    return [
        (one.code, one.message, one.span.line, one.span.column)
        for one in check(Document.parse(text), Catalog.bundled()).findings()
    ]


def published(message):
    return [
        (one["code"], one["message"], one["range"]["start"]["line"], one["range"]["start"]["character"])
        for one in message["params"]["diagnostics"]
    ]


def is_whole(version):
    """Whether a message tells all that is wrong in that version of the long text."""

    def wanted(message):
        is_of_big = "edge-unknown-node" in codes(message) and message["params"]["uri"] == BIG
        return is_of_big and message["params"]["version"] == version

    return wanted


def codes(message):
    """Those of a publication; none of any other message."""
    is_publication = message.get("method") == "textDocument/publishDiagnostics"
    return [one["code"] for one in message["params"]["diagnostics"]] if is_publication else []


def test_the_first_lines_of_a_long_document_come_first(client, workspace):
    lines = workflow(800).split("\n")
    for near in (40, len(lines) // 2):
        at = next(row for row in range(near, len(lines)) if lines[row].startswith("    type:"))
        lines[at] = "    typ: TOOL_CALL"
    lines[-3] = "    to: nowhere"
    client.initialize(initializationOptions={"trusted": False})
    client.open(workspace.uri, "\n".join(lines))
    client.wait(lambda message: "edge-unknown-node" in codes(message))
    said = [message["params"] for _, message in client.messages if codes(message)]
    first, whole = said[0]["diagnostics"], said[1]["diagnostics"]
    assert {one["version"] for one in said} == {1}
    assert [one["code"] for one in first] == ["unknown-field"]
    assert first[0]["range"]["start"]["line"] < 200
    assert first[0] in whole
    assert {one["code"] for one in whole} >= {"unknown-field", "edge-unknown-node"}
    client.settle()
    assert client.stderr == b""


def test_while_a_long_document_opens_another_is_answered_at_once(at_work):
    client, text = at_work, long_text(20_000)
    client.open(BIG, text)
    outline = client.begin("textDocument/documentSymbol", SYMBOLS)
    client.diagnostics(BIG)
    waited = []
    while not client.count(is_whole(1)):
        begun = time.monotonic()
        assert client.ask_at("textDocument/hover", OTHER, 8, 10) is not None
        waited.append(time.monotonic() - begun)
        time.sleep(0.01)
    assert len(waited) > 20
    assert sorted(waited)[len(waited) * 19 // 20] < ANSWERED_WITHIN_S
    assert max(waited) < MAX_WAIT_S
    assert published(client.wait(is_whole(1))) == findings_of(text)
    assert len(client.reply(outline)[0]["children"]) == 40_001
    client.change(BIG, 2, {"range": span(0, 4, 0, 8), "text": "other"})
    assert published(client.wait(is_whole(2))) == findings_of(text.replace("id: long", "id: other", 1))


def span(line, character, end_line, end_character):
    return {
        "start": {"line": line, "character": character},
        "end": {"line": end_line, "character": end_character},
    }


@pytest.mark.parametrize("first", [True, False])
def test_edits_while_it_opens_end_in_the_check_of_the_edited_text(client, first):
    client.initialize(initializationOptions={"trusted": False})
    if not first:
        client.open(OTHER, WORKFLOW)
        client.diagnostics(OTHER)
        with pytest.raises(Refusal):
            client.request("no/such")
    lines = long_text().split("\n")
    client.open(BIG, "\n".join(lines))
    client.diagnostics(BIG)
    of_old_text = client.begin("textDocument/documentSymbol", SYMBOLS)
    for version in range(2, 12):
        # Near the beginning and the end by turns; each edit takes a line away or breaks one.
        at = 10 * version if version % 2 else len(lines) - 10 * version
        if version % 3:
            client.change(BIG, version, {"range": span(at, 0, at + 1, 0), "text": ""})
            del lines[at]
        else:
            client.change(BIG, version, {"range": span(at, 2, at, 2), "text": "["})
            lines[at] = f"{lines[at][:2]}[{lines[at][2:]}"
        time.sleep(0.1)
    with pytest.raises(Refusal) as refused:
        client.reply(of_old_text)
    assert refused.value.code == -32801
    hover = client.begin("textDocument/hover", SYMBOLS | {"position": {"line": 0, "character": 5}})
    assert published(client.wait(is_whole(11))) == findings_of("\n".join(lines))
    assert "long" in client.reply(hover)["contents"]["value"]
    assert client.close() == 0
    assert client.stderr == b""


def test_what_waits_for_a_document_ends_with_its_cancel_or_its_close(at_work):
    client = at_work
    client.open(BIG, long_text())
    cancelled, left = [client.begin("textDocument/documentSymbol", SYMBOLS) for _ in range(2)]
    command = {"command": "darwinflow.runs", "arguments": [{"uri": BIG}]}
    asked = client.begin("workspace/executeCommand", command)
    client.notify("$/cancelRequest", {"id": cancelled})
    with pytest.raises(Refusal) as refused:
        client.reply(cancelled)
    assert refused.value.code == -32800
    assert client.count(lambda message: message.get("id") in (left, asked)) == 0
    client.notify("textDocument/didClose", SYMBOLS)
    assert client.reply(left) is None
    with pytest.raises(Refusal, match="no open workflow"):
        client.reply(asked)
    client.open(BIG, long_text())
    replaced = client.begin("textDocument/documentSymbol", SYMBOLS)
    client.open(BIG, WORKFLOW)
    with pytest.raises(Refusal) as refused:
        client.reply(replaced)
    assert refused.value.code == -32801
    assert client.ask_at("textDocument/hover", BIG, 0, 5) is not None
    time.sleep(0.5)
    assert not any(codes(message) for _, message in client.messages[client.said - 3 :])


@pytest.mark.parametrize("after_s", [0.2, 0.5, 0.8, 1.1, 1.4])
def test_a_session_that_ends_while_it_opens_ends_quietly(at_work, after_s):
    client = at_work
    client.open(BIG, long_text(10_000))
    client.diagnostics(BIG)
    time.sleep(after_s)
    assert client.close() == 0
    assert client.stderr == b""


def test_a_change_of_the_whole_text_while_it_opens_counts(at_work):
    client = at_work
    client.open(BIG, long_text())
    client.change(BIG, 2, {"text": WORKFLOW})
    assert client.diagnostics(BIG, 2) == []
    time.sleep(0.5)
    client.change(BIG, 3, {"text": long_text()})
    assert published(client.wait(is_whole(3))) == findings_of(long_text())


def test_settings_that_change_while_it_opens_hold_for_it(client, workspace):
    client.initialize(initializationOptions={"trusted": False})
    client.open(workspace.uri, long_text())
    document = {"textDocument": {"uri": workspace.uri}}
    outline = client.begin("textDocument/documentSymbol", document)
    settings = workspace.folder / ".darwinflow.yaml"
    settings.write_text("project: demo\nseverity: {unknown-field: hint}\n")
    client.notify("textDocument/didSave", {"textDocument": {"uri": settings.as_uri()}})
    assert len(client.reply(outline)[0]["children"]) == 2 * NODES + 1
    whole = [message for _, message in client.messages if "edge-unknown-node" in codes(message)]
    [severity] = {
        one["severity"] for one in whole[-1]["params"]["diagnostics"] if one["code"] == "unknown-field"
    }
    assert severity == 4


def test_edits_of_a_text_that_is_still_being_cut_into_lines_count(at_work):
    """So do a close and another opening; whole texts that long come beside the loop, as do long pieces of one."""
    client = at_work
    text = long_text(6_000)
    assert len(text) > 500_000
    client.open(BIG, text)
    hover = client.begin("textDocument/hover", SYMBOLS | {"position": {"line": 0, "character": 5}})
    client.notify("textDocument/didClose", SYMBOLS)
    assert client.reply(hover) is None
    client.open(BIG, text)
    for version in range(2, 6):
        client.change(BIG, version, {"range": span(0, 4, 0, 4), "text": str(version)})
    asked = client.begin("textDocument/hover", SYMBOLS | {"position": {"line": 0, "character": 5}})
    whole = published(client.wait(is_whole(5)))
    assert whole == findings_of(text.replace("id: long", "id: 5432long", 1))
    assert "5432long" in client.reply(asked)["contents"]["value"]
    more = "  # a remark that says nothing at all, and says it again\n" * 6_000
    assert len(more) > 250_000
    client.change(BIG, 6, {"range": span(3, 0, 3, 0), "text": more})
    client.change(BIG, 7, {"range": span(0, 4, 0, 8), "text": ""})
    whole = published(client.wait(is_whole(7)))
    assert whole == findings_of(text.replace("nodes:\n", f"nodes:\n{more}", 1))
    client.change(BIG, 8, {"text": text})
    client.change(BIG, 9, {"text": WORKFLOW})
    assert client.diagnostics(BIG, 9) == []
    assert client.ask_at("textDocument/hover", OTHER, 0, 5) is not None
