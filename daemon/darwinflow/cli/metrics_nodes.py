"""The table of `metrics --nodes`, and what it asks for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from darwinflow.cli.columns import name_in
from darwinflow.cli.figures import cost, success, tokens
from darwinflow.cli.published import Named
from darwinflow.cli.terminal import Terminal
from darwinflow.model.phrases import duration

HEADING = ("NODE", "STEPS", "SUCCEEDED", "MEDIAN", "P95", "P99", "TIME", "TOKENS", "COST")


def said(wanted: Named, since: datetime | None) -> dict[str, Any]:
    """The question; *since* stands for the day of UTC that it lies in."""
    question: dict[str, Any] = {"workflow": wanted.workflow}
    if wanted.version is not None:
        question["version"] = wanted.version
    if since is not None:
        question["since"] = since.isoformat()
    return question


def rows(nodes: Sequence[dict[str, Any]], terminal: Terminal) -> list[tuple[str, ...]]:
    """What took longest in all first; the time of each is its share of that of all."""
    whole = sum(map(_total, nodes))
    return [_row(one, whole, terminal) for one in sorted(nodes, key=_total, reverse=True)]


def _row(one: dict[str, Any], whole: float, terminal: Terminal) -> tuple[str, ...]:
    summary = one["summary"]
    share = success(summary)
    if summary["runs"] >= 5:
        share = share.removesuffix(f" of {summary['runs']}")
    return (
        name_in(one["node"], terminal),
        str(summary["runs"]),
        share,
        *(duration(summary[name]) for name in ("p50Ms", "p95Ms", "p99Ms")),
        f"{_total(one) / whole:.0%}".replace("%", " %") if whole else "",
        tokens(summary["tokens"]),
        cost(summary["cost"]),
    )


def _total(one: dict[str, Any]) -> float:
    summary = one["summary"]
    total: float = summary["averageMs"] * summary["runs"]
    return total
