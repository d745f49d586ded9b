"""What is wrong with an open document among the other files of its workspace, shown in quiet times."""

import pytest

from daemon_process import DaemonProcess
from darwinflow.recorder.paths import Workspace as Place
from sample_flow import WORKFLOW
from server.client import Client

FLOW = WORKFLOW.replace("metadata: {parent: 2}\n", "")
CALLER = """\
id: caller
version: 1
nodes:
  - id: other
    type: SUB_WORKFLOW
    config: {workflow: asistant.yaml}
edges:
  - {from: START, to: other}
  - {from: other, to: END}
"""


def shown(client, uri, codes, after=0):
    """The first publication for *uri* from the message *after* on that has exactly these codes."""

    def wanted(message):
        params = message.get("params") or {}
        return (
            message.get("method") == "textDocument/publishDiagnostics"
            and params["uri"] == uri
            and [one["code"] for one in params["diagnostics"]] == codes
        )

    return client.wait(wanted, after=after)["params"]["diagnostics"]


def insertion(line, text):
    place = {"line": line, "character": 0}
    return {"range": {"start": place, "end": place}, "text": text}


def test_a_sub_workflow_is_looked_for_on_the_disk_and_among_what_is_open(client, workspace):
    workspace.path.write_text(FLOW)
    uri = (workspace.folder / "caller.yaml").as_uri()
    client.initialize(initializationOptions={"trusted": False})
    client.open(uri, CALLER)
    [missing] = shown(client, uri, ["subworkflow-missing"])
    assert missing["message"] == "there is no file 'asistant.yaml'; did you mean 'assistant.yaml'?"
    assert missing["range"]["start"] == {"line": 5, "character": 23}
    [action] = client.request(
        "textDocument/codeAction",
        {"textDocument": {"uri": uri}, "range": missing["range"], "context": {"diagnostics": []}},
    )
    assert action["title"] == "Change to 'assistant.yaml'"
    place = client.said
    client.open((workspace.folder / "asistant.yaml").as_uri(), FLOW.replace("id: assistant", "id: asistant"))
    shown(client, uri, [], place)


def test_what_another_file_causes_stays_where_it_is_while_somebody_types(client, workspace):
    uri = (workspace.folder / "caller.yaml").as_uri()
    client.initialize(initializationOptions={"trusted": False})
    client.open(uri, CALLER.replace("asistant", "nobody"))
    shown(client, uri, ["subworkflow-missing"])
    client.change(uri, 2, insertion(3, "  # a comment\n"))
    [moved] = client.diagnostics(uri, 2)
    assert moved["range"]["start"] == {"line": 6, "character": 23}
    client.change(uri, 3, insertion(8, "  - {from: other, to: END, condition: 'true'}\n"))
    assert [one["code"] for one in client.diagnostics(uri, 3)] == ["subworkflow-missing"]
    there = {"start": {"line": 6, "character": 23}, "end": {"line": 6, "character": 29}}
    client.change(uri, 4, {"range": there, "text": "assistant"})
    assert client.diagnostics(uri, 4) == []
    client.settle()


def test_two_open_drafts_of_one_version_are_told_at_the_later_path_until_one_changes(client, workspace):
    workspace.path.write_text(FLOW)
    second = (workspace.folder / "second.yaml").as_uri()
    client.initialize(initializationOptions={"trusted": False})
    client.open(workspace.uri, FLOW)
    client.open(second, FLOW)
    shown(client, second, ["duplicate-version"])
    place = client.said
    there = {"start": {"line": 1, "character": 9}, "end": {"line": 1, "character": 10}}
    client.change(workspace.uri, 2, {"range": there, "text": "4"})
    shown(client, second, [], place)
    place = client.said
    client.notify("textDocument/didClose", {"textDocument": {"uri": workspace.uri}})
    shown(client, second, ["duplicate-version"], place)


@pytest.fixture
def daemon(workspace):
    daemon = DaemonProcess(workspace.home)
    yield daemon
    daemon.close()


