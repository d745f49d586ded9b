"""`darwinflow record`: the command runs as if it stood alone, and what it was is recorded."""

import os
import signal
import subprocess
import sys
import time

import pytest

from recorder.record_command import DARWINFLOW, python, record


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
