"""Messages of extreme sizes and values: each request whose id can be read is answered, and the session goes on."""

import json

import pytest

from server.client import Client, Refusal

PARSE, INVALID, UNKNOWN, PARAMS = -32700, -32600, -32601, -32602
URI = "untitled:a"
ENDLESS = b"9" * 5_000
DEEP = b"[" * 100_000 + b"]" * 100_000
LONG_ID = "i" * 1_000_000


def framed(body):
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


def request(method, params=b"{}", id_=b"77"):
    return b'{"jsonrpc":"2.0","id":%b,"method":"%b","params":%b}' % (id_, method, params)


def placed(line=b"0", character=b"0", more=b""):
    return b'{"textDocument":{"uri":"untitled:a"},"position":{"line":%b,"character":%b}%b}' % (
        line,
        character,
        more,
    )


HOVER = b"textDocument/hover"
RANGE = b'{"start":{"line":0,"character":0},"end":{"line":%b,"character":0}}' % ENDLESS
FORMAT = b'{"textDocument":{"uri":"untitled:a"},"options":{"tabSize":%b,"insertSpaces":true}}' % ENDLESS
ACTION = b'{"textDocument":{"uri":"untitled:a"},"range":%b,"context":{"diagnostics":[]}}' % RANGE
COMMAND = b'{"command":"darwinflow.runs","arguments":[%b]}'

EXTREMES = {
    # Numbers that no integer of ours holds.
    "an endless line": (request(HOVER, placed(line=ENDLESS)), 77, PARAMS),
    "an endless character": (request(HOVER, placed(character=ENDLESS)), 77, PARAMS),
    "an endless negative line": (request(HOVER, placed(line=b"-" + ENDLESS)), 77, PARAMS),
    "a line just short enough": (request(HOVER, placed(line=b"9" * 4_000)), 77, None),
    "an endless number that nobody reads": (request(HOVER, placed(more=b',"x":' + ENDLESS)), 77, None),
    "an endless range": (request(b"textDocument/codeAction", ACTION), 77, PARAMS),
    "an endless width of tabs, which is the settings' to say": (
        request(b"textDocument/formatting", FORMAT),
        77,
        None,
    ),
    "an endless argument": (request(b"workspace/executeCommand", COMMAND % ENDLESS), 77, PARAMS),
    "an endless id": (request(HOVER, placed(), id_=ENDLESS), None, INVALID),
    "an endless version": (
        b'{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"untitled:b","version":%b,"text":""}}}'
        % ENDLESS,
        None,
        None,
    ),
    "an endless id in a cancel": (
        b'{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":%b}}' % ENDLESS,
        None,
        None,
    ),
    "an endless fraction": (request(HOVER, placed(line=b"0." + ENDLESS)), 77, PARAMS),
    "an endless exponent": (request(HOVER, placed(line=b"1e" + ENDLESS)), 77, PARAMS),
    # What is no JSON, in a request whose id can be read all the same.
    "NaN": (request(HOVER, placed(line=b"NaN")), 77, PARSE),
    "infinity": (request(HOVER, placed(line=b"Infinity")), 77, PARSE),
    "negative infinity": (request(HOVER, placed(line=b"-Infinity")), 77, PARSE),
    "NaN as an id": (request(HOVER, id_=b"NaN"), None, PARSE),
    "no end": (request(HOVER)[:-1], 77, PARSE),
    "no end, of a text as id": (request(HOVER, id_=b'"a\\u00e9"')[:-1], "aé", PARSE),
    "a comma too many": (b'{"method":"x","id":77,}', 77, PARSE),
    "an id behind params that are no JSON": (b'{"method":"x","params":{"id":1,"a":nil},"id":77}', 77, PARSE),
    "no id but in params that are no JSON": (b'{"method":"x","params":{"id":1,"a":nil}}', None, PARSE),
    "an answer that is no JSON": (b'{"jsonrpc":"2.0","id":77,"result":nil}', None, PARSE),
    "a quote without end": (b'{"jsonrpc":"2.0","id":77,"method":"x","params":"', 77, PARSE),
    "many quotes without JSON": (b'"\\' * 100_000, None, PARSE),
    # Nesting.
    "deep params": (request(HOVER, DEEP), 77, PARSE),
    "an id behind deep params": (b'{"method":"x","params":' + DEEP + b',"id":77}', 77, PARSE),
    "deep objects": (request(HOVER, b'{"a":' * 100_000 + b"1" + b"}" * 100_000), 77, PARSE),
    "a deep id": (request(HOVER, id_=DEEP), None, PARSE),
    "params just not too deep": (request(b"no/such", b"[" * 900 + b"]" * 900), 77, UNKNOWN),
    # Texts.
    "a long id": (request(HOVER, placed(), id_=json.dumps(LONG_ID).encode()), LONG_ID, None),
    "half a character as id": (request(HOVER, placed(), id_=b'"\\ud800"'), "\ud800", None),
    "half a character in a URI": (
        request(HOVER, placed().replace(b"untitled:a", b"file:///\\udc00")),
        77,
        None,
    ),
    "half a character as method": (request(b"\\ud800"), 77, UNKNOWN),
    "a long method": (request(b"m" * 1_000_000), 77, UNKNOWN),
    "a long command": (
        request(b"workspace/executeCommand", b'{"command":"%b"}' % (b"c" * 100_000)),
        77,
        PARAMS,
    ),
}
HEADERS = {
    "a length beyond every memory": b"Content-Length: 1" + b"0" * 30 + b"\r\n\r\n",
    "a negative length": b"Content-Length: -1\r\n\r\n",
    "a length twice": b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "a length twice in one line": b"Content-Length: 2, 2\r\n\r\n{}",
    "an endless length": b"Content-Length: " + ENDLESS + b"\r\n\r\n",
    "a length with a fraction": b"Content-Length: 2.0\r\n\r\n{}",
    "a hexadecimal length": b"Content-Length: 0x2\r\n\r\n{}",
    "a body that is longer than its header says": b'Content-Length: 2\r\n\r\n{"a":1}',
}


