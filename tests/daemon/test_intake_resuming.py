"""What a daemon that starts reads again of journals that one before it has begun: what runs need that are not over."""

import os

from daemon.program import Program
from daemon.spooled import header, journals, status_of
from daemon_process import DaemonProcess, eventually
from darwinflow.daemon.fold import Fold
from darwinflow.daemon.texts import Texts
from darwinflow.recorder.events import decode, hash_of, line_of
from darwinflow.recorder.paths import REFUSED_FOLDER
from sample_flow import flow


def make_unreadable(program: Program, begin: int, end: int) -> None:
    """Whoever reads these bytes again refuses them."""
    with open(program.path, "r+b") as file:
        file.seek(begin)
        file.write(b"#" * (end - begin - 1) + b"\n")


def size(program: Program) -> int:
    return os.fstat(program.fd).st_size


def finished(program: Program, run: str, **members: object) -> None:
    program.start(run, **members)
    program.of_run("step.started", run, step="s0", index=0, node="read", input="x" * 200)
    program.of_run("step.finished", run, step="s0", status="SUCCESS")
    program.of_run("run.finished", run, status="SUCCESS")


def restart(daemon: DaemonProcess) -> None:
    daemon.hang_up()
    daemon.kill()
    daemon.start()


def counted(daemon: DaemonProcess) -> int:
    asked = daemon.client().call("workflow/history", {"workflow": "assistant", "version": 3})
    return asked["summaries"]["version"]["runs"]


def test_of_a_long_journal_what_an_open_run_needs_is_read_again_and_no_more(stopped, program):
    stopped.start()
    for number in range(300):
        finished(program, f"r{number}")
    before = size(program)
    program.start("open")
    program.of_run("step.started", "open", step="s0", index=0, node="read")
    eventually(lambda: status_of(stopped, "r299") == "SUCCESS" and status_of(stopped, "open") == "RUNNING")
    make_unreadable(program, 0, before)
    for number in range(3):
        restart(stopped)
        finished(program, f"later{number}")
        eventually(lambda number=number: status_of(stopped, f"later{number}") == "SUCCESS")
    program.of_run("step.finished", "open", step="s0", status="SUCCESS", output=1)
    program.of_run("run.finished", "open", status="SUCCESS")
    eventually(lambda: status_of(stopped, "open") == "SUCCESS")
    program.end()
    eventually(lambda: journals(stopped) == [])
    assert header(stopped, "open")["steps"][0]["status"] == "SUCCESS"
    assert counted(stopped) == 304
    assert stopped.client().call("daemon/status")["linesRefused"] == 0
    assert not os.path.exists(os.path.join(stopped.home.spool, REFUSED_FOLDER))


def test_where_all_runs_are_over_nothing_is_read_again(stopped, program):
    stopped.start()
    finished(program, "r1")
    eventually(lambda: status_of(stopped, "r1") == "SUCCESS")
    make_unreadable(program, 0, size(program))
    restart(stopped)
    finished(program, "r2")
    eventually(lambda: status_of(stopped, "r2") == "SUCCESS")
    program.end()
    eventually(lambda: journals(stopped) == [])
    assert counted(stopped) == 2
    assert not os.path.exists(os.path.join(stopped.home.spool, REFUSED_FOLDER))


def test_runs_that_began_before_and_end_among_what_is_read_again_are_no_faults(stopped, program):
    stopped.start()
    program.start("first")
    program.start("second")
    eventually(lambda: status_of(stopped, "second") == "RUNNING")
    program.of_run("step.started", "first", step="s0", index=0, node="read")
    program.of_run("run.finished", "first", status="SUCCESS")
    eventually(lambda: status_of(stopped, "first") == "SUCCESS")
    restart(stopped)
    program.end()
    eventually(lambda: status_of(stopped, "second") == "LOST")
    eventually(lambda: journals(stopped) == [])
    assert status_of(stopped, "first") == "SUCCESS"
    assert stopped.client().call("daemon/status")["runsLost"] == 1
    assert not os.path.exists(os.path.join(stopped.home.spool, REFUSED_FOLDER))


