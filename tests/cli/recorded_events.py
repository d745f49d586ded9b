"""Runs as lines of `record --stdin`, for tests that need many, or odd ones."""

import json
from typing import Any

START = 1_795_548_600_000_000
"""Microseconds since 1970: 24 November 2026, 19:30 UTC."""


def events(
    run: str,
    *steps: dict[str, Any],
    at: int = START,
    took_ms: float = 100,
    path: str = "flows/greet.yaml",
    error: str | None = None,
    **started: Any,
) -> list[dict[str, Any]]:
    """A finished run; each of *steps* has `node`, and maybe `took_ms`, `error` and what a step may say."""
    found: list[dict[str, Any]] = [
        {"v": 1, "event": "run.started", "run": run, "at": at, "path": path, **started}
    ]
    for number, step in enumerate(steps):
        step = dict(step)
        took, failed = int(1000 * step.pop("took_ms", 10)), step.pop("error", None)
        output = step.pop("output", None)
        own = {"run": run, "v": 1, "step": str(number)}
        found.append({**own, "event": "step.started", "at": at + number, "index": number, **step})
        end = {"status": "FAILED" if failed else "SUCCESS", "error": failed, "output": output}
        found.append({**own, "event": "step.finished", "at": at + number + took, **end})
    end = {"status": "FAILED" if error else "SUCCESS", "error": error}
    found.append({"v": 1, "event": "run.finished", "run": run, "at": at + int(1000 * took_ms), **end})
    return found


def lines(*runs: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(event) + "\n" for run in runs for event in run)
