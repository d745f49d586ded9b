"""`darwinflow record`: the command runs as if it stood alone, and what it was is recorded."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from darwinflow.recorder.events import decode, hash_of

DARWINFLOW = [sys.executable, "-m", "darwinflow.cli.main", "record"]


def record(place, *arguments: str, stdin: bytes = b"", **environ: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*DARWINFLOW, *arguments],
        cwd=place.folder,
        env={**os.environ, **environ},
        input=stdin,
        capture_output=True,
        timeout=60,
    )


def python(source: str) -> list[str]:
    return ["--", sys.executable, "-c", source]


def test_streams_and_exit_code_pass_through(place) -> None:
    every_byte = bytes(range(256)) * 1000
    source = "import sys; d = sys.stdin.buffer.read(); sys.stdout.buffer.write(d); sys.stderr.write('said\\n'); sys.exit(3)"
    done = record(place, "--workflow", "assistant.yaml", *python(source), stdin=every_byte)
    assert done.returncode == 3
    assert done.stdout == every_byte
    assert done.stderr.startswith(b"said\n")
    (finished,) = place.events("run.finished")
    assert (finished["status"], finished["error"]) == ("FAILED", "exit code 3")
    assert place.events("run.started")[0]["request"]["command"][0] == sys.executable


def test_a_step_is_the_command(place) -> None:
    done = record(place, "--workflow", "assistant.yaml", "--step", "build", "--", "true")
    assert done.returncode == 0
    started, finished = place.events("step.started", "step.finished")
    assert (started["node"], started["input"]) == ("build", {"command": ["true"]})
    assert (finished["status"], finished["error"]) == ("SUCCESS", None)


def test_options_of_the_command_are_its_own(place) -> None:
    done = record(place, "--workflow", "assistant.yaml", "--", "echo", "--step", "--", "-x")
    assert done.stdout == b"--step -- -x\n"


def test_without_a_daemon_it_says_that_the_run_is_spooled(place) -> None:
    started = time.monotonic()
    done = record(place, "--workflow", "assistant.yaml", "--", "true")
    assert time.monotonic() - started < 2
    run = place.events("run.started")[0]["run"]
    assert done.stderr.decode() == (
        f"darwinflow: run {run[-8:]} is spooled until a daemon takes it in: darwinflow daemon start\n"
    )


def test_without_a_workflow_it_warns_runs_and_records_nothing(place) -> None:
    done = record(place, *python("print('ran')"))
    assert (done.returncode, done.stdout) == (0, b"ran\n")
    assert b"warning: no --workflow is given" in done.stderr
    assert not place.home.exists()


@pytest.mark.parametrize("fault", ["no folder", "broken pattern", "no workflow file"])
def test_the_command_runs_whatever_stops_the_record(place, fault: str) -> None:
    environ = {}
    if fault == "no folder":
        place.home.write_text("a file")
    if fault == "broken pattern":
        environ["DARWINFLOW_REDACT"] = "("
    if fault == "no workflow file":
        place.flow.unlink()
    done = record(place, "--workflow", "assistant.yaml", *python("print('ran'); exit(7)"), **environ)
    assert (done.returncode, done.stdout) == (7, b"ran\n")
    assert b"darwinflow: warning: " in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_command_that_does_not_exist_is_127_and_one_that_cannot_run_126(place) -> None:
    (place.folder / "plain.txt").write_text("no program")
    missing = record(place, "--workflow", "assistant.yaml", "--", "no-such-command")
    plain = record(place, "--workflow", "assistant.yaml", "--", "./plain.txt")
    assert (missing.returncode, plain.returncode) == (127, 126)
    assert b"error: no command is called 'no-such-command'\ntry: " in missing.stderr
    assert [event["status"] for event in place.events("run.finished")] == ["FAILED", "FAILED"]


@pytest.mark.parametrize(
    ("command", "error", "advice"),
    [
        (
            "./plain.txt",
            "'./plain.txt' is not executable",
            "chmod +x ./plain.txt, or name its interpreter before",
        ),
        ("./my plain.txt", "'./my plain.txt' is not executable", "chmod +x './my plain.txt', or"),
        (".", "'.' is a folder", "name a program"),
        (
            "./bare",
            "'./bare' is no program that this system can run",
            "name its interpreter before it: sh ./bare",
        ),
        ("./lost", "the interpreter that './lost' names is not there", "name an interpreter that is there"),
    ],
)
def test_a_command_that_cannot_be_started_is_told_with_what_helps(place, command, error, advice) -> None:
    for name, text, mode in (
        ("plain.txt", "no program", 0o644),
        ("my plain.txt", "no program", 0o644),
        ("bare", "no program", 0o755),
        ("lost", "#!/no/such/interpreter\n", 0o755),
    ):
        (place.folder / name).write_text(text)
        (place.folder / name).chmod(mode)
    done = record(place, "--workflow", "assistant.yaml", "--", command)
    assert done.returncode == (127 if command == "./lost" else 126)
    assert f"error: {error}\ntry: {advice}" in done.stderr.decode()
    assert [event["status"] for event in place.events("run.finished")] == ["FAILED"]


@pytest.mark.parametrize(
    "arguments", [[], ["--"], ["--", ""], ["--workflow", "a.yaml"], ["--stdin", "--", "true"]]
)
def test_wrong_usage_is_2_with_a_way_out(place, arguments: list[str]) -> None:
    done = record(place, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: ")
    assert b"\ntry: darwinflow record" in done.stderr


def test_a_command_that_is_killed_gives_128_and_the_signal(place) -> None:
    done = record(place, "--workflow", "assistant.yaml", *python("import os; os.kill(os.getpid(), 9)"))
    assert done.returncode == 128 + 9
    (finished,) = place.events("run.finished")
    assert (finished["status"], finished["error"]) == ("FAILED", "ended by SIGKILL")


WAITER = """
import os, signal, sys, time
def told(number, frame):
    print(signal.Signals(number).name, flush=True)
    if number == signal.SIGTERM:
        sys.exit(5)
