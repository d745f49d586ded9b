"""A program that records is killed at any moment: every call that returned is in the journal, once and whole.

`DARWINFLOW_KILLS` says how often, `DARWINFLOW_SEED` repeats a sequence.
"""

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path

KILLS = int(os.environ.get("DARWINFLOW_KILLS", "30"))
SEED = int(os.environ.get("DARWINFLOW_SEED", "0")) or random.SystemRandom().randrange(10**6)

PROGRAM = """
import os, sys, threading
from darwinflow.recorder import record_run

def told(kind, name):
    "Say that the call has returned."
    os.write(1, f"{kind} {name}\\n".encode())

def steps(run, thread):
    for number in range(4):
        mark = f"{run.id}/{thread}/{number}"
        with run.step("node", input={"mark": mark, "text": "x" * (number * 3000)}) as step:
            told("step.started", step.id)
            step.action("LLM_CALL", mark=mark, tokens=number)
            told("step.action", mark)
        told("step.finished", step.id)

while True:
    with record_run("assistant.yaml", request="y" * 2000) as run:
        told("run.started", run.id)
        threads = [threading.Thread(target=steps, args=(run, thread)) for thread in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    told("run.finished", run.id)
"""
BUFFERING = """
import darwinflow.recorder.journal as journal
waiting = []

def put_later(self, line):
    waiting.append(line)
    if len(waiting) == 20:
        journal.os.write(self._fd, b"".join(waiting))
        waiting.clear()

journal.Journal._put = put_later
"""


def killed_after(place, source: str, delay: float) -> list[str]:
    """Run *source* and kill it *delay* seconds after its first word; what it said until then."""
    program = place.started(source)
    fd = program.stdout.fileno()
    said = os.read(fd, 65536)
    ends = time.monotonic() + delay
    os.set_blocking(fd, False)
    while time.monotonic() < ends:
        try:
            said += os.read(fd, 65536)
        except BlockingIOError:
            time.sleep(0.0002)
    program.send_signal(signal.SIGKILL)
    program.wait()
    os.set_blocking(fd, True)
    while piece := os.read(fd, 65536):
        said += piece
    program.communicate()
    lines = said.decode().split("\n")
    return lines[:-1]


def found_in(journal: Path) -> Counter[str]:
    """How often each event is there as a whole line; a torn last line is none."""
    whole = journal.read_bytes().split(b"\n")[:-1]
    counted: Counter[str] = Counter()
    for line in whole:
        event = json.loads(line)
        kind = event["event"]
        name = event["details"]["mark"] if kind == "step.action" else event.get("step") or event.get("run")
        counted[f"{kind} {name}"] += 1
    return counted


def lost_and_doubled(place, source: str, rounds: int, chance: random.Random) -> tuple[int, int, int]:
    reported = lost = doubled = 0
    for _ in range(rounds):
        before = set(place.journals())
        said = killed_after(place, source, chance.uniform(0.001, 0.08))
        new = set(place.journals()) - before
        found = found_in(new.pop()) if new else Counter()
        reported += len(said)
        lost += sum(found[one] == 0 for one in said)
        doubled += sum(
            count > 1 for one, count in found.items() if not one.startswith(("journal", "document"))
        )
    return reported, lost, doubled


def test_a_killed_program_loses_no_call_that_returned(place) -> None:
    reported, lost, doubled = lost_and_doubled(place, PROGRAM, KILLS, random.Random(SEED))
    print(
        f"{KILLS} kills, seed {SEED}: {reported} calls returned, {lost} lost, {doubled} doubled",
        file=sys.stderr,
    )
    assert reported > KILLS * 5
    assert (lost, doubled) == (0, 0)


def test_a_twin_that_buffers_loses_calls_so_the_test_can_tell(place) -> None:
    reported, lost, _ = lost_and_doubled(place, BUFFERING + PROGRAM, 8, random.Random(SEED))
    print(f"twin that buffers, 8 kills, seed {SEED}: {reported} calls returned, {lost} lost", file=sys.stderr)
    assert lost > 0
