"""Any bytes on the socket: one error for what is wrong, and good requests go on being answered."""

import contextlib
import itertools
import json
import os
import random
import socket
import time

import pytest

from daemon_process import DaemonProcess, RawLine, a_run
from darwinflow.rpc.framing import MAX_BODY_BYTES, framed
from darwinflow.rpc.protocol import INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR

FUZZED = int(os.environ.get("DARWINFLOW_FUZZ_CONNECTIONS", "500"))
SEED = int(os.environ.get("DARWINFLOW_SEED", "1"))


def request(**members) -> bytes:
    message = {"jsonrpc": "2.0", "id": 1, "method": "daemon/status", "params": {}} | members
    return json.dumps({name: value for name, value in message.items() if value is not ...}).encode()


BODIES = {
    "empty": (b"", PARSE_ERROR, None),
    "no JSON": (b"{", PARSE_ERROR, None),
    "two values": (b"{}{}", PARSE_ERROR, None),
    "no UTF-8": (b'{"a": "\xff"}', PARSE_ERROR, None),
    "UTF-16": ('{"jsonrpc":"2.0"}'.encode("utf-16"), PARSE_ERROR, None),
    "NUL bytes": (b"\x00" * 50, PARSE_ERROR, None),
    "NaN": (b'{"jsonrpc":"2.0","id":1,"method":"daemon/status","params":{"x":NaN}}', PARSE_ERROR, None),
    "minus infinity": (
        b'{"jsonrpc":"2.0","id":1,"method":"daemon/status","params":{"x":-Infinity}}',
        PARSE_ERROR,
        None,
    ),
    "NaN inside a run": (
        request(method="run/record", params={"run": a_run("r") | {"metadata": {"x": float("nan")}}}),
        PARSE_ERROR,
        None,
    ),
    "half a surrogate": (
        b'{"jsonrpc":"2.0","id":1,"method":"run/get","params":{"run":"\\ud800"}}',
        PARSE_ERROR,
        None,
    ),
    "half a surrogate in a run": (
        request(method="run/record", params={"run": a_run("r") | {"metadata": {"x": "\udfff"}}}),
        PARSE_ERROR,
        None,
    ),
    "nested deeply": (
        b'{"jsonrpc":"2.0","id":1,"method":"daemon/status","params":' + b'{"a":' * 100_000,
        PARSE_ERROR,
        None,
    ),
    "nested arrays": (b"[" * 1_000_000, PARSE_ERROR, None),
    "a number of 5000 digits": (
        b'{"jsonrpc":"2.0","id":' + b"9" * 5000 + b',"method":"x"}',
        PARSE_ERROR,
        None,
    ),
    "null": (b"null", INVALID_REQUEST, None),
    "a text": (b'"hello"', INVALID_REQUEST, None),
    "a batch": (b"[" + request() + b"]", INVALID_REQUEST, None),
    "an empty batch": (b"[]", INVALID_REQUEST, None),
    "an empty object": (b"{}", INVALID_REQUEST, None),
    "no version": (request(jsonrpc=...), INVALID_REQUEST, 1),
    "version 1.0": (request(jsonrpc="1.0"), INVALID_REQUEST, 1),
    "version as a number": (request(jsonrpc=2.0), INVALID_REQUEST, 1),
    "no method": (request(method=...), INVALID_REQUEST, 1),
    "method is a number": (request(method=5), INVALID_REQUEST, 1),
    "id is null": (request(id=None), INVALID_REQUEST, None),
    "id is true": (request(id=True), INVALID_REQUEST, None),
    "id is a fraction": (request(id=1.5), INVALID_REQUEST, None),
    "id is a list": (request(id=[1]), INVALID_REQUEST, None),
    "id is a long text": (request(id="x" * 5000), INVALID_REQUEST, None),
    "id is huge": (request(id=10**30), INVALID_REQUEST, None),
    "unknown method": (request(method="run/erase"), METHOD_NOT_FOUND, 1),
    "method with a space": (request(method="daemon/status "), METHOD_NOT_FOUND, 1),
    "method of Python": (request(method="__init__"), METHOD_NOT_FOUND, 1),
    "params are a list": (request(params=[]), INVALID_PARAMS, 1),
    "params are null": (request(params=None), INVALID_PARAMS, 1),
    "params are a text": (request(params="x"), INVALID_PARAMS, 1),
    "an unknown parameter": (request(params={"x": 1}), INVALID_PARAMS, 1),
    "a missing parameter": (request(method="run/get"), INVALID_PARAMS, 1),
    "a parameter of another type": (request(method="run/get", params={"run": 5}), INVALID_PARAMS, 1),
    "a run that is a list": (request(method="run/record", params={"run": []}), INVALID_PARAMS, 1),
    "a limit out of bounds": (request(method="run/query", params={"limit": 10**9}), INVALID_PARAMS, 1),
    "a relative workspace": (request(method="session/open", params={"workspace": "shop"}), INVALID_PARAMS, 1),
    "NUL in a workspace": (request(method="session/open", params={"workspace": "/a\0b"}), INVALID_PARAMS, 1),
    "a text id of an unknown method": (request(id="é" * 200, method="x"), METHOD_NOT_FOUND, "é" * 200),
}
"""Body, code of the error, id in the reply."""

