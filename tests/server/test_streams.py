"""The streams to the editor: whatever end stops first, the server neither hangs nor complains."""

import json
import os
import subprocess
import time

import pytest

from sample_flow import WORKFLOW
from server.client import SERVER, Client, Refusal
from server.test_long_documents import long_text

WHOLE = b'{"jsonrpc":"2.0","id":9,"method":"textDocument/hover","params":{}}'
HOVER = b"Content-Length: %d\r\n\r\n%b" % (len(WHOLE), WHOLE)


@pytest.fixture
def client(workspace):
    """Started anew each time: the end may come while it imports."""
    with Client(workspace.home, command=(SERVER,)) as client:
        yield client


@pytest.mark.parametrize("at", [1, 10, 22, 40, len(HOVER) - 1])
@pytest.mark.parametrize("is_early", [True, False])
def test_input_that_ends_within_a_message_ends_the_server(client, at, is_early):
    client.initialize(initializationOptions={"trusted": False})
    if not is_early:
        with pytest.raises(Refusal):
            client.request("no/such")
    place = client.said
    client.send_bytes(HOVER[:at])
    client.process.stdin.close()
    assert client.ended() == 1
    assert client.said == place
    assert client.stderr == b""


def framed(method, params, id_=None):
    message = {"jsonrpc": "2.0", "method": method, "params": params} | ({} if id_ is None else {"id": id_})
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


def test_an_editor_that_reads_nothing_is_listened_to_and_given_up_at_the_end(workspace):
    """Megabytes are asked for and none is read; all that the editor sends is taken all the same."""
    environment = workspace.environ
    process = subprocess.Popen(
        [SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    options = {"trusted": False}
    process.stdin.write(framed("initialize", {"capabilities": {}, "initializationOptions": options}, 1))
    process.stdin.write(framed("initialized", {}))
    process.stdin.write(framed("no/such", {}, 2))
    process.stdin.flush()
    seen = b""
    while b'"id":2' not in seen:
        seen += os.read(process.stdout.fileno(), 65536)
    document = {"uri": "untitled:a", "languageId": "yaml", "version": 1, "text": long_text(600)}
    process.stdin.write(framed("textDocument/didOpen", {"textDocument": document}))
    for id_ in range(3, 30):
        process.stdin.write(
            framed("textDocument/documentSymbol", {"textDocument": {"uri": "untitled:a"}}, id_)
        )
    # More than a pipe holds: it could not be written if the server waited for its reader.
    document = {"uri": "untitled:b", "languageId": "yaml", "version": 1, "text": WORKFLOW + "# x\n" * 200_000}
    process.stdin.write(framed("textDocument/didOpen", {"textDocument": document}))
    process.stdin.flush()
    time.sleep(0.5)
    begun = time.monotonic()
    process.stdin.close()
    assert process.wait(30) == 1
    assert time.monotonic() - begun < 20
    assert process.stderr.read() == b""
    process.stdout.close()
    process.stderr.close()
