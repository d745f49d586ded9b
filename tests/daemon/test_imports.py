"""`run/import`: runs that were written down elsewhere, each kept once."""

from typing import Any

import pytest

from daemon_process import DaemonProcess, a_run
from darwinflow.model.errors import RequestMalformed


def sent(client: Any, *runs: dict[str, Any], **options: Any) -> list[str]:
    found = client.call("run/import", {"runs": list(runs), **options})["runs"]
    assert [one["runId"] for one in found] == [run["runId"] for run in runs]
    return [one["outcome"] for one in found]


def unfinished(run_id: str, *, steps: int = 2) -> dict[str, Any]:
    run = a_run(run_id, steps=steps)
    del run["output"]
    return run


def counted(client: Any) -> int:
    return sum(one["summary"]["runs"] for one in client.call("metrics/summary")["versions"])


def test_a_run_is_kept_and_counted_once_however_often_it_is_sent(shared: DaemonProcess):
    client = shared.client()
    assert sent(client, a_run("r1"), a_run("r2"), dryRun=True) == ["new", "new"]
    assert client.call("run/query")["runs"] == []
    assert sent(client, a_run("r1"), a_run("r2"), a_run("r1")) == ["new", "new", "known"]
    assert sent(client, a_run("r2"), a_run("r3")) == ["known", "new"]
    assert len(client.call("run/query")["runs"]) == counted(client) == 3
    client.call("run/record", {"run": a_run("r4")})
    assert sent(client, a_run("r4")) == ["known"]


def test_a_run_without_an_end_is_lost_until_its_end_is_sent(shared: DaemonProcess):
    client = shared.client()
    assert sent(client, unfinished("r1", steps=1)) == ["new"]
    assert client.call("run/get", {"run": "r1"})["run"]["status"] == "LOST"
    assert sent(client, unfinished("r1", steps=1)) == ["known"]
    assert sent(client, unfinished("r1", steps=3), dryRun=True) == ["completed"]
    assert sent(client, unfinished("r1", steps=3)) == ["completed"]
    assert sent(client, unfinished("r1", steps=1)) == ["known"]
    found = client.call("run/get", {"run": "r1"})
    assert (found["run"]["status"], len(found["log"]["steps"])) == ("LOST", 3)
    assert counted(client) == 0
    assert sent(client, a_run("r1", steps=4)) == ["completed"]
    found = client.call("run/get", {"run": "r1"})
    assert (found["run"]["status"], len(found["log"]["steps"])) == ("SUCCESS", 4)
    assert sent(client, a_run("r1", steps=4), unfinished("r1", steps=1)) == ["known", "known"]
    assert counted(client) == 1


def test_what_is_kept_stays_and_the_others_are_taken(shared: DaemonProcess):
    client = shared.client()
    sent(client, a_run("r1"))
    other = a_run("r1") | {"startTime": "2026-11-24T09:00:00Z"}
    answer = client.call("run/import", {"runs": [other, a_run("r1", error="boom"), a_run("r2")]})["runs"]
    assert [one["outcome"] for one in answer] == ["refused", "differs", "new"]
    assert answer[0]["reason"] == "another run of this id began 2026-11-24T10:00:00+00:00"
    assert client.call("run/get", {"run": "r1"})["run"]["status"] == "SUCCESS"
    assert counted(client) == 2


@pytest.mark.parametrize("runs", [[], [a_run("r")] * 1001, [a_run("a b")], [{}]])
def test_what_is_no_run_is_refused_as_a_whole(shared: DaemonProcess, runs):
    client = shared.client()
    with pytest.raises(RequestMalformed):
        client.call("run/import", {"runs": runs})


def test_whoever_subscribes_hears_of_what_is_new_alone(shared: DaemonProcess):
    client = shared.client()
    client.call("event/subscribe", {"topic": "run"})
    sent(client, a_run("r1"), unfinished("r2"), dryRun=True)
    sent(client, a_run("r1"), unfinished("r2"))
    sent(client, a_run("r1"), unfinished("r2"))
    kinds = []
    while event := client.next_event(0.5):
        kinds.append((event["key"], event["payload"]["kind"]))
    assert kinds == [("r1", "run.stored"), ("r2", "run.started"), ("r2", "run.changed")]
