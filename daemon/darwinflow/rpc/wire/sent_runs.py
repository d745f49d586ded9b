"""Runs from the bytes of a request to the values of `model.run` in one pass, a quarter of the time that models take.

What is taken here is what `wire.runs` takes, and becomes the same. The rest is left to that, which says what is wrong:
times that are not written in UTC or finer than microseconds, nulls for objects that may be absent, and all faults.
"""

import re
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

from darwinflow.model.run import ActionLog, ExecutionLog, RunInput, RunOutput, RunStatus, StepLog

_RUN_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}").fullmatch
_HASH = re.compile(r"(?:[0-9a-f]{64})?").fullmatch
_MOST_NAME = 1000
_MOST_ERROR = 64 * 1024
_MOST_COUNT = 1 << 31
_MOST_VERSION = 1 << 53
_IS_FINER = re.compile(rb"\.\d{7,}[Zz]\"").search
"""A time with more digits than a microsecond has, which each decoder would round in its way."""


class SentRun(Struct, rename="camel", forbid_unknown_fields=True):
    """`RunLog`, the object of the wire."""

    run_id: str
    workflow_id: str
    workflow_version: int
    start_time: datetime
    workflow_hash: str = ""
    parent_run_id: str | None = None
    parent_step_id: str | None = None
    input: RunInput | None = None
    output: RunOutput | None = None
    steps: tuple[StepLog, ...] = ()
    metadata: dict[str, Any] | None = None
    status: RunStatus | None = None

    def value(self) -> ExecutionLog | None:
        """None where a limit of the wire is not kept."""
        if not self._is_plain():
            return None
        return ExecutionLog(
            self.run_id,
            self.workflow_id,
            self.workflow_version,
            self.start_time,
            self.workflow_hash,
            self.parent_run_id,
            self.parent_step_id,
            RunInput() if self.input is None else self.input,
            self.output,
            self.steps,
            self.metadata or {},
        )

    def _is_plain(self) -> bool:
        return (
            _RUN_ID(self.run_id) is not None
            and _is_name(self.workflow_id)
            and 0 <= self.workflow_version <= _MOST_VERSION
            and self.start_time.tzinfo is UTC
            and _HASH(self.workflow_hash) is not None
            and (self.parent_run_id is None or _RUN_ID(self.parent_run_id) is not None)
            and (self.parent_step_id is None or _RUN_ID(self.parent_step_id) is not None)
            and (self.output is None or _is_plain_output(self.output))
            and all(map(_is_plain_step, self.steps))
        )


class _RecordParams(Struct, forbid_unknown_fields=True):
    run: SentRun


class _Record(Struct, forbid_unknown_fields=True):
    jsonrpc: Literal["2.0"]
    id: int | str
    method: Literal["run/record"]
    params: _RecordParams


class _ImportParams(Struct, rename="camel", forbid_unknown_fields=True):
    runs: list[SentRun]
    dry_run: bool = False


class _Import(Struct, forbid_unknown_fields=True):
    jsonrpc: Literal["2.0"]
    id: int | str
    method: Literal["run/import"]
    params: _ImportParams


_RECORD = msgspec.json.Decoder(_Record)
_IMPORT = msgspec.json.Decoder(_Import)
_FAULTS = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)


def sent_run(body: bytes) -> tuple[int | str, ExecutionLog] | None:
    """The id and the run of a request `run/record`."""
    if _IS_FINER(body) is not None:
        return None
    try:
        sent = _RECORD.decode(body)
    except _FAULTS:
        return None
    log = sent.params.run.value()
    return None if log is None else (sent.id, log)


def sent_runs(body: bytes) -> tuple[int | str, list[ExecutionLog], bool] | None:
    """The id of a request `run/import`, its runs, and whether it is a dry one."""
    if _IS_FINER(body) is not None:
        return None
    try:
        sent = _IMPORT.decode(body)
    except _FAULTS:
        return None
    logs: list[ExecutionLog] = []
    for run in sent.params.runs:
        log = run.value()
        if log is None:
            return None
        logs.append(log)
    return sent.id, logs, sent.params.dry_run


def _is_name(name: str) -> bool:
    return 0 < len(name) <= _MOST_NAME


def _is_plain_step(step: StepLog) -> bool:
    node_type, end, error = step.node_type, step.end_time, step.error
    return (
        _RUN_ID(step.step_id) is not None
        and 0 < len(step.node_id) <= _MOST_NAME
        and step.start_time.tzinfo is UTC
        and (end is None or end.tzinfo is UTC)
        and (node_type is None or 0 < len(node_type) <= _MOST_NAME)
        and 1 <= step.attempt <= _MOST_COUNT
        and 0 <= step.iteration <= _MOST_COUNT
        and (error is None or len(error) <= _MOST_ERROR)
        and all(map(_is_plain_action, step.actions))
    )


def _is_plain_action(action: ActionLog) -> bool:
    return 0 < len(action.type) <= _MOST_NAME and action.timestamp.tzinfo is UTC


def _is_plain_output(output: RunOutput) -> bool:
    error = output.error
    return output.end_time.tzinfo is UTC and (error is None or len(error) <= _MOST_ERROR)
