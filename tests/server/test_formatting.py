"""Formatting over stdio: where the edits are in each encoding, what is left alone, and that nobody waits for it."""

from itertools import pairwise

import pytest

from sample_flow import WORKFLOW
from server.client import Client, Refusal, column
from server.test_hostile import HOSTILE

ENCODINGS = ("utf-8", "utf-16", "utf-32")
URI = "untitled:party"
LOOSE = """\
id:   party   # 🎉   kept
version: 2
nodes:
- id: ask
  type: LLM_DECISION
  config: {prompt: "🎉🎉?",   options: [a,yes]}   # 🎉
- {description: "🎉",   id: grüße,   type: FILE_READ, config: {path: a}}
edges:
   - {from: START,  to: [ask,   grüße]}
   - {from: [ask, grüße], to: END,   condition: "'🎉' != ''"}
"""
NEAT = """\
id: party   # 🎉   kept
version: 2
nodes:
  - id: ask
    type: LLM_DECISION
    config: {prompt: "🎉🎉?", options: [a, yes]}   # 🎉
  - {description: "🎉", id: grüße, type: FILE_READ, config: {path: a}}
edges:
  - {from: START, to: [ask, grüße]}
  - {from: [ask, grüße], to: END, condition: "'🎉' != ''"}
"""
OPTIONS = {"tabSize": 8, "insertSpaces": False}
CANCELLED, CONTENT_MODIFIED, PARAMS = -32800, -32801, -32602


@pytest.fixture(params=ENCODINGS)
def party(request, workspace):
    with Client(workspace.home) as client:
        client.initialize(request.param, initializationOptions={"trusted": False})
        yield client, request.param


@pytest.fixture
def client(client):
    client.initialize(initializationOptions={"trusted": False})
    return client


def formatting(uri):
    return {"textDocument": {"uri": uri}, "options": OPTIONS}


def edits_of(client, uri, text):
    client.open(uri, text)
    return client.request("textDocument/formatting", formatting(uri))


def edits_within(client, first, last, uri=URI):
    """Those of the lines from *first* to before *last*."""
    ends = {"start": {"line": first, "character": 0}, "end": {"line": last, "character": 0}}
    return client.request("textDocument/rangeFormatting", formatting(uri) | {"range": ends})


def index_of(text, place, encoding):
    lines = [*text.splitlines(keepends=True), ""]
    line = lines[place["line"]]
    within = next(at for at in range(len(line) + 1) if column(line, at, encoding) == place["character"])
    return sum(map(len, lines[: place["line"]])) + within


def edited(text, edits, encoding="utf-16"):
    """*text* after *edits* as a client applies them, which must come in its order and not overlap."""
    ends = [
        (
            index_of(text, edit["range"]["start"], encoding),
            index_of(text, edit["range"]["end"], encoding),
            edit["newText"],
        )
        for edit in edits
    ]
    assert all(one[1] <= other[0] for one, other in pairwise(ends))
    for start, end, new in reversed(ends):
        text = text[:start] + new + text[end:]
    return text


def long_text(nodes):
    listed = "".join(
        f"- {{id: n{at},   type: FILE_READ, config: {{path: docs/{at}.md}}}}\n" for at in range(nodes)
    )
    edges = "".join(f"- {{from: n{at}, to:   n{at + 1}}}\n" for at in range(nodes - 1))
    return f"id: big\nversion: 1\nnodes:\n{listed}edges:\n{edges}"


def work_begins(client, text=None):
    """A long document, and a request to format it on which the server is at work; the request's id."""
    client.open("untitled:big", text or long_text(3000))
    # The answer to a command says that what answers commands and formatting is there.
    client.request(
        "workspace/executeCommand", {"command": "darwinflow.explain", "arguments": [{"code": "secret"}]}
    )
    id_ = client.begin("textDocument/formatting", formatting("untitled:big"))
    client.settle()
    return id_


