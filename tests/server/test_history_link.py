"""What the client and the server say to each other about history that is there, or is not."""

import pytest

from daemon_process import DaemonProcess
from server.client import Client, Refusal
from server.conftest import WORKFLOW


def test_the_answer_to_a_refresh_is_taken_without_a_word(workspace):
    daemon = DaemonProcess(workspace.home)
    daemon.start()
    try:
        with Client(workspace.home, daemon.environ) as client:
            client.initialize()
            client.open(workspace.uri, WORKFLOW)
            refresh = client.wait(lambda message: message.get("method") == "workspace/codeLens/refresh")
            with pytest.raises(Refusal):
                client.request("no/such")
            client.send({"jsonrpc": "2.0", "id": refresh["id"], "result": None})
            client.send({"jsonrpc": "2.0", "id": [], "result": None})
            client.settle()
            assert client.close() == 0
            assert client.stderr == b""
    finally:
        daemon.close()