BROKEN_STREAMS = {
    "a browser": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60\r\n\r\n" + request(),
    "GET": b"GET / HTTP/1.1\r\n\r\n",
    "no length": b"Content-Type: x\r\n\r\n{}",
    "an empty header": b"\r\n\r\n",
    "a length that is no number": b"Content-Length: ten\r\n\r\n",
    "a negative length": b"Content-Length: -5\r\n\r\n",
    "two lengths": b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "10^12 bytes": b"Content-Length: 1000000000000\r\n\r\n",
    "one byte too many": b"Content-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1),
    "a header without end": b"x" * 10_000,
    "lines ended by newlines alone": b"Content-Length: 2\n\n{}" + b" " * 5000,
    "binary": bytes(range(256)) * 40,
}


@pytest.mark.parametrize("case", BODIES)
def test_a_faulty_message_gets_one_error_and_the_next_request_its_answer(shared: DaemonProcess, case):
    body, code, request_id = BODIES[case]
    line = shared.raw().hello()
    line.send(body)
    line.request("daemon/status", {}, "next")
    # In any order: a long message is decoded beside the loop, and what is asked behind it does not wait for that.
    refused, answered = sorted((line.reply(), line.reply()), key=lambda reply: reply["id"] == "next")
    assert (refused["error"]["code"], refused["id"]) == (code, request_id)
    assert "Traceback" not in json.dumps(refused)
    assert (answered["id"], answered["result"]["home"]) == ("next", shared.home.data)


@pytest.mark.parametrize("case", BROKEN_STREAMS)
def test_a_broken_stream_is_told_so_and_closed(shared: DaemonProcess, case):
    line = shared.raw().hello()
    line.socket.sendall(BROKEN_STREAMS[case])
    refused = line.reply()
    assert (refused["error"]["code"], refused["id"]) == (PARSE_ERROR, None)
    assert line.reply() is None


@pytest.mark.parametrize("case", [*BODIES, *BROKEN_STREAMS])
def test_before_hello_nothing_else_is_taken(shared: DaemonProcess, case):
    line = shared.raw()
    line.socket.sendall(framed(BODIES[case][0]) if case in BODIES else BROKEN_STREAMS[case])
    assert "error" in line.reply()
    assert line.reply() is None


def test_a_good_request_before_hello_is_refused(shared: DaemonProcess):
    line = shared.raw()
    line.request("daemon/stop", {})
    assert line.reply()["error"]["code"] == INVALID_REQUEST
    assert line.reply() is None
    assert shared.client().call("daemon/status")