@pytest.fixture(scope="module", params=["before pygls", "with pygls"])
def tried(request, tmp_path_factory):
    """One server that all the tables are thrown at."""
    with Client(tmp_path_factory.mktemp("h")) as client:
        client.initialize(initializationOptions={"trusted": False})
        if request.param == "with pygls":
            with pytest.raises(Refusal):
                client.request("no/such")
        yield client


@pytest.mark.parametrize("name", EXTREMES)
def test_an_extreme_message_is_answered_once_and_the_session_goes_on(tried, name):
    sent, id_, code = EXTREMES[name]
    place = tried.said
    tried.send_bytes(framed(sent))
    if code is not None:
        error = tried.wait(lambda message: "error" in message, after=place)
        assert (error["id"], error["error"]["code"]) == (id_, code)
        assert len(error["error"]["message"]) < 200
    elif id_ is not None:
        tried.wait(lambda message: message.get("id") == id_ and message["result"] is None, after=place)
    tried.ask_at("textDocument/hover", URI, 0, 0)
    assert tried.said - place == (code is not None or id_ is not None) + 1


@pytest.mark.parametrize("name", HEADERS)
def test_an_extreme_header_costs_no_later_request(tried, name):
    place = tried.said
    tried.send_bytes(HEADERS[name])
    tried.ask_at("textDocument/hover", URI, 0, 0)
    answers = [message for _, message in tried.messages[place:]]
    errors = [message for message in answers if "error" in message]
    assert {(error["id"], error["error"]["code"]) for error in errors} == {(None, PARSE)}


def test_an_id_that_is_used_twice_at_a_time_is_refused_without_it(client):
    client.initialize(initializationOptions={"trusted": False})
    command = json.dumps({"command": "darwinflow.explain", "arguments": [{"code": "duplicate-key"}]}).encode()
    whole = request(b"workspace/executeCommand", command)
    client.send_bytes(framed(whole) + framed(whole) + framed(whole[:-1]))
    assert client.reply(77)["code"] == "duplicate-key"
    client.settle()
    refused = [message["error"]["code"] for _, message in client.messages if message.get("id", 0) is None]
    assert sorted(refused) == [PARSE, INVALID]
    assert client.count(lambda message: message.get("id") == 77) == 1
    place = client.said
    client.send_bytes(framed(whole))
    client.wait(lambda message: message.get("id") == 77, after=place)