def test_a_text_that_came_before_is_found_when_a_run_names_it(stopped, program):
    texts = [flow(2), flow(3) + "# " + "long " * 40_000 + "\n", flow(4)]
    stopped.start()
    for number, text in enumerate(texts):
        program.say("document", hash=hash_of(text), text=text, path="/srv/shop/flows/sort.yaml")
        program.start(f"r{number}", workflow=None, version=None, document=hash_of(text))
        program.of_run("run.finished", f"r{number}", status="SUCCESS")
    eventually(lambda: status_of(stopped, "r2") == "SUCCESS")
    restart(stopped)
    for number, text in enumerate([*texts, "never brought"]):
        program.start(f"s{number}", workflow=None, version=None, document=hash_of(text))
        program.of_run("run.finished", f"s{number}", status="SUCCESS")
    eventually(lambda: status_of(stopped, "s3") == "SUCCESS")
    found = [header(stopped, f"s{number}") for number in range(4)]
    assert [(run["workflowId"], run["workflowVersion"]) for run in found] == [
        ("triage", 2),
        ("triage", 3),
        ("triage", 4),
        ("unknown", 0),
    ]


def test_that_a_line_was_refused_is_known_after_a_restart(stopped, program):
    stopped.start()
    os.write(program.fd, b"no event\n")
    finished(program, "r1")
    eventually(lambda: status_of(stopped, "r1") == "SUCCESS")
    restart(stopped)
    finished(program, "r2")
    eventually(lambda: status_of(stopped, "r2") == "SUCCESS")
    program.end()
    eventually(lambda: journals(stopped) == [])
    assert os.listdir(os.path.join(stopped.home.spool, REFUSED_FOLDER)) == [program.path.name]


def test_that_a_run_was_refused_is_known_after_a_restart(stopped, program):
    other = Program(stopped)
    finished(other, "r1")
    stopped.start()
    eventually(lambda: status_of(stopped, "r1") == "SUCCESS")
    program.clock += 10**6
    finished(program, "r1")
    eventually(lambda: stopped.client().call("daemon/status")["runsRefused"] == 1)
    restart(stopped)
    program.end()
    other.end()
    eventually(lambda: journals(stopped) == [])
    assert os.listdir(os.path.join(stopped.home.spool, REFUSED_FOLDER)) == [program.path.name]


def test_a_journal_that_is_shorter_than_what_was_taken_in_of_it_is_taken_away(stopped, program):
    """As after a power cut."""
    stopped.start()
    finished(program, "r1")
    eventually(lambda: status_of(stopped, "r1") == "SUCCESS")
    stopped.hang_up()
    stopped.kill()
    os.truncate(program.path, 100)
    program.end()
    stopped.start()
    eventually(lambda: journals(stopped) == [])
    assert counted(stopped) == 1


def test_a_fold_needs_what_follows_the_start_of_the_first_run_that_is_not_over():
    fold = Fold(lambda _folder, _settings: "", Texts().facts)

    def apply(event: str, run: str, at: int) -> int | None:
        said = {
            "run": run,
            "at": 1,
            **({"workflow": "w"} if event == "run.started" else {"status": "SUCCESS"}),
        }
        found = decode(line_of(event, said))
        assert isinstance(found, dict)
        fold.apply(found, at)
        return fold.needed

    assert fold.needed is None
    assert apply("run.started", "a", 10) == 10
    assert apply("run.started", "b", 20) == 10
    assert apply("run.started", "a", 30) == 10
    assert apply("run.finished", "a", 40) == 10
    assert len(fold.changes()) == 2
    assert fold.needed == 20
    fold.refuse("b", is_erased=False)
    assert fold.needed == 20
    assert apply("run.finished", "b", 50) is None
    assert apply("run.started", "c", 60) == 60
    fold.changes()
    fold.refuse("c", is_erased=True)
    assert fold.needed == 60
    assert apply("run.finished", "c", 70) is None


