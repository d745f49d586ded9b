"""How the past of a workflow is said in hovers and lenses."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from darwinflow.model.phrases import (
    age,
    clock,
    counted,
    duration,
    exact,
    glyph,
    rate,
    short_run_id,
    spelled_age,
)
from darwinflow_lsp.history import History, StepRun
from darwinflow_lsp.markdown import code, escaped

if TYPE_CHECKING:
    from darwinflow.model.metric import WorkflowSummary
    from darwinflow.model.run import RunHeader
    from darwinflow.model.workflow import Parent, PublishedVersion

SHOWN_RUNS = 5
SHOWN_ANCESTORS = 4


def brief_figures(summary: "WorkflowSummary") -> str:
    """`12 runs, 92 %, p95 9.8 s`."""
    return f"{_counts(summary)}, p95 {duration(summary.p95_ms)}"


def figures(summary: "WorkflowSummary") -> str:
    """`12 runs, 92 %, median 4.1 s, p95 9.8 s`."""
    return f"{_counts(summary)}, median {duration(summary.p50_ms)}, p95 {duration(summary.p95_ms)}"


def away(history: History, now: datetime) -> str:
    """`as of 10:42, daemon away`; empty while the daemon answers."""
    return "" if history.away_since is None else f"as of {clock(history.away_since, now)}, daemon away"


def ended(run: "RunHeader") -> datetime:
    """When *run* ended; while it is live, when it started."""
    return run.end_time or run.start_time


def run_lines(runs: "tuple[RunHeader, ...]", now: datetime) -> Iterator[str]:
    """Markdown, one line a run, at most `SHOWN_RUNS`."""
    for run in runs[:SHOWN_RUNS]:
        line = f"{glyph(run.status)} {_name(run)}, {age(ended(run), now)}"
        if run.duration_ms is not None:
            line += f", {duration(run.duration_ms)}"
        reason = " ".join(
            ([code(run.failed_node)] if run.failed_node else []) + ([escaped(run.error)] if run.error else [])
        )
        yield f"{line}: {reason}" if reason else line


def step_lines(found: tuple[StepRun, ...], now: datetime) -> Iterator[str]:
    """Markdown, one line a run, about what one node did in it."""
    for run, step in found[:SHOWN_RUNS]:
        line = f"{glyph(step.status)} {_name(run)}, {age(ended(run), now)}"
        if step.duration_ms is not None:
            line += f", {duration(step.duration_ms)}"
        yield f"{line}: {escaped(step.error)}" if step.error else line


def last_run(run: "RunHeader", now: datetime) -> str:
    """The newest run's time to the second, with its zone."""
    verb = "ended" if run.end_time else "started"
    return f"last run {verb} {exact(ended(run), now)}"


def lineage(
    history: History | None, version: int, parent: "Parent | None", workflow: str, now: datetime
) -> str:
    """`v3 ← v2 *user, 2 weeks ago: Ask for a category first* ← v1 *...*`, as far as it is known; Markdown."""
    known = history.version(version) if history else None
    parts = [f"v{version}" + (f" {_origin(known, now)}" if known else "")]
    link = known.parent if known else parent
    seen = {version}
    while link is not None:
        if link.workflow != workflow:
            parts.append(f"{escaped(link.workflow)} v{link.version}")
            break
        if len(parts) > SHOWN_ANCESTORS or link.version in seen:
            parts.append("…")
            break
        seen.add(link.version)
        published = history.version(link.version) if history else None
        parts.append(f"v{link.version}" + (f" {_origin(published, now)}" if published else ""))
        link = published.parent if published else None
    return " ← ".join(parts) if len(parts) > 1 or known else ""


def is_failed(run: "RunHeader") -> bool:
    return run.status == "FAILED"


def _origin(version: "PublishedVersion", now: datetime) -> str:
    who = f"{escaped(version.created_by)}, {spelled_age(version.published_at, now)}"
    return f"*{who}: {escaped(version.reasoning, 120)}*" if version.reasoning else f"*{who}*"


def _counts(summary: "WorkflowSummary") -> str:
    return f"{counted(summary.runs, 'run')}, {rate(summary.successes, summary.runs)}"


def _name(run: "RunHeader") -> str:
    version = f" v{run.workflow_version}" if run.workflow_version else ""
    return escaped(short_run_id(run.run_id)) + version