def was_answered(client, id_):
    return client.count(lambda message: message.get("id") == id_ and "method" not in message) > 0


def test_the_server_says_that_it_formats(workspace):
    with Client(workspace.home) as client:
        said = client.initialize()["capabilities"]
    assert said["documentFormattingProvider"] is True
    assert said["documentRangeFormattingProvider"] is True


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_workflow_is_brought_into_style_whatever_the_editor_would_have(party, end):
    client, encoding = party
    text = LOOSE.replace("\n", end)
    edits = edits_of(client, URI, text)
    assert edited(text, edits, encoding) == NEAT.replace("\n", end)
    changes = [{"range": edit["range"], "text": edit["newText"]} for edit in reversed(edits)]
    client.change(URI, 2, *changes)
    assert client.diagnostics(URI, 2) == []
    assert client.request("textDocument/formatting", formatting(URI)) == []


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_of_some_lines_only_those_are_edited(party, end):
    client, encoding = party
    text = LOOSE.replace("\n", end)
    client.open(URI, text)
    edges = NEAT.index("edges:")
    expected = LOOSE[: LOOSE.index("edges:")] + NEAT[edges:]
    assert edited(text, edits_within(client, 8, 10), encoding) == expected.replace("\n", end)
    # One item cannot be indented without its neighbours, so only the blanks within its line are edited.
    lines = LOOSE.split("\n")
    lines[6] = NEAT.split("\n")[6].removeprefix("  ")
    assert edited(text, edits_within(client, 6, 7), encoding) == end.join(lines)


def test_a_range_ends_where_it_ends_and_may_be_given_backwards(client):
    client.open(URI, LOOSE)
    start, end = {"line": 0, "character": 4}, {"line": 0, "character": 5}
    for ends in ({"start": start, "end": end}, {"start": end, "end": start}):
        edits = client.request("textDocument/rangeFormatting", formatting(URI) | {"range": ends})
        assert edited(LOOSE, edits).split("\n")[:2] == NEAT.split("\n")[:2]
    beyond = {"start": {"line": 500, "character": 0}, "end": {"line": 900, "character": 7}}
    assert client.request("textDocument/rangeFormatting", formatting(URI) | {"range": beyond}) == []


