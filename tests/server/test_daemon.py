"""History in the editor: with a daemon, without, and while it comes and goes. The daemon is the real one."""

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from daemon_process import DaemonProcess, eventually
from darwinflow.recorder.paths import Workspace as Place
from sample_flow import WORKFLOW
from server.client import Client, Refusal

RECORDING = """
import sys, time
from darwinflow.recorder import record_run

path, count, fails = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "fail"
for number in range(count):
    try:
        with record_run(path, request="again") as run:
            with run.step("read_vision"):
                pass
            with run.step("classify"):
                if fails:
                    raise TimeoutError("model timed out\\nafter 4 s")
    except TimeoutError:
        pass
    print(time.monotonic(), flush=True)
    time.sleep(0.3 if count > 1 else 0)
"""


@pytest.fixture
def daemon(workspace):
    daemon = DaemonProcess(workspace.home)
    yield daemon
    daemon.close()


def begin(daemon, workspace, text=WORKFLOW, **options):
    client = Client(workspace.home, daemon.environ)
    client.initialize(**options)
    client.open(workspace.uri, text)
    client.diagnostics(workspace.uri)
    return client


def record(daemon, path, count=1, *, fail=False):
    """Let another process record; the moments at which the recorder returned."""
    done = subprocess.run(
        [sys.executable, "-c", RECORDING, str(path), str(count), "fail" if fail else "ok"],
        env=daemon.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return [float(line) for line in done.stdout.split()]


def titles(client, uri):
    lenses = client.request("textDocument/codeLens", {"textDocument": {"uri": uri}})
    return [lens["command"]["title"] for lens in lenses]


def hover(client, uri, line, character):
    return client.ask_at("textDocument/hover", uri, line, character)["contents"]["value"]


def test_a_run_of_another_process_changes_lens_and_hover_by_push(daemon, workspace):
    daemon.start()
    with begin(daemon, workspace) as client:
        eventually(lambda: titles(client, workspace.uri) == ["v3 draft, parent v2"])
        place = client.said
        record(daemon, workspace.path, fail=True)
        eventually(lambda: "failed just now at classify" in titles(client, workspace.uri))
        assert client.count(lambda message: message.get("method") == "darwinflow/historyChanged") > 0
        assert client.count(lambda message: message.get("method") == "workspace/codeLens/refresh") > 0
        changed = client.wait(
            lambda message: message.get("method") == "darwinflow/historyChanged", after=place
        )
        assert changed["params"] == {"uris": [workspace.uri]}
        shown = titles(client, workspace.uri)
        assert shown[0] == "v3 draft, parent v2"
        assert shown[1].startswith("1 run, 0 of 1, p95 ")
        assert shown[2:] == ["failed just now at classify", "failed just now: TimeoutError: model timed out"]
        value = hover(client, workspace.uri, 0, 5)
        assert "**This text**: 1 run, 0 of 1, median " in value
        assert "just now" in value
        assert "`classify` TimeoutError: model timed out" in value
        node = hover(client, workspace.uri, 8, 10)
        assert node.startswith("**classify** `LLM_DECISION`")
        assert "✗" in node
        assert "TimeoutError: model timed out" in node
        record(daemon, workspace.path)
        eventually(lambda: any(title.startswith("2 runs, 1 of 2") for title in titles(client, workspace.uri)))
        assert not any("failed" in title for title in titles(client, workspace.uri))


def test_the_published_version_has_its_lens_and_lineage_its_words(daemon, workspace):
    daemon.start()
    place = Place(str(workspace.folder), "project: demo\n")
    publisher = daemon.client(place)
    second = WORKFLOW.replace("version: 3", "version: 2").replace(
        "metadata: {parent: 2}", "metadata: {createdBy: reflection, reasoning: Ask first}"
    )
    publisher.call("workflow/publish", {"text": second})
    other = workspace.folder / "second.yaml"
    other.write_text(second)
    record(daemon, other)
    with begin(daemon, workspace) as client:
        eventually(lambda: len(titles(client, workspace.uri)) == 2)
        first, published = titles(client, workspace.uri)
        assert first == "v3 draft, parent v2"
        assert published.startswith("v2: 1 run, 1 of 1, p95 ")
        value = hover(client, workspace.uri, 0, 5)
        assert value.startswith("**assistant** v3, draft (v2 is published)")
        assert "v3 ← v2 *reflection, just now: Ask first*" in value
        publisher.call("workflow/publish", {"text": WORKFLOW})
        eventually(lambda: titles(client, workspace.uri)[0] == "v3 published, parent v2")
        span = {"start": {"line": 2, "character": 13}, "end": {"line": 2, "character": 13}}
        client.change(workspace.uri, 2, {"range": span, "text": "x"})
        eventually(lambda: titles(client, workspace.uri)[0] == "v3 draft, parent v2")


def test_a_text_finds_its_own_figures_again(daemon, workspace):
    """Runs count for exactly the text that ran: an edit takes the lens away, undoing it brings it back."""
    daemon.start()
    record(daemon, workspace.path)
    with begin(daemon, workspace) as client:
        eventually(lambda: len(titles(client, workspace.uri)) == 2)
        span = {"start": {"line": 2, "character": 13}, "end": {"line": 2, "character": 13}}
        client.change(workspace.uri, 2, {"range": span, "text": "x"})
        eventually(lambda: titles(client, workspace.uri) == ["v3 draft, parent v2"])
        span = {"start": {"line": 2, "character": 13}, "end": {"line": 2, "character": 14}}
        client.change(workspace.uri, 3, {"range": span, "text": ""})
        eventually(lambda: len(titles(client, workspace.uri)) == 2)


def test_an_edit_that_is_undone_at_once_is_told_too(daemon, workspace):
    """Between the two the lenses are those of another text, and nothing else would bring the old ones back."""
    daemon.start()
    record(daemon, workspace.path)
    with begin(daemon, workspace) as client:
        eventually(lambda: len(titles(client, workspace.uri)) == 2)
        span = {"start": {"line": 2, "character": 13}, "end": {"line": 2, "character": 13}}
        client.change(workspace.uri, 2, {"range": span, "text": "x"})
        assert titles(client, workspace.uri) == ["v3 draft, parent v2"]
        place = client.said
        client.change(workspace.uri, 3, {"range": span | {"end": {"line": 2, "character": 14}}, "text": ""})
        client.wait(lambda message: message.get("method") == "darwinflow/historyChanged", after=place)
        assert len(titles(client, workspace.uri)) == 2


def test_a_daemon_that_comes_later_is_found(workspace, tmp_path):
    """First there can be none: its home is a file."""
    workspace.home.rmdir()
    workspace.home.write_text("in the way")
    daemon = DaemonProcess(workspace.home)
    with begin(daemon, workspace) as client:
        assert titles(client, workspace.uri) == ["v3, parent v2"]

        def refusal() -> str:
            begun = time.monotonic()
            with pytest.raises(Refusal) as refused:
                client.request(
                    "workspace/executeCommand", {"command": "darwinflow.log", "arguments": [{"run": "a"}]}
                )
            assert time.monotonic() - begun < 5
            return str(refused.value)

        # On a busy machine the first words can come before those of the daemon that could not start.
        eventually(lambda: f"{workspace.home} is a file where a folder belongs" in refusal())
        assert titles(client, workspace.uri) == ["v3, parent v2"]
        workspace.home.unlink()
        workspace.home.mkdir(mode=0o700)
        daemon.start()
        eventually(lambda: titles(client, workspace.uri) == ["v3 draft, parent v2"])
        record(daemon, workspace.path)
        eventually(lambda: len(titles(client, workspace.uri)) == 2)
    daemon.close()


def test_a_killed_daemon_leaves_what_was_known_and_its_hour(daemon, workspace):
    daemon.start()
    record(daemon, workspace.path)
    with begin(daemon, workspace) as client:
        eventually(lambda: len(titles(client, workspace.uri)) == 2)
        daemon.kill(signal.SIGKILL)
        eventually(lambda: titles(client, workspace.uri)[-1].endswith(", daemon away"))
        assert titles(client, workspace.uri)[-1].startswith("as of ")
        assert titles(client, workspace.uri)[1].startswith("1 run")
        assert "daemon away" in hover(client, workspace.uri, 0, 5)
        record(daemon, workspace.path)
        daemon.start()
        eventually(lambda: any(title.startswith("2 runs") for title in titles(client, workspace.uri)))
        assert not any("away" in title for title in titles(client, workspace.uri))
        record(daemon, workspace.path)
        eventually(lambda: any(title.startswith("3 runs") for title in titles(client, workspace.uri)))


def test_a_daemon_that_hangs_delays_nothing(daemon, workspace):
    daemon.start()
    with begin(daemon, workspace) as client:
        eventually(lambda: titles(client, workspace.uri) == ["v3 draft, parent v2"])
        assert daemon.process is not None
        os.kill(daemon.process.pid, signal.SIGSTOP)
        try:
            command = client.begin(
                "workspace/executeCommand",
                {"command": "darwinflow.runs", "arguments": [{"uri": workspace.uri}]},
            )
            for version in range(2, 30):
                span = {"start": {"line": 2, "character": 13}, "end": {"line": 2, "character": 13}}
                begun = time.monotonic()
                client.change(workspace.uri, version, {"range": span, "text": "x"})
                client.diagnostics(workspace.uri, version)
                hover(client, workspace.uri, 0, 5)
                titles(client, workspace.uri)
                assert time.monotonic() - begun < 0.5
                time.sleep(0.02)
            client.notify("$/cancelRequest", {"id": command})
            begun = time.monotonic()
            with pytest.raises(Refusal) as refused:
                client.reply(command)
            assert refused.value.code == -32800
            assert time.monotonic() - begun < 0.2
        finally:
            os.kill(daemon.process.pid, signal.SIGCONT)
        answer = client.request(
            "workspace/executeCommand", {"command": "darwinflow.runs", "arguments": [{"uri": workspace.uri}]}
        )
        assert answer["runs"] == []


def test_commands_give_runs_and_a_log_to_read(daemon, workspace):
    daemon.start()
    with begin(daemon, workspace) as client:

        def run(command, **argument):
            return client.request("workspace/executeCommand", {"command": command, "arguments": [argument]})

        nothing = run("darwinflow.runs", uri=workspace.uri)
        record_one = "darwinflow record --workflow assistant.yaml -- python run.py"
        assert nothing["text"] == f"No runs of 'assistant' yet. Record one: {record_one}\n"
        record(daemon, workspace.path, fail=True)
        listed = eventually(lambda: run("darwinflow.runs", uri=workspace.uri)["runs"])
        assert run("darwinflow.runs", workflow="assistant")["runs"] == listed
        [newest] = listed
        line = run("darwinflow.runs", uri=workspace.uri)["text"]
        assert line.startswith(f"✗ {newest['runId'][-8:]}  v3      just now")
        log = run("darwinflow.log", run=newest["runId"][-8:], uri=workspace.uri)
        assert log["run"] == newest["runId"]
        assert log["text"].startswith("# ✗ assistant v3 failed at classify after ")
        assert "input: {request: again}\nsteps:\n  - node: read_vision        # ✓ " in log["text"]
        with pytest.raises(Refusal) as refused:
            run("darwinflow.log", run="nosuchrun")
        assert refused.value.code > 0
        assert "nosuchrun" in str(refused.value)


def test_the_push_is_there_within_two_hundred_milliseconds_at_the_median(daemon, workspace):
    daemon.start()
    with begin(daemon, workspace) as client:
        eventually(lambda: titles(client, workspace.uri) == ["v3 draft, parent v2"])
        done = []
        place = client.said
        returned = record(daemon, workspace.path, 15)
        eventually(lambda: any(title.startswith("15 runs") for title in titles(client, workspace.uri)))
        told = [
            at
            for at, message in client.messages[place:]
            if message.get("method") == "darwinflow/historyChanged"
        ]
        for moment in returned:
            done.append(min(at for at in told if at > moment - 0.05) - moment)
        median = statistics.median(done)
        print(
            f"\nrecorder's return to the notification: median {median * 1000:.1f} ms, most {max(done) * 1000:.1f} ms"
        )
        assert median < 0.2


def test_settings_that_name_another_project_show_its_history(daemon, workspace):
    daemon.start()
    record(daemon, workspace.path)
    with begin(daemon, workspace) as client:
        eventually(lambda: len(titles(client, workspace.uri)) == 2)
        settings = workspace.folder / ".darwinflow.yaml"
        settings.write_text("project: other\n")
        client.notify("textDocument/didSave", {"textDocument": {"uri": settings.as_uri()}})
        eventually(lambda: titles(client, workspace.uri) == ["v3 draft, parent v2"])
        record(daemon, workspace.path, fail=True)
        eventually(lambda: "failed just now at classify" in titles(client, workspace.uri))
        assert titles(client, workspace.uri)[1].startswith("1 run")


def test_the_server_starts_a_daemon_where_none_is_and_leaves_it_running(daemon, workspace):
    with begin(daemon, workspace) as client:
        eventually(lambda: titles(client, workspace.uri) == ["v3 draft, parent v2"])
    client = daemon.client(Place(str(workspace.folder), "project: demo\n"))
    client.call("daemon/stop")


def test_a_file_that_is_no_workflow_starts_no_daemon(daemon, workspace):
    other = Path(workspace.folder) / "compose.yaml"
    with Client(workspace.home, daemon.environ) as client:
        client.initialize()
        client.open(other.as_uri(), "services: {}\n")
        client.diagnostics(other.as_uri())
        time.sleep(0.6)
        assert not list(workspace.home.iterdir())
        assert json.dumps(client.messages).count("historyChanged") == 0