def test_published_versions_are_known_from_the_daemon(daemon, workspace):
    workspace.path.write_text(FLOW)
    daemon.start()
    with Client(workspace.home, daemon.environ) as client:
        client.initialize()
        client.open(workspace.uri, WORKFLOW)
        [unknown] = shown(client, workspace.uri, ["parent-unknown"])
        assert unknown["message"] == "version 2 of 'assistant' is not published; no version of it is"
        place = client.said
        client.change(workspace.uri, 2, {"text": FLOW})
        shown(client, workspace.uri, [], place)
        publisher = daemon.client(Place(str(workspace.folder), "project: demo\n"))
        publisher.call("workflow/publish", {"text": FLOW})
        publisher.close()
        place = client.said
        there = {"start": {"line": 2, "character": 13}, "end": {"line": 2, "character": 21}}
        client.change(workspace.uri, 3, {"range": there, "text": "Weigh"})
        [published] = shown(client, workspace.uri, ["version-published"], place)
        assert published["message"] == "version 3 is published with other content; make this version 4"
        stored = workspace.folder / "workflows/assistant/v3.yaml"
        client.open(
            stored.as_uri(), FLOW.replace("Integration]", "Workflow]").replace("to: core_path", "to: nowhere")
        )
        [edited] = shown(client, stored.as_uri(), ["stored-file-edited"])
        assert edited["message"].startswith(
            "this is version 3 of 'assistant', published with other content; "
        )
        at = {
            "textDocument": {"uri": stored.as_uri()},
            "range": edited["range"],
            "context": {"diagnostics": []},
        }
        [made] = client.request("textDocument/codeAction", at)
        assert made["title"] == "Make it the draft assistant-v4.yaml, version 4 with parent 3"
        create, filled = made["edit"]["documentChanges"]
        draft = (workspace.folder / "assistant-v4.yaml").as_uri()
        assert create == {"kind": "create", "uri": draft}
        text = FLOW.replace("Integration]", "Workflow]").replace("to: core_path", "to: nowhere")
        assert filled["textDocument"] == {"uri": draft, "version": None}
        assert filled["edits"][0]["newText"] == text.replace(
            "version: 3\n", "version: 4\nmetadata: {parent: 3}\n", 1
        )
        place = client.said
        client.change(stored.as_uri(), 2, {"text": "# kept\n" + FLOW})
        [remarked] = shown(client, stored.as_uri(), ["stored-file-edited"], place)
        assert remarked["severity"] == 2
        assert client.request("textDocument/codeAction", at) == []


def test_versions_of_a_workflow_that_is_not_open_are_known_from_the_daemon(daemon, workspace):
    workspace.path.write_text(FLOW.replace("version: 3", "version: 4"))
    daemon.start()
    publisher = daemon.client(Place(str(workspace.folder), "project: demo\n"))
    publisher.call("workflow/publish", {"text": FLOW})
    uri = (workspace.folder / "caller.yaml").as_uri()
    pinned = CALLER.replace("asistant.yaml", "assistant@3")
    with Client(workspace.home, daemon.environ) as client:
        client.initialize()
        client.open(uri, pinned.replace("@3", "@2"))
        told = client.wait(
            lambda message: (
                message.get("method") == "textDocument/publishDiagnostics"
                and any("has no version 2" in one["message"] for one in message["params"]["diagnostics"])
            )
        )
        [missing] = told["params"]["diagnostics"]
        assert (missing["code"], missing["severity"]) == ("subworkflow-missing", 1)
        place = client.said
        client.change(uri, 2, {"text": pinned})
        shown(client, uri, [], place)
        place = client.said
        client.change(uri, 3, {"text": pinned.replace("@3", "@5")})
        shown(client, uri, ["subworkflow-missing"], place)
        place = client.said
        publisher.call("workflow/publish", {"text": FLOW.replace("version: 3", "version: 5")})
        shown(client, uri, [], place)  # by the event alone
    publisher.close()


@pytest.mark.parametrize("is_open", [False, True])
@pytest.mark.parametrize("has_draft", [False, True])
def test_what_a_published_version_takes_is_known_from_its_text(daemon, workspace, is_open, has_draft):
    called = FLOW.replace("nodes:", "inputs: {q: string}\nnodes:", 1)
    if has_draft or is_open:
        workspace.path.write_text(called)
    daemon.start()
    publisher = daemon.client(Place(str(workspace.folder), "project: demo\n"))
    publisher.call("workflow/publish", {"text": called})
    publisher.close()
    text = CALLER.replace("asistant.yaml}", "assistant@3, inputs: {zz: 1}}")
    uri = (workspace.folder / "caller.yaml").as_uri()
    with Client(workspace.home, daemon.environ) as client:
        client.initialize()
        if is_open:
            client.open(workspace.uri, called)
        client.open(uri, text)
        two = shown(client, uri, ["subworkflow-inputs", "subworkflow-inputs"])
        assert {"'q'" in one["message"] for one in two} == {False, True}
        place = client.said
        settings = workspace.folder / ".darwinflow.yaml"
        client.notify("textDocument/didSave", {"textDocument": {"uri": settings.as_uri()}})
        shown(client, uri, ["subworkflow-inputs", "subworkflow-inputs"], place)
        place = client.said
        client.change(uri, 2, {"text": text.replace("zz: 1", "q: x")})
        shown(client, uri, [], place)


def test_a_parent_in_another_workflow_is_known_from_the_daemon(daemon, workspace):
    daemon.start()
    publisher = daemon.client(Place(str(workspace.folder), "project: demo\n"))
    publisher.call("workflow/publish", {"text": FLOW})
    publisher.close()
    text = CALLER.replace(
        "version: 1\n", "version: 1\nmetadata: {parent: {id: assistant, version: 9}}\n"
    ).replace("asistant.yaml", "assistant@3")
    uri = (workspace.folder / "caller.yaml").as_uri()
    with Client(workspace.home, daemon.environ) as client:
        client.initialize()
        client.open(uri, text)
        [unknown] = shown(client, uri, ["parent-unknown"])
        assert unknown["message"] == "version 9 of 'assistant' is not published; published is 3"
