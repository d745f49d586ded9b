"""What recording costs the program: the limits of the specification, in CPU time."""

import os
import random
import resource
import string
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from darwinflow.recorder import record_run

IMPORT_MS = 20
CALL_MS = 1
ROUNDS = 15


def cpu_ms_of(source: str) -> float:
    """CPU time of a fresh interpreter that runs *source*: the best of some rounds, for other programs run too."""
    best = float("inf")
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-c", source], check=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best * 1000


def test_importing_the_recorder_costs_at_most_20_ms_over_bare_python() -> None:
    over = cpu_ms_of("from darwinflow.recorder import record_run") - cpu_ms_of("pass")
    assert over <= IMPORT_MS, f"{over:.1f} ms"


def test_importing_the_places_alone_costs_next_to_nothing() -> None:
    over = cpu_ms_of("import darwinflow.recorder.paths") - cpu_ms_of("pass")
    assert over <= 4, f"{over:.1f} ms"


def prose(letters: int) -> str:
    chance = random.Random(7)
    words = (
        "".join(chance.choices(string.ascii_lowercase, k=chance.randint(2, 9))) for _ in range(letters // 5)
    )
    return " ".join(words)[:letters]


# About 16 KiB of JSON each.
VALUES = {
    "prose": prose(16_000),
    "emoji": "héllo wörld 😀 " * 500,
    "records": [{"id": number, "name": f"n{number}", "score": number * 1.5} for number in range(370)],
    "numbers": list(range(2900)),
    "ids": [f"0190a7c2-{number:04d}-7abc-9def-0123456789ab" for number in range(400)],
    "links": [f"https://example.org/x?page={number}" for number in range(400)],
    "nothing": None,
}


@pytest.mark.parametrize("kind", VALUES)
def test_a_call_costs_at_most_a_millisecond(place, kind: str) -> None:
    value = VALUES[kind]
    with record_run("assistant.yaml") as run, run.step("a") as step:
        spent = best_ms(lambda: step.action("X", value=value))
    assert spent <= CALL_MS, f"{spent:.2f} ms"


def test_a_run_of_ten_steps_costs_little(place) -> None:
    def whole_run() -> None:
        with record_run("assistant.yaml", request="add a retry") as run:
            for node in "abcdefghij":
                with run.step(node, input={"text": "x" * 200}) as step:
                    step.action("LLM_CALL", model="small", tokens=812)
                    step.output = {"decision": "Core"}

    spent = best_ms(whole_run)
    assert spent <= 5, f"{spent:.2f} ms"


def best_ms(act: Callable[[], None]) -> float:
    best = float("inf")
    for _ in range(40):
        started = time.thread_time()
        act()
        best = min(best, time.thread_time() - started)
    return best * 1000
