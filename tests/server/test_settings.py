"""What a workspace's settings change in the editor, and what the client is asked for through pygls."""

from sample_flow import WORKFLOW
from server.client import EVERYTHING

FAULTY = WORKFLOW.replace("  - {from: core_path, to: END}\n", "")
WATCHING = EVERYTHING | {"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}}


def codes(client, uri, version=None):
    return {finding["code"]: finding["severity"] for finding in client.diagnostics(uri, version)}


def test_a_watched_settings_file_that_changes_is_heard(client, workspace):
    client.initialize(capabilities=WATCHING, initializationOptions={"trusted": False})
    client.open(workspace.uri, FAULTY)
    assert codes(client, workspace.uri) == {"no-path-to-end": 2}
    registration = client.wait(lambda message: message.get("method") == "client/registerCapability")
    [wanted] = registration["params"]["registrations"]
    assert wanted["method"] == "workspace/didChangeWatchedFiles"
    assert wanted["registerOptions"]["watchers"] == [
        {"globPattern": "**/.darwinflow.yaml"},
        {"globPattern": "**/graph-types/*.{yaml,yml}"},
    ]
    client.send({"jsonrpc": "2.0", "id": registration["id"], "result": None})
    settings = workspace.folder / ".darwinflow.yaml"
    settings.write_text("severity: {no-path-to-end: error}\n")
    place = client.said
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": settings.as_uri(), "type": 2}]})
    again = client.wait(
        lambda message: message.get("method") == "textDocument/publishDiagnostics", after=place
    )
    assert [finding["severity"] for finding in again["params"]["diagnostics"]] == [1]


def test_settings_saved_in_the_editor_count_without_any_watching(client, workspace):
    client.initialize(initializationOptions={"trusted": False})
    client.open(workspace.uri, FAULTY)
    client.diagnostics(workspace.uri)
    settings = workspace.folder / ".darwinflow.yaml"
    settings.write_text("severity: {no-path-to-end: off}\n")
    place = client.said
    client.notify("textDocument/didSave", {"textDocument": {"uri": settings.as_uri()}})
    again = client.wait(
        lambda message: message.get("method") == "textDocument/publishDiagnostics", after=place
    )
    assert again["params"]["diagnostics"] == []
    assert client.count(lambda message: message.get("method") == "client/registerCapability") == 0


def test_a_client_that_refuses_to_watch_is_served_all_the_same(client, workspace):
    client.initialize(capabilities=WATCHING, initializationOptions={"trusted": False})
    client.open(workspace.uri, WORKFLOW)
    registration = client.wait(lambda message: message.get("method") == "client/registerCapability")
    client.send({"jsonrpc": "2.0", "id": registration["id"], "error": {"code": -32601, "message": "no"}})
    client.notify("workspace/didChangeConfiguration", {"settings": {}})
    client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": []}})
    client.notify("$/setTrace", {"value": "off"})
    assert client.ask_at("textDocument/hover", workspace.uri, 0, 5) is not None
    client.settle()
    assert client.stderr == b""


def test_the_settings_file_has_findings_and_fixes_of_its_own(client, workspace):
    client.initialize(initializationOptions={"trusted": False})
    uri = (workspace.folder / ".darwinflow.yaml").as_uri()
    client.open(uri, "projct: hello\nseverity: {secret: eror}\n")
    found = client.diagnostics(uri, 1)
    assert [(one["code"], one["message"]) for one in found] == [
        ("settings-invalid", "the settings have no 'projct'; did you mean 'project'?"),
        ("settings-invalid", "the severity of 'secret' cannot be eror; did you mean 'error'?"),
    ]
    place = {"start": {"line": 0, "character": 6}, "end": {"line": 0, "character": 6}}
    client.change(uri, 2, {"range": place, "text": "e"})
    client.change(
        uri,
        3,
        {"range": {"start": {"line": 1, "character": 0}, "end": {"line": 2, "character": 0}}, "text": ""},
    )
    assert [one["code"] for one in client.diagnostics(uri, 3)] == ["settings-invalid"]
    client.change(
        uri,
        4,
        {
            "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 7}},
            "text": "project",
        },
    )
    assert client.diagnostics(uri, 4) == []
