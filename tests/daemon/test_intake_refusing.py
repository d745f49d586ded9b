"""What the daemon does not take in is counted, said and set aside, and hides nothing else in the spool."""

import os
import time
from pathlib import Path

import pytest

from daemon.program import START, Program
from daemon.spooled import header, journals, status_of
from daemon_process import a_run, eventually
from darwinflow.daemon import refused
from darwinflow.recorder.events import line_of


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
