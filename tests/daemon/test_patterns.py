"""Patterns on the real daemon: found when somebody asks, and in the background."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw

from daemon_process import DaemonProcess, a_run, eventually

TEN = datetime(2026, 11, 24, 10, tzinfo=UTC)


def record(client, count, *, first=0, workflow="assistant"):
    """Runs of 100 ms of which the second node takes 90."""
    for number in range(first, first + count):
        run = a_run(f"{workflow}-{number}", workflow)
        start = TEN + timedelta(minutes=number)
        marks = [(start + timedelta(milliseconds=ms)).isoformat() for ms in (0, 10, 100)]
        run["startTime"], run["output"]["endTime"] = marks[0], marks[2]
        for step, begin, end in zip(run["steps"], marks, marks[1:], strict=False):
            step["startTime"], step["endTime"] = begin, end
        client.call("run/record", {"run": run})


def test_what_was_just_recorded_is_looked_at_before_the_answer(shared: DaemonProcess):
    client = shared.client()
    assert client.call("pattern/list") == {"patterns": [], "isComplete": True}
    record(client, 6)
    record(client, 4, workflow="other")
    (found,) = client.call("pattern/list")["patterns"]
    assert client.call("pattern/list", {"workflow": "assistant"})["patterns"] == [found]
    assert client.call("pattern/list", {"workflow": "other"})["patterns"] == []
    assert (found["type"], found["workflow"], found["nodes"]) == ("BOTTLENECK", "assistant", ["node1"])
    assert (found["occurrences"], found["runs"], found["details"]["share"]) == (6, 6, 0.9)
    assert datetime.fromisoformat(found["firstSeen"]) == TEN + timedelta(milliseconds=100)
    assert datetime.fromisoformat(found["lastSeen"]) == TEN + timedelta(minutes=5, milliseconds=100)
    assert found["examples"][0] == "assistant-5"
    record(client, 2, first=6)
    (again,) = client.call("pattern/list")["patterns"]
    assert (again["id"], again["occurrences"]) == (found["id"], 8)


def test_runs_are_looked_at_in_the_background(shared: DaemonProcess):
    client = shared.client()
    record(client, 3, workflow="quiet")
    (path,) = [str(path) for path in Path(shared.home.data).rglob("tenant-*.db")]

    def waiting():
        db = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
        try:
            return db.execute("SELECT count(*) FROM to_learn").fetchall()[0][0]
        finally:
            db.close()

    eventually(lambda: waiting() == 0)


def test_of_a_run_that_was_deleted_nothing_is_left_in_what_was_learned(shared: DaemonProcess):
    client = shared.client()
    record(client, 8)
    (found,) = client.call("pattern/list")["patterns"]
    assert found["occurrences"] == 8
    client.call("run/delete", {"runs": ["assistant-2", "assistant-7"]})
    (found,) = client.call("pattern/list")["patterns"]
    assert (found["occurrences"], found["runs"]) == (6, 6)
    assert found["examples"][0] == "assistant-6"
    record(client, 1, first=20)
    (found,) = client.call("pattern/list")["patterns"]
    assert found["occurrences"] == 7
    (path,) = [str(path) for path in Path(shared.home.data).rglob("tenant-*.db")]
    db = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
    texts = [row[0] for row in db.execute("SELECT tallies FROM tally") if "assistant-20" in row[0]]
    db.close()
    assert len(texts) == 1
    assert "assistant-6" in texts[0]
    assert "assistant-7" not in texts[0]
