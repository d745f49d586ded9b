"""Runs for the suites: one with something in every field, small ones by the dozen, and any at all."""

import string
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from darwinflow.model.run import ActionLog, ExecutionLog, RunInput, RunOutput, RunStatus, StepLog

START = datetime(2026, 2, 3, 4, 5, 6, 789012, tzinfo=UTC)
HASH = "5f" * 32

STEP = StepLog(
    step_id="step-1",
    node_id="klassifizieren ✓",
    start_time=START + timedelta(milliseconds=1.5),
    node_type="LLM_DECISION",
    attempt=2,
    iteration=3,
    end_time=START + timedelta(seconds=2),
    status=RunStatus.FAILED,
    input={"text": "añadir 🎉", "deep": [1, 2.5, None, {"a": [True, False]}]},
    output=["ok", {"decision": "Core"}],
    error="Überlastet\nzweite Zeile",
    actions=(
        ActionLog("LLM_CALL", START + timedelta(seconds=1), {"model": "m", "tokens": 812, "cost": 0.25}),
        ActionLog("USER_INPUT", START + timedelta(seconds=1.5)),
    ),
    metadata={"worker": 7},
)

FULL = ExecutionLog(
    run_id="0190a0b1-7c3e-7000-8000-0123456789ab",
    workflow_id="assistent",
    workflow_version=3,
    start_time=START,
    workflow_hash=HASH,
    parent_run_id="parent:1",
    parent_step_id="step-9",
    input=RunInput(request="add a retry", context={"ticket": 42, "who": "Ren\u00e9e \U0001f600"}),
    output=RunOutput(
        status=RunStatus.FAILED,
        end_time=START + timedelta(seconds=3, microseconds=1),
        result={"partial": [1, "two"]},
        error="RuntimeError: boom\n  at line 3",
        metadata={"exit": 1},
    ),
    steps=(STEP, StepLog("step-2", "write", START + timedelta(seconds=2), status=RunStatus.CANCELLED)),
    metadata={"host": "h", "user": "u", "commit": "abc", "nested": {"x": [1]}},
)


def finished(
    run_id: str,
    *,
    workflow: str = "assistant",
    version: int = 1,
    text: str = HASH,
    at: float = 0.0,
    seconds: float = 1.0,
    status: RunStatus = RunStatus.SUCCESS,
    error: str | None = None,
    nodes: tuple[str, ...] = ("classify",),
) -> ExecutionLog:
    """*at* in seconds after `START`. A failed run's last step has the error."""
    start = START + timedelta(seconds=at)
    steps = tuple(
        StepLog(
            step_id=f"{run_id}.{index}",
            node_id=node,
            start_time=start,
            end_time=start + timedelta(seconds=seconds),
            status=status if index == len(nodes) - 1 else RunStatus.SUCCESS,
            error=error if index == len(nodes) - 1 else None,
        )
        for index, node in enumerate(nodes)
    )
    output = RunOutput(status, start + timedelta(seconds=seconds))
    return ExecutionLog(run_id, workflow, version, start, text, output=output, steps=steps)


def live(run_id: str, *, steps: tuple[StepLog, ...] = (), at: float = 0.0) -> ExecutionLog:
    return ExecutionLog(
        run_id, "assistant", 1, START + timedelta(seconds=at), HASH, steps=steps, metadata={"host": "h"}
    )


def running(node: str, step_id: str = "s", at: float = 0.0) -> StepLog:
    return StepLog(step_id, node, START + timedelta(seconds=at), input={"n": node})


WORKFLOWS = ("assistant", "Assistent ✓", "nightly")
NODES = ("classify", "core_path", "größe", "", "n\x00ul")
HASHES = ("", HASH, "0" * 64)
ERRORS = (None, "Timeout after 3 s", "Straße gesperrt", "timeout\nagain", "100 % of _", "n\x00ul")

_instants = st.integers(0, 30).map(lambda tick: START + timedelta(seconds=tick))
_steps = st.builds(
    StepLog,
    step_id=st.sampled_from(("a", "b")),
    node_id=st.sampled_from(NODES),
    start_time=_instants,
    status=st.sampled_from((RunStatus.SUCCESS, RunStatus.FAILED, RunStatus.RUNNING)),
    error=st.sampled_from(ERRORS),
)


def any_runs(ids: st.SearchStrategy[str]) -> st.SearchStrategy[ExecutionLog]:
    """Few different values in each field, so that filters and ties meet something."""
    outputs = st.builds(
        RunOutput,
        status=st.sampled_from((RunStatus.SUCCESS, RunStatus.FAILED, RunStatus.CANCELLED)),
        end_time=_instants,
        error=st.sampled_from(ERRORS),
    )
    return st.builds(
        ExecutionLog,
        run_id=ids,
        workflow_id=st.sampled_from(WORKFLOWS),
        workflow_version=st.integers(0, 2),
        start_time=_instants,
        workflow_hash=st.sampled_from(HASHES),
        output=st.none() | outputs,
        steps=st.lists(_steps, max_size=3).map(tuple),
    )


run_ids = st.text(string.ascii_letters + string.digits + "._:-", min_size=1, max_size=12)