for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGQUIT"):
    signal.signal(getattr(signal, name), told)
print("ready", flush=True)
while True:
    time.sleep(0.05)
"""


def test_signals_pass_through_to_the_command(place) -> None:
    program = subprocess.Popen(
        [*DARWINFLOW, "--workflow", "assistant.yaml", *python(WAITER)],
        cwd=place.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert program.stdout.readline() == "ready\n"
    for name in ("SIGUSR1", "SIGHUP", "SIGINT", "SIGUSR2", "SIGQUIT", "SIGTERM"):
        program.send_signal(getattr(signal, name))
        assert program.stdout.readline() == f"{name}\n"
    assert program.wait(10) == 5
    program.communicate()
    assert place.events("run.finished")[0]["error"] == "exit code 5"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_command_that_a_signal_stops_is_cancelled(place, name: str) -> None:
    program = subprocess.Popen(
        [*DARWINFLOW, "--workflow", "assistant.yaml", "--", "sh", "-c", "echo ready; exec sleep 60"],
        cwd=place.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    program.stdout.readline()
    time.sleep(0.05)
    program.send_signal(getattr(signal, name))
    assert program.wait(10) == 128 + getattr(signal, name)
    program.communicate()
    (finished,) = place.events("run.finished")
    assert (finished["status"], finished["error"]) == ("CANCELLED", f"ended by {name}")


def test_ctrl_c_at_a_terminal_reaches_the_command_once(place) -> None:
    """The terminal sends it to the whole foreground group, the command included; it must not come twice."""
    import pty

    source = """
import signal, time
count = 0
def told(number, frame):
    global count
    count += 1
signal.signal(signal.SIGINT, told)
print("ready", flush=True)
ends = time.monotonic() + 1
while time.monotonic() < ends:
    time.sleep(0.05)
print("count", count, flush=True)
"""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(place.folder)
        os.execv(sys.executable, [*DARWINFLOW, "--workflow", "assistant.yaml", *python(source)])
    said = b""
    while b"ready" not in said:
        said += os.read(terminal, 1000)
    os.write(terminal, b"\x03")
    while b"count" not in said or not said.rstrip().endswith((b"start", b"0", b"1", b"2")):
        said += os.read(terminal, 1000)
    assert b"count 1" in said
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(terminal)


def test_the_command_finds_signals_as_a_shell_would_leave_them(place) -> None:
    """Python ignores SIGPIPE; a command that inherited that would run on when its reader has gone."""
    done = record(place, "--workflow", "assistant.yaml", "--", "grep", "^Sig[BI]", "/proc/self/status")
    plain = subprocess.run(["grep", "^Sig[BI]", "/proc/self/status"], capture_output=True)
    assert standard_signals(done.stdout) == standard_signals(plain.stdout)


def standard_signals(status: bytes) -> list[int]:
    """Masks without the two signals that the C library keeps for itself and leaves ignored in what it spawns."""
    return [int(line.split()[1], 16) & 0x7FFF_FFFF for line in status.splitlines()]


AGENT = """
import sys
from darwinflow.recorder import record_run
for request in sys.argv[2:]:
    with record_run(sys.argv[1], request=request, tags={"by": "agent"}) as run:
        with run.step("classify", input=request) as step:
            step.output = {"decision": "Core"}
        run.output = {"answer": request}
        if request == "fail":
            raise ValueError("no")
