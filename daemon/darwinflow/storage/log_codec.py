"""The stored form of a run's log: JSON in the field names of the wire, times in microseconds, defaults left out.

Every back end keeps this form, so that a log moves between them without a change.
"""

import json
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace
from pydantic_core import from_json

from darwinflow.model.errors import StoreDamaged
from darwinflow.model.run import ActionLog, ExecutionLog, RunInput, RunOutput, RunStatus, StepLog
from darwinflow.storage.compact_json import compact, compact_bytes
from darwinflow.storage.instants import from_micros, to_micros

Stored = dict[str, Any]
"""An object of the stored form; `Any` because it is JSON and this module alone looks inside."""

_MANY_STEPS = 1000

_DAMAGE = (ValueError, KeyError, TypeError, AttributeError, OverflowError)
"""What reading something else than the stored form may raise."""


def dump_log(log: ExecutionLog) -> bytes:
    """*log* as JSON. ASCII only, so that lone surrogates in somebody's values survive."""
    return _dump(_log_to_stored(log))


def dump_body(log: ExecutionLog) -> bytes:
    """*log* as `load_log` reads it, three times as fast as `dump_log`; UTF-8, where that can hold its texts."""
    if len(log.steps) <= _MANY_STEPS:
        return compact_bytes(_log_to_stored(log))
    # One by one: all at once, no other thread would run meanwhile.
    steps = b",".join([dump_step(step) for step in log.steps])
    return compact_bytes(_log_to_stored(replace(log, steps=())))[:-1] + b',"steps":[' + steps + b"]}"


def load_log(stored: bytes) -> ExecutionLog:
    """Raises `StoreDamaged`."""
    return log_from(_loaded(stored))


def stored_log(log: ExecutionLog) -> Stored:
    """What `dump_log` writes, for a back end that puts it into an object of its own."""
    return _log_to_stored(log)


def log_from(stored: Stored) -> ExecutionLog:
    """The log that `stored_log` was of. Raises `StoreDamaged`."""
    try:
        return _log_from_stored(stored)
    except _DAMAGE as error:
        raise StoreDamaged(f"a stored log cannot be read: {error}") from error


def stored_step(step: StepLog) -> Stored:
    return _step_to_stored(step)


def step_from(stored: Stored) -> StepLog:
    """Raises `StoreDamaged`."""
    try:
        return _step_from_stored(stored)
    except _DAMAGE as error:
        raise StoreDamaged(f"a stored step cannot be read: {error}") from error


def dump_step(step: StepLog) -> bytes:
    """As `dump_body`."""
    return compact_bytes(_step_to_stored(step))


def load_step(stored: bytes) -> StepLog:
    """Raises `StoreDamaged`."""
    try:
        return step_from(from_json(stored, cache_strings="keys"))
    except ValueError:  # a lone surrogate, or damage
        return step_from(_loaded(stored))


def same_content(one: ExecutionLog, other: ExecutionLog) -> bool:
    """Whether both say the same; the order of keys does not count, the kind of a number does."""
    return _canonical(_log_to_stored(one)) == _canonical(_log_to_stored(other))


def same_output(one: RunOutput, other: RunOutput) -> bool:
    return _canonical(_output_to_stored(one)) == _canonical(_output_to_stored(other))


def _loaded(stored: bytes) -> Stored:
    try:
        loaded: Stored = json.loads(stored)
    except ValueError as error:
        raise StoreDamaged(f"a stored log cannot be read: {error}") from error
    return loaded


def _dump(stored: Stored) -> bytes:
    return compact(stored).encode("ascii")


def _canonical(stored: Stored) -> str:
    return json.dumps(stored, sort_keys=True)


