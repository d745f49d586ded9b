"""`darwinflow record --stdin`: events of any program, one a line."""

import json
import subprocess
import time

from darwinflow.recorder.events import decode, hash_of
from recorder.record_command import DARWINFLOW, record


def lines(*events: dict) -> bytes:
    return b"".join(
        json.dumps({"v": 1, "at": 1_795_548_600_601_055, **event}).encode() + b"\n" for event in events
    )


WHOLE = (
    {"event": "run.started", "run": "r1", "path": "assistant.yaml", "request": "ghp_" + "a" * 36},
    {"event": "step.started", "run": "r1", "step": "1", "node": "build"},
    {"event": "step.action", "run": "r1", "step": "1", "type": "TOOL_CALL"},
    {"event": "step.finished", "run": "r1", "step": "1", "status": "SUCCESS", "output": "x" * 300_000},
    {"event": "run.finished", "run": "r1", "status": "SUCCESS"},
)


def test_events_on_standard_input_are_completed_and_spooled(place) -> None:
    (place.folder / ".darwinflow.yaml").write_text("project: demo\n")
    done = record(place, "--stdin", stdin=lines(*WHOLE))
    assert done.returncode == 0, done.stderr
    assert done.stderr == b"darwinflow: 5 of 5 lines are spooled, 1 run came to an end\n"
    journal, document, started, step, _, step_finished, finished = place.events()
    assert document["text"] == place.flow.read_text()
    assert started["document"] == document["hash"]
    assert started["path"] == str(place.flow)
    assert (started["workspace"], started["settings"]) == (str(place.folder), "project: demo\n")
    assert started["metadata"]["host"] == journal["host"]
    assert started["request"] == "(redacted)"
    assert step["index"] == 0
    assert "(cut" in step_finished["output"]
    assert finished["status"] == "SUCCESS"


def test_a_long_stream_goes_to_one_journal_after_the_other_each_with_what_its_runs_need(place) -> None:
    document = {
        "event": "document",
        "hash": hash_of("id: a\nversion: 3\n"),
        "text": "id: a\nversion: 3\n",
        "path": str(place.folder / "a.yaml"),
        "workspace": str(place.folder),
    }
    own = {"document": document["hash"], "path": None, "workflow": "a"}
    runs = [
        event
        for number in range(40)
        for event in (
            {**WHOLE[0], **own, "run": f"r{number}"},
            *({**WHOLE[1], "run": f"r{number}", "step": str(step)} for step in range(2)),
            *({**WHOLE[3], "run": f"r{number}", "step": str(step)} for step in range(2)),
            {**WHOLE[4], "run": f"r{number}"},
        )
    ]
    done = record(place, "--stdin", stdin=lines(document, *runs))
    assert done.returncode == 0, done.stderr
    journals = place.journals()
    assert len(journals) > 1
    for journal in journals:
        events = [decode(line) for line in journal.read_bytes().splitlines()]
        assert [event["event"] for event in events[:3]] == ["journal", "document", "run.started"]
        assert sum(event["event"] == "document" for event in events) == 1
        assert journal.stat().st_size < 9 << 20
    assert len(place.events("run.finished")) == 40


def test_bad_lines_are_named_with_their_number_and_skipped(place) -> None:
    bad = [
        b"nonsense\n",
        b"\xff\n",
        lines({"event": "run.began", "run": "r1"}),
        lines({"event": "step.started", "run": "r2", "step": "1", "node": "a"}),
        lines({"event": "step.finished", "run": "r1", "step": "7", "status": "SUCCESS"}),
        lines(WHOLE[0]),
        b"x" * 3_000_000 + b"\n",
    ]
    head, *rest = WHOLE
    done = record(place, "--stdin", stdin=lines(head) + b"\n" + b"".join(bad) + lines(*rest, rest[-1]))
    assert done.returncode == 1
    said = done.stderr.decode().splitlines()
    assert [line.split(": ")[1] for line in said[:-1]] == [
        *(f"line {number}" for number in range(3, 10)),
        "line 14",
    ]
    assert "no 'run.started' of run 'r2' has come before" in said[3]
    assert "no 'step.started' of step '7' has come before" in said[4]
    assert "run 'r1' has begun already" in said[5]
    assert "run 'r1' is over" in said[7]
    assert said[-1] == "darwinflow: 5 of 13 lines are spooled, 1 run came to an end"
    assert [event["event"] for event in place.events()][2:] == [event["event"] for event in WHOLE]


