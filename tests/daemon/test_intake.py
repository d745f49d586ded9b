"""What programs write into their journals arrives in the history: once and soon."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from daemon.program import START, Program
from daemon.spooled import header, journals, status_of
from daemon_process import WAIT_S, DaemonProcess, eventually
from darwinflow.recorder.events import line_of
from darwinflow.recorder.paths import Workspace
from darwinflow.recorder.poke import QUIET_S


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


def test_a_long_journal_lets_others_pass(stopped, program):
    """Those that grow while it is read take their turn beside it."""
    steps = 16_000
    program.start("long")
    for number in range(steps):
        name = f"s{number}"
        program.of_run("step.started", "long", step=name, index=number, node="read")
        program.of_run("step.finished", "long", step=name, status="SUCCESS", output={"text": "x" * 2_000})
    stopped.start()
    client, reader = stopped.client(), stopped.client()
    reader.subscribe(["run"])
    eventually(lambda: client.call("daemon/status")["eventsTaken"] > 100)
    other = Program(stopped)
    other.start("short")
    other.of_run("run.finished", "short", status="SUCCESS")
    poke(stopped, other)
    event = reader.next_event(5)
    while event["key"] != "short":  # who asks for a run waits for all that lies in the journals
        event = reader.next_event(5)
    assert event["payload"]["kind"] == "run.stored"
    assert client.call("daemon/status")["eventsTaken"] < 2 * steps
    eventually(lambda: client.call("daemon/status")["eventsTaken"] == 2 * steps + 3, 60)
    other.end()


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


def test_what_is_not_told_since_a_poke_came_just_before_is_seen_soon(daemon, program):
    asking, reader = daemon.client(), daemon.client()
    reader.subscribe(["run"])
    untold = 0
    for number in range(300):  # most are too late where the machine is busy
        if number >= 30 and untold:
            break
        run, step = f"r{number}", f"s{number}"  # a new one, since a longer one takes longer to give
        program.start(run)
        program.of_run("step.started", run, step=step, index=0, node=step)
        told_at = time.monotonic()
        poke(daemon, program)
        asking.call("run/get", {"run": run})  # it is read at once
        program.of_run("step.finished", run, step=step, status="SUCCESS")
        if time.monotonic() - told_at < QUIET_S:
            untold += 1
        else:
            poke(daemon, program)
        seen = {}
        while seen.get(step) != "SUCCESS":
            event = reader.next_event(3)  # by itself, the daemon looks after five seconds
            assert event is not None, f"the end of {step} is not seen"
            seen = {seen["nodeId"]: seen["status"] for seen in event["payload"]["run"]["steps"]}
    print(f"\n{untold} of {number} steps ended untold")
    assert untold