def _log_to_stored(log: ExecutionLog) -> Stored:
    stored: Stored = {
        "runId": log.run_id,
        "workflowId": log.workflow_id,
        "workflowVersion": log.workflow_version,
        "startTime": to_micros(log.start_time),
    }
    if log.workflow_hash:
        stored["workflowHash"] = log.workflow_hash
    if log.parent_run_id is not None:
        stored["parentRunId"] = log.parent_run_id
    if log.parent_step_id is not None:
        stored["parentStepId"] = log.parent_step_id
    if log.input.request is not None or log.input.context is not None:
        stored["input"] = {"request": log.input.request, "context": log.input.context}
    if log.output is not None:
        stored["output"] = _output_to_stored(log.output)
    if log.steps:
        stored["steps"] = [_step_to_stored(step) for step in log.steps]
    if log.metadata:
        stored["metadata"] = _plain(log.metadata)
    return stored


def _log_from_stored(stored: Stored) -> ExecutionLog:
    given = stored.get("input")
    output = stored.get("output")
    return ExecutionLog(
        run_id=stored["runId"],
        workflow_id=stored["workflowId"],
        workflow_version=stored["workflowVersion"],
        start_time=from_micros(stored["startTime"]),
        workflow_hash=stored.get("workflowHash", ""),
        parent_run_id=stored.get("parentRunId"),
        parent_step_id=stored.get("parentStepId"),
        input=RunInput(given["request"], given["context"]) if given else RunInput(),
        output=None if output is None else _output_from_stored(output),
        steps=tuple(_step_from_stored(step) for step in stored.get("steps", ())),
        metadata=stored.get("metadata", {}),
    )


def _output_to_stored(output: RunOutput) -> Stored:
    stored: Stored = {"status": str(output.status), "endTime": to_micros(output.end_time)}
    if output.result is not None:
        stored["result"] = output.result
    if output.error is not None:
        stored["error"] = output.error
    if output.metadata:
        stored["metadata"] = _plain(output.metadata)
    return stored


def _output_from_stored(stored: Stored) -> RunOutput:
    return RunOutput(
        status=RunStatus(stored["status"]),
        end_time=from_micros(stored["endTime"]),
        result=stored.get("result"),
        error=stored.get("error"),
        metadata=stored.get("metadata", {}),
    )


def _step_to_stored(step: StepLog) -> Stored:
    stored: Stored = {
        "stepId": step.step_id,
        "nodeId": step.node_id,
        "startTime": to_micros(step.start_time),
        "status": str(step.status),
    }
    if step.node_type is not None:
        stored["nodeType"] = step.node_type
    if step.attempt != 1:
        stored["attempt"] = step.attempt
    if step.iteration:
        stored["iteration"] = step.iteration
    if step.end_time is not None:
        stored["endTime"] = to_micros(step.end_time)
    if step.input is not None:
        stored["input"] = step.input
    if step.output is not None:
        stored["output"] = step.output
    if step.error is not None:
        stored["error"] = step.error
    if step.actions:
        stored["actions"] = [
            {"type": action.type, "timestamp": to_micros(action.timestamp), "details": _plain(action.details)}
            for action in step.actions
        ]
    if step.metadata:
        stored["metadata"] = _plain(step.metadata)
    return stored


def _step_from_stored(stored: Stored) -> StepLog:
    end = stored.get("endTime")
    return StepLog(
        step_id=stored["stepId"],
        node_id=stored["nodeId"],
        start_time=from_micros(stored["startTime"]),
        node_type=stored.get("nodeType"),
        attempt=stored.get("attempt", 1),
        iteration=stored.get("iteration", 0),
        end_time=None if end is None else from_micros(end),
        status=RunStatus(stored["status"]),
        input=stored.get("input"),
        output=stored.get("output"),
        error=stored.get("error"),
        actions=tuple(
            ActionLog(action["type"], from_micros(action["timestamp"]), action["details"])
            for action in stored.get("actions", ())
        ),
        metadata=stored.get("metadata", {}),
    )


def _plain(mapping: Mapping[str, object]) -> dict[str, object]:
    """json writes dicts only, and a mapping need not be one."""
    return mapping if isinstance(mapping, dict) else dict(mapping)