def test_the_style_is_that_of_the_workspace(client, workspace):
    (workspace.folder / ".darwinflow.yaml").write_text(
        "format: {lists: flush, order: {workflow: [version, id]}}\n"
    )
    edits = edits_of(client, workspace.uri, WORKFLOW)
    after = edited(WORKFLOW, edits)
    assert after.startswith("version: 3\nid: assistant\n")
    assert "nodes:\n- id: read_vision\n  type: FILE_READ\n" in after


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('id:   a\nnodes: "\nedges: []\n', id="a fault of syntax"),
        pytest.param("services:\n    web:   {image: nginx}\n", id="no workflow"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_nobody_knows_to_be_safe_is_left_without_a_word(client, text):
    assert edits_of(client, URI, text) is None
    assert edits_within(client, 0, 2) is None
    assert (
        client.count(lambda message: message.get("method") in ("window/showMessage", "window/logMessage"))
        == 0
    )
    assert client.stderr == b""


def test_a_published_version_is_left(client, workspace):
    stored = workspace.folder / "workflows" / "party" / "v2.yaml"
    stored.parent.mkdir(parents=True)
    stored.write_text(LOOSE)
    assert edits_of(client, stored.as_uri(), LOOSE) is None
    draft = (workspace.folder / "party.yaml").as_uri()
    assert edited(LOOSE, edits_of(client, draft, LOOSE)) == NEAT


def test_hostile_documents_are_left_or_formatted_and_the_server_goes_on(client):
    # The one of many keys is no more than long: it takes six seconds, in which nobody waits.
    for name in [each for each in HOSTILE if each != "many keys"]:
        edits = edits_of(client, URI, HOSTILE[name])
        assert edits is None or edits == [], name
    assert edited(LOOSE, edits_of(client, URI, LOOSE)) == NEAT
    assert client.stderr == b""


def test_a_document_that_is_not_open_is_none(client):
    assert client.request("textDocument/formatting", formatting("untitled:none")) is None


@pytest.mark.parametrize(
    "ends",
    [
        None,
        5,
        {"start": {"line": 0}},
        {"start": {"line": -1, "character": 0}, "end": {"line": 0, "character": 0}},
    ],
)
def test_a_range_of_another_form_is_refused(client, ends):
    client.open(URI, LOOSE)
    with pytest.raises(Refusal) as refused:
        client.request("textDocument/rangeFormatting", formatting(URI) | {"range": ends})
    assert refused.value.code == PARAMS


def test_other_requests_are_answered_while_a_long_document_is_formatted(client):
    text = long_text(3000)
    id_ = work_begins(client, text)
    hover = client.ask_at("textDocument/hover", "untitled:big", 0, 5)
    assert "big" in hover["contents"]["value"]
    client.open(URI, LOOSE)
    client.diagnostics(URI)
    assert not was_answered(client, id_), "it holds the loop, or the document is too short for this test"
    after = edited_lines(text, client.reply(id_))
    assert after[3:5] == [
        "  - {id: n0, type: FILE_READ, config: {path: docs/0.md}}",
        "  - {id: n1, type: FILE_READ, config: {path: docs/1.md}}",
    ]


def edited_lines(text, edits):
    """The same as `edited` for many edits of ASCII, each within a line."""
    lines = text.split("\n")
    for edit in reversed(edits):
        start, end = edit["range"]["start"], edit["range"]["end"]
        assert start["line"] == end["line"]
        line = lines[start["line"]]
        lines[start["line"]] = line[: start["character"]] + edit["newText"] + line[end["character"] :]
    return lines


def test_what_was_formatted_before_an_edit_is_no_answer_any_more(client):
    first = work_begins(client)
    waiting = client.begin("textDocument/formatting", formatting("untitled:big"))
    client.settle()
    start = {"line": 0, "character": 4}
    client.change("untitled:big", 2, {"range": {"start": start, "end": start}, "text": "x"})
    for id_ in (first, waiting):
        with pytest.raises(Refusal, match="the document has changed meanwhile") as refused:
            client.reply(id_)
        assert refused.value.code == CONTENT_MODIFIED
    assert len(client.request("textDocument/formatting", formatting("untitled:big"))) > 3000
    id_ = client.begin("textDocument/formatting", formatting("untitled:big"))
    client.settle()
    client.notify("textDocument/didClose", {"textDocument": {"uri": "untitled:big"}})
    with pytest.raises(Refusal) as refused:
        client.reply(id_)
    assert refused.value.code == CONTENT_MODIFIED


def test_cancelling_is_answered_at_once_and_once(client):
    first = work_begins(client)
    waiting = client.begin("textDocument/formatting", formatting("untitled:big"))
    client.settle()
    for id_ in (waiting, first):
        client.notify("$/cancelRequest", {"id": id_})
        with pytest.raises(Refusal) as refused:
            client.reply(id_)
        assert refused.value.code == CANCELLED
    # It waits for the one at work, so by its answer both have had the time to answer twice.
    assert edited(LOOSE, edits_of(client, URI, LOOSE)) == NEAT
    assert client.count(lambda message: message.get("id") in (first, waiting)) == 2


def test_the_end_waits_for_no_formatting(client):
    id_ = work_begins(client)
    assert client.close() == 0
    with pytest.raises(Refusal) as refused:
        client.reply(id_)
    assert refused.value.code == CANCELLED
    assert client.stderr == b""


def test_a_neat_workflow_as_written_by_fmt_has_no_edits(client, workspace):
    assert edits_of(client, workspace.uri, WORKFLOW) == []
