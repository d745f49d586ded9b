"""The border to the client: what is no message, what comes at the wrong time, and one answer to every request."""

import json
import os
import re
import signal
import subprocess
import time

import pytest

from sample_flow import WORKFLOW
from server.client import SERVER, Client, Refusal

PARSE, INVALID, UNKNOWN, PARAMS = -32700, -32600, -32601, -32602
DOCUMENT = {"textDocument": {"uri": "untitled:a"}}
PLACE = {"position": {"line": 0, "character": 0}}


def framed(body):
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


def request(method, params="absent", **more):
    message = {"jsonrpc": "2.0", "id": 77, "method": method} | more
    return framed(json.dumps(message if params == "absent" else message | {"params": params}).encode())


MALFORMED = [
    # What is no message at all is answered without an id, or with silence where it was a notification.
    ("bad JSON", framed(b"{"), None, PARSE),
    ("no JSON but bytes", framed(b"\x00\xff\xfe"), None, PARSE),
    ("broken UTF-8", framed(b'{"jsonrpc":"2.0","id":77,"method":"\xc3"}'), 77, PARSE),
    ("NaN", framed(b'{"jsonrpc":"2.0","id":77,"method":"x","params":{"a":NaN}}'), 77, PARSE),
    ("endless number", framed(b"1" * 100_000), None, INVALID),
    ("deep JSON", framed(b"[" * 100_000), None, PARSE),
    ("deep objects", framed(b'{"a":' * 100_000), None, PARSE),
    ("empty body", framed(b""), None, PARSE),
    ("a batch", framed(b'[{"jsonrpc":"2.0","id":1,"method":"shutdown"}]'), None, INVALID),
    ("an empty batch", framed(b"[]"), None, INVALID),
    ("a number", framed(b"17"), None, INVALID),
    ("a text", framed(b'"hello"'), None, INVALID),
    ("null", framed(b"null"), None, INVALID),
    ("an empty object", framed(b"{}"), None, None),
    ("no jsonrpc in a request", framed(b'{"id":77,"method":"textDocument/hover"}'), 77, INVALID),
    ("no jsonrpc in a notification", framed(b'{"method":"exit"}'), None, None),
    ("another jsonrpc", request("textDocument/hover", {}, jsonrpc="1.0"), 77, INVALID),
    ("no method", framed(b'{"jsonrpc":"2.0","id":77}'), 77, INVALID),
    ("a method that is no text", framed(b'{"jsonrpc":"2.0","id":77,"method":5}'), 77, INVALID),
    ("an id of null", request("textDocument/hover", {}, id=None), None, INVALID),
    ("an id that is a list", request("textDocument/hover", {}, id=[1]), None, INVALID),
    ("an id that is a boolean", request("textDocument/hover", {}, id=True), None, INVALID),
    ("an id with a fraction", request("textDocument/hover", {}, id=1.5), None, INVALID),
    # Requests with params of a wrong form.
    ("an unknown method", request("no/such"), 77, UNKNOWN),
    ("an unknown method with params", request("no/such", {"a": [1] * 50}), 77, UNKNOWN),
    ("an unknown protocol method", request("$/no/such", {}), 77, UNKNOWN),
    ("params that are a text", request("textDocument/hover", "x"), 77, PARAMS),
    ("params that are a list", request("textDocument/hover", [1]), 77, PARAMS),
    ("no params", request("textDocument/hover"), 77, PARAMS),
    ("null params", request("textDocument/hover", None), 77, PARAMS),
    ("no position", request("textDocument/hover", DOCUMENT), 77, PARAMS),
    (
        "a position of texts",
        request("textDocument/hover", DOCUMENT | {"position": {"line": "0", "character": 0}}),
        77,
        PARAMS,
    ),
    (
        "a negative line",
        request("textDocument/hover", DOCUMENT | {"position": {"line": -1, "character": 0}}),
        77,
        PARAMS,
    ),
    (
        "a line with a fraction",
        request("textDocument/hover", DOCUMENT | {"position": {"line": 0.5, "character": 0}}),
        77,
        PARAMS,
    ),
    (
        "a URI that is a number",
        request("textDocument/hover", PLACE | {"textDocument": {"uri": 5}}),
        77,
        PARAMS,
    ),
    ("a document that is a list", request("textDocument/documentSymbol", {"textDocument": []}), 77, PARAMS),
    (
        "a range without an end",
        request("textDocument/codeAction", DOCUMENT | {"range": {"start": PLACE["position"]}}),
        77,
        PARAMS,
    ),
    ("initialize again", request("initialize", {"capabilities": {}}), 77, INVALID),
    ("a command without a name", request("workspace/executeCommand", {}), 77, PARAMS),
    (
        "a command that is a number",
        request("workspace/executeCommand", {"command": 5, "arguments": "x"}),
        77,
        PARAMS,
    ),
    ("an unknown command", request("workspace/executeCommand", {"command": "rm -rf /"}), 77, PARAMS),
    (
        "a command with wrong arguments",
        request("workspace/executeCommand", {"command": "darwinflow.runs", "arguments": [5]}),
        77,
        PARAMS,
    ),
    # Notifications are never answered.
    ("an unknown notification", framed(b'{"jsonrpc":"2.0","method":"no/such","params":{}}'), None, None),
    ("opening nothing", framed(b'{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{}}'), None, None),
    (
        "changing what is not open",
        framed(
            b'{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"untitled:x","version":1},"contentChanges":[{"text":"a"}]}}'
        ),
        None,
        None,
    ),
    (
        "a change that is no list",
        framed(
            b'{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"untitled:x"},"contentChanges":5}}'
        ),
        None,
        None,
    ),
    (
        "closing what is not open",
        framed(
            b'{"jsonrpc":"2.0","method":"textDocument/didClose","params":{"textDocument":{"uri":"untitled:x"}}}'
        ),
        None,
        None,
    ),
    ("an answer to nothing", framed(b'{"jsonrpc":"2.0","id":"nobody","result":5}'), None, None),
    (
        "an error to nothing",
        framed(b'{"jsonrpc":"2.0","id":"nobody","error":{"code":1,"message":"x"}}'),
        None,
        None,
    ),
    ("an error of another form", framed(b'{"jsonrpc":"2.0","id":"nobody","error":5}'), None, None),
    (
        "a cancel of nothing",
        framed(b'{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":4711}}'),
        None,
        None,
    ),
    (
        "a cancel without an id",
        framed(b'{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":[]}}'),
        None,
        None,
    ),
    # Headers.
    ("a length that is no number", b"Content-Length: abc\r\n\r\n{}", None, PARSE),
    ("no length", b"Content-Type: x\r\n\r\n{}", None, PARSE),
    ("a length of a terabyte", b"Content-Length: 1000000000000\r\n\r\n{}", None, PARSE),
    ("a negative length", b"Content-Length: -5\r\n\r\n", None, PARSE),
    ("two lengths", b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", None, PARSE),
    ("an endless header", b"X: " + b"y" * 100_000, None, PARSE),
]


@pytest.fixture
def client(workspace):
    """Started anew each time: what ends it may come while it imports."""
    with Client(workspace.home, command=(SERVER,)) as client:
        yield client


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    """One server that all the table is thrown at, with pygls at its back."""
    home = tmp_path_factory.mktemp("h")
    with Client(home, command=(SERVER,)) as client:
        client.initialize(initializationOptions={"trusted": False})
        with pytest.raises(Refusal):
            client.request("no/such")
        yield client


@pytest.mark.parametrize(
    ("sent", "id_", "code"), [case[1:] for case in MALFORMED], ids=[case[0] for case in MALFORMED]
)
def test_what_is_malformed_is_answered_as_lsp_says_and_the_server_lives(tried, sent, id_, code):
    place = tried.said
    tried.send_bytes(sent)
    if code is not None:
        error = tried.wait(lambda message: "error" in message, after=place)
        assert (error["id"], error["error"]["code"]) == (id_, code)
        assert "data" not in error["error"]
        assert ".py" not in error["error"]["message"]
    tried.ask_at("textDocument/hover", "untitled:a", 0, 0)
    answers = [message for _, message in tried.messages[place:]]
    assert len(answers) == (1 if code is None else 2), answers


def test_a_header_of_line_feeds_alone_is_understood(tried):
    body = b'{"jsonrpc":"2.0","id":78,"method":"textDocument/hover","params":{}}'
    tried.send_bytes(b"content-length:%d\n\n" % len(body) + body)
    with pytest.raises(Refusal):
        tried.reply(78)


def test_before_initialize_requests_are_refused_and_notifications_dropped(client):
    client.open("untitled:a", WORKFLOW)
    with pytest.raises(Refusal) as refused:
        client.ask_at("textDocument/hover", "untitled:a", 0, 0)
    assert refused.value.code == -32002
    client.initialize()
    assert client.ask_at("textDocument/hover", "untitled:a", 0, 0) is None
    assert len(client.messages) == 3


def test_after_shutdown_only_exit_is_heard(client):
    client.initialize()
    client.request("shutdown")
    for method in ("textDocument/hover", "workspace/executeCommand", "shutdown"):
        with pytest.raises(Refusal) as refused:
            client.request(method, {})
        assert refused.value.code == INVALID
    client.open("untitled:a", "a: [")
    client.notify("exit")
    assert client.ended() == 0
    assert len(client.messages) == 5


@pytest.mark.parametrize("is_initialized", [False, True])
def test_exit_without_shutdown_is_a_failure(client, is_initialized):
    if is_initialized:
        client.initialize()
    client.notify("exit")
    assert client.ended() == 1


def test_the_end_of_input_ends_the_server(client):
    client.initialize()
    client.process.stdin.close()
    assert client.ended() == 1


def test_without_any_capability_everything_still_answers(client, workspace):
    client.initialize(capabilities={}, initializationOptions=None)
    client.open(workspace.uri, WORKFLOW.replace("to: classify", "to: clasify"))
    [finding, *_] = client.diagnostics(workspace.uri)
    assert "relatedInformation" not in finding
    hover = client.ask_at("textDocument/hover", workspace.uri, 0, 5)
    assert hover["contents"]["kind"] == "plaintext"
    symbols = client.request("textDocument/documentSymbol", {"textDocument": {"uri": workspace.uri}})
    assert "location" in symbols[0]
    items = client.ask_at("textDocument/completion", workspace.uri, 6, 10)["items"]
    assert {item["insertTextFormat"] for item in items} == {1}


def test_a_request_cancelled_in_line_is_never_begun(client):
    client.initialize()
    client.open("untitled:a", WORKFLOW)
    symbols = {"jsonrpc": "2.0", "id": 500, "method": "textDocument/documentSymbol", "params": DOCUMENT}
    cancel = {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 500}}
    client.send_bytes(b"".join(framed(json.dumps(message).encode()) for message in (symbols, cancel)))
    with pytest.raises(Refusal) as refused:
        client.reply(500)
    assert refused.value.code == -32800
    client.settle()
    assert client.count(lambda message: message.get("id") == 500) == 1


