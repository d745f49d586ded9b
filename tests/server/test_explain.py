"""The pages of findings in the editor: the command that answers with one, and the action that runs it."""

import pytest

from darwinflow.check.pages import codes, page_of
from sample_flow import WORKFLOW
from server.client import EVERYTHING, Client, Refusal

SHOWS_PAGES = EVERYTHING | {"experimental": {"commands": {"commands": ["darwinflow.explain"]}}}
FAULTY = WORKFLOW.replace("to: classify}", "to: clasify}").replace("config: {path:", "config: {pth:")
UNTRUSTED = {"trusted": False}


def run(client, *arguments):
    params = {"command": "darwinflow.explain", "arguments": list(arguments)}
    return client.request("workspace/executeCommand", params)


def actions(client, uri, finding, **context):
    where = {"textDocument": {"uri": uri}, "range": finding["range"]}
    return client.request(
        "textDocument/codeAction", where | {"context": {"diagnostics": [finding]} | context}
    )


def faults(client, workspace):
    client.open(workspace.uri, FAULTY)
    return {finding["code"]: finding for finding in client.diagnostics(workspace.uri)}


@pytest.fixture
def reader(client):
    """A client that shows pages."""
    client.initialize(capabilities=SHOWS_PAGES, initializationOptions=UNTRUSTED)
    return client


def test_every_code_has_its_page_without_a_daemon(client):
    said = client.initialize(initializationOptions=UNTRUSTED)
    assert "darwinflow.explain" in said["capabilities"]["executeCommandProvider"]["commands"]
    assert len(codes()) > 40
    for code in codes():
        page = page_of(code)
        assert run(client, {"code": code}) == {"code": code, "languageId": "markdown", "text": page.text}
    assert run(client, {"code": "[secret]"})["code"] == "secret"


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        (
            {"code": "edge-unknow-node"},
            "no finding is called 'edge-unknow-node'; did you mean 'edge-unknown-node'?",
        ),
        ({"code": "../pages/secret"}, "no finding is called '../pages/secret'"),
        ({"code": "x" * 8192}, f"no finding is called '{'x' * 60}…'"),
        ({"code": 5}, "'code' is a text of at most 8192 characters"),
        ({"run": "a"}, "the command takes no 'run'"),
        ({}, "name the code of a finding, such as 'edge-unknown-node'"),
        ("secret", "the command takes one object with code"),
    ],
)
def test_what_is_no_code_is_refused_with_what_would_be_one(client, argument, said):
    client.initialize(initializationOptions=UNTRUSTED)
    with pytest.raises(Refusal) as refused:
        run(client, argument)
    assert (refused.value.code, refused.value.error["message"]) == (-32602, said)


def test_the_action_of_a_finding_leads_to_its_page(reader, workspace):
    found = faults(reader, workspace)
    for code, finding in found.items():
        [action] = actions(reader, workspace.uri, finding, only=["explain"])
        assert action["title"] == action["command"]["title"] == f"Explain '{code}'"
        assert action["kind"] == "explain"
        assert "edit" not in action
        assert [each["code"] for each in action["diagnostics"]] == [code]
        page = reader.request("workspace/executeCommand", action["command"])
        assert page["text"].startswith(f"# {code}: ")
    assert {"edge-unknown-node", "config-unknown-field"} <= found.keys()


def test_fixes_come_first_and_either_kind_can_be_had_alone(reader, workspace):
    finding = faults(reader, workspace)["edge-unknown-node"]
    assert [each["kind"] for each in actions(reader, workspace.uri, finding)] == ["quickfix", "explain"]
    assert [each["kind"] for each in actions(reader, workspace.uri, finding, only=[""])] == [
        "quickfix",
        "explain",
    ]
    assert [each["kind"] for each in actions(reader, workspace.uri, finding, only=["quickfix"])] == [
        "quickfix"
    ]
    assert actions(reader, workspace.uri, finding, only=["refactor"]) is None


def test_findings_of_one_code_share_an_action(reader, workspace):
    text = FAULTY.replace("{prompt: Change the core}", "{promt: Change the core}")
    reader.open(workspace.uri, text)
    found = reader.diagnostics(workspace.uri)
    everywhere = {"range": {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}}
    offered = actions(reader, workspace.uri, everywhere, only=["explain"])
    titles = [action["title"] for action in offered]
    assert len(titles) == len(set(titles))
    assert sorted(each["code"] for action in offered for each in action["diagnostics"]) == sorted(
        each["code"] for each in found
    )
    shared = next(action for action in offered if action["title"] == "Explain 'config-unknown-field'")
    assert len(shared["diagnostics"]) == 2


@pytest.mark.parametrize(
    "experimental",
    [None, 5, {"commands": {"commands": ["other.command"]}}, {"commands": ["darwinflow.explain"]}],
)
def test_a_client_that_would_not_show_the_page_is_offered_none(workspace, experimental):
    with Client(workspace.home) as client:
        client.initialize(
            capabilities=EVERYTHING | {"experimental": experimental}, initializationOptions=UNTRUSTED
        )
        finding = faults(client, workspace)["edge-unknown-node"]
        assert [each["kind"] for each in actions(client, workspace.uri, finding)] == ["quickfix"]
        assert actions(client, workspace.uri, finding, only=["explain"]) == []