"""


def test_a_recorder_inside_joins_the_run_of_the_same_workflow(place) -> None:
    record(place, "--workflow", "assistant.yaml", "--", sys.executable, "-c", AGENT, "assistant.yaml", "ask")
    (started,) = place.events("run.started")
    (step,) = place.events("step.started")
    (finished,) = place.events("run.finished")
    assert step["run"] == finished["run"] == started["run"]
    assert (finished["status"], finished["result"]) == ("SUCCESS", {"answer": "ask"})
    assert finished["metadata"] == {"request": "ask", "tags": {"by": "agent"}}
    assert len(place.journals()) == 1


def test_a_program_that_goes_to_another_folder_finds_the_home_that_was_named_from_here(place) -> None:
    source = (
        "import os; from darwinflow.recorder import record_run\n"
        f"os.chdir('/')\nwith record_run({str(place.flow)!r}) as run, run.step('read'): pass"
    )
    home = os.path.relpath(place.home, place.folder)
    done = record(place, "--workflow", "assistant.yaml", *python(source), DARWINFLOW_HOME=home)
    assert done.returncode == 0, done.stderr
    (started,) = place.events("run.started")
    (step,) = place.events("step.started")
    assert step["run"] == started["run"]


def test_the_error_of_a_run_inside_is_the_error_of_the_run(place) -> None:
    done = record(
        place, "--workflow", "assistant.yaml", "--", sys.executable, "-c", AGENT, "assistant.yaml", "fail"
    )
    assert done.returncode == 1
    (finished,) = place.events("run.finished")
    assert (finished["status"], finished["error"]) == ("FAILED", "ValueError: no")


def test_further_runs_and_other_workflows_lie_below_the_run(place) -> None:
    (place.folder / "other.yaml").write_text("id: other\n")
    source = (
        AGENT.replace("sys.argv[2:]", "('one', 'two')") + "\nwith record_run('other.yaml') as run: pass\n"
    )
    record(
        place,
        "--workflow",
        "assistant.yaml",
        "--step",
        "all",
        "--",
        sys.executable,
        "-c",
        source,
        "assistant.yaml",
    )
    outer, *inner = place.events("run.started")
    outer_step = next(event for event in place.events("step.started") if event["node"] == "all")
    assert [(event["parentRun"], event["parentStep"]) for event in inner] == [
        (outer["run"], outer_step["step"])
    ] * 2
    assert len(place.events("run.finished")) == 3
    assert len(place.events("run.joined")) == 1


def test_commands_inside_become_steps_in_order(place) -> None:
    inside = " ".join([*DARWINFLOW, "--step"])
    script = (
        f"{inside} one -- true && {inside} two -- sh -c '{' '.join(DARWINFLOW)} -- sh -c \"exit 4\"'; true"
    )
    done = record(place, "--workflow", "assistant.yaml", "--step", "all", "--", "sh", "-c", script)
    assert done.returncode == 0
    started = place.events("step.started")
    assert [(event["node"], event["index"]) for event in started] == [
        ("all", 0),
        ("one", 1),
        ("two", 2),
        ("sh", 3),
    ]
    nodes = {event["step"]: event["node"] for event in started}
    ends = [
        (nodes[event["step"]], event["status"], event["error"]) for event in place.events("step.finished")
    ]
    assert ends == [
        ("one", "SUCCESS", None),
        ("sh", "FAILED", "exit code 4"),
        ("two", "FAILED", "exit code 4"),
        ("all", "SUCCESS", None),
    ]


def test_programs_side_by_side_record_into_one_run(place) -> None:
    inside = " ".join([*DARWINFLOW, "--step"])
    script = " & ".join(f"{inside} n{number} -- sleep 0.1" for number in range(6)) + " & wait"
    record(place, "--workflow", "assistant.yaml", "--", "sh", "-c", script)
    assert sorted(event["index"] for event in place.events("step.started")) == list(range(6))
    assert len(place.events("step.finished")) == 6


def test_a_program_gives_its_run_to_the_programs_it_starts(place) -> None:
    source = f"""
import os, subprocess, sys
from darwinflow.recorder import record_run
with record_run("assistant.yaml") as run:
    with run.step("first"):
        pass
    with run.step("second") as step:
        subprocess.run([*{DARWINFLOW!r}, "--step", "third", "--", "true"], env=os.environ | step.environ, check=True)
    with run.step("fourth"):
        pass
"""
    place.program(source)
    assert [(event["node"], event["index"]) for event in place.events("step.started")] == [
        ("first", 0),
        ("second", 1),
        ("third", 2),
        ("fourth", 3),
    ]


def test_a_run_that_is_over_takes_no_more_steps(place) -> None:
    record(place, "--workflow", "assistant.yaml", "--", "true")
    environ = {
        "DARWINFLOW_RUN": place.events("run.started")[0]["run"],
        "DARWINFLOW_JOURNAL": place.journals()[0].name,
    }
    done = record(place, *python("print('ran')"), **environ)
    assert (done.returncode, done.stdout) == (0, b"ran\n")
    assert b"is over or lies elsewhere" in done.stderr
    assert not place.events("step.started")


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
