"""A long document: what is wrong where it begins is told first, all of it after that."""

from bench.documents import workflow


def codes(message):
    """Those of a publication; none of any other message."""
    is_publication = message.get("method") == "textDocument/publishDiagnostics"
    return [one["code"] for one in message["params"]["diagnostics"]] if is_publication else []


def test_the_first_lines_of_a_long_document_come_first(client, workspace):
    lines = workflow(800).split("\n")
    for near in (40, len(lines) // 2):
        at = next(row for row in range(near, len(lines)) if lines[row].startswith("    type:"))
        lines[at] = "    typ: TOOL_CALL"
    lines[-3] = "    to: nowhere"
    client.initialize(initializationOptions={"trusted": False})
    client.open(workspace.uri, "\n".join(lines))
    client.wait(lambda message: "edge-unknown-node" in codes(message))
    said = [message["params"] for _, message in client.messages if codes(message)]
    first, whole = said[0]["diagnostics"], said[1]["diagnostics"]
    assert {one["version"] for one in said} == {1}
    assert [one["code"] for one in first] == ["unknown-field"]
    assert first[0]["range"]["start"]["line"] < 200
    assert first[0] in whole
    assert {one["code"] for one in whole} >= {"unknown-field", "edge-unknown-node"}
    client.settle()
    assert client.stderr == b""
