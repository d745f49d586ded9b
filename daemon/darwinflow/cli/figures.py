"""How figures of runs are said in the terminal."""

from collections.abc import Mapping
from typing import Any

from darwinflow.model.phrases import rate

Summary = Mapping[str, Any]
"""Of a reply of the daemon."""


def success(summary: Summary) -> str:
    """`92 % of 41`, and of few runs `3 of 4`."""
    runs = summary["runs"]
    told = rate(summary["successes"], runs)
    return told if " of " in told else f"{told} of {runs}"


def tokens(count: int) -> str:
    """`812`, `12.4k`, `3.1M`; empty where there are none."""
    for least, unit in ((999_950_000, "G"), (999_950, "M"), (1_000, "k")):
        if count >= least:
            return f"{count / {'G': 1e9, 'M': 1e6, 'k': 1e3}[unit]:.1f}{unit}"
    return str(count) if count else ""


def cost(amount: float) -> str:
    """`$0.031`, `$12.40`; empty where there is none."""
    if amount <= 0:
        return ""
    return f"${amount:.2f}" if amount >= 1 else f"${amount:.2g}"
