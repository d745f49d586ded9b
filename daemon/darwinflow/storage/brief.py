"""What the column `brief` of a run holds: the part of a run's header that is shown and not asked for, as JSON.

`{"nodes": [ids], "steps": [[index into nodes, status, milliseconds, error]], "count", "failedNode", "error"}`.
The list of nodes is whole, since the filter by node reads it; that of steps ends at `MAX_BRIEF_STEPS`. Most steps have
succeeded: those are `[index into nodes, milliseconds]`. Where all have, each at its node's place in the list of nodes,
they are milliseconds alone. Stores that an older version has written have steps in full, too.
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json

from darwinflow.model.errors import StoreDamaged
from darwinflow.model.run import (
    MAX_BRIEF_STEPS,
    ExecutionLog,
    RunHeader,
    RunStatus,
    StepBrief,
    StepLog,
    first_line,
)
from darwinflow.storage.compact_json import compact
from darwinflow.storage.instants import from_micros

_STATUSES = {str(status): status for status in RunStatus}
_made = tuple.__new__

Brief = dict[str, Any]
"""`Any` because it is JSON and this module alone looks inside."""


def brief_of(log: ExecutionLog, header: RunHeader) -> str:
    """*header* is `header_of(log)`."""
    brief: Brief = {"nodes": [], "steps": [], "count": 0}
    indexes: dict[str, int] = {}
    for step in log.steps:
        indexes.setdefault(step.node_id, len(indexes))
    brief["nodes"] = list(indexes)
    shown = [
        _shown(indexes[step.node_id], step.status, step.duration_ms, step.error) for step in header.steps
    ]
    is_plain = all(len(step) == 2 and step[0] == place for place, step in enumerate(shown))
    brief["steps"] = [step[1] for step in shown] if is_plain else shown
    brief["count"] = header.step_count
    if header.failed_node is not None:
        brief["failedNode"] = header.failed_node
    if header.error is not None:
        brief["error"] = header.error
    if log.output is None and header.failed_node is not None:
        brief["failedAt"] = next(i for i, step in enumerate(log.steps) if step.status is RunStatus.FAILED)
    return _dump(brief)


def with_steps(brief: str, steps: Mapping[int, StepLog]) -> str:
    """The brief of a live run with each of *steps* at its index: a new one, or a step of the same node that ran until now.

    They are in the order of their indexes.
    """
    known: Brief = json.loads(brief)
    indexes: dict[str, int] = {node: at for at, node in enumerate(known["nodes"])}
    shown = [step if type(step) is list else [at, step] for at, step in enumerate(known["steps"])]
    count: int = known["count"]
    for index, step in steps.items():
        node = indexes.setdefault(step.node_id, len(indexes))
        if index < MAX_BRIEF_STEPS:
            shown[index : index + 1] = [_shown(node, step.status, step.duration_ms, first_line(step.error))]
        count = max(count, index + 1)
        if step.status is RunStatus.FAILED and index < known.get("failedAt", count):
            known["failedAt"] = index
            known["failedNode"] = step.node_id
            known.pop("error", None)
            if (error := first_line(step.error)) is not None:
                known["error"] = error
    known.update(nodes=list(indexes), steps=shown, count=count)
    return _dump(known)


def count_of(brief: str) -> int:
    count: int = json.loads(brief)["count"]
    return count


HeaderRow = tuple[str, str, int, str, str, int, int | None, str]
"""id, workflow, version, hash, status, started, ended, brief"""


def header_from(row: HeaderRow) -> RunHeader:
    """Raises `StoreDamaged`."""
    try:
        return _header_from(row)
    except (ValueError, KeyError, TypeError, IndexError, OverflowError) as error:
        raise StoreDamaged(f"the entry of run {row[0]} cannot be read: {error}", run=row[0]) from error


def _header_from(row: HeaderRow) -> RunHeader:
    run_id, workflow, version, text_hash, status, started, ended, stored = row
    brief = _loaded(stored)
    # By position: lists have hundreds of them, and names would take twice as long.
    return RunHeader(
        run_id,
        workflow,
        version,
        text_hash,
        _STATUSES.get(status) or RunStatus(status),
        from_micros(started),
        None if ended is None else from_micros(ended),
        brief["count"],
        brief.get("failedNode"),
        brief.get("error"),
        _steps_from(brief["steps"], brief["nodes"]),
    )


def _steps_from(shown: list[Any], nodes: list[str]) -> tuple[StepBrief, ...]:
    success = RunStatus.SUCCESS
    if shown and type(shown[0]) is not list:
        if len(shown) > len(nodes):
            raise IndexError("it has more steps than nodes")
        pairs = zip(nodes, shown, strict=False)
        return tuple([_made(StepBrief, (node, success, ms, None)) for node, ms in pairs])
    try:
        return tuple([_made(StepBrief, (nodes[node], success, ms, None)) for node, ms in shown])
    except ValueError:  # one of them has more than two parts
        return tuple(
            [
                StepBrief(nodes[step[0]], success, step[1], None)
                if len(step) == 2
                else StepBrief(nodes[step[0]], RunStatus(step[1]), *step[2:])
                for step in shown
            ]
        )


def _loaded(stored: str) -> Brief:
    brief: Brief
    try:
        brief = from_json(stored, cache_strings="keys")
    except ValueError:  # a lone surrogate, or damage
        brief = json.loads(stored)
    return brief


def _shown(node: int, status: RunStatus, duration_ms: float | None, error: str | None) -> list[object]:
    if status is RunStatus.SUCCESS and error is None:
        return [node, duration_ms]
    return [node, str(status), duration_ms, error]


def _dump(brief: Brief) -> str:
    return compact(brief)
