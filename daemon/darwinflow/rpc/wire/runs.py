"""A run's log, header and figures on the wire. Built from the values of `model.run`, and back."""

from typing import Annotated, Any, Self

from pydantic import Field, GetPydanticSchema
from pydantic_core import core_schema

from darwinflow.events.run_events import header_wire, summary_wire
from darwinflow.model import run as values
from darwinflow.model.metric import WorkflowSummary
from darwinflow.model.run import RunStatus
from darwinflow.rpc.wire.base import ErrorText, Instant, Name, RunId, Version, Wire, WorkflowId

Json = Any
"""What JSON can hold; the message's size bounds it."""
MOST = 1 << 24
"""Steps of a run, actions of a step, members of an object: more than a message can hold, so that all is shown that was recorded."""
Members = Annotated[dict[str, Json], Field(max_length=MOST)]


class Action(Wire):
    type: Name
    timestamp: Instant
    details: Members | None = None

    @classmethod
    def of(cls, action: values.ActionLog) -> Self:
        return cls(type=action.type, timestamp=action.timestamp, details=dict(action.details))

    def value(self) -> values.ActionLog:
        return values.ActionLog(self.type, self.timestamp, self.details or {})


class Step(Wire):
    step_id: RunId
    node_id: Name
    start_time: Instant
    node_type: Name | None = None
    attempt: Annotated[int, Field(ge=1, le=1 << 31)] = 1
    iteration: Annotated[int, Field(ge=0, le=1 << 31)] = 0
    end_time: Instant | None = None
    status: RunStatus = RunStatus.RUNNING
    input: Json = None
    output: Json = None
    error: ErrorText | None = None
    actions: Annotated[list[Action], Field(max_length=MOST)] | None = None
    metadata: Members | None = None

    @classmethod
    def of(cls, step: values.StepLog) -> Self:
        return cls(
            step_id=step.step_id,
            node_id=step.node_id,
            start_time=step.start_time,
            node_type=step.node_type,
            attempt=step.attempt,
            iteration=step.iteration,
            end_time=step.end_time,
            status=step.status,
            input=step.input,
            output=step.output,
            error=step.error,
            actions=[Action.of(action) for action in step.actions],
            metadata=dict(step.metadata),
        )

    def value(self) -> values.StepLog:
        return values.StepLog(
            self.step_id,
            self.node_id,
            self.start_time,
            self.node_type,
            self.attempt,
            self.iteration,
            self.end_time,
            self.status,
            self.input,
            self.output,
            self.error,
            tuple([action.value() for action in self.actions]) if self.actions else (),
            self.metadata or {},
        )


class RunInput(Wire):
    request: Json = None
    context: Json = None


class RunOutput(Wire):
    status: RunStatus
    end_time: Instant
    result: Json = None
    error: ErrorText | None = None
    metadata: Members | None = None

    @classmethod
    def of(cls, output: values.RunOutput) -> Self:
        return cls(
            status=output.status,
            end_time=output.end_time,
            result=output.result,
            error=output.error,
            metadata=dict(output.metadata),
        )

    def value(self) -> values.RunOutput:
        return values.RunOutput(self.status, self.end_time, self.result, self.error, self.metadata or {})


class RunLog(Wire):
    """A whole run. `output` is absent while it is live."""

    run_id: RunId
    workflow_id: WorkflowId
    workflow_version: Version
    start_time: Instant
    workflow_hash: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    parent_run_id: RunId | None = None
    parent_step_id: RunId | None = None
    input: RunInput | None = None
    output: RunOutput | None = None
    steps: Annotated[list[Step], Field(max_length=MOST)] | None = None
    metadata: Members | None = None
    status: RunStatus | None = None
    """Given in replies, where LOST is one, and not read in requests."""

    @classmethod
    def of(cls, log: values.ExecutionLog, status: RunStatus) -> Self:
        return cls(
            run_id=log.run_id,
            workflow_id=log.workflow_id,
            workflow_version=log.workflow_version,
            start_time=log.start_time,
            workflow_hash=log.workflow_hash,
            parent_run_id=log.parent_run_id,
            parent_step_id=log.parent_step_id,
            input=RunInput(request=log.input.request, context=log.input.context),
            output=None if log.output is None else RunOutput.of(log.output),
            steps=[Step.of(step) for step in log.steps],
            metadata=dict(log.metadata),
            status=status,
        )

    def value(self) -> values.ExecutionLog:
        given = self.input
        return values.ExecutionLog(
            self.run_id,
            self.workflow_id,
            self.workflow_version,
            self.start_time,
            self.workflow_hash,
            self.parent_run_id,
            self.parent_step_id,
            values.RunInput() if given is None else values.RunInput(given.request, given.context),
            None if self.output is None else self.output.value(),
            tuple([step.value() for step in self.steps]) if self.steps else (),
            self.metadata or {},
        )


RunValue = Annotated[
    values.ExecutionLog,
    GetPydanticSchema(
        lambda _, handler: core_schema.no_info_after_validator_function(RunLog.value, handler(RunLog))
    ),
]
"""A `RunLog` in a request, as its value."""


class StepBrief(Wire):
    node_id: Name
    status: RunStatus
    duration_ms: float | None
    error: str | None


class RunHeader(Wire):
    """What a list of runs says of a run."""

    run_id: RunId
    workflow_id: WorkflowId
    workflow_version: Version
    workflow_hash: str
    status: RunStatus
    start_time: Instant
    end_time: Instant | None
    duration_ms: float | None
    step_count: int
    failed_node: str | None
    error: str | None
    steps: list[StepBrief]

    @classmethod
    def of(cls, header: values.RunHeader) -> Self:
        return cls.model_validate(header_wire(header))


class Summary(Wire):
    """What the finished runs of one version, or of one text, add up to."""

    runs: int
    successes: int
    failures: int
    average_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    tokens: int
    cost: float
    last_updated: Instant
    success_rate: float

    @classmethod
    def of(cls, summary: WorkflowSummary | None) -> Self | None:
        return None if summary is None else cls.model_validate(summary_wire(summary))
