"""What programs write into their journals arrives in the history: once, soon, and whatever else lies in the spool."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from daemon.program import START, Program
from daemon_process import WAIT_S, DaemonProcess, a_run, eventually
from darwinflow.daemon import refused
from darwinflow.model.errors import RunNotFound
from darwinflow.recorder import RecordingWarning, record_run
from darwinflow.recorder.events import hash_of, line_of
from darwinflow.recorder.paths import REFUSED_FOLDER, Workspace
from sample_flow import flow


@pytest.fixture
def program(stopped: DaemonProcess):
    return Program(stopped)


def header(daemon: DaemonProcess, run: str):
    client = daemon.client()
    try:
        return client.call("run/get", {"run": run})["run"]
    except RunNotFound:
        return None
    finally:
        client.close()


def status_of(daemon: DaemonProcess, run: str):
    found = header(daemon, run)
    return found and found["status"]


def journals(daemon: DaemonProcess) -> list[str]:
    return sorted(name for name in os.listdir(daemon.home.spool) if name != REFUSED_FOLDER)


def test_what_lies_there_is_taken_in_by_a_daemon_that_starts_later(stopped, program):
    program.start("r1", request="q", tags={"ticket": "42"}, metadata={"host": "here", "commit": None})
    program.of_run("step.started", "r1", step="s1", index=0, node="read", nodeType="FILE_READ", input=[1])
    program.of_run("step.action", "r1", step="s1", type="LLM_CALL", details={"tokens": 7})
    program.of_run("step.finished", "r1", step="s1", status="SUCCESS", output={"a": 1})
    program.of_run("run.finished", "r1", status="SUCCESS", result="done")
    stopped.start()
    eventually(lambda: status_of(stopped, "r1") == "SUCCESS")
    log = stopped.client().call("run/get", {"run": "r1"})["log"]
    assert (log["workflowId"], log["workflowVersion"], log["workflowHash"]) == ("assistant", 3, "")
    assert log["metadata"] == {"host": "here", "tags": {"ticket": "42"}}
    assert log["input"] == {"request": "q", "context": None}
    assert log["output"]["result"] == "done"
    step = log["steps"][0]
    assert (step["nodeId"], step["nodeType"], step["input"], step["output"]) == (
        "read",
        "FILE_READ",
        [1],
        {"a": 1},
    )
    assert step["actions"][0]["details"] == {"tokens": 7}
    assert os.path.exists(program.path)
    program.end()
    eventually(lambda: journals(stopped) == [])


def test_a_live_run_is_seen_as_it_goes(stopped, program):
    stopped.start()
    reader = stopped.client()
    reader.subscribe(["run"])
    program.start("r1")
    poke(stopped, program)
    assert reader.next_event(5)["payload"]["kind"] == "run.started"
    program.of_run("step.started", "r1", step="s1", index=0, node="read")
    poke(stopped, program)
    event = reader.next_event(5)
    assert event["payload"]["kind"] == "run.changed"
    assert event["payload"]["run"]["steps"] == [
        {"nodeId": "read", "status": "RUNNING", "durationMs": None, "error": None}
    ]
    program.of_run("step.finished", "r1", step="s1", status="FAILED", error="no such file\nat 3")
    program.of_run("run.finished", "r1", status="FAILED", error="no such file")
    poke(stopped, program)
    event = reader.next_event(5)
    while event["payload"]["kind"] != "run.stored":
        event = reader.next_event(5)
    assert (event["payload"]["run"]["failedNode"], event["payload"]["summaries"]["version"]["failures"]) == (
        "read",
        1,
    )


def poke(daemon: DaemonProcess, program: Program) -> None:
    from darwinflow.recorder.poke import Poker

    poker = Poker(daemon.home)
    poker.poke(program.path.name, at_once=True)
    poker.close()


def test_steps_a_few_milliseconds_apart_do_not_cost_a_commit_each(stopped, program):
    stopped.start()
    reader = stopped.client()
    reader.subscribe(["run"])
    program.start("r1")
    for number in range(100):
        program.of_run("step.started", "r1", step=f"s{number}", index=number, node="n")
        program.of_run("step.finished", "r1", step=f"s{number}", status="SUCCESS")
        poke(stopped, program)
        time.sleep(0.002)
    program.of_run("run.finished", "r1", status="SUCCESS")
    poke(stopped, program)
    kinds = []
    while "run.stored" not in kinds:
        kinds.append(reader.next_event(5)["payload"]["kind"])
    assert len(kinds) < 50
    assert header(stopped, "r1")["stepCount"] == 100


def test_a_run_whose_program_went_away_is_lost_and_its_journal_removed(stopped, program):
    stopped.start()
    program.start("r1")
    program.of_run("step.started", "r1", step="s1", index=0, node="read")
    program.start("r2")
    program.of_run("run.finished", "r2", status="CANCELLED")
    poke(stopped, program)
    eventually(lambda: status_of(stopped, "r1") == "RUNNING")
    program.end()
    eventually(lambda: status_of(stopped, "r1") == "LOST", 5)
    eventually(lambda: journals(stopped) == [])
    assert status_of(stopped, "r2") == "CANCELLED"
    status = stopped.client().call("daemon/status")
    assert (status["runsLost"], status["linesRefused"], status["journals"]) == (1, 0, 0)


def test_a_program_that_began_and_died_while_no_daemon_ran_is_lost_too(stopped, program):
    program.start("r1")
    program.end()
    stopped.start()
    eventually(lambda: status_of(stopped, "r1") == "LOST")
    assert (
        stopped.client().call("workflow/history", {"workflow": "assistant", "version": 3})["summaries"][
            "version"
        ]
        is None
    )


def test_lines_that_are_no_events_are_counted_and_hide_no_others(stopped, program):
    program.start("r1")
    for garbage in (
        b"\n",
        b"{\n",
        b"null\n",
        b"\xff\xfe\n",
        b'{"v":1,"event":"nothing"}\n',
        b'{"v":true,"event":"journal"}\n',
    ):
        os.write(program.fd, garbage)
    program.of_run("step.finished", "r1", step="never", status="SUCCESS")
    program.of_run("step.started", "unknown", step="s", index=0, node="n")
    program.start("r1")
    program.of_run("run.finished", "r1", status="SUCCESS")
    program.of_run("run.finished", "r1", status="FAILED")
    os.write(program.fd, b'{"v":1,"event":"run.sta')
    program.end()
    stopped.start()
    eventually(lambda: status_of(stopped, "r1") == "SUCCESS")
    eventually(lambda: journals(stopped) == [])
    assert stopped.client().call("daemon/status")["linesRefused"] == 5 + 4 + 1
    assert any("half a line" in complaint for complaint in stopped.complaints())


def test_half_a_line_waits_for_its_other_half(stopped, program):
    stopped.start()
    program.start("r1")
    line = line_of("run.finished", {"run": "r1", "at": START + 10**6, "status": "SUCCESS"})
    os.write(program.fd, line[:40])
    poke(stopped, program)
    eventually(lambda: status_of(stopped, "r1") == "RUNNING")
    os.write(program.fd, line[40:])
    poke(stopped, program)
    eventually(lambda: status_of(stopped, "r1") == "SUCCESS")


def test_a_daemon_that_is_killed_in_the_middle_goes_on_where_it_was(stopped, program):
    stopped.start()
    program.start("r1")
    for number in range(3):
        program.of_run("step.started", "r1", step=f"s{number}", index=number, node=f"n{number}")
    poke(stopped, program)
    eventually(lambda: (header(stopped, "r1") or {}).get("stepCount") == 3)
    stopped.hang_up()
    stopped.kill()
    for number in range(3):
        program.of_run("step.finished", "r1", step=f"s{number}", status="SUCCESS")
    stopped.start()
    eventually(lambda: all(step["status"] == "SUCCESS" for step in header(stopped, "r1")["steps"]))
    stopped.hang_up()
    stopped.kill(signal.SIGTERM)
    program.of_run("run.finished", "r1", status="SUCCESS")
    program.end()
    stopped.start()
    eventually(lambda: status_of(stopped, "r1") == "SUCCESS")
    figures = stopped.client().call("workflow/history", {"workflow": "assistant", "version": 3})
    assert figures["summaries"]["version"]["runs"] == 1
    assert stopped.client().call("daemon/status")["linesRefused"] == 0


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


def test_a_run_whose_id_is_taken_is_left_out_and_said(stopped, program):
    stopped.start()
    stopped.client().call("run/record", {"run": a_run("r1")})
    program.start("r1")
    program.of_run("step.started", "r1", step="s1", index=0, node="n")
    program.start("r2")
    program.of_run("run.finished", "r2", status="SUCCESS")
    program.of_run("run.finished", "r1", status="SUCCESS")
    program.end()
    eventually(lambda: status_of(stopped, "r2") == "SUCCESS")
    eventually(lambda: journals(stopped) == [])
    assert header(stopped, "r1")["stepCount"] == 2
    assert any("r1" in complaint for complaint in stopped.complaints())


def test_a_journal_of_a_newer_recorder_waits_for_a_newer_daemon(stopped, program):
    """What this version understands is taken in; nothing is read past, and the file stays."""
    stopped.start()
    program.start("r1")
    program.of_run("run.finished", "r1", status="SUCCESS")
    newer = {"run": "r2", "at": START, "workflow": "a", "workspace": "/srv/shop", "settings": "project: shop"}
    os.write(program.fd, line_of("run.started", newer).replace(b'"v":1', b'"v":2'))
    program.start("r3")
    program.end()
    eventually(lambda: status_of(stopped, "r1") == "SUCCESS")
    eventually(lambda: any("waits for a newer version" in each for each in stopped.complaints()))
    assert stopped.client().call("daemon/status")["journalsLeftAlone"] == 1
    time.sleep(1.2)  # the intake looks again for programs that have gone
    assert (program.path.exists(), header(stopped, "r3")) == (True, None)
    other = Program(stopped)
    other.start("r4")
    other.of_run("run.finished", "r4", status="SUCCESS")
    other.end()
    eventually(lambda: status_of(stopped, "r4") == "SUCCESS")
    stopped.hang_up()
    stopped.kill()
    text = program.path.read_bytes().replace(b'"v":2', b'"v":1')
    program.path.write_bytes(text)  # as if the next daemon were the newer one
    stopped.start()
    eventually(lambda: status_of(stopped, "r3") == "LOST")
    assert status_of(stopped, "r2") == "LOST"


def test_a_journal_of_which_something_was_refused_is_set_aside(stopped, program):
    stopped.start()
    program.start("r1")
    os.write(program.fd, b'{"v":1,"event":"step.action","run":"nowhere","at":1,"step":"s","type":"x"}\n')
    program.of_run("run.finished", "r1", status="SUCCESS")
    program.end()
    clean = Program(stopped)
    clean.start("r2")
    clean.of_run("run.finished", "r2", status="SUCCESS")
    clean.end()
    eventually(lambda: not program.path.exists() and not clean.path.exists())
    assert status_of(stopped, "r1") == status_of(stopped, "r2") == "SUCCESS"
    (kept,) = (Path(stopped.home.spool) / "refused").iterdir()
    assert kept.name == program.path.name
    assert b"nowhere" in kept.read_bytes()


def test_what_is_set_aside_has_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(refused, "MAX_BYTES", 250)
    for number in range(5):
        path = tmp_path / f"{number}.jsonl"
        path.write_bytes(b"x" * 100)
        os.utime(path, (number, number))
        refused.set_aside(str(path))
    assert sorted(os.listdir(tmp_path / "refused")) == ["3.jsonl", "4.jsonl"]


@pytest.mark.parametrize("later", [0, 1_000_000])
def test_after_a_restart_a_run_whose_id_is_taken_still_has_no_part_in_the_other(stopped, program, later):
    """The journals are read again from the first line, and what the daemon of before refused is refused again."""
    stopped.start()
    program.start("r1")
    program.of_run("step.started", "r1", step="s0", index=0, node="read")
    assert status_of(stopped, "r1") == "RUNNING"
    other = Program(stopped)
    other.clock += later
    other.start("r1", metadata={"pid": 2, "host": "here"})
    other.of_run("step.started", "r1", step="t0", index=0, node="write")
    eventually(lambda: stopped.client().call("daemon/status")["runsRefused"] == 1)
    stopped.hang_up()
    stopped.kill()
    stopped.start()
    other.of_run("step.started", "r1", step="t1", index=1, node="write")
    other.start("r2")
    assert status_of(stopped, "r2") == "RUNNING"
    other.end()
    eventually(lambda: status_of(stopped, "r2") == "LOST")
    assert status_of(stopped, "r1") == "RUNNING"
    program.of_run("step.finished", "r1", step="s0", status="SUCCESS")
    program.of_run("run.finished", "r1", status="SUCCESS")
    eventually(lambda: status_of(stopped, "r1") == "SUCCESS")
    log = stopped.client().call("run/get", {"run": "r1"})["log"]
    assert [step["nodeId"] for step in log["steps"]] == ["read"]
    assert stopped.client().call("daemon/status")["runsRefused"] == 1


def test_what_the_store_refuses_leaves_no_part_of_itself(stopped, program):
    """Two journals begin the same run, as where one was copied; the second tells of more steps than are known."""
    stopped.start()
    program.start("r1")
    program.of_run("step.started", "r1", step="s0", index=0, node="read")
    assert status_of(stopped, "r1") == "RUNNING"
    other = Program(stopped)
    other.start("r1")
    for number in range(3):
        other.of_run("step.started", "r1", step=f"s{number}", index=number, node="write")
    assert status_of(stopped, "r1") == "RUNNING"
    other.of_run("step.finished", "r1", step="s0", status="FAILED", error="of the other one")
    other.of_run("step.started", "r1", step="s3", index=3, node="write")
    other.start("r2")
    assert status_of(stopped, "r2") == "RUNNING"
    steps = header(stopped, "r1")["steps"]
    assert [(step["nodeId"], step["status"]) for step in steps] == [("read", "RUNNING")]
    assert any("r1 is not kept" in complaint for complaint in stopped.complaints())
    program.of_run("step.finished", "r1", step="s0", status="SUCCESS")
    program.of_run("run.finished", "r1", status="SUCCESS")
    assert status_of(stopped, "r1") == "SUCCESS"


def test_what_is_no_journal_is_left_alone(stopped, tmp_path):
    spool = Path(stopped.home.spool)
    spool.mkdir(parents=True, mode=0o700)
    (tmp_path / "outside.jsonl").write_bytes(line_of("journal", {}))
    (spool / "link.jsonl").symlink_to(tmp_path / "outside.jsonl")
    (spool / "folder.jsonl").mkdir()
    os.mkfifo(spool / "pipe.jsonl")
    (spool / "notes.txt").write_text("mine")
    (spool / ".new-fresh.jsonl").write_text("")
    (spool / ".new-old.jsonl").write_text("")
    os.utime(spool / ".new-old.jsonl", (1, 1))
    stopped.start()
    eventually(lambda: not (spool / ".new-old.jsonl").exists())
    assert stopped.client().call("daemon/status")
    time.sleep(0.1)
    assert journals(stopped) == [".new-fresh.jsonl", "folder.jsonl", "link.jsonl", "notes.txt", "pipe.jsonl"]
    assert (tmp_path / "outside.jsonl").exists()


def test_a_name_that_is_no_text_is_left_alone_with_one_warning_and_hides_no_other_journal(stopped, program):
    odd = os.path.join(os.fsencode(stopped.home.spool), b"\xff.jsonl")
    with open(odd, "wb") as file:
        file.write(line_of("journal", {}))
    stopped.start()
    program.start("r1")
    program.of_run("run.finished", "r1", status="SUCCESS")
    eventually(lambda: status_of(stopped, "r1") == "SUCCESS")
    assert os.path.exists(odd)
    assert [line for line in stopped.complaints() if "no UTF-8" in line] == stopped.complaints()
    assert len(stopped.complaints()) == 1


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


def test_many_journals_are_taken_in(stopped):
    count = 300
    for number in range(count):
        program = Program(stopped)
        program.start(f"r{number}")
        program.of_run("run.finished", f"r{number}", status="SUCCESS")
        program.end()
    stopped.start()
    eventually(lambda: journals(stopped) == [])
    assert (
        stopped.client().call("workflow/history", {"workflow": "assistant", "version": 3})["summaries"][
            "version"
        ]["runs"]
        == count
    )


def test_a_large_journal_is_taken_in_piece_by_piece(stopped, program):
    for number in range(60):
        program.start(f"r{number}", request="x" * 200_000)
        program.of_run("run.finished", f"r{number}", status="SUCCESS")
    program.end()
    stopped.start()
    eventually(lambda: journals(stopped) == [])
    assert len(stopped.client().call("run/get", {"run": "r59"})["log"]["input"]["request"]) == 200_000


def test_a_last_word_between_reading_and_removing_is_not_lost(stopped):
    """Programs that write and end at once, while the daemon looks: every run arrives."""
    stopped.start()
    program = (
        "from darwinflow.recorder import record_run\n"
        "import sys, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "for number in range(20):\n"
        "    with record_run('assistant@3') as run:\n"
        "        with run.step('a'): pass\n"
        "    print(run.id)\n"
    )
    workspace = Path(stopped.home.data).parent / "ws"
    workspace.mkdir()
    done = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            env=stopped.environ,
            cwd=workspace,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    runs = {line for each in done for line in each.communicate(timeout=WAIT_S)[0].split()}
    client = stopped.client(Workspace(str(workspace), None))
    eventually(
        lambda: (
            {run["runId"] for run in client.call("run/query", {"limit": 200, "status": "SUCCESS"})["runs"]}
            == runs
        )
    )
    eventually(lambda: journals(stopped) == [])
    assert client.call("daemon/status")["runsLost"] == 0


def test_a_recorders_call_reaches_a_subscriber_soon(daemon, tmp_path):
    client = daemon.client(Workspace(str(tmp_path), None))
    client.subscribe(["run"])
    program = (
        "import sys, time\n"
        "from darwinflow.recorder import record_run\n"
        "for _ in range(60):\n"
        "    with record_run('assistant@3') as run: pass\n"
        "    print(time.perf_counter(), run.id, flush=True)\n"
        "    time.sleep(0.03)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], env=daemon.environ, cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as recording:
        came: dict[str, float] = {}
        while len(came) < 60:
            event = client.next_event(10)
            if event["payload"]["kind"] == "run.stored":
                came[event["key"]] = time.perf_counter()
        assert recording.stdout is not None
        said = dict(reversed(line.split()) for line in recording.stdout.read().splitlines())
    took = sorted((came[run] - float(said[run])) * 1000 for run in came)
    print(f"\nend of a recorder's block to its event: median {took[30]:.1f} ms, p95 {took[57]:.1f} ms")
    assert took[30] < 200
