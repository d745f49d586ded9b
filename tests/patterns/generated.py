"""Logs of runs as programs would make them, with or without something planted in them."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from darwinflow.model.run import ActionLog, ExecutionLog, RunOutput, RunStatus, StepLog

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
NODES = ("load", "sort", "ask", "plan", "write", "tell")


def step(
    node: str,
    at: float,
    took: float,
    *,
    given: Any = None,
    output: Any = None,
    status: str = "SUCCESS",
    **more: Any,
) -> StepLog:
    """*at* and *took* in milliseconds, from the run's start."""
    begin = START + timedelta(milliseconds=at)
    return StepLog(
        f"{node}-{at}", node, begin, end_time=begin + timedelta(milliseconds=took), input=given, output=output,
        status=RunStatus(status), **more,
    )  # fmt: skip


def in_a_row(*parts: tuple[str, float], **more: Any) -> list[StepLog]:
    """Steps of these nodes and milliseconds, one behind the other."""
    steps, at = [], 0.0
    for node, took in parts:
        steps.append(step(node, at, took, **more))
        at += took
    return steps


def run(
    number: int, steps: Sequence[StepLog], *, status: str = "SUCCESS", workflow: str = "assistant"
) -> ExecutionLog:
    """The run of this number, a minute after the one before it; it ends with the last of *steps*."""
    end = max((one.end_time or one.start_time for one in steps), default=START + timedelta(seconds=1))
    later = timedelta(minutes=number)
    moved = tuple(
        replace(one, start_time=one.start_time + later, end_time=one.end_time and one.end_time + later)
        for one in steps
    )
    return ExecutionLog(
        f"run-{number:05}",
        workflow,
        1,
        START + later,
        steps=moved,
        output=RunOutput(RunStatus(status), end + later),
    )


def ordinary(seed: int, runs: int, *, workflow: str = "assistant") -> Iterator[ExecutionLog]:
    """Nothing in them recurs: any order, any time, any input; one node in twenty fails and is tried again."""
    dice = random.Random(seed)
    for number in range(runs):
        steps: list[StepLog] = []
        at = 0.0
        for node in dice.sample(NODES, dice.randint(4, len(NODES))):
            took = dice.uniform(50, 100)
            fails = dice.random() < 0.05
            given = {"text": dice.random(), "seed": seed}
            if fails:
                steps.append(step(node, at, took, given=given, status="FAILED", error="boom"))
                at += took
            steps.append(step(node, at, took, given=given, output=dice.random(), attempt=1 + fails))
            at += took
        yield run(number, steps, status=dice.choices(("SUCCESS", "FAILED"), (9, 1))[0], workflow=workflow)


def asked(at: float) -> ActionLog:
    return ActionLog("USER_INPUT", START + timedelta(milliseconds=at), {"text": "rather so"})
