"""Forked children record into journals of their own and never keep the parent's lock."""

import json
import os
import signal
import time

FORK = """
import os, sys, threading, time
from darwinflow.recorder import record_run
"""


def test_a_forked_child_has_a_journal_and_a_run_of_its_own(place) -> None:
    source = (
        FORK
        + """
with record_run("assistant.yaml") as run:
    with run.step("parent") as step:
        child = os.fork()
        if child == 0:
            with run.step("child", input=1) as inner:
                inner.action("TOOL_CALL", tool="x")
                inner.output = 2
            with record_run("assistant.yaml") as other:
                pass
            os._exit(0)
        os.waitpid(child, 0)
    print(run.id, step.id)
"""
    )
    run, step = place.program(source).stdout.split()
    parent, child = place.journals()
    kinds = [json.loads(line)["event"] for line in parent.read_bytes().splitlines()]
    assert kinds == ["journal", "document", "run.started", "step.started", "step.finished", "run.finished"]
    events = [json.loads(line) for line in child.read_bytes().splitlines()]
    assert [event["event"] for event in events] == [
        "journal",
        "document",
        "run.started",
        "step.started",
        "step.action",
        "step.finished",
        "run.finished",
        "run.started",
        "run.finished",
    ]
    assert [(e["parentRun"], e["parentStep"]) for e in events if e["event"] == "run.started"] == [
        (run, step)
    ] * 2
    assert events[0]["pid"] != json.loads(parent.read_bytes().splitlines()[0])["pid"]


def test_leaving_the_parents_blocks_in_a_child_ends_nothing(place) -> None:
    source = (
        FORK
        + """
with record_run("assistant.yaml") as run:
    with run.step("a") as step:
        child = os.fork()
        step.action("BOTH")
    step.output = 1
if child:
    os.waitpid(child, 0)
"""
    )
    done = place.program(source)
    assert [event["event"] for event in place.events()].count("run.finished") == 1
    assert [event["event"] for event in place.events()].count("step.finished") == 1
    assert len(place.events("step.action")) == 1
    assert "a forked child does not record actions of its parent's step 'a'" in done.stderr


def test_the_lock_goes_with_the_parent_though_the_child_lives(place) -> None:
    source = (
        FORK
        + """
with record_run("assistant.yaml") as run:
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        os.dup2(1, 2)
        time.sleep(60)
    print(child, flush=True)
    os.kill(os.getpid(), 9)
"""
    )
    done = place.program(source, check=False)
    child = int(done.stdout)
    try:
        os.kill(child, 0)
        assert not place.is_locked(place.journals()[0])
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_fork_while_another_thread_records_does_not_hang_the_child(place) -> None:
    source = (
        FORK
        + """
stop = False
def work():
    while not stop:
        with run.step("thread") as step:
            step.action("X", text="y" * 2000)

with record_run("assistant.yaml") as run:
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(30):
        child = os.fork()
        if child == 0:
            with run.step("child"):
                pass
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    stop = True
    for thread in threads:
        thread.join()
"""
    )
    started = time.monotonic()
    place.program(source)
    assert time.monotonic() - started < 30
    assert len(place.journals()) == 31
    assert len(place.events("step.finished")) == len(place.events("step.started"))


def test_workers_of_multiprocessing_record(place) -> None:
    source = """
import multiprocessing
from darwinflow.recorder import record_run

def work(number):
    with run.step("work", input=number) as step:
        step.output = number * 2
    return number

run = record_run("assistant.yaml")
if __name__ == "__main__":
    with run:
        with multiprocessing.get_context("fork").Pool(2) as pool:
            assert sum(pool.map(work, range(10))) == 45
    print(run.id)
"""
    run = place.program(source).stdout.strip()
    assert sorted(event["input"] for event in place.events("step.started")) == list(range(10))
    started = place.events("run.started")
    assert [event["parentRun"] for event in started].count(run) == 10
    assert len(place.events("run.finished")) == 11


def test_a_child_of_a_child_finds_its_place(place) -> None:
    source = (
        FORK
        + """
with record_run("assistant.yaml") as run:
    if os.fork() == 0:
        with run.step("child") as step:
            if os.fork() == 0:
                with run.step("grandchild"):
                    pass
                os._exit(0)
            os.wait()
        os._exit(0)
    os.wait()
"""
    )
    place.program(source)
    assert len(place.journals()) == 3
    nodes = {event["step"]: event["node"] for event in place.events("step.started")}
    ended = {nodes[event["step"]] for event in place.events("step.finished")}
    assert ended == {"child", "grandchild"}
    parents = {event["run"]: event["parentRun"] for event in place.events("run.started")}
    assert len(set(parents.values()) - {None}) == 2  # the grandchild's run lies below the child's
