"""Published texts, and figures of versions and of spans of time, asked of the real daemon."""

from datetime import UTC, datetime, timedelta

import pytest

from daemon_process import DaemonProcess, a_run
from darwinflow.model.errors import RequestMalformed, WorkflowNotFound
from darwinflow.recorder.paths import Workspace
from sample_flow import flow

TEN = datetime(2026, 11, 24, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def record(client, run_id, *, at=TEN, took=HOUR / 3600, **given):
    run = a_run(run_id, **given)
    run["startTime"] = at.isoformat()
    run["output"]["endTime"] = (at + took).isoformat()
    client.call("run/record", {"run": run})


def trend(client, *edges, workflow="assistant", **given):
    wanted = {"workflow": workflow, "edges": [edge.isoformat() for edge in edges], **given}
    return client.call("metrics/trend", wanted)["points"]


def test_a_published_text_comes_back_byte_for_byte(shared: DaemonProcess, tmp_path):
    client = shared.client(Workspace(str(tmp_path), "project: texts\n"))
    texts = [
        "\ufeff" + flow(1, "first").replace("\n", "\r\n") + "# ünïcode \N{SNOWMAN} \N{GOTHIC LETTER HWAIR}",
        flow(2, "second", parent="  parent: 1\n"),
    ]
    for text in texts:
        client.call("workflow/publish", {"text": text})
    record(client, "r1", workflow="triage", version=1)
    first = client.call("workflow/get", {"workflow": "triage", "version": 1})
    assert first["text"] == texts[0]
    assert (first["version"]["version"], first["version"]["summary"]["runs"]) == (1, 1)
    assert first["version"]["damage"] is None
    newest = client.call("workflow/get", {"workflow": "triage"})
    assert (newest["text"], newest["version"]["version"], newest["version"]["summary"]) == (texts[1], 2, None)
    for missing in ({"workflow": "triage", "version": 3}, {"workflow": "nobody"}):
        with pytest.raises(WorkflowNotFound, match="is not published"):
            client.call("workflow/get", missing)
    stored = tmp_path / "workflows/triage/v2.yaml"
    stored.chmod(0o644)
    stored.write_bytes(b"id: \xff\n")
    damaged = client.call("workflow/get", {"workflow": "triage"})
    assert damaged["text"] == "id: \ufffd\n"
    assert damaged["version"]["damage"]["kind"] == "unreadable"


def test_figures_are_of_every_version_that_ran(shared: DaemonProcess):
    client = shared.client()
    assert client.call("metrics/summary") == {"versions": []}
    for number, (workflow, version) in enumerate([("b", 1), ("a", 10), ("a", 2), ("a", 0), ("a", 2)]):
        record(
            client, f"r{number}", workflow=workflow, version=version, error="boom" if number == 4 else None
        )
    found = client.call("metrics/summary")["versions"]
    assert [(one["workflow"], one["version"], one["summary"]["runs"]) for one in found] == [
        ("a", 0, 1),
        ("a", 2, 2),
        ("a", 10, 1),
        ("b", 1, 1),
    ]
    assert found[1]["summary"]["successRate"] == 0.5
    assert client.call("metrics/summary", {"workflow": "b"})["versions"] == found[3:]


def test_a_trend_is_cut_where_it_is_asked_to_be(shared: DaemonProcess):
    client = shared.client()
    record(client, "r1", at=TEN, took=timedelta(seconds=2))
    record(client, "r2", at=TEN + HOUR, version=4, error="boom")
    record(client, "r3", at=TEN + 3 * HOUR)
    assert [(point["version"], point["summary"]["runs"]) for point in trend(client, TEN, TEN + 2 * HOUR)] == [
        (None, 2)
    ]
    each = trend(client, *(TEN + number * HOUR for number in range(5)))
    assert [datetime.fromisoformat(point["start"]) for point in each] == [TEN, TEN + HOUR, TEN + 3 * HOUR]
    assert each[0]["summary"]["p50Ms"] == pytest.approx(2000, rel=0.021)
    assert each[1]["summary"]["failures"] == 1
    apart = trend(client, TEN, TEN + 5 * HOUR, byVersion=True)
    assert [(point["version"], point["summary"]["runs"]) for point in apart] == [(3, 2), (4, 1)]
    assert [point["summary"]["runs"] for point in trend(client, TEN, TEN + 5 * HOUR, version=3)] == [2]
    assert trend(client, TEN, TEN + HOUR, workflow="nobody") == []
    ends = "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"
    assert trend(client, *map(datetime.fromisoformat, ends))[0]["summary"]["runs"] == 3


@pytest.mark.parametrize(
    "edges",
    [
        [],
        ["2026-11-24T10:00:00Z"],
        ["2026-11-24T10:00:00Z", "2026-11-24T11:00:00+01:00"],
        ["2026-11-24T10:00:00Z", "2026-11-24T09:00:00Z"],
        ["2026-11-24T10:00:00", "2026-11-25T10:00:00"],
        [f"{2000 + number // 12}-{number % 12 + 1:02}-01T00:00:00Z" for number in range(5001)],
    ],
)
def test_edges_that_are_none_are_refused(shared: DaemonProcess, edges):
    with pytest.raises(RequestMalformed, match="edges"):
        shared.client().call("metrics/trend", {"workflow": "a", "edges": edges})


def test_figures_of_nodes_are_of_the_versions_and_days_that_are_asked_for(shared: DaemonProcess):
    client = shared.client()
    record(client, "r1", at=TEN)
    record(client, "r2", at=TEN + 30 * HOUR, version=4, error="boom")

    def nodes(**given):
        found = client.call("metrics/nodes", {"workflow": "assistant", **given})["nodes"]
        return [
            (one["node"], one["version"], one["summary"]["runs"], one["summary"]["failures"]) for one in found
        ]

    assert nodes() == [("node0", None, 2, 0), ("node1", None, 2, 1)]
    assert nodes(byVersion=True) == [
        ("node0", 3, 1, 0),
        ("node0", 4, 1, 0),
        ("node1", 3, 1, 0),
        ("node1", 4, 1, 1),
    ]
    assert nodes(version=4) == [("node0", None, 1, 0), ("node1", None, 1, 1)]
    assert nodes(until=(TEN + 2 * HOUR).isoformat()) == [("node0", None, 1, 0), ("node1", None, 1, 0)]
    assert nodes(since=(TEN + 20 * HOUR).isoformat())[1] == ("node1", None, 1, 1)
    assert client.call("metrics/nodes", {"workflow": "nobody"}) == {"nodes": []}
