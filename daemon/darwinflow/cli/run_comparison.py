"""Two runs side by side, as a table and as JSON."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from darwinflow.cli.columns import aligned, name_in
from darwinflow.cli.terminal import Terminal
from darwinflow.model.phrases import age, duration, glyph, short_run_id
from darwinflow.model.run_comparison import (
    Difference,
    Log,
    Outcome,
    RunComparison,
    StepPair,
    change_ms,
    compared,
)

Found = dict[str, Any]
"""The reply to `run/get`."""


def lines_of(before: Found, after: Found, terminal: Terminal, now: datetime) -> Iterator[str]:
    """Who the two are, then the run as a whole and each of its steps."""
    for found in (before, after):
        yield terminal.row(f" {_headline(found['run'], now)}", terminal.width)
    comparison = compared(before["log"], after["log"])
    ids = short_run_id(before["run"]["runId"]), short_run_id(after["run"]["runId"])
    rows = [_row("(the run)", comparison.before, comparison.after, comparison.difference, terminal)]
    rows += [
        _row(_called(pair, terminal), pair.before, pair.after, pair.difference, terminal)
        for pair in comparison.steps
    ]
    yield ""
    yield from aligned(("NODE", *ids, "CHANGE", "FIRST DIFFERENCE"), rows, terminal)


def json_of(before: Found, after: Found) -> dict[str, Any]:
    found: RunComparison = compared(before["log"], after["log"])
    return {
        "before": before["run"],
        "after": after["run"],
        "changeMs": change_ms(found.before, found.after),
        "difference": _difference_json(found.difference),
        "steps": [
            {
                "node": pair.node,
                "iteration": pair.iteration,
                "attempt": pair.attempt,
                "before": _outcome_json(pair.before),
                "after": _outcome_json(pair.after),
                "changeMs": pair.change_ms,
                "difference": _difference_json(pair.difference),
            }
            for pair in found.steps
        ],
    }


def _headline(header: Log, now: datetime) -> str:
    version = f"v{header['workflowVersion']}" if header["workflowVersion"] else "draft"
    started = age(datetime.fromisoformat(header["startTime"]), now)
    return f"{short_run_id(header['runId'])}  {header['workflowId']} {version}, started {started}"


def _row(
    name: str,
    before: Outcome | None,
    after: Outcome | None,
    difference: Difference | None,
    terminal: Terminal,
) -> tuple[str, str, str, str, str]:
    return (
        name,
        _outcome(before, terminal),
        _outcome(after, terminal),
        _change(change_ms(before, after)),
        "" if difference is None else _parted(difference),
    )


def _called(pair: StepPair, terminal: Terminal) -> str:
    """The node, and which time it is where it is not the first."""
    times = (("iteration", pair.iteration, 0), ("attempt", pair.attempt, 1))
    return name_in(pair.node, terminal) + "".join(
        f", {word} {number}" for word, number, usual in times if number != usual
    )


def _outcome(outcome: Outcome | None, terminal: Terminal) -> str:
    if outcome is None:
        return ""
    took = "" if outcome.duration_ms is None else f" {duration(outcome.duration_ms)}"
    return glyph(outcome.status, utf8=terminal.utf8) + took


def _change(change: float | None) -> str:
    if change is None:
        return ""
    return f"{'-' if change < 0 else '+'}{duration(abs(change))}"


MOST_SHOWN = 200
"""Characters of a value; `--json` has all."""


def _parted(difference: Difference) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in difference.path)
    return f"{path.lstrip('.')}: {_value(difference.before)} -> {_value(difference.after)}"


def _value(value: tuple[Any, ...]) -> str:
    if not value:
        return "nothing"
    text = json.dumps(value[0], ensure_ascii=False)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


def _outcome_json(outcome: Outcome | None) -> dict[str, Any] | None:
    if outcome is None:
        return None
    return {"status": outcome.status, "durationMs": outcome.duration_ms, "error": outcome.error}


def _difference_json(difference: Difference | None) -> dict[str, Any] | None:
    """`before` or `after` is absent where there is nothing."""
    if difference is None:
        return None
    sides = {"before": difference.before, "after": difference.after}
    return {"path": list(difference.path), **{name: value[0] for name, value in sides.items() if value}}