def test_frames_may_come_in_any_pieces(client):
    client.initialize()
    client.open("untitled:a", WORKFLOW)
    client.diagnostics("untitled:a")
    data = request("textDocument/hover", DOCUMENT | {"position": {"line": 0, "character": 5}})
    for at in range(len(data)):
        client.send_bytes(data[at : at + 1])
        if at % 20 == 0:
            time.sleep(0.001)
    assert "assistant" in client.reply(77)["contents"]["value"]


def test_a_slow_reader_stops_nothing(client):
    """Replies of some megabytes are asked for and not read at first."""
    client.initialize()
    nodes = "".join(f"  - {{id: n{i}, type: FILE_READ, config: {{path: x}}}}\n" for i in range(2000))
    client.open("untitled:big", f"id: a\nversion: 1\nnodes:\n{nodes}edges: []\n")
    ids = [
        client.begin("textDocument/documentSymbol", {"textDocument": {"uri": "untitled:big"}})
        for _ in range(20)
    ]
    assert [len(client.reply(id_)[0]["children"]) for id_ in ids] == [2000] * 20


def run_with(*arguments):
    """The server called by a person: exit code, standard output, standard error."""
    done = subprocess.run(
        [SERVER, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20
    )
    return done.returncode, done.stdout, done.stderr


def test_a_person_who_calls_it_learns_what_it_is():
    code, said, complaint = run_with("--help")
    assert (code, complaint) == (0, "")
    assert said.startswith("usage: darwinflow-lsp")
    assert "--stdio" in said
    assert run_with("-h") == (code, said, complaint)
    code, said, complaint = run_with("--stdio", "--version")
    assert (code, complaint) == (0, "")
    assert re.fullmatch(r"darwinflow-lsp \d+\.\d+\.\d+\n", said)


def test_an_argument_that_it_does_not_take_ends_it():
    code, said, complaint = run_with("--stdio", "--bogus")
    assert (code, said) == (2, "")
    assert complaint == "error: there is no argument '--bogus'\ntry: darwinflow-lsp --help\n"


def test_what_editors_pass_is_taken_silently(workspace):
    command = (SERVER, "--stdio", f"--clientProcessId={os.getpid()}")
    with Client(workspace.home, command=command) as client:
        client.initialize(initializationOptions={"trusted": False})
        assert client.close() == 0
        assert client.stderr == b""


@pytest.mark.parametrize("stage", ["started", "initialized", "open", "pygls"])
def test_an_interrupt_ends_it_quietly_at_any_time(client, stage):
    client.begin("textDocument/hover", {})
    client.wait(lambda message: "error" in message)
    if stage != "started":
        client.initialize(initializationOptions={"trusted": False})
    if stage in ("open", "pygls"):
        client.open("untitled:a", WORKFLOW)
        client.diagnostics("untitled:a")
    if stage == "pygls":
        with pytest.raises(Refusal):
            client.request("no/such")
    client.process.send_signal(signal.SIGINT)
    assert client.ended() == 130
    assert client.stderr == b""


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("$/setTrace", {"value": "q"}),
        ("workspace/didChangeWatchedFiles", {}),
        ("workspace/didChangeWatchedFiles", {"changes": 5}),
        ("workspace/didChangeWatchedFiles", {"changes": [{"uri": 1, "type": 77}]}),
        ("workspace/didChangeConfiguration", None),
        ("notebookDocument/didOpen", {"notebookDocument": []}),
    ],
)
def test_a_notification_of_another_form_is_one_line_of_the_log(client, method, params):
    client.initialize(initializationOptions={"trusted": False})
    with pytest.raises(Refusal):
        client.request("no/such")
    client.notify(method, params)
    client.send({"jsonrpc": "2.0", "id": "nobody", "error": 5})
    client.settle()
    assert client.close() == 0
    assert client.stderr.decode().splitlines() == [
        f"{method}: not of the form that LSP gives it",
        "an answer: not of the form that LSP gives it",
    ]
