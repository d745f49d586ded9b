"""What a run is, as values.

A run is one execution of one workflow text. While it lives, steps are appended to its log; a finished log
never changes. Logs are structs of msgspec: a daemon makes hundreds of them a run, and decodes them from messages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct, field

Json = object
"""What JSON can hold: None, bool, int, float, str, list, dict with str keys."""


class RunStatus(StrEnum):
    RUNNING = "RUNNING"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    LOST = "LOST"
    """Was running when its program went away; it may still finish."""

    @property
    def finished(self) -> bool:
        """Whether the log is closed for good. A lost run's is not."""
        return self in (RunStatus.SUCCESS, RunStatus.FAILED, RunStatus.CANCELLED)


class ActionLog(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Something a step did. `type` is open: TOOL_CALL, FILE_READ, FILE_WRITE, LLM_CALL, USER_INPUT, others."""

    type: str
    timestamp: datetime
    details: Mapping[str, Json] = field(default_factory=dict[str, Json])


class StepLog(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """One execution of one node. Steps may overlap in time."""

    step_id: str
    node_id: str
    start_time: datetime
    node_type: str | None = None
    attempt: int = 1
    iteration: int = 0
    end_time: datetime | None = None
    status: RunStatus = RunStatus.RUNNING
    input: Json = None
    output: Json = None
    error: str | None = None
    actions: tuple[ActionLog, ...] = ()
    metadata: Mapping[str, Json] = field(default_factory=dict[str, Json])

    @property
    def duration_ms(self) -> float | None:
        """None while the step runs."""
        return None if self.end_time is None else (self.end_time - self.start_time).total_seconds() * 1000


class RunInput(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    request: Json = None
    context: Json = None


class RunOutput(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """How a run ended."""

    status: RunStatus
    end_time: datetime
    result: Json = None
    error: str | None = None
    metadata: Mapping[str, Json] = field(default_factory=dict[str, Json])


class ExecutionLog(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A whole run. `output` is None while it is live."""

    run_id: str
    workflow_id: str
    workflow_version: int
    start_time: datetime
    workflow_hash: str = ""
    """Content hash of the text that ran; empty where only id and version were known."""
    parent_run_id: str | None = None
    parent_step_id: str | None = None
    input: RunInput = field(default_factory=RunInput)
    output: RunOutput | None = None
    steps: tuple[StepLog, ...] = ()
    metadata: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """Host, user, commit, recorder and its version, and whatever else was given."""

    @property
    def status(self) -> RunStatus:
        return RunStatus.RUNNING if self.output is None else self.output.status

    @property
    def duration_ms(self) -> float | None:
        """None while the run is live."""
        return (
            None if self.output is None else (self.output.end_time - self.start_time).total_seconds() * 1000
        )


class StepBrief(NamedTuple):
    """What a list of runs says of a step. Lists have hundreds of them."""

    node_id: str
    status: RunStatus
    duration_ms: float | None
    error: str | None
    """First line, at most 200 characters."""


@dataclass(frozen=True, slots=True)
class RunHeader:
    """What a list of runs says of a run; the log's body stays where it is."""

    run_id: str
    workflow_id: str
    workflow_version: int
    workflow_hash: str
    status: RunStatus
    start_time: datetime
    end_time: datetime | None
    step_count: int
    failed_node: str | None
    """The first node whose step failed."""
    error: str | None
    """First line of the run's error, else of the failed step's; at most 200 characters."""
    steps: tuple[StepBrief, ...] = ()
    """In order of start, at most `MAX_BRIEF_STEPS`."""

    @property
    def duration_ms(self) -> float | None:
        return None if self.end_time is None else (self.end_time - self.start_time).total_seconds() * 1000


_made = tuple.__new__
MAX_BRIEF_STEPS = 500
MAX_ERROR_CHARACTERS = 200


def first_line(error: str | None) -> str | None:
    """The first line of *error*, cut to `MAX_ERROR_CHARACTERS`."""
    if not error:
        return None
    line = error.strip().split("\n", 1)[0].strip()
    return line if len(line) <= MAX_ERROR_CHARACTERS else line[: MAX_ERROR_CHARACTERS - 1] + "…"


def header_of(log: ExecutionLog, *, lost: bool = False) -> RunHeader:
    """What a list says of *log*. *lost*: its program is gone, so a live log is shown as LOST."""
    status = log.status
    failed = None
    if status is not RunStatus.SUCCESS:
        failed = next((step for step in log.steps if step.status is RunStatus.FAILED), None)
    error = (log.output.error if log.output else None) or (failed.error if failed else None)
    return RunHeader(
        run_id=log.run_id,
        workflow_id=log.workflow_id,
        workflow_version=log.workflow_version,
        workflow_hash=log.workflow_hash,
        status=RunStatus.LOST if lost and log.output is None else status,
        start_time=log.start_time,
        end_time=log.output.end_time if log.output else None,
        step_count=len(log.steps),
        failed_node=failed.node_id if failed else None,
        error=first_line(error),
        steps=tuple(
            [
                _made(
                    StepBrief,
                    (
                        step.node_id,
                        step.status,
                        step.duration_ms,
                        first_line(step.error) if step.error else None,
                    ),
                )
                for step in log.steps[:MAX_BRIEF_STEPS]
            ]
        ),
    )