def test_of_journals_that_are_stored_whole_nothing_is_read_again_before_more_comes_or_their_end(
    stopped, program
):
    others = [Program(stopped) for _ in range(3)]
    stopped.start()
    for number, other in enumerate(others):
        other.start(f"open{number}")
        finished(other, f"r{number}")
    eventually(lambda: all(status_of(stopped, f"r{number}") == "SUCCESS" for number in range(3)))
    stopped.hang_up()
    stopped.kill()
    held = others[0].path.read_bytes()
    make_unreadable(others[0], 0, len(held))
    stopped.start()
    finished(program, "fresh")
    eventually(lambda: status_of(stopped, "fresh") == "SUCCESS")
    others[0].path.write_bytes(held)
    others[0].of_run("run.finished", "open0", status="SUCCESS")
    others[1].end()
    eventually(lambda: status_of(stopped, "open0") == "SUCCESS")
    eventually(lambda: status_of(stopped, "open1") == "LOST")
    assert status_of(stopped, "open2") == "RUNNING"
    for other in (others[0], others[2], program):
        other.end()
    eventually(lambda: journals(stopped) == [])
    assert (status_of(stopped, "open2"), counted(stopped)) == ("LOST", 5)
    assert stopped.client().call("daemon/status")["linesRefused"] == 0


def test_of_a_long_run_no_step_is_read_again(stopped, program):
    stopped.start()
    program.say("journal", pid=1)
    program.start("open", metadata={"pid": 7, "host": "here"})
    at = size(program)
    for number in range(2_000):
        program.of_run("step.started", "open", step=f"s{number}", index=number, node=f"n{number % 5}")
        program.of_run("step.finished", "open", step=f"s{number}", status="SUCCESS")
    program.of_run("step.started", "open", step="last", index=2_000, node="last", input="of the last")
    program.of_run("step.action", "open", step="last", type="TOOL_CALL", details={"before": 1})
    eventually(lambda: (header(stopped, "open") or {}).get("stepCount") == 2_001)
    eventually(lambda: stopped.client().call("daemon/status")["eventsTaken"] == 4_004)
    stopped.hang_up()
    stopped.kill()
    said = program.path.read_bytes()
    with open(program.path, "r+b") as file:  # lines of steps that mean nothing
        file.seek(at)
        lines = said[at:].splitlines(keepends=True)
        file.write(b"".join(line[:30] + b"#" * (len(line) - 31) + b"\n" for line in lines))
    stopped.start()
    program.of_run("step.action", "open", step="last", type="TOOL_CALL", details={"after": 2})
    program.of_run("step.finished", "open", step="last", status="SUCCESS")
    program.of_run("step.started", "open", step="more", index=2_001, node="last")
    program.of_run("step.started", "open", step="s7", index=2_002, node="last")  # a step of before
    program.of_run("run.finished", "open", status="SUCCESS")
    eventually(lambda: status_of(stopped, "open") == "SUCCESS")
    status = stopped.client().call("daemon/status")
    assert (status["eventsTaken"], status["linesRefused"]) == (5, 1)
    steps = stopped.client().call("run/get", {"run": "open"})["log"]["steps"]
    assert [step["stepId"] for step in steps] == [*(f"s{number}" for number in range(2_000)), "last", "more"]
    assert [action["details"] for action in steps[2_000]["actions"]] == [{"before": 1}, {"after": 2}]
    assert (steps[2_000]["input"], steps[7]["status"]) == ("of the last", "SUCCESS")
    program.end()


def test_of_a_run_that_was_deleted_while_it_lived_nothing_is_kept_after_a_restart_either(stopped, program):
    stopped.start()
    program.say("journal", pid=1)
    program.start("open")
    for number in range(3):
        program.of_run("step.started", "open", step=f"s{number}", index=number, node="read")
        program.of_run("step.finished", "open", step=f"s{number}", status="SUCCESS")
    eventually(lambda: (header(stopped, "open") or {}).get("stepCount") == 3)
    stopped.client().call("run/delete", {"runs": ["open"]})
    restart(stopped)
    program.of_run("run.finished", "open", status="SUCCESS")
    program.end()
    eventually(lambda: journals(stopped) == [])
    assert status_of(stopped, "open") is None
    assert stopped.client().call("daemon/status")["runsRefused"] == 0
