"""What one finished run shows. The definitions are those of `darwinflow.patterns`."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import islice, pairwise
from typing import NamedTuple

from darwinflow.model.run import ExecutionLog, RunStatus, StepLog
from darwinflow.patterns.digest import Allowance, digest_of

MOST_STEPS = 10_000
MOST_NODES = 200
_MOST_CHARACTERS = 4 << 20
"""Of a run's inputs and outputs that are compared."""
_LONGEST_NAME = 200
_LEAST_SHARE = 0.6
_LEAST_LEAD = 1.5
_LEAST_MS = 10.0
_LEAST_TIMES = 3

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Sign(StrEnum):
    """What a run may show."""

    SLOW = "slow"
    """Of a node; the amount is its share of the run's time in thousandths."""
    AGAIN = "again"
    """Of a node; how many times it did the same."""
    SAME = "same"
    """Of a node and a digest of its input and output; milliseconds."""
    AFTER = "after"
    """Of a node and the one that began next."""
    RETRIED = "retried"
    """Of a node; how many times more."""
    BY_HAND = "by hand"
    """Of a node; how many inputs."""


Key = tuple[Sign, str, str]
"""Of what; the second text is empty where the sign is of a node alone."""


class Lesson(NamedTuple):
    workflow_id: str
    run_id: str
    ended: int
    """Microseconds since 1970."""
    succeeded: bool
    timed: bool
    """Whether it says something about where time goes."""
    signs: dict[Key, int]
    """With their amounts."""


def lesson_of(log: ExecutionLog) -> Lesson | None:
    """None while *log* is live."""
    if log.output is None or not log.output.status.finished:
        return None
    ended = log.output.end_time
    steps = sorted(
        (step for step in islice(log.steps, MOST_STEPS) if 0 < len(step.node_id) <= _LONGEST_NAME),
        key=lambda step: step.start_time,
    )
    by_node: dict[str, list[StepLog]] = defaultdict(list)
    for step in steps:
        if step.node_id in by_node or len(by_node) < MOST_NODES:
            by_node[step.node_id].append(step)
    succeeded = log.output.status is RunStatus.SUCCESS
    took = ended - log.start_time
    timed = succeeded and len(by_node) > 1 and took >= timedelta(milliseconds=_LEAST_MS)
    signs: dict[Key, int] = {}
    if timed:
        signs |= _slow(by_node, log.start_time, ended)
    if succeeded:
        signs |= _after(steps)
    allowance = Allowance(_MOST_CHARACTERS)
    for node, own in by_node.items():
        signs |= _repeated(node, own, allowance)
        signs |= _corrected(node, own)
    micros = (ended - _EPOCH) // timedelta(microseconds=1)
    return Lesson(log.workflow_id, log.run_id, micros, succeeded, timed, signs)


def _slow(by_node: dict[str, list[StepLog]], start: datetime, end: datetime) -> dict[Key, int]:
    busy = sorted(((_busy(steps, start, end), node) for node, steps in by_node.items()), reverse=True)
    (most, node), (second, _) = busy[0], busy[1]
    share = most / (end - start)
    if share < _LEAST_SHARE or most < second * _LEAST_LEAD:
        return {}
    return {(Sign.SLOW, node, ""): round(share * 1000)}


def _busy(steps: Sequence[StepLog], start: datetime, end: datetime) -> timedelta:
    """How long one of *steps*, which are in order, was under way."""
    total, free_from = timedelta(), start
    for step in steps:
        begin = max(step.start_time, free_from)
        stop = min(step.end_time or end, end)
        if stop > begin:
            total += stop - begin
            free_from = stop
    return total


def _after(steps: Iterable[StepLog]) -> dict[Key, int]:
    path: list[str] = []
    for step in steps:
        if not path or path[-1] != step.node_id:
            path.append(step.node_id)
    visits = Counter(path)
    once = list(islice(pairwise(path), MOST_NODES))
    return {(Sign.AFTER, node, other): 1 for node, other in once if visits[node] == 1 and visits[other] == 1}


def _repeated(node: str, steps: Sequence[StepLog], allowance: Allowance) -> dict[Key, int]:
    signs: dict[Key, int] = {}
    times: Counter[str] = Counter()
    done = [
        step for step in steps if step.status is RunStatus.SUCCESS and step.input not in (None, "", [], {})
    ]
    for place, step in enumerate(done):
        taken = digest_of(step.input, allowance)
        if taken is None:
            continue
        times[taken] += 1
        if place == 0:
            given = digest_of(step.output, allowance)
            if given is not None:
                signs[Sign.SAME, node, taken + given] = round(max(step.duration_ms or 0.0, 0.0))
    most = max(times.values(), default=0)
    if most >= _LEAST_TIMES:
        signs[Sign.AGAIN, node, ""] = most
    return signs


def _corrected(node: str, steps: Sequence[StepLog]) -> dict[Key, int]:
    signs: dict[Key, int] = {}
    failed: set[int] = set()
    retries = 0
    for step in steps:
        if step.attempt > 1 or step.iteration in failed:
            retries += 1
        if step.status is RunStatus.FAILED:
            failed.add(step.iteration)
    if retries:
        signs[Sign.RETRIED, node, ""] = retries
    inputs = sum(
        action.type == "USER_INPUT"
        for step in steps
        if step.node_type != "HUMAN_INPUT"
        for action in step.actions
    )
    if inputs:
        signs[Sign.BY_HAND, node, ""] = inputs
    return signs
