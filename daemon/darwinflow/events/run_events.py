"""The events about runs: their names and what they carry, in the form of the wire.

A subscriber needs no read: an event holds all that a list, a hover or a lens shows of the run.
"""

from collections.abc import Mapping
from datetime import datetime

from darwinflow.model.metric import WorkflowSummary
from darwinflow.model.run import RunHeader

RUN_TOPIC = "run"
"""Its keys are run ids."""

RUN_STARTED = "run.started"
RUN_CHANGED = "run.changed"
"""A step came or went on, or the run was found lost."""
RUN_STORED = "run.stored"
"""The run has finished and is counted."""


def run_event(
    kind: str,
    project: str,
    header: RunHeader,
    summaries: tuple[WorkflowSummary | None, WorkflowSummary | None] | None,
) -> Mapping[str, object]:
    """The payload. *summaries*, of the version and of the text, are None for what changes no summary."""
    return {
        "kind": kind,
        "project": project,
        "run": header_wire(header),
        "summaries": None
        if summaries is None
        else {"version": summary_wire(summaries[0]), "text": summary_wire(summaries[1])},
    }


def header_wire(header: RunHeader) -> dict[str, object]:
    """A run's header as it crosses the socket."""
    return {
        "runId": header.run_id,
        "workflowId": header.workflow_id,
        "workflowVersion": header.workflow_version,
        "workflowHash": header.workflow_hash,
        "status": str(header.status),
        "startTime": instant_wire(header.start_time),
        "endTime": None if header.end_time is None else instant_wire(header.end_time),
        "durationMs": header.duration_ms,
        "stepCount": header.step_count,
        "failedNode": header.failed_node,
        "error": header.error,
        "steps": [
            {
                "nodeId": step.node_id,
                "status": str(step.status),
                "durationMs": step.duration_ms,
                "error": step.error,
            }
            for step in header.steps
        ],
    }


def summary_wire(summary: WorkflowSummary | None) -> dict[str, object] | None:
    """A summary as it crosses the socket."""
    if summary is None:
        return None
    return {
        "runs": summary.runs,
        "successes": summary.successes,
        "failures": summary.failures,
        "averageMs": summary.average_ms,
        "p50Ms": summary.p50_ms,
        "p95Ms": summary.p95_ms,
        "p99Ms": summary.p99_ms,
        "tokens": summary.tokens,
        "cost": summary.cost,
        "lastUpdated": instant_wire(summary.last_updated),
        "successRate": summary.success_rate,
    }


def instant_wire(instant: datetime) -> str:
    """RFC 3339, with Z, as pydantic writes it too."""
    return instant.isoformat().replace("+00:00", "Z")
