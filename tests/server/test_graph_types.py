"""The workspace's own graph types in the editor: they hold for workflows, and are checked themselves."""

from catalog.test_workspace import SLACK, WORKFLOW
from darwinflow.check.pages import page_of

USING = WORKFLOW.replace("CHANNEL", "alerts")


def published_after(client, place):
    return client.wait(
        lambda message: message.get("method") == "textDocument/publishDiagnostics", after=place
    )["params"]


def test_a_type_that_is_saved_holds_for_the_workflows_that_are_open(client, workspace):
    client.initialize(initializationOptions={"trusted": False})
    client.open(workspace.uri, USING)
    assert [one["code"] for one in client.diagnostics(workspace.uri)] == ["unknown-node-type"]
    file = workspace.folder / "graph-types" / "slack.yaml"
    file.parent.mkdir()
    file.write_text(SLACK, encoding="utf-8")
    place = client.said
    client.notify("textDocument/didSave", {"textDocument": {"uri": file.as_uri()}})
    assert published_after(client, place)["diagnostics"] == []


def test_a_graph_type_is_checked_while_it_is_typed(client, workspace):
    folder = workspace.folder / "graph-types"
    folder.mkdir()
    uri = (folder / "slack.yaml").as_uri()
    client.initialize(initializationOptions={"trusted": False})
    client.open(uri, SLACK.replace("[alerts, chat]", "alerts"))
    [fault] = client.diagnostics(uri)
    assert (fault["code"], fault["severity"]) == ("graph-type-invalid", 1)
    assert fault["range"]["start"] == {"line": 4, "character": 22}
    place = {"start": {"line": 4, "character": 22}, "end": {"line": 4, "character": 28}}
    client.change(uri, 2, {"range": place, "text": "[alerts]"})
    assert client.diagnostics(uri, 2) == []
    assert client.ask_at("textDocument/hover", uri, 4, 5) is None
    assert client.request("textDocument/documentSymbol", {"textDocument": {"uri": uri}}) is not None
    client.settle()
    assert client.stderr == b""


PIPELINE = page_of("cycle").failing


def test_a_document_that_names_a_type_of_the_workspace_is_checked_as_one(client, workspace):
    """Also while the name is typed, and the type comes and goes."""
    file = workspace.folder / "graph-types" / "pipeline.yaml"
    file.parent.mkdir()
    file.write_text(PIPELINE["graph-types/pipeline.yaml"], encoding="utf-8")
    client.initialize(initializationOptions={"trusted": False})
    client.open(workspace.uri, PIPELINE["flow.yaml"].replace("=pipeline", "=pipelin"))
    assert [one["code"] for one in client.diagnostics(workspace.uri)] == ["unknown-graph-type"]
    end = {"line": 0, "character": len("# darwinflow: graph-type=pipelin")}
    client.change(workspace.uri, 2, {"range": {"start": end, "end": end}, "text": "e"})
    assert [one["code"] for one in client.diagnostics(workspace.uri, 2)] == ["cycle"]


def test_a_type_at_fault_is_told_at_its_file_though_nobody_has_opened_it(client, workspace):
    """Else a workflow beside it whose node type nobody knows would pass for sound."""
    file = workspace.folder / "graph-types" / "slack.yaml"
    file.parent.mkdir()
    broken = SLACK.replace("[alerts, chat]", "alerts")
    file.write_text(broken, encoding="utf-8")

    def told(place, count):
        """The first diagnostics of the file after *place* that are *count* many."""

        def wanted(message):
            params = message.get("params") or {}
            return (
                message.get("method") == "textDocument/publishDiagnostics"
                and params["uri"] == file.as_uri()
                and len(params["diagnostics"]) == count
            )

        return client.wait(wanted, after=place)["params"]["diagnostics"]

    def notify(what, uri):
        place = client.said
        client.notify(f"textDocument/{what}", {"textDocument": {"uri": uri}})
        return place

    client.initialize(initializationOptions={"trusted": False})
    client.open(workspace.uri, USING)
    assert client.diagnostics(workspace.uri) == []
    [fault] = told(0, 1)
    assert (fault["code"], fault["range"]["start"]) == ("graph-type-invalid", {"line": 4, "character": 22})
    client.open(file.as_uri(), SLACK, 5)
    assert client.diagnostics(file.as_uri(), 5) == []
    assert told(notify("didClose", file.as_uri()), 1) == [fault]
    file.write_text(SLACK, encoding="utf-8")
    told(notify("didSave", file.as_uri()), 0)
    file.write_text(broken, encoding="utf-8")
    told(notify("didSave", file.as_uri()), 1)
    told(notify("didClose", workspace.uri), 0)
    client.settle()
    assert client.stderr == b""
