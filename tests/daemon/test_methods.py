"""Every method of the table on the real daemon, over its socket."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from daemon_process import DaemonProcess, a_run, eventually
from darwinflow.model.errors import (
    DaemonAway,
    MethodUnknown,
    OrganizationNotFound,
    ProtocolMismatch,
    RequestMalformed,
    RunAmbiguous,
    RunConflict,
    RunNotFound,
    SessionMissing,
    StoreUnwritable,
    VersionPublished,
    WorkflowFaulty,
)
from darwinflow.recorder.paths import Workspace
from darwinflow.rpc.methods.table import METHODS
from sample_flow import flow


def test_hello_says_who_serves_which_home(shared: DaemonProcess):
    line = shared.raw()
    line.request("hello", {"protocol": 1, "client": "test", "clientVersion": "1", "home": shared.home.data})
    assert line.reply()["result"] == {
        "protocol": 1,
        "server": "darwinflowd",
        "version": "0.1.0",
        "home": shared.home.data,
    }


@pytest.mark.parametrize("wrong", [{"protocol": 2}, {"protocol": 0}, {"home": "/somewhere/else"}])
def test_a_client_that_does_not_fit_is_told_what_to_do_and_disconnected(shared: DaemonProcess, wrong):
    line = shared.raw()
    line.request("hello", {"protocol": 1, "client": "test", "clientVersion": "1"} | wrong)
    error = line.reply()["error"]
    assert error["code"] == ProtocolMismatch.code
    assert error["data"]["hint"]
    assert line.reply() is None


def test_a_session_names_organization_and_project(shared: DaemonProcess):
    client = shared.client_without_session()
    assert client.open(Workspace("/srv/shop", "project: checkout\n"))["project"] == "checkout"
    assert client.open(Workspace("/srv/shop", None)) == {
        "organization": "personal",
        "project": "shop",
        "workspace": "/srv/shop",
    }
    assert client.open(Workspace("/srv/shop", ": broken [yaml"))["project"] == "shop"


def test_a_session_in_an_organization_that_one_does_not_belong_to_is_refused(shared: DaemonProcess):
    with pytest.raises(OrganizationNotFound, match="'acme'"):
        shared.client(Workspace("/srv/shop", "organization: acme\n"))


def test_a_store_of_workflows_cannot_lie_outside_the_workspace(shared: DaemonProcess, tmp_path: Path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "out").symlink_to("/etc")
    with pytest.raises(StoreUnwritable, match="outside"):
        shared.client(Workspace(str(tmp_path / "shop"), "workflows: {path: out}\n"))


def test_a_store_of_workflows_cannot_lie_in_what_git_keeps(shared: DaemonProcess, tmp_path: Path):
    (tmp_path / ".git/hooks").mkdir(parents=True)
    (tmp_path / "link").symlink_to(".git/hooks")
    with pytest.raises(StoreUnwritable, match="git keeps for itself"):
        shared.client(Workspace(str(tmp_path), "workflows: {path: link}\n"))
    for path in (".git/hooks", '"a\\0b"', '"\\ud800"', "../x"):
        client = shared.client(Workspace(str(tmp_path), f"workflows: {{path: {path}}}\n"))
        assert client.call("workflow/list") == {"versions": []}
        with pytest.raises(StoreUnwritable, match="name no folder where workflows could be stored"):
            client.call("workflow/publish", {"text": flow()})
    assert not (tmp_path / "workflows").exists()


@pytest.mark.parametrize(
    "method", sorted(set(METHODS) - {"hello", "session/open", "daemon/status", "daemon/stop"})
)
def test_methods_about_a_workspace_need_a_session(shared: DaemonProcess, method):
    params = {
        "run/record": {"run": a_run("r1")},
        "run/get": {"run": "r1"},
        "run/import": {"runs": [a_run("r1")]},
        "run/delete": {"runs": ["r1"]},
        "run/pin": {"runs": ["r1"]},
        "run/restore": {"runs": ["r1"]},
        "workflow/publish": {"text": flow()},
        "workflow/delete": {"workflow": "a"},
        "workflow/lineage": {"workflow": "a"},
        "workflow/history": {"workflow": "a"},
        "workflow/get": {"workflow": "a"},
        "metrics/nodes": {"workflow": "a"},
        "metrics/trend": {"workflow": "a", "edges": ["2026-11-24T10:00:00Z", "2026-11-24T11:00:00Z"]},
        "event/subscribe": {"topic": "run"},
        "event/unsubscribe": {"subscription": 1},
    }.get(method, {})
    client = shared.client_without_session()
    if method == "event/unsubscribe":
        assert client.call(method, params) == {"known": False}
    else:
        with pytest.raises(SessionMissing):
            client.call(method, params)


def test_a_recorded_run_can_be_listed_and_read_whole(shared: DaemonProcess):
    client = shared.client()
    given = a_run("run-00000001", error="boom\nat line 3")
    assert client.call("run/record", {"run": given}) == {
        "runId": "run-00000001",
        "created": True,
        "durability": "power",
    }
    found = client.call("run/get", {"run": "run-00000001"})
    log = found["log"]
    assert log["status"] == found["run"]["status"] == "FAILED"
    assert log["output"]["error"] == "boom\nat line 3"
    assert datetime.fromisoformat(log["startTime"]) == datetime.fromisoformat(given["startTime"])
    assert [step["nodeId"] for step in log["steps"]] == ["node0", "node1"]
    assert log["steps"][0]["actions"][0]["details"] == {"tokens": 10}
    assert log["metadata"] == {"host": "here"}
    header = client.call("run/query")["runs"][0]
    assert header == found["run"]
    assert (header["error"], header["failedNode"], header["stepCount"]) == ("boom", "node1", 2)
    assert header["durationMs"] == 200


def test_the_same_run_again_is_a_success_and_another_one_of_its_id_a_conflict(shared: DaemonProcess):
    client = shared.client()
    client.call("run/record", {"run": a_run("r1")})
    assert client.call("run/record", {"run": a_run("r1")})["created"] is False
    with pytest.raises(RunConflict):
        client.call("run/record", {"run": a_run("r1", error="other")})


def test_runs_are_asked_for_by_what_they_are(shared: DaemonProcess):
    client = shared.client()
    for number in range(5):
        run = a_run(
            f"run-{number:03}",
            "assistant" if number % 2 else "triage",
            error="disk full" if number == 3 else None,
        )
        run["startTime"] = f"2026-11-24T10:00:0{number}Z"
        run["output"]["endTime"] = f"2026-11-24T10:01:0{number}Z"
        client.call("run/record", {"run": run})

    def ids(**wanted):
        return [run["runId"][-1] for run in client.call("run/query", wanted)["runs"]]

    assert ids() == list("43210")
    assert ids(workflow="assistant") == list("31")
    assert ids(status="FAILED") == ids(text="DISK") == ["3"]
    assert ids(node="node1", limit=2) == list("43")
    assert ids(before="003") == list("210")
    assert ids(since="2026-11-24T10:00:01Z", until="2026-11-24T10:00:03Z") == list("21")
    assert ids(version=4) == ids(workflowHash="cd" * 32) == []
    page = client.call("run/query", {"limit": 3})
    assert ids(limit=3, cursor=page["next"]) == list("10")


def test_a_run_is_found_by_any_beginning_or_end_that_it_has_alone(shared: DaemonProcess):
    client = shared.client()
    for run_id in ("abc-111-xyz", "abc-222-uvw"):
        client.call("run/record", {"run": a_run(run_id)})
    assert client.call("run/get", {"run": "abc-1"})["log"]["runId"] == "abc-111-xyz"
    assert client.call("run/get", {"run": "uvw"})["log"]["runId"] == "abc-222-uvw"
    with pytest.raises(RunAmbiguous) as ambiguous:
        client.call("run/get", {"run": "abc"})
    assert ambiguous.value.advice
    with pytest.raises(RunNotFound):
        client.call("run/get", {"run": "nowhere"})


def test_projects_do_not_see_each_other(shared: DaemonProcess):
    here, there = shared.client(), shared.client(Workspace(shared.workspace.folder + "/other", None))
    here.call("run/record", {"run": a_run("r1")})
    assert there.call("run/query")["runs"] == []
    with pytest.raises(RunNotFound):
        there.call("run/get", {"run": "r1"})
    there.call("run/record", {"run": a_run("r1", error="another run of the same id")})
    assert here.call("run/get", {"run": "r1"})["log"]["status"] == "SUCCESS"


def test_a_workflow_is_published_once_and_kept_byte_for_byte(shared: DaemonProcess, tmp_path: Path):
    client = shared.client(Workspace(str(tmp_path), None))
    text = flow() + "# kept\r\n"
    published = client.call("workflow/publish", {"text": text, "path": str(tmp_path / "triage.yaml")})
    assert published["created"]
    assert (tmp_path / "workflows" / "triage" / "v1.yaml").read_bytes() == text.encode()
    again = client.call("workflow/publish", {"text": flow()})
    assert again == {**published, "created": False}
    with pytest.raises(VersionPublished):
        client.call("workflow/publish", {"text": flow(reasoning="something else")})


def test_a_workflow_with_an_error_is_not_published(shared: DaemonProcess, tmp_path: Path):
    client = shared.client(Workspace(str(tmp_path), None))
    with pytest.raises(WorkflowFaulty, match="lok"):
        client.call("workflow/publish", {"text": flow().replace("from: look", "from: lok")})
    for text in ("", "just: data\n", "[", "\x00"):
        with pytest.raises(WorkflowFaulty):
            client.call("workflow/publish", {"text": text})
    assert not (tmp_path / "workflows").exists()


def test_lineage_and_history_say_how_the_versions_did(shared: DaemonProcess, tmp_path: Path):
    client = shared.client(Workspace(str(tmp_path), None))
    client.call("workflow/publish", {"text": flow()})
    client.call("workflow/publish", {"text": flow(2, "ask first", "  parent: {id: triage, version: 1}\n")})
    for number in range(3):
        client.call(
            "run/record", {"run": a_run(f"r{number}", "triage", 1, error="x" if number == 2 else None)}
        )
    first, second = client.call("workflow/lineage", {"workflow": "triage"})["versions"]
    assert (first["version"], first["parent"], first["summary"]["runs"], first["summary"]["successes"]) == (
        1,
        None,
        3,
        2,
    )
    assert (second["version"], second["parent"], second["summary"]) == (
        2,
        {"workflow": "triage", "version": 1},
        None,
    )
    assert second["reasoning"] == "ask first"
    assert client.call("workflow/lineage", {"workflow": "unknown"})["versions"] == []
    assert len(client.call("workflow/list")["versions"]) == 2
    history = client.call("workflow/history", {"workflow": "triage", "version": 1, "workflowHash": "ab" * 32})
    assert history["published"] == 2
    assert [version["version"] for version in history["lineage"]] == [1, 2]
    assert sorted(run["runId"] for run in history["runs"]) == ["r0", "r1", "r2"]
    assert history["summaries"]["version"]["runs"] == history["summaries"]["text"]["runs"] == 3
    assert history["summaries"]["published"] is None
    assert history["offset"] >= 5


def test_the_daemon_says_how_it_is(shared: DaemonProcess):
    status = shared.client_without_session().call("daemon/status")
    assert status["home"] == shared.home.data
    assert shared.process is not None
    assert (status["pid"], status["connections"]) == (shared.process.pid, 1)


def test_told_to_stop_it_answers_what_was_begun_and_ends(daemon: DaemonProcess):
    client, other = daemon.client(), daemon.client()
    client.call("run/record", {"run": a_run("r1")})
    assert other.call("daemon/stop") == {}
    assert daemon.wait() == 0
    with pytest.raises(DaemonAway):
        client.call("daemon/status")
    daemon.start()
    assert daemon.client().call("run/get", {"run": "r1"})["run"]["status"] == "SUCCESS"


def test_what_does_not_fit_is_said_with_its_place(shared: DaemonProcess):
    client = shared.client()
    with pytest.raises(MethodUnknown):
        client.call("run/forget")
    run = a_run("r1")
    del run["steps"][0]["nodeId"]
    with pytest.raises(RequestMalformed, match=r"run\.steps\.0\.nodeId"):
        client.call("run/record", {"run": run})
    for faulty in (
        {"startTime": "2026-11-24T10:00:00"},
        {"startTime": 5},
        {"startTime": "9999-12-31T23:59:59-23:59"},
        {"startTime": "0001-01-01T00:00:00+23:59"},
        {"status": "DONE"},
        {"runId": "a b"},
        {"runId": "x" * 129},
        {"workflowVersion": "3"},
        {"workflowVersion": -1},
        {"unknown": 1},
        {"output": {"status": "SUCCESS"}},
        {"steps": {}},
        {"metadata": []},
    ):
        with pytest.raises(RequestMalformed):
            client.call("run/record", {"run": a_run("r1") | faulty})
    assert client.call("run/query")["runs"] == []


def test_a_run_that_has_not_finished_is_not_recorded_this_way(shared: DaemonProcess):
    client = shared.client()
    for output in (None, {"status": "RUNNING", "endTime": "2026-11-24T10:00:00Z"}):
        with pytest.raises(Exception, match="not finished"):
            client.call("run/record", {"run": a_run("r1") | {"output": output}})


def test_a_large_run_is_stored_while_others_are_answered(shared: DaemonProcess):
    client, other = shared.raw().hello(), shared.client()
    workspace = shared.workspace
    client.request("session/open", {"workspace": workspace.folder, "settings": workspace.settings})
    client.reply()
    run = a_run("large") | {"input": {"request": "x" * (20 << 20)}}
    client.request("run/record", {"run": run}, 7)
    other.call("daemon/status", timeout=5)
    assert client.reply()["result"]["created"]
    assert len(other.call("run/get", {"run": "large"})["log"]["input"]["request"]) == 20 << 20


def test_requests_in_flight_are_answered_each_once(shared: DaemonProcess):
    line = shared.raw().hello()
    line.request("session/open", {"workspace": "/srv/shop", "settings": None}, 0)
    line.reply()
    count = 1000
    from threading import Thread

    def send():
        for number in range(1, count + 1):
            method = ("run/record", "run/query", "daemon/status")[number % 3]
            line.request(method, {"run": a_run(f"r{number}")} if number % 3 == 0 else {}, number)

    sender = Thread(target=send)
    sender.start()
    answered = [line.reply()["id"] for _ in range(count)]
    sender.join()
    assert sorted(answered) == list(range(1, count + 1))


def test_the_log_is_json_lines_without_contents_of_runs(daemon: DaemonProcess):
    client = daemon.client()
    client.call("run/record", {"run": a_run("r1") | {"input": {"request": "SECRET-CANARY"}}})
    client.call("daemon/stop")
    daemon.wait()
    text = Path(daemon.home.log_path).read_text()
    assert "SECRET-CANARY" not in text
    assert all(json.loads(line)["message"] for line in text.splitlines())
    assert eventually(lambda: daemon.log()[-1]["message"] == "stopped")