def test_a_slip_in_a_members_name_is_said_and_the_line_taken(place) -> None:
    done = record(place, "--stdin", stdin=lines({**WHOLE[0], "tag": {}}, WHOLE[-1]))
    assert done.returncode == 0
    assert b"warning: line 1: a 'run.started' has no 'tag'; left out" in done.stderr


def test_a_stream_that_stops_early_says_which_runs_are_lost(place) -> None:
    done = record(place, "--stdin", stdin=lines(*WHOLE[:2]) + b'{"v":1,"ev')
    assert done.returncode == 1
    assert b"run r1 has no end; it will be shown as lost" in done.stderr


def test_each_line_is_in_the_spool_as_soon_as_it_is_read(place) -> None:
    program = subprocess.Popen(
        [*DARWINFLOW, "--stdin"], cwd=place.folder, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    program.stdin.write(lines(*WHOLE[:2]))
    program.stdin.flush()
    ends = time.monotonic() + 10
    while len(place.lines()) < 4 and time.monotonic() < ends:
        time.sleep(0.01)
    program.kill()
    program.communicate()
    assert [event["event"] for event in place.events()][2:] == ["run.started", "step.started"]


def test_standard_input_is_taken_in_a_folder_that_was_removed(place) -> None:
    gone = place.folder / "gone"
    gone.mkdir()
    script = f"cd {gone} && rmdir {gone} && exec {' '.join(DARWINFLOW)} --stdin"
    events = [{**event, "path": str(place.flow)} if "path" in event else event for event in WHOLE]
    done = subprocess.run(["sh", "-c", script], input=lines(*events), capture_output=True)
    assert (done.returncode, place.events("run.finished") != []) == (0, True), done.stderr


def test_a_journal_that_is_full_stops_the_stream_with_what_helps(place) -> None:
    steps = [
        {"event": "step.started", "run": "r1", "step": str(number), "node": "build"} for number in range(2000)
    ]
    done = record(place, "--stdin", stdin=lines(WHOLE[0], *steps), DARWINFLOW_SPOOL_LIMIT="50000")
    assert done.returncode == 1
    assert b"and what follows is not recorded" in done.stderr
    assert b"try: " in done.stderr


def test_standard_input_inside_a_run_lies_below_it(place) -> None:
    inside = " ".join([*DARWINFLOW, "--stdin"])
    (place.folder / "events").write_bytes(lines(*WHOLE))
    record(place, "--workflow", "assistant.yaml", "--", "sh", "-c", f"{inside} < events")
    parents = {event["run"]: event["parentRun"] for event in place.events("run.started")}
    assert parents["r1"] in parents
    assert len(parents) == 2


def test_a_spool_that_cannot_be_written_is_said_at_once(place) -> None:
    place.home.write_text("a file")
    done = record(place, "--stdin", stdin=lines(*WHOLE))
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[-2:] == [
        f"error: line 1 and what follows is not recorded: {place.home} is a file where a folder belongs",
        f"try: move {place.home} away, or set DARWINFLOW_HOME to another folder",
    ]


def test_a_spool_that_is_full_is_said_with_who_empties_it(place) -> None:
    done = record(place, "--stdin", stdin=lines(*WHOLE), DARWINFLOW_SPOOL_LIMIT="0")
    assert done.returncode == 1
    assert b"\ntry: darwinflow daemon start\n" in done.stderr
