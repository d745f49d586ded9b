"""A run's log as a document to read: valid YAML, so that folding, outline, search and copy work everywhere.

Takes the log as it comes over the socket; neither the clock nor the daemon is asked.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from darwinflow.model import yaml_text
from darwinflow.model.phrases import MONTHS, age, duration, glyph

Log = Mapping[str, Any]
"""The wire's form of an `ExecutionLog`, or of a part of it; `Any` because it is JSON."""

SHOWN_ABOVE = frozenset({"user", "host", "commit"})
"""Metadata that the second line has."""
MARGIN = 28
"""Column at which the remarks about steps begin, where the names leave room."""


def run_document(log: Log, now: datetime, *, utf8: bool = True) -> str:
    """*now* is aware; its zone is the reader's. *utf8*: whether glyphs can be shown."""
    return "\n".join(_lines(log, now, utf8=utf8)) + "\n"


def status_of(log: Log) -> str:
    output = log.get("output")
    return str(log.get("status") or (output["status"] if output else "RUNNING"))


def _lines(log: Log, now: datetime, *, utf8: bool) -> Iterator[str]:
    yield f"# {yaml_text.comment(_headline(log, now, utf8=utf8))}"
    yield f"# {yaml_text.comment(_circumstances(log, now))}"
    given = {key: value for key, value in (log.get("input") or {}).items() if value is not None}
    if given:
        yield from yaml_text.entry("input", given)
    steps: Sequence[Log] = log.get("steps") or ()
    if steps:
        yield "steps:"
        attempts: Counter[tuple[str, int]] = Counter()
        for step in steps:
            round_ = step["nodeId"], step.get("iteration", 0)
            attempts[round_] = max(attempts[round_], step.get("attempt", 1))
        for step in steps:
            yield from _step(
                step,
                attempts[step["nodeId"], step.get("iteration", 0)],
                now,
                goes_on=status_of(log) == "RUNNING",
                utf8=utf8,
            )
    output = log.get("output") or {}
    for key in ("result", "error", "metadata"):
        if output.get(key):
            yield from yaml_text.entry("outcome" if key == "metadata" else key, output[key])
    yield from _origin(log)


def _headline(log: Log, now: datetime, *, utf8: bool) -> str:
    status = status_of(log)
    version = f" v{log['workflowVersion']}" if log.get("workflowVersion") else ""
    name = f"{glyph(status, utf8=utf8)} {log['workflowId']}{version}"
    took = _took(log["startTime"], (log.get("output") or {}).get("endTime"))
    if status == "RUNNING":
        busy = [step["nodeId"] for step in log.get("steps") or () if step["status"] == "RUNNING"]
        return (
            f"{name} is running{' ' + busy[-1] if busy else ''}, started {age(_time(log['startTime']), now)}"
        )
    if status == "LOST":
        return f"{name} was lost: its program went away before it finished"
    if status != "FAILED":
        return f"{name} {'succeeded' if status == 'SUCCESS' else 'was cancelled'} after {took}"
    failed = next((step for step in log.get("steps") or () if step["status"] == "FAILED"), None)
    error = (log.get("output") or {}).get("error") or (failed or {}).get("error") or ""
    where = f" at {failed['nodeId']}" if failed else ""
    reason = error.strip().split("\n", 1)[0]
    return f"{name} failed{where} after {took}{': ' + reason if reason else ''}"


def _circumstances(log: Log, now: datetime) -> str:
    metadata = log.get("metadata") or {}
    parts = [f"run {log['runId']}", _moment(_time(log["startTime"]), now)]
    by = f"by {metadata['user']}" if metadata.get("user") else ""
    on = f"on {metadata['host']}" if metadata.get("host") else ""
    if by or on:
        parts.append(f"{by} {on}".strip())
    if metadata.get("commit"):
        parts.append(f"commit {str(metadata['commit'])[:7]}")
    return ", ".join(parts)


def _step(step: Log, attempts: int, now: datetime, *, goes_on: bool, utf8: bool) -> Iterator[str]:
    head = f"  - node: {yaml_text.scalar(step['nodeId'])}"
    yield f"{head:<{MARGIN}} # {yaml_text.comment(_remark(step, attempts, now, goes_on=goes_on, utf8=utf8))}"
    for key in ("input", "output"):
        if step.get(key) is not None:
            yield from yaml_text.entry(key, step[key], 4)
    actions: Sequence[Log] = step.get("actions") or ()
    if actions:
        yield "    actions:"
        for action in actions:
            first, *rest = yaml_text.entry(str(action["type"]), action.get("details") or {}, 8)
            yield f"      - {first.lstrip(' ')}"
            yield from rest
    for key in ("error", "metadata"):
        if step.get(key):
            yield from yaml_text.entry(key, step[key], 4)


def _remark(step: Log, attempts: int, now: datetime, *, goes_on: bool, utf8: bool) -> str:
    """*goes_on*: the run is not over, so that a step without an end may still come to one."""
    sign = glyph(step["status"], utf8=utf8)
    if step.get("endTime"):
        remark = f"{sign} {_took(step['startTime'], step['endTime'])}"
    elif not goes_on:
        remark = f"{glyph('LOST', utf8=utf8)} did not finish"
    else:
        remark = f"{sign} started {age(_time(step['startTime']), now)}"
    if attempts > 1:
        remark += f", attempt {step.get('attempt', 1)} of {attempts}"
    if step.get("iteration"):
        remark += f", round {step['iteration'] + 1}"
    return remark


def _origin(log: Log) -> Iterator[str]:
    """What a reader wants last: where the run belongs, and what was recorded beside it."""
    if log.get("parentRunId"):
        step = log.get("parentStepId")
        parent = {"run": log["parentRunId"], **({"step": step} if step else {})}
        yield from yaml_text.entry("parent", parent)
    rest = {key: value for key, value in (log.get("metadata") or {}).items() if key not in SHOWN_ABOVE}
    if rest:
        yield from yaml_text.entry("metadata", rest)


def _moment(then: datetime, now: datetime) -> str:
    local = then.astimezone(now.tzinfo)
    if local.date() == now.date():
        day = "today"
    elif local.date() == (now - timedelta(days=1)).date():
        day = "yesterday"
    else:
        day = f"{local.day} {MONTHS[local.month - 1]}" + (f" {local.year}" if local.year != now.year else "")
    return f"{day} {local:%H:%M:%S}"


def _took(start: str, end: str | None) -> str:
    return duration((_time(end) - _time(start)).total_seconds() * 1000) if end else ""


def _time(wire: str) -> datetime:
    return datetime.fromisoformat(wire)
