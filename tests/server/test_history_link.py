"""What the client and the server say to each other about history that is there, or is not."""

import signal
import time

import pytest

from daemon_process import DaemonProcess
from sample_flow import WORKFLOW
from server.client import Client, Refusal


def is_log_message(message):
    return message.get("method") == "window/logMessage"


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


def test_an_unusable_home_is_the_one_word_that_is_said_of_missing_history(workspace):
    with Client(workspace.home, {"DARWINFLOW_HOME": "/proc/nope"}) as client:
        client.initialize()
        client.open(workspace.uri, WORKFLOW)
        said = client.wait(is_log_message)["params"]
        assert said["type"] == 2
        assert said["message"].startswith("no history of workflows is shown: ")
        assert "/proc/nope" in said["message"]
        other = workspace.folder / "other" / ".darwinflow.yaml"
        other.parent.mkdir()
        other.write_text("project: other\n")
        client.open((other.parent / "b.yaml").as_uri(), WORKFLOW.replace("assistant", "b"))
        client.change(workspace.uri, 2, {"text": WORKFLOW.replace("version: 3", "version: 4")})
        time.sleep(2)
        client.settle()
        told = [message["params"]["message"] for _, message in client.messages if is_log_message(message)]
        # Where the machine is so busy that the daemon's own word comes late, what is known before it is said, too.
        assert len(told) == len(set(told)) <= 2
        assert client.close() == 0
        assert client.stderr == b""


def test_a_daemon_that_hangs_is_named_with_the_way_on(workspace):
    daemon = DaemonProcess(workspace.home).start()
    assert daemon.process is not None
    pid = daemon.process.pid
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        with Client(workspace.home, daemon.environ) as client:
            client.initialize()
            client.open(workspace.uri, WORKFLOW)
            said = client.wait(is_log_message)["params"]
            assert said["message"] == (
                f"no history of workflows is shown: the daemon of {daemon.home.data}, process {pid}, is stopped and "
                f"has not answered for 5 s; try: kill -CONT {pid}, or kill -9 {pid}; nothing that was recorded is lost"
            )
            assert client.close() == 0
    finally:
        daemon.process.send_signal(signal.SIGCONT)
        daemon.close()
