"""Runs as lines under a heading."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from darwinflow.cli.terminal import Terminal
from darwinflow.model.phrases import age, duration, glyph, short_run_id

COLOURS = {"SUCCESS": "good", "FAILED": "bad", "RUNNING": "strong", "LOST": "warn", "CANCELLED": "quiet"}
_WIDEST_WORKFLOW = 32
"""Columns; longer ids are cut on a terminal."""


def table(runs: list[dict[str, Any]], terminal: Terminal, now: datetime, *, workflows: bool) -> Iterator[str]:
    """Headers of the wire as lines under a heading; the error column is the one that is cut."""
    yield terminal.paint(terminal.fit(_heading(runs, workflows=workflows), terminal.width), "quiet")
    yield from rows(runs, terminal, now, workflows=workflows)


def _workflow_width(runs: list[dict[str, Any]], *, workflows: bool) -> int:
    if not workflows:
        return 0
    return min(max(8, *(len(run_header["workflowId"]) for run_header in runs)), _WIDEST_WORKFLOW)


def _heading(runs: list[dict[str, Any]], *, workflows: bool) -> str:
    wide = _workflow_width(runs, workflows=workflows)
    name = f"{'WORKFLOW':<{wide}}  " if wide else ""
    return f"    {'RUN':<8}  {name}{'VERSION':<7}  {'STARTED':<15}  {'TOOK':<8}  STEPS"


def rows(runs: list[dict[str, Any]], terminal: Terminal, now: datetime, *, workflows: bool) -> Iterator[str]:
    """As `table`, without the heading."""
    wide = _workflow_width(runs, workflows=workflows)
    for run_header in runs:
        workflow = terminal.fit(run_header["workflowId"], wide if terminal.width else 0)
        name = f"{workflow:<{wide}}  " if wide else ""
        took = "" if run_header["durationMs"] is None else duration(run_header["durationMs"])
        version = f"v{run_header['workflowVersion']}" if run_header["workflowVersion"] else "draft"
        fixed = (
            f" {short_run_id(run_header['runId']):<8}  {name}{version:<7}  "
            f"{age(datetime.fromisoformat(run_header['startTime']), now):<15}  {took:<8}  {run_header['stepCount']:<5}"
        )
        line = terminal.row(
            f"{fixed}  {_remark(run_header)}".rstrip(), terminal.width - 2 if terminal.width else 0
        )
        sign = glyph(run_header["status"], utf8=terminal.utf8)
        yield f" {terminal.paint(sign, COLOURS[run_header['status']])} {line}"


def _remark(run_header: dict[str, Any]) -> str:
    """What went wrong and where; of a live run, where it is."""
    if run_header["status"] == "RUNNING":
        running = [step["nodeId"] for step in run_header["steps"] if step["status"] == "RUNNING"]
        return running[-1] if running else ""
    error, node = run_header["error"] or "", run_header["failedNode"]
    return f"{node}: {error}" if node else error
