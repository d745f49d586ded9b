"""Two runs side by side: what each step of the one did in the other, and where they first part.

Takes logs as they come over the socket; neither the clock nor the daemon is asked.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

Log = Mapping[str, Any]
"""The wire's form of an `ExecutionLog`, or of a part of it; `Any` because it is JSON."""


class Outcome(NamedTuple):
    """How a run or a step ended, or stands."""

    status: str
    duration_ms: float | None
    """None while it runs."""
    error: str | None


class Difference(NamedTuple):
    """The first place where two values part."""

    path: tuple[str | int, ...]
    """From `input`, `output`, `result` or `error` inwards: keys, and indexes of lists."""
    before: tuple[Any, ...]
    """The value; empty where there is none."""
    after: tuple[Any, ...]


class StepPair(NamedTuple):
    """A step of the one run and the step of the other that has the same node, iteration and attempt."""

    node: str
    iteration: int
    attempt: int
    before: Outcome | None
    """None where that run has no such step."""
    after: Outcome | None
    difference: Difference | None
    """The first of input, output and error; None where they are the same, or one of the steps is missing."""

    @property
    def change_ms(self) -> float | None:
        return change_ms(self.before, self.after)


class RunComparison(NamedTuple):
    before: Outcome
    after: Outcome
    difference: Difference | None
    """The first of input, result and error of the runs themselves."""
    steps: tuple[StepPair, ...]
    """In the order of the first run; what only the second has comes behind what it followed there."""


def compared(before: Log, after: Log) -> RunComparison:
    steps_before, steps_after = _by_key(before.get("steps") or ()), _by_key(after.get("steps") or ())
    pairs = [
        _pair(key, steps_before.get(key), steps_after.get(key)) for key in _order(steps_before, steps_after)
    ]
    return RunComparison(
        _outcome_of_run(before),
        _outcome_of_run(after),
        _parted(_said_by_run(before), _said_by_run(after)),
        tuple(pairs),
    )


def change_ms(before: Outcome | None, after: Outcome | None) -> float | None:
    """How much longer the second took; None where one of them did not end."""
    if before is None or after is None or before.duration_ms is None or after.duration_ms is None:
        return None
    return after.duration_ms - before.duration_ms


Key = tuple[str, int, int, int]
"""Node, iteration, attempt; and how many steps before it have these."""


def _by_key(steps: Sequence[Log]) -> dict[Key, Log]:
    seen: Counter[tuple[str, int, int]] = Counter()
    found: dict[Key, Log] = {}
    for step in steps:
        own = (step["nodeId"], step.get("iteration", 0), step.get("attempt", 1))
        found[*own, seen[own]] = step
        seen[own] += 1
    return found


def _order(before: Mapping[Key, Log], after: Mapping[Key, Log]) -> Iterator[Key]:
    behind: dict[Key | None, list[Key]] = {}
    anchor: Key | None = None
    for key in after:
        if key in before:
            anchor = key
        else:
            behind.setdefault(anchor, []).append(key)
    yield from behind.get(None, ())
    for key in before:
        yield key
        yield from behind.get(key, ())


def _pair(key: Key, before: Log | None, after: Log | None) -> StepPair:
    node, iteration, attempt, _ = key
    difference = None
    if before is not None and after is not None:
        difference = _parted(_said_by_step(before), _said_by_step(after))
    return StepPair(node, iteration, attempt, _outcome_of_step(before), _outcome_of_step(after), difference)


def _said_by_run(log: Log) -> Log:
    output = log.get("output") or {}
    return _given(
        input=_given(**(log.get("input") or {})), result=output.get("result"), error=output.get("error")
    )


def _said_by_step(step: Log) -> Log:
    return _given(input=step.get("input"), output=step.get("output"), error=step.get("error"))


def _given(**members: Any) -> Log:
    """Null says as much as nothing."""
    return {name: value for name, value in members.items() if value is not None}


def _outcome_of_run(log: Log) -> Outcome:
    output = log.get("output") or {}
    status = str(log.get("status") or output.get("status") or "RUNNING")
    return Outcome(status, _took(log["startTime"], output.get("endTime")), output.get("error"))


def _outcome_of_step(step: Log | None) -> Outcome | None:
    if step is None:
        return None
    return Outcome(step["status"], _took(step["startTime"], step.get("endTime")), step.get("error"))


def _took(start: str, end: str | None) -> float | None:
    if end is None:
        return None
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() * 1000


def _parted(before: Log, after: Log) -> Difference | None:
    for name in ("input", "output", "result", "error"):
        found = _first_difference(name, _member(before, name), _member(after, name))
        if found is not None:
            return found
    return None


def _first_difference(name: str, before: tuple[Any, ...], after: tuple[Any, ...]) -> Difference | None:
    """In the order of the first one's keys. Nothing recurses: values are as deep as they like."""
    waiting: list[tuple[tuple[str | int, ...], tuple[Any, ...], tuple[Any, ...]]] = [((name,), before, after)]
    while waiting:
        path, one, other = waiting.pop()
        if not one or not other:
            if one == other:
                continue
            return Difference(path, one, other)
        old, new = one[0], other[0]
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            keys = [*old, *[key for key in new if key not in old]]
            waiting += [((*path, key), _member(old, key), _member(new, key)) for key in reversed(keys)]
        elif isinstance(old, list) and isinstance(new, list):
            places = range(max(len(old), len(new)) - 1, -1, -1)
            waiting += [((*path, at), tuple(old[at : at + 1]), tuple(new[at : at + 1])) for at in places]
        elif isinstance(old, bool) is not isinstance(new, bool) or old != new:
            return Difference(path, one, other)
    return None


def _member(mapping: Log, key: str) -> tuple[Any, ...]:
    return (mapping[key],) if key in mapping else ()