def test_notifications_and_replies_are_not_answered(shared: DaemonProcess):
    line = shared.raw().hello()
    line.send({"jsonrpc": "2.0", "method": "daemon/stop", "params": {}})
    line.send({"jsonrpc": "2.0", "id": 5, "result": {}})
    line.request("daemon/status", {}, "next")
    assert line.reply()["id"] == "next"


def test_who_says_nothing_is_hung_up_on_after_a_second(shared: DaemonProcess):
    silent, slow = shared.raw(), shared.raw()
    began = time.monotonic()
    for byte in b"Content-":
        with contextlib.suppress(OSError):
            slow.socket.sendall(bytes([byte]))
        time.sleep(0.05)
    assert "hello" in silent.reply()["error"]["message"]
    assert silent.reply() is None
    assert slow.reply()["error"]
    assert slow.reply() is None
    assert 0.9 < time.monotonic() - began < 3


def test_more_connections_than_are_served_are_told_so(daemon: DaemonProcess):
    lines = []
    try:
        for _ in range(512):
            lines.append(daemon.raw().hello())
        refused = daemon.raw()
        assert "512" in refused.reply()["error"]["message"]
        assert refused.reply() is None
        lines.pop().close()
        time.sleep(0.1)
        daemon.raw().hello()
    finally:
        for line in lines:
            line.close()


def test_a_client_that_never_reads_its_replies_is_cut_off(shared: DaemonProcess):
    good = shared.client()
    good.call("run/record", {"run": a_run("big") | {"input": {"request": "x" * 1_000_000}}})
    line = shared.raw().hello()
    line.request(
        "session/open", {"workspace": shared.workspace.folder, "settings": shared.workspace.settings}, 0
    )
    line.reply()
    before = resident_bytes(shared)
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        ask_for_ever(line)
    assert resident_bytes(shared) - before < 100 << 20
    assert good.call("daemon/status", timeout=5)["connections"] == 1


def ask_for_ever(line: RawLine) -> None:
    """Many questions at once: one by one, a slow machine would read no more of them before its memory fills."""
    for first in itertools.count(step=50):
        many = [request(id=first + number, method="run/get", params={"run": "big"}) for number in range(50)]
        line.socket.sendall(b"".join(map(framed, many)))
        time.sleep(0.001)


def resident_bytes(daemon: DaemonProcess) -> int:
    assert daemon.process is not None
    with open(f"/proc/{daemon.process.pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_fuzzed_bytes_never_stop_the_daemon(shared: DaemonProcess):
    rng = random.Random(SEED)
    good = [
        framed(request(method="hello", params={"protocol": 1, "client": "x", "clientVersion": "1"})),
        framed(request(method="session/open", params={"workspace": "/srv/fuzz"})),
        framed(request(method="run/record", params={"run": a_run("fuzzed")})),
        framed(request(method="run/query", params={"text": "x"})),
        framed(request(method="event/subscribe", params={"topic": "run", "after": 0})),
    ]
    answered = 0
    for number in range(FUZZED):
        line = shared.raw()
        stream = bytearray(b"".join(rng.sample(good, rng.randint(1, len(good))) if number % 3 else good))
        for _ in range(rng.randint(0, 6)):
            at = rng.randrange(len(stream))
            kind = rng.randrange(4)
            if kind == 0:
                stream[at] = rng.randrange(256)
            elif kind == 1:
                del stream[at : at + rng.randint(1, 40)]
            elif kind == 2:
                stream[at:at] = rng.randbytes(rng.randint(1, 40))
            else:
                stream[at:at] = stream[max(0, at - 30) : at]
            if not stream:
                stream = bytearray(b"\n")
        with contextlib.suppress(OSError):
            line.socket.sendall(stream)
            line.socket.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            while line.reply() is not None:
                answered += 1
        line.close()
        if number % 100 == 0:
            assert shared.client().call("daemon/status", timeout=5)["linesRefused"] == 0
            shared.hang_up()
    assert shared.client().call("daemon/status", timeout=5)
    print(f"\nfuzz: seed {SEED}, {FUZZED} connections, {answered} replies, 0 hangs")
