"""Who asks for runs sees all that programs had recorded before, whoever was started first and though nobody poked."""

import signal
import time
from concurrent.futures import Future
from datetime import UTC, datetime

from daemon.program import Program
from daemon_process import DaemonProcess, eventually
from darwinflow.daemon.intake import Intake
from darwinflow.daemon.texts import UNKNOWN_TEXT
from darwinflow.model.errors import StoreFull
from darwinflow.storage.memory.tenant import MemoryTenant, MemoryTenantStore


def a_finished_run(daemon: DaemonProcess, run: str) -> None:
    """Recorded by a program that is gone when this returns."""
    program = Program(daemon)
    program.start(run)
    program.of_run("run.finished", run, status="SUCCESS")
    program.end()


def test_the_first_answers_of_a_daemon_hold_what_lay_in_the_spool(stopped):
    for number in range(10):
        a_finished_run(stopped, f"r{number}")
    stopped.start()
    client = stopped.client()
    figures = client.call("workflow/history", {"workflow": "assistant", "version": 3})
    assert figures["summaries"]["version"]["runs"] == 10
    assert len(client.call("run/query")["runs"]) == 10


def test_a_run_whose_program_has_ended_is_there_for_the_next_question(daemon):
    client = daemon.client()
    for number in range(30):
        a_finished_run(daemon, f"r{number}")
        if number % 2:
            assert client.call("run/get", {"run": f"r{number}"})["run"]["status"] == "SUCCESS"
        else:
            assert client.call("run/query", {"limit": 1})["runs"][0]["status"] == "SUCCESS"


def test_a_program_that_died_is_known_to_have_died(daemon):
    program = Program(daemon)
    program.start("r1")
    program.end()
    assert daemon.client().call("run/get", {"run": "r1"})["run"]["status"] == "LOST"


def test_half_a_line_is_waited_for_by_nobody(daemon):
    program = Program(daemon)
    program.start("r1")
    client = daemon.client()
    program.say_half("run.finished", run="r1", status="SUCCESS")
    took = []
    for _ in range(5):
        began = time.perf_counter()
        assert client.call("run/get", {"run": "r1"})["run"]["status"] == "RUNNING"
        took.append(time.perf_counter() - began)
    assert sorted(took)[2] < 0.1


def test_where_much_is_to_be_read_nobody_waits_longer_than_a_second_however_many_ask(stopped):
    program = Program(stopped)
    for number in range(4000):
        program.start(f"r{number}", request="x" * 2000)
        program.of_run("run.finished", f"r{number}", status="SUCCESS")
    stopped.start()
    lines = [stopped.raw().hello() for _ in range(20)]
    began = time.monotonic()
    for line in lines:
        line.request("session/open", {"workspace": "/srv/shop", "settings": "project: shop"})
    assert [line.reply()["result"]["project"] for line in lines] == ["shop"] * 20
    # Five rounds of a second each, if threads were held by those who wait.
    assert time.monotonic() - began < 3


def test_who_hangs_up_while_waiting_leaves_no_trace_in_a_daemon_that_ends(stopped):
    stopped.start()
    line = stopped.raw().hello()
    line.request("session/open", {"workspace": "/srv/shop", "settings": None})
    line.reply()
    program = Program(stopped)
    for number in range(2000):
        program.start(f"r{number}", request="x" * 2000)
    line.request("run/query", {})
    time.sleep(0.1)
    line.close()
    assert stopped.kill(signal.SIGTERM) == 0
    assert stopped.complaints() == []


class FullStore(MemoryTenantStore):
    """Takes nothing."""

    def write(self, work):
        refused = Future()
        refused.set_exception(StoreFull("the disk is full"))
        return refused


def test_nobody_waits_for_a_store_that_takes_nothing(stopped):
    a_finished_run(stopped, "r1")
    store = FullStore(MemoryTenant(lambda: datetime.now(UTC)))
    intake = Intake(stopped.home.spool, store, lambda *_: "shop", lambda *_: UNKNOWN_TEXT)
    waiting = intake.behind()
    intake.start()
    waiting.result(5)
    assert intake.behind() is None
    intake.stop()


def test_a_short_journal_does_not_wait_for_all_of_a_long_one(stopped):
    long, short = Program(stopped), Program(stopped)
    for number in range(100):
        long.start(f"r{number}", request="x" * 20_000)
    short.start("short")
    store = MemoryTenantStore(MemoryTenant(lambda: datetime.now(UTC)))
    intake = Intake(stopped.home.spool, store, lambda *_: "shop", lambda *_: UNKNOWN_TEXT)
    assert intake._take_in({long.path.name, short.path.name}) == {long.path.name}
    assert store.read(lambda tx: tx.logs("shop").header("short")).run_id == "short"


def test_a_journal_that_meets_a_fault_of_ours_holds_up_no_other(stopped, caplog):
    poison, other = Program(stopped), Program(stopped)
    poison.start("bad", workspace="/srv/poison")
    other.start("good")
    store = MemoryTenantStore(MemoryTenant(lambda: datetime.now(UTC)))

    def project_of(workspace, _):
        if workspace == "/srv/poison":
            raise ZeroDivisionError("a fault of ours")
        return "shop"

    intake = Intake(stopped.home.spool, store, project_of, lambda *_: UNKNOWN_TEXT)
    intake.start()
    other.of_run("run.finished", "good", status="SUCCESS")
    other.end()
    eventually(lambda: not other.path.exists())
    intake.stop()
    assert store.read(lambda tx: tx.logs("shop").header("good")).status == "SUCCESS"
    assert poison.path.exists(), "it waits for a newer version"
    assert "ZeroDivisionError" in caplog.text
