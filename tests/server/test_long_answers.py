"""Answers for which a long document is looked through: worked out beside the loop, so that nothing else waits."""

import time

import pytest

from sample_flow import WORKFLOW
from server.client import Refusal
from server.test_long_documents import BIG, OTHER, SYMBOLS, long_text

CANCELLED, CONTENT_MODIFIED = -32800, -32801
NODES = 10_000
ANSWERED_WITHIN_S = 0.05
MAX_WAIT_S = 1.0
"""Once in a while, where other programs keep the processor busy."""


@pytest.fixture
def opened(client):
    """A server that has checked a long document and a short one, and has everything imported."""
    client.initialize(initializationOptions={"trusted": False})
    client.open(OTHER, WORKFLOW)
    client.diagnostics(OTHER)
    with pytest.raises(Refusal):
        client.request("no/such")
    client.open(BIG, long_text(NODES))
    client.ask_at("textDocument/hover", BIG, 0, 5)
    yield client
    assert client.close() == 0
    assert client.stderr == b""


def is_answered(client, id_):
    return client.count(lambda message: message.get("id") == id_ and "method" not in message) > 0


def test_other_requests_are_answered_while_an_outline_is_made(opened):
    id_ = opened.begin("textDocument/documentSymbol", SYMBOLS)
    waited = []
    while True:
        begun = time.monotonic()
        assert opened.ask_at("textDocument/hover", OTHER, 8, 10) is not None
        if is_answered(opened, id_):
            break
        waited.append(time.monotonic() - begun)
    assert len(waited) >= 5, "it holds the loop, or the document is too short for this test"
    assert sorted(waited)[len(waited) // 2] < ANSWERED_WITHIN_S
    assert max(waited) < MAX_WAIT_S
    [whole] = opened.reply(id_)
    assert [each["name"] for each in whole["children"][:: NODES - 1]] == [
        "n0",
        f"n{NODES - 1}",
        f"n{NODES - 3} → n{NODES - 2}",
    ]
    last = whole["children"][-1]
    assert last["range"] == last["selectionRange"]
    assert last["name"] == f"n{NODES - 1} → n{NODES}"


def test_what_is_cancelled_or_edited_meanwhile_is_answered_at_once_and_once(opened):
    cancelled, waiting, edited = [opened.begin("textDocument/documentSymbol", SYMBOLS) for _ in range(3)]
    for id_ in (waiting, cancelled):
        opened.notify("$/cancelRequest", {"id": id_})
        with pytest.raises(Refusal) as refused:
            opened.reply(id_)
        assert refused.value.code == CANCELLED
    start = {"line": 0, "character": 4}
    opened.change(BIG, 2, {"range": {"start": start, "end": start}, "text": "x"})
    with pytest.raises(Refusal) as refused:
        opened.reply(edited)
    assert refused.value.code == CONTENT_MODIFIED
    [whole] = opened.request("textDocument/documentSymbol", SYMBOLS)
    assert whole["name"] == "xlong"
    assert len(whole["children"]) == 2 * NODES + 1
    assert opened.count(lambda message: message.get("id") in (cancelled, waiting, edited)) == 3


def test_what_stands_in_line_for_a_closed_document_is_refused(opened):
    first, waiting = [opened.begin("textDocument/documentSymbol", SYMBOLS) for _ in range(2)]
    opened.notify("textDocument/didClose", SYMBOLS)
    for id_ in (first, waiting):
        with pytest.raises(Refusal) as refused:
            opened.reply(id_)
        assert refused.value.code == CONTENT_MODIFIED


def test_the_places_of_a_node_are_the_same_however_long_the_document(opened):
    found = opened.ask_at("textDocument/references", BIG, 3, 9, context={"includeDeclaration": True})
    assert [each["range"]["start"]["line"] for each in found] == [3, 3 + 3 * NODES + 1, 3 + 3 * NODES + 2]
    assert opened.ask_at("textDocument/references", BIG, 1, 0) is None


def test_a_client_that_draws_no_tree_gets_a_list(client):
    client.initialize(capabilities={}, initializationOptions={"trusted": False})
    client.open(OTHER, WORKFLOW.replace("id: assistant", 'id: "as\\"sí"'))
    found = client.request("textDocument/documentSymbol", {"textDocument": {"uri": OTHER}})
    assert [each["name"] for each in found[:2]] == ['as"sí', "read_vision"]
    assert found[1]["containerName"] == 'as"sí'
    assert found[1]["location"]["uri"] == OTHER
