"""Which workflow, version, content hash and project a run that programs record has."""

import pytest

from daemon.spooled import header, status_of
from daemon_process import eventually
from darwinflow.recorder import RecordingWarning, record_run
from darwinflow.recorder.events import hash_of
from darwinflow.recorder.paths import Workspace
from sample_flow import flow


def test_a_text_gives_its_runs_id_version_and_content_hash(stopped, program):
    text, other = flow(2), flow(2) + "# a comment changes nothing\n"
    nameless = "nodes: []\n"
    for known in (text, other, nameless):
        program.say("document", hash=hash_of(known), text=known, path="/srv/shop/flows/sort.yaml")
    for run, known, path in (
        ("r1", text, "/srv/shop/flows/sort.yaml"),
        ("r2", other, "/srv/shop/flows/sort.yaml"),
        ("r3", nameless, "/srv/shop/flows/sort.yaml"),
        ("r4", None, "/srv/shop/flows/gone.yml"),
    ):
        program.start(run, workflow=None, version=None, document=known and hash_of(known), path=path)
        program.of_run("run.finished", run, status="SUCCESS")
    stopped.start()
    eventually(lambda: status_of(stopped, "r4"))
    found = {run: header(stopped, run) for run in ("r1", "r2", "r3", "r4")}
    assert [(run["workflowId"], run["workflowVersion"]) for run in found.values()] == [
        ("triage", 2),
        ("triage", 2),
        ("sort", 0),
        ("gone", 0),
    ]
    assert found["r1"]["workflowHash"] == found["r2"]["workflowHash"] != found["r3"]["workflowHash"] != ""
    assert found["r4"]["workflowHash"] == ""


def test_the_hash_of_a_run_is_that_of_the_published_text(stopped, program, tmp_path):
    program.say("document", hash=hash_of(flow()), text=flow())
    program.start("r1", document=hash_of(flow()), workspace=str(tmp_path), settings=None)
    program.of_run("run.finished", "r1", status="SUCCESS")
    stopped.start()
    client = stopped.client(Workspace(str(tmp_path), None))
    published = client.call("workflow/publish", {"text": flow()})
    eventually(lambda: client.call("run/query")["runs"])
    assert client.call("run/query")["runs"][0]["workflowHash"] == published["contentHash"]


def test_the_settings_of_a_run_decide_its_project(stopped, program):
    program.start("r1", settings="project: checkout")
    program.start("r2", settings=None, workspace="/home/me/flows")
    program.start("r3", settings="project: [broken", workspace="/home/me/odd")
    for run in ("r1", "r2", "r3"):
        program.of_run("run.finished", run, status="SUCCESS")
    stopped.start()
    for run, folder, settings in (
        ("r1", "/srv/x", "project: checkout"),
        ("r2", "/tmp/flows", None),
        ("r3", "/tmp/odd", None),
    ):
        client = stopped.client(Workspace(folder, settings))
        eventually(
            lambda client=client, run=run: (
                [each["runId"] for each in client.call("run/query")["runs"]] == [run]
            )
        )


def test_a_workflow_whose_path_no_file_can_have_is_recorded(stopped, monkeypatch):
    for name, value in stopped.environ.items():
        monkeypatch.setenv(name, value)
    stopped.start()
    with pytest.warns(RecordingWarning, match="cannot be read"), record_run("flows/a\0b.yaml") as run:
        pass
    with (
        pytest.warns(RecordingWarning, match="cannot be read"),
        record_run("x/" * 10_000 + "long.yaml") as long,
    ):
        pass
    assert run.wait_stored()
    assert long.wait_stored()
    assert stopped.client().call("daemon/status")["linesRefused"] == 0
